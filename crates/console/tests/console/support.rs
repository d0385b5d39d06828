//! A server with two workspaces, people of every role, and a browser without scripts.

use crate::destinations::{Endpoint, outlets, webhook_outlets};
use axum::Router;
use axum::body::{Body, to_bytes};
use http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use http::{HeaderMap, Request, StatusCode};
use secrecy::SecretString;
use selfsame_application::{Application, Options, PasswordCost, Passwords, Submission, WorkerOptions};
use selfsame_console::{ConsoleSettings, ConsoleState, router};
use selfsame_domain::console::Role;
use selfsame_domain::values::Email;
use selfsame_domain::{Command, ContactId, Decision, WorkspaceId};
use selfsame_http::{ImportRows, PastedCalls};
use selfsame_storage_conformance::{ManualClock, MemoryStore, SequenceIds, contact_of};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// How many bytes a file may have.
pub(crate) const IMPORT_LIMIT: u64 = 1 << 20;

pub(crate) const PASSWORD: &str = "correct horse battery";

/// What every page has to have.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// A server.
pub(crate) struct Server {
    pub(crate) router: Router,
    pub(crate) app: Application,
    pub(crate) clock: ManualClock,
    /// Where messages of webhooks go.
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) one: WorkspaceId,
    pub(crate) two: WorkspaceId,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// The browser of a user.
#[derive(Debug, Clone, Default)]
pub(crate) struct Browser {
    pub(crate) cookies: Vec<(String, String)>,
    /// The token of their forms.
    pub(crate) csrf: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }

    /// Where it sends the browser.
    #[track_caller]
    pub(crate) fn goes_to(&self) -> &str {
        assert_eq!(self.status, 303, "{}", self.text);
        self.header("location")
    }

    /// Its text, with an expected status.
    #[track_caller]
    pub(crate) fn page(&self, status: u16) -> &str {
        assert_eq!(self.status, status, "{}", self.text);
        &self.text
    }

    #[track_caller]
    pub(crate) fn shows(&self, text: &str) {
        assert_eq!(self.status, 200, "{}", self.text);
        assert!(self.text.contains(text), "no {text:?} in {}", self.text);
    }
}

