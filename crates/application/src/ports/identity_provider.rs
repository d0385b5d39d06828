//! The identity provider by which people sign in to the console (OpenID Connect).

use async_trait::async_trait;
use secrecy::SecretString;
use std::error::Error;
use std::fmt;

/// What ties the answer of the provider to the browser that began the sign-in. Each is 43 to 128 letters and digits (RFC 7636, 4.1).
#[derive(Debug, Clone)]
pub struct AuthorizationRequest {
    /// Comes back in the address.
    pub state: SecretString,
    /// Comes back in the ID token.
    pub nonce: SecretString,
    /// Proves at the token endpoint that the code was asked for here (PKCE).
    pub verifier: SecretString,
}

/// Who the provider says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderIdentity {
    /// The provider.
    pub issuer: String,
    /// The account, which the provider never gives to another person.
    pub subject: String,
    /// The address of the account, as the provider sent it.
    pub email: Option<String>,
    /// Whether the provider says that the address is the person's.
    pub is_email_verified: bool,
}

/// Why the provider did not say who it is.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// It cannot be reached, or its description cannot be read.
    #[error("the identity provider cannot be reached")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    /// It refused, or the person did.
    #[error("the identity provider refused")]
    Refused,
    /// Its ID token is not valid for this sign-in. The text says why and has nothing of the token.
    #[error("the ID token of the identity provider is not valid: {0}")]
    InvalidToken(String),
}

/// An identity provider.
#[async_trait]
pub trait IdentityProvider: Send + Sync + fmt::Debug {
    /// Where the browser is sent. `redirect` is where it comes back to.
    async fn authorization_url(&self, request: &AuthorizationRequest, redirect: &str) -> Result<String, ProviderError>;

    /// Exchanges the code that the browser came back with. MUST verify the ID token: signature, issuer, audience, expiry and nonce. `redirect`
    /// is that of [`Self::authorization_url`].
    async fn identity(
        &self,
        code: SecretString,
        request: &AuthorizationRequest,
        redirect: &str,
    ) -> Result<ProviderIdentity, ProviderError>;
}
