//! The provider: its description, kept for some minutes, and the verification of its ID tokens.

use crate::http::Http;
use async_trait::async_trait;
use chrono::TimeDelta;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreIdToken, CoreIdTokenClaims, CoreJwsSigningAlgorithm,
    CoreProviderMetadata,
};
use openidconnect::{
    AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError,
    Scope, TokenResponse,
};
use secrecy::{ExposeSecret, SecretString};
use selfsame_application::ports::{AuthorizationRequest, Clock, IdentityProvider, ProviderError, ProviderIdentity};
use selfsame_domain::Timestamp;
use std::sync::Arc;
use tokio::sync::Mutex;

/// How long the description of the provider and its keys are used before they are read again.
const KEEP: TimeDelta = TimeDelta::minutes(10);

/// How old the keys are at least when they are read again because a token is signed with an unknown one.
const READ_AGAIN: TimeDelta = TimeDelta::minutes(1);

/// Signatures with a public key. A token that is signed with the client's secret, or not at all, is refused.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// A client of the provider, as its description has it.
type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// How the provider knows this server.
#[derive(Debug, Clone)]
pub struct OidcSettings {
    /// The address of the provider, exactly as its description has it.
    pub issuer: String,
    /// The name of this server at the provider.
    pub client_id: String,
    /// The secret of this server at the provider; `None` for a public client, which PKCE alone protects.
    pub client_secret: Option<SecretString>,
}

/// Why there can be no provider with these settings.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// The address is none.
    #[error("the issuer must be an address that begins with https://, or http:// for this machine")]
    Issuer,
    /// There is no HTTP client.
    #[error("cannot make an HTTP client")]
    Client(#[from] reqwest::Error),
}

/// An OpenID Connect provider.
#[derive(Debug)]
pub struct OidcProvider {
    issuer: IssuerUrl,
    settings: OidcSettings,
    http: Http,
    clock: Arc<dyn Clock>,
    /// Held while the description is read, so that it is read once however many sign in.
    described: Mutex<Option<Description>>,
}

/// What the provider says of itself, with its keys.
#[derive(Debug, Clone)]
struct Description {
    metadata: Arc<CoreProviderMetadata>,
    read_at: Timestamp,
}

impl OidcProvider {
    /// The provider of these settings. It is asked for its description when somebody signs in, so that a provider that is away does not keep
    /// the server from starting.
    pub fn new(settings: OidcSettings, clock: Arc<dyn Clock>) -> Result<Self, OidcError> {
        let issuer = IssuerUrl::new(settings.issuer.clone()).map_err(|_| OidcError::Issuer)?;
        let is_local = matches!(issuer.url().host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        let is_safe = issuer.url().scheme() == "https" || (issuer.url().scheme() == "http" && is_local);
        if !is_safe {
            return Err(OidcError::Issuer);
        }
        Ok(Self {
            issuer,
            settings,
            http: Http::new()?,
            clock,
            described: Mutex::new(None),
        })
    }

    /// The description, at most so old.
    async fn description(&self, age: TimeDelta) -> Result<Description, ProviderError> {
        let mut described = self.described.lock().await;
        let now = self.clock.now();
        if let Some(known) = described.as_ref().filter(|known| now - known.read_at < age) {
            return Ok(known.clone());
        }
        let metadata = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.http).await;
        let metadata = metadata.map_err(|error| ProviderError::Unreachable(Box::new(error)))?;
        let read = Description {
            metadata: Arc::new(metadata),
            read_at: now,
        };
        *described = Some(read.clone());
        Ok(read)
    }

    fn client(&self, metadata: &CoreProviderMetadata, redirect: &str) -> Result<Client, ProviderError> {
        let redirect = RedirectUrl::new(redirect.to_owned());
        let redirect = redirect.map_err(|error| ProviderError::Unreachable(Box::new(error)))?;
        let secret = self.settings.client_secret.as_ref();
        let secret = secret.map(|secret| ClientSecret::new(secret.expose_secret().to_owned()));
        let id = ClientId::new(self.settings.client_id.clone());
        // Basic authentication is the default where a provider says nothing (OpenID Connect Discovery, 3).
        let takes = |method| {
            let methods = metadata.token_endpoint_auth_methods_supported();
            methods.is_some_and(|methods| methods.contains(&method))
        };
        let in_body = takes(CoreClientAuthMethod::ClientSecretPost) && !takes(CoreClientAuthMethod::ClientSecretBasic);
        let how = if in_body {
            AuthType::RequestBody
        } else {
            AuthType::BasicAuth
        };
        let client = CoreClient::from_provider_metadata(metadata.clone(), id, secret);
        Ok(client.set_redirect_uri(redirect).set_auth_type(how))
    }