impl Browser {
    fn take(&mut self, answer: &Answer) {
        for line in answer.headers.get_all(SET_COOKIE) {
            let line = line.to_str().expect("a cookie");
            let (name, value) = line
                .split(';')
                .next()
                .and_then(|pair| pair.split_once('='))
                .expect("a pair");
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        if let Some((_, rest)) = answer.text.split_once("name=\"csrf\" value=\"") {
            rest.split('"').next().unwrap_or_default().clone_into(&mut self.csrf);
        }
    }

    fn request(&self, method: &str, path: &str) -> http::request::Builder {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let builder = Request::builder().method(method).uri(path);
        if cookies.is_empty() {
            builder
        } else {
            builder.header(COOKIE, cookies.join("; "))
        }
    }
}

/// What stands in the first `code` element after a text.
pub(crate) fn code_after<'p>(page: &'p str, text: &str) -> &'p str {
    let (_, rest) = page.split_once(text).expect("the text");
    let (_, rest) = rest.split_once("<code>").expect("code");
    rest.split('<').next().expect("its end")
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| {
        let escape =
            |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        format!("{}={}", escape(name), escape(value))
    };
    fields.iter().map(pair).collect::<Vec<_>>().join("&")
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::at("http://127.0.0.1:8080").await
    }

    /// A server that people reach at this address. In the first workspace are `admin@`, `marketer@`, `support@` and `viewer@example.com`, in
    /// the second is `other@example.com`, an admin.
    pub(crate) async fn at(public_url: &str) -> Self {
        let clock = ManualClock::new();
        let ids = Arc::new(SequenceIds::new());
        let app = Application::new(
            Arc::new(MemoryStore::new()),
            Arc::new(clock.clone()),
            ids,
            Options::default(),
        );
        let endpoint = Arc::new(Endpoint::default());
        let app = app.with_exports(outlets()).with_webhooks(webhook_outlets(&endpoint));
        let app = app.with_passwords(Passwords::new(PasswordCost { memory: 8, passes: 1 }));
        let one = app.create_workspace("one").await.expect("a workspace").id;
        let two = app.create_workspace("two").await.expect("a workspace").id;
        let settings = ConsoleSettings {
            public_url: public_url.to_owned(),
            request_timeout: Duration::from_secs(30),
            import_limit: IMPORT_LIMIT,
            identity_provider: None,
        };
        let rows = Arc::new(ImportRows::new(IMPORT_LIMIT));
        let router = router(&ConsoleState::new(app.clone(), rows, Arc::new(PastedCalls), settings));
        let server = Self {
            router,
            app,
            clock,
            endpoint,
            one,
            two,
        };
        for role in Role::ALL {
            server.join(one, &format!("{}@example.com", role.as_str()), role).await;
        }
        server.join(two, "other@example.com", Role::Admin).await;
        server
    }

    /// A server with a worker that executes jobs while the test runs.
    pub(crate) async fn working() -> Self {
        let server = Self::start().await;
        let worker = server
            .app
            .worker(Arc::new(ImportRows::new(IMPORT_LIMIT)), WorkerOptions::default());
        tokio::spawn(async move { worker.run(CancellationToken::new()).await });
        server
    }

    /// An invitation's secret.
    pub(crate) async fn invite(&self, workspace: WorkspaceId, email: Option<&str>, role: Role) -> SecretString {
        let email = email.map(|email| Email::parse(email).expect("an email"));
        let made = self.app.invite_as_operator(workspace, email, role).await;
        made.expect("an invitation").1
    }

    /// Adds a member.
    pub(crate) async fn join(&self, workspace: WorkspaceId, email: &str, role: Role) {
        let token = self.invite(workspace, Some(email), role).await;
        let joined = self.app.accept_invitation(&token, None, PASSWORD.into(), "").await;
        joined.expect("joined");
    }

    /// The browser of a signed-in user.
    pub(crate) async fn browser(&self, email: &str) -> Browser {
        let mut browser = Browser::default();
        let fields = [("email", email), ("password", PASSWORD)];
        let answer = self.post(&mut browser, "/sign-in", &fields).await;
        assert_eq!(answer.goes_to(), "/");
        self.get(&mut browser, "/").await.page(200);
        browser
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("body");
        let answer = Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        };
        if answer.header("content-type").starts_with("text/html") {
            assert_eq!(answer.header("content-security-policy"), POLICY);
            assert_eq!(answer.header("cache-control"), "no-store");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert_eq!(answer.header("referrer-policy"), "same-origin");
        }
        answer
    }

    pub(crate) async fn get(&self, browser: &mut Browser, path: &str) -> Answer {
        let request = browser.request("GET", path).body(Body::empty()).expect("a request");
        let answer = self.send(request).await;
        browser.take(&answer);
        answer
    }

    /// Sends a form with its token.
    pub(crate) async fn post(&self, browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = browser.csrf.clone();
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend(fields);
        self.post_raw(browser, path, &all).await
    }

    /// Sends a form as it is.
    pub(crate) async fn post_raw(&self, browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = browser
            .request("POST", path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(encoded(fields)))
            .expect("a request");
        let answer = self.send(request).await;
        browser.take(&answer);
        answer
    }

    /// Sends a form with a file, the token first.
    pub(crate) async fn post_file(&self, browser: &mut Browser, csrf: &str, file: &[u8]) -> Answer {
        let mut body = format!(
            "--part\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--part\r\n\
             content-disposition: form-data; name=\"file\"; filename=\"people.csv\"\r\ncontent-type: text/csv\r\n\r\n"
        )
        .into_bytes();
        body.extend(file);
        body.extend(b"\r\n--part--\r\n");
        let request = browser
            .request("POST", "/imports")
            .header(CONTENT_TYPE, "multipart/form-data; boundary=part")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(body))
            .expect("a request");
        let answer = self.send(request).await;
        browser.take(&answer);
        answer
    }

    /// Carries out a command in the first workspace.
    pub(crate) async fn decide(&self, command: Command) -> Decision {
        self.clock.advance_seconds(1);
        let decisions = self.app.submit(self.one, Submission::of(command)).await;
        decisions.expect("submitted").remove(0)
    }

    /// The contact that a command in the first workspace is about.
    pub(crate) async fn contact(&self, command: Command) -> ContactId {
        contact_of(&self.decide(command).await)
    }
}

impl Server {
    /// How many bytes an answer has as it is sent.
    pub(crate) async fn router_bytes(&self, request: Request<Body>) -> usize {
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        assert_eq!(response.status(), 200);
        let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("body");
        bytes.len()
    }
}
