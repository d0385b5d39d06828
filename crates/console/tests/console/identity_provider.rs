//! Signing in by an identity provider, against one that runs in the test.

use crate::support::{Answer, Browser, PASSWORD, Server};
use axum::extract::{Form, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::TimeDelta;
use data_encoding::BASE64;
use openidconnect::core::{
    CoreEdDsaPrivateSigningKey, CoreGenderClaim, CoreIdToken, CoreIdTokenClaims, CoreJsonWebKeySet,
    CoreJwsSigningAlgorithm,
};
use openidconnect::{
    Audience, EmptyAdditionalClaims, EndUserEmail, IssuerUrl, JsonWebKeyId, Nonce, PkceCodeChallenge, PkceCodeVerifier,
    PrivateSigningKey, StandardClaims, SubjectIdentifier,
};
use selfsame_application::ports::Clock;
use selfsame_console::{ConsoleSettings, ConsoleState, router};
use selfsame_http::{ImportRows, PastedCalls};
use selfsame_oidc::{OidcProvider, OidcSettings};
use selfsame_storage_conformance::ManualClock;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use url::Url;

const CLIENT: &str = "crm";
const SECRET: &str = "secret of the client";
const CALLBACK: &str = "http://127.0.0.1:8080/sign-in/provider/callback";

/// The seeds of its keys (RFC 8032, 5.1.5).
const ONE: [u8; 32] = [1; 32];
const TWO: [u8; 32] = [2; 32];

/// What stands before the seed of an Ed25519 key in PKCS #8 (RFC 8410, 7).
const PKCS8: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// What the provider puts into its next token.
#[derive(Debug, Clone)]
struct Token {
    key: [u8; 32],
    kid: &'static str,
    subject: &'static str,
    email: Option<&'static str>,
    is_verified: bool,
    audience: &'static str,
    issuer: Option<&'static str>,
    nonce: Option<&'static str>,
    lifetime: TimeDelta,
}

impl Default for Token {
    fn default() -> Self {
        Self {
            key: ONE,
            kid: "one",
            subject: "account-1",
            email: Some("Viewer@Example.com"),
            is_verified: true,
            audience: CLIENT,
            issuer: None,
            nonce: None,
            lifetime: TimeDelta::minutes(5),
        }
    }
}

/// A provider. It knows the latest sign-in alone.
#[derive(Debug, Clone)]
struct Provider {
    address: String,
    clock: ManualClock,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    token: Token,
    /// The key that is published, with its name.
    published: ([u8; 32], &'static str),
    descriptions: u32,
    challenge: String,
    nonce: String,
}

impl Provider {
    async fn start(clock: ManualClock) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let shared = Shared {
            published: (ONE, "one"),
            ..Shared::default()
        };
        let provider = Self {
            address,
            clock,
            shared: Arc::new(Mutex::new(shared)),
        };
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(describe))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        provider
    }

    fn change<T>(&self, change: impl FnOnce(&mut Shared) -> T) -> T {
        change(&mut self.shared.lock().expect("no panic"))
    }

    /// What a browser does that is sent here: its user agrees. Returns the state.
    fn agree(&self, url: &str) -> String {
        let url = Url::parse(url).expect("an address");
        assert!(url.as_str().starts_with(&format!("{}/authorize?", self.address)));
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("redirect_uri", CALLBACK),
            ("scope", "openid email"),
            ("code_challenge_method", "S256"),
        ] {
            assert_eq!(query[name], value);
        }
        self.change(|shared| {
            query["code_challenge"].clone_into(&mut shared.challenge);
            query["nonce"].clone_into(&mut shared.nonce);
        });
        query["state"].clone()
    }
}

async fn describe(State(provider): State<Provider>) -> Json<Value> {
    provider.change(|shared| shared.descriptions += 1);
    let at = |path: &str| format!("{}{path}", provider.address);
    Json(json!({
        "issuer": provider.address,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "jwks_uri": at("/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
    }))
}

fn signing_key(seed: [u8; 32], kid: &str) -> CoreEdDsaPrivateSigningKey {
    let key = BASE64.encode(&[&PKCS8[..], &seed].concat());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n");
    let kid = JsonWebKeyId::new(kid.to_owned());
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(kid)).expect("a key")
}