    /// The claims of an ID token, if they are for this client and this sign-in and have not expired.
    fn verify<'t>(
        &self,
        client: &Client,
        token: &'t CoreIdToken,
        nonce: &Nonce,
    ) -> Result<&'t CoreIdTokenClaims, ClaimsVerificationError> {
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(|| self.clock.now());
        token.claims(&verifier, nonce)
    }
}

#[async_trait]
impl IdentityProvider for OidcProvider {
    async fn authorization_url(&self, request: &AuthorizationRequest, redirect: &str) -> Result<String, ProviderError> {
        let description = self.description(KEEP).await?;
        let client = self.client(&description.metadata, redirect)?;
        let text = |secret: &SecretString| secret.expose_secret().to_owned();
        let (state, nonce) = (text(&request.state), text(&request.nonce));
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(text(&request.verifier)));
        let (url, _, _) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(state.clone()),
                move || Nonce::new(nonce.clone()),
            )
            .add_scope(Scope::new("email".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        Ok(url.into())
    }

    async fn identity(
        &self,
        code: SecretString,
        request: &AuthorizationRequest,
        redirect: &str,
    ) -> Result<ProviderIdentity, ProviderError> {
        let description = self.description(KEEP).await?;
        let mut client = self.client(&description.metadata, redirect)?;
        let verifier = PkceCodeVerifier::new(request.verifier.expose_secret().to_owned());
        let exchange = client.exchange_code(AuthorizationCode::new(code.expose_secret().to_owned()));
        let exchange = exchange.map_err(|error| ProviderError::Unreachable(Box::new(error)))?;
        let answer = exchange.set_pkce_verifier(verifier).request_async(&self.http).await;
        let answer = answer.map_err(|error| match error {
            // What the provider says of it may repeat the code.
            RequestTokenError::ServerResponse(_) => ProviderError::Refused,
            RequestTokenError::Request(error) => ProviderError::Unreachable(Box::new(error)),
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                ProviderError::InvalidToken("its answer cannot be read".to_owned())
            }
        })?;
        let missing = || ProviderError::InvalidToken("it sent no ID token".to_owned());
        let token = answer.id_token().ok_or_else(missing)?;
        let nonce = Nonce::new(request.nonce.expose_secret().to_owned());
        let mut claims = self.verify(&client, token, &nonce);
        if matches!(claims, Err(ClaimsVerificationError::SignatureVerification(_))) {
            // The provider may have changed its keys.
            let fresh = self.description(READ_AGAIN).await?;
            if fresh.read_at != description.read_at {
                client = self.client(&fresh.metadata, redirect)?;
                claims = self.verify(&client, token, &nonce);
            }
        }
        let claims = claims.map_err(|error| ProviderError::InvalidToken(why(&error).to_owned()))?;
        Ok(ProviderIdentity {
            issuer: claims.issuer().to_string(),
            subject: claims.subject().to_string(),
            email: claims.email().map(|email| email.to_string()),
            is_email_verified: claims.email_verified() == Some(true),
        })
    }
}

/// What is wrong with a token, without its contents.
fn why(error: &ClaimsVerificationError) -> &'static str {
    match error {
        ClaimsVerificationError::Expired(_) => "the token has expired",
        ClaimsVerificationError::InvalidAudience(_) => "the token is for another client",
        ClaimsVerificationError::InvalidIssuer(_) => "the token is of another issuer",
        ClaimsVerificationError::InvalidNonce(_) => "the token is for another sign-in",
        ClaimsVerificationError::SignatureVerification(_) => "the signature is wrong",
        _ => "the token cannot be verified",
    }
}