async fn keys(State(provider): State<Provider>) -> Json<CoreJsonWebKeySet> {
    let (seed, kid) = provider.change(|shared| shared.published);
    Json(CoreJsonWebKeySet::new(vec![
        signing_key(seed, kid).as_verification_key(),
    ]))
}

async fn token(
    State(provider): State<Provider>,
    Form(sent): Form<HashMap<String, String>>,
) -> (http::StatusCode, Json<Value>) {
    let (token, challenge, nonce) =
        provider.change(|shared| (shared.token.clone(), shared.challenge.clone(), shared.nonce.clone()));
    let verifier = PkceCodeVerifier::new(sent["code_verifier"].clone());
    let expected = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
    let is_right = sent["code"] == "code-1"
        && sent["grant_type"] == "authorization_code"
        && sent["redirect_uri"] == CALLBACK
        && sent["client_id"] == CLIENT
        && sent["client_secret"] == SECRET
        && expected.as_str() == challenge;
    if !is_right {
        return (http::StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"})));
    }
    let now = provider.clock.now();
    let subject = SubjectIdentifier::new(token.subject.to_owned());
    let email = token.email.map(|email| EndUserEmail::new(email.to_owned()));
    let claims = StandardClaims::<CoreGenderClaim>::new(subject)
        .set_email(email)
        .set_email_verified(Some(token.is_verified));
    let issuer = token.issuer.map_or_else(|| provider.address.clone(), str::to_owned);
    let claims = CoreIdTokenClaims::new(
        IssuerUrl::new(issuer).expect("an issuer"),
        vec![Audience::new(token.audience.to_owned())],
        now + token.lifetime,
        now,
        claims,
        EmptyAdditionalClaims {},
    );
    let claims = claims.set_nonce(Some(Nonce::new(token.nonce.map_or(nonce, str::to_owned))));
    let key = signing_key(token.key, token.kid);
    let algorithm = CoreJwsSigningAlgorithm::EdDsa;
    let signed = CoreIdToken::new(claims, &key, algorithm, None, None).expect("a token");
    let answer = json!({"access_token": "access", "token_type": "Bearer", "id_token": signed});
    (http::StatusCode::OK, Json(answer))
}

/// A server and its provider.
async fn start() -> (Server, Provider) {
    let server = Server::start().await;
    let provider = Provider::start(server.clock.clone()).await;
    let server = with_provider(server, &provider.address);
    (server, provider)
}

fn with_provider(server: Server, issuer: &str) -> Server {
    let settings = OidcSettings {
        issuer: issuer.to_owned(),
        client_id: CLIENT.to_owned(),
        client_secret: Some(SECRET.into()),
    };
    let provider = OidcProvider::new(settings, Arc::new(server.clock.clone())).expect("a provider");
    let app = server.app.clone().with_identity_provider(Arc::new(provider));
    let settings = ConsoleSettings {
        public_url: "http://127.0.0.1:8080".to_owned(),
        request_timeout: Duration::from_secs(30),
        import_limit: 1,
        identity_provider: Some("Example ID".to_owned()),
    };
    let rows = Arc::new(ImportRows::new(1));
    let router = router(&ConsoleState::new(app.clone(), rows, Arc::new(PastedCalls), settings));
    Server { router, app, ..server }
}

/// Sends a browser to the provider. Returns the state that it comes back with.
async fn go(server: &Server, provider: &Provider, browser: &mut Browser) -> String {
    let answer = server.get(browser, "/sign-in/provider?back=%2Fsegments").await;
    provider.agree(answer.goes_to())
}

/// Signs in by the provider.
async fn sign_in(server: &Server, provider: &Provider, browser: &mut Browser) -> Answer {
    let state = go(server, provider, browser).await;
    come_back(server, browser, "code-1", &state).await
}

async fn come_back(server: &Server, browser: &mut Browser, code: &str, state: &str) -> Answer {
    let path = format!("/sign-in/provider/callback?code={code}&state={state}");
    server.get(browser, &path).await
}

/// That the sign-in page says it and nobody is signed in.
#[track_caller]
fn refuses(answer: &Answer, browser: &Browser, status: u16, text: &str) {
    assert!(answer.page(status).contains(text), "no {text:?} in {}", answer.text);
    assert!(answer.text.contains("name=\"password\""), "it is the sign-in page");
    assert!(browser.cookies.is_empty(), "{:?}", browser.cookies);
}

#[tokio::test]
async fn a_person_signs_in_by_their_verified_address() {
    let (server, provider) = start().await;
    let mut browser = Browser::default();
    let page = server.get(&mut browser, "/sign-in?back=%2Fsegments").await;
    page.shows("href=\"/sign-in/provider?back=%2Fsegments\"");
    page.shows("Sign in with Example ID");
    assert_eq!(sign_in(&server, &provider, &mut browser).await.goes_to(), "/segments");
    assert!(browser.cookies.iter().all(|(name, _)| name == "session"));
    server.get(&mut browser, "/").await.shows("viewer@example.com");
    sign_in(&server, &provider, &mut Browser::default()).await.goes_to();
    assert_eq!(
        provider.change(|shared| shared.descriptions),
        1,
        "the description is kept"
    );
    let mut admin = server.browser("admin@example.com").await;
    let log = server.get(&mut admin, "/settings/audit").await;
    log.shows(&provider.address);
    assert_eq!(log.text.matches("account of the identity provider linked").count(), 1);
}

#[tokio::test]
async fn issuer_and_subject_lead_once_they_are_known() {
    let (server, provider) = start().await;
    sign_in(&server, &provider, &mut Browser::default()).await.goes_to();
    // Another address, and an unverified one, of the same account.
    provider.change(|shared| {
        shared.token.email = Some("admin@example.com");
        shared.token.is_verified = false;
    });
    let mut browser = Browser::default();
    sign_in(&server, &provider, &mut browser).await.goes_to();
    server.get(&mut browser, "/").await.shows("viewer@example.com");
    // Another account with the person's address.
    provider.change(|shared| {
        shared.token = Token {
            subject: "account-2",
            ..Token::default()
        };
    });
    let mut browser = Browser::default();
    let answer = sign_in(&server, &provider, &mut browser).await;
    refuses(&answer, &browser, 401, "another account of the identity provider");
}

/// Tokens that sign nobody in, and what the page says.
fn wrong_tokens() -> [(Token, &'static str); 8] {
    let invalid = "not valid for this sign-in";
    [
        (
            Token {
                nonce: Some("another"),
                ..Token::default()
            },
            invalid,
        ),
        (
            Token {
                audience: "another",
                ..Token::default()
            },
            invalid,
        ),
        (
            Token {
                issuer: Some("https://another.example"),
                ..Token::default()
            },
            invalid,
        ),
        (
            Token {
                lifetime: TimeDelta::seconds(-1),
                ..Token::default()
            },
            invalid,
        ),
        (
            Token {
                key: TWO,
                ..Token::default()
            },
            invalid,
        ),
        (
            Token {
                is_verified: false,
                ..Token::default()
            },
            "is verified",
        ),
        (
            Token {
                email: None,
                ..Token::default()
            },
            "is verified",
        ),
        (
            Token {
                email: Some("nobody@example.com"),
                ..Token::default()
            },
            "Nobody here has the email address",
        ),
    ]
}

#[tokio::test]
async fn tokens_that_are_not_for_this_sign_in_are_refused() {
    let (server, provider) = start().await;
    for (token, text) in wrong_tokens() {
        provider.change(|shared| shared.token = token.clone());
        let mut browser = Browser::default();
        let answer = sign_in(&server, &provider, &mut browser).await;
        refuses(&answer, &browser, 401, text);
    }
    let nobody = Browser::default();
    let mut browser = nobody.clone();
    provider.change(|shared| shared.token = Token::default());
    sign_in(&server, &provider, &mut browser).await.goes_to();
}

#[tokio::test]
async fn an_answer_belongs_to_the_browser_that_asked() {
    let (server, provider) = start().await;
    let mut browser = Browser::default();
    let state = go(&server, &provider, &mut browser).await;
    let over = "The sign-in took too long.";
    let mut stranger = Browser::default();
    refuses(
        &come_back(&server, &mut stranger, "code-1", &state).await,
        &stranger,
        401,
        over,
    );
    let mut altered = browser.clone();
    refuses(
        &come_back(&server, &mut altered, "code-1", "another").await,
        &altered,
        401,
        over,
    );
    let denied = "did not sign you in";
    let mut other = browser.clone();
    refuses(
        &come_back(&server, &mut other, "code-2", &state).await,
        &other,
        401,
        denied,
    );
    let mut unwilling = browser.clone();
    let path = format!("/sign-in/provider/callback?error=access_denied&state={state}");
    refuses(&server.get(&mut unwilling, &path).await, &unwilling, 401, denied);
    come_back(&server, &mut browser, "code-1", &state).await.goes_to();
    // The browser does not keep it for a second time.
    let again = come_back(&server, &mut browser, "code-1", &state).await;
    assert!(again.page(401).contains(over));
}

#[tokio::test]
async fn the_cookie_of_a_sign_in_is_short_lived_and_kept_from_scripts() {
    let (server, _) = start().await;
    let answer = server.get(&mut Browser::default(), "/sign-in/provider").await;
    let cookie = answer.header("set-cookie");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
}

#[tokio::test]
async fn changed_keys_are_read_again_at_most_once_a_minute() {
    let (server, provider) = start().await;
    sign_in(&server, &provider, &mut Browser::default()).await.goes_to();
    provider.change(|shared| {
        shared.published = (TWO, "two");
        shared.token = Token {
            key: TWO,
            kid: "two",
            ..Token::default()
        };
    });
    let mut browser = Browser::default();
    let answer = sign_in(&server, &provider, &mut browser).await;
    refuses(&answer, &browser, 401, "not valid for this sign-in");
    server.clock.advance_seconds(60);
    sign_in(&server, &provider, &mut browser).await.goes_to();
    assert_eq!(provider.change(|shared| shared.descriptions), 2);
}

#[tokio::test]
async fn a_provider_that_is_away_is_said_and_passwords_still_sign_in() {
    let server = Server::start().await;
    // Nothing listens on this port once the listener is gone.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let server = with_provider(server, &address);
    let mut browser = Browser::default();
    let answer = server.get(&mut browser, "/sign-in/provider").await;
    refuses(&answer, &browser, 502, "cannot be reached");
    server.browser("viewer@example.com").await;
}

#[tokio::test]
async fn a_person_with_a_second_factor_is_asked_for_its_code() {
    let (server, provider) = start().await;
    let mut own = server.browser("viewer@example.com").await;
    crate::second_factor::turn_on(&server, &mut own).await;
    let mut browser = Browser::default();
    let answer = sign_in(&server, &provider, &mut browser).await;
    assert_eq!(answer.goes_to(), "/sign-in/code?back=%2Fsegments");
    server.get(&mut browser, "/").await.goes_to();
}

#[tokio::test]
async fn without_a_provider_there_is_no_such_sign_in() {
    let server = Server::start().await;
    let mut browser = Browser::default();
    let page = server.get(&mut browser, "/sign-in").await;
    assert!(!page.page(200).contains("/sign-in/provider"));
    server.get(&mut browser, "/sign-in/provider").await.page(404);
    let fields = [("email", "viewer@example.com"), ("password", PASSWORD)];
    server.post(&mut browser, "/sign-in", &fields).await.goes_to();
}
