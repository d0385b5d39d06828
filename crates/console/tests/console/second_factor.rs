//! The second factor: setting it up, the second step of a sign-in, turning it off, and resetting that of another person.

use crate::support::{Answer, Browser, PASSWORD, Server, code_after};
use data_encoding::BASE32_NOPAD;
use secrecy::ExposeSecret;
use selfsame_application::ports::Clock;
use selfsame_domain::console::Role;
use std::collections::BTreeSet;
use totp_rs::Builder;

const PATH: &str = "/account/second-factor";
const SECRET: &str = "enter this secret in the app:";

/// A person's authenticator app.
pub(crate) struct App([u8; 20]);

impl App {
    /// The app after it read the secret of a page.
    fn of(page: &str) -> Self {
        let secret = code_after(page, SECRET).replace(' ', "");
        let bytes = BASE32_NOPAD.decode(secret.as_bytes()).expect("base 32");
        Self(bytes.try_into().expect("20 bytes"))
    }

    /// What it shows so many seconds from now.
    fn code(&self, server: &Server, seconds: i64) -> String {
        let at = u64::try_from(server.clock.now().timestamp() + seconds).expect("a time");
        let totp = Builder::new().with_secret(self.0).build().expect("a generator");
        totp.generate(at).to_string()
    }
}

/// Turns on the factor of a signed-in person. Returns their app and the recovery codes. The codes of the present time are used up.
pub(crate) async fn turn_on(server: &Server, browser: &mut Browser) -> (App, Vec<String>) {
    assert_eq!(server.post(browser, PATH, &[]).await.goes_to(), PATH);
    let app = App::of(server.get(browser, PATH).await.page(200));
    let code = app.code(server, 0);
    let answer = server
        .post(browser, "/account/second-factor/confirm", &[("code", &code)])
        .await;
    let (_, list) = answer.page(200).split_once("<ul class=\"codes\"").expect("the codes");
    let codes = list.split("<code>").skip(1).filter_map(|rest| rest.split('<').next());
    let codes: Vec<String> = codes.map(str::to_owned).collect();
    server.clock.advance_seconds(90);
    (app, codes)
}

/// A browser after the first step of a sign-in.
async fn first_step(server: &Server, email: &str, back: &str) -> Browser {
    let mut browser = Browser::default();
    let fields = [("email", email), ("password", PASSWORD), ("back", back)];
    let answer = server.post(&mut browser, "/sign-in", &fields).await;
    assert!(
        answer.goes_to().starts_with("/sign-in/code?back="),
        "{}",
        answer.goes_to()
    );
    browser
}

async fn second_step(server: &Server, browser: &mut Browser, code: &str) -> Answer {
    server
        .post(browser, "/sign-in/code", &[("code", code), ("back", "/segments")])
        .await
}

/// The actions of the audit log, newest first, as the page shows them.
async fn audit(server: &Server) -> String {
    let mut admin = server.browser("admin@example.com").await;
    server.get(&mut admin, "/settings/audit").await.page(200).to_owned()
}

#[tokio::test]
async fn a_factor_counts_once_a_code_confirms_it() {
    let server = Server::start().await;
    let mut browser = server.browser("viewer@example.com").await;
    server.get(&mut browser, PATH).await.shows("Set up a second factor");
    server.post(&mut browser, PATH, &[]).await.goes_to();
    let page = server.get(&mut browser, PATH).await;
    page.shows("<svg class=\"qr\"");
    let app = App::of(page.page(200));
    let confirm = "/account/second-factor/confirm";
    let wrong = server
        .post(&mut browser, confirm, &[("code", &app.code(&server, 600))])
        .await;
    assert!(wrong.page(401).contains("The code is wrong"));
    assert!(
        wrong.text.contains("<svg class=\"qr\""),
        "the page shows the secret again"
    );
    // It is not on yet: the password alone signs in.
    server.browser("viewer@example.com").await;
    let answer = server
        .post(&mut browser, confirm, &[("code", &app.code(&server, 0))])
        .await;
    answer.shows("The second factor is on.");
    assert_eq!(answer.text.matches("<li><code>").count(), 10);
    let page = server.get(&mut browser, PATH).await;
    page.shows("10 recovery codes are left.");
    assert!(!page.text.contains(SECRET), "neither secret nor codes are shown again");
    assert!(!page.text.contains("<code>"));
    server.post(&mut browser, PATH, &[]).await.page(409);
    server
        .post(&mut browser, confirm, &[("code", &app.code(&server, 30))])
        .await
        .page(409);
    assert!(audit(&server).await.contains("second factor turned on"));
}

#[tokio::test]
async fn a_sign_in_asks_for_a_code_which_works_once() {
    let server = Server::start().await;
    let mut own = server.browser("viewer@example.com").await;
    let (app, _) = turn_on(&server, &mut own).await;
    let mut browser = first_step(&server, "viewer@example.com", "/segments").await;
    assert!(
        browser.cookies.iter().all(|(name, _)| name == "sign-in"),
        "no session yet"
    );
    server.get(&mut browser, "/").await.goes_to();
    server
        .get(&mut browser, "/sign-in/code?back=%2Fsegments")
        .await
        .shows("name=\"back\" value=\"/segments\"");
    for wrong in ["", &app.code(&server, 90)] {
        let answer = second_step(&server, &mut browser, wrong).await;
        assert!(answer.page(401).contains("The code is wrong"), "{wrong}");
    }
    let code = app.code(&server, 0);
    assert_eq!(second_step(&server, &mut browser, &code).await.goes_to(), "/segments");
    assert!(
        browser.cookies.iter().all(|(name, _)| name == "session"),
        "the sign-in is over"
    );
    server.get(&mut browser, "/").await.shows("viewer@example.com");
    let mut again = first_step(&server, "viewer@example.com", "/").await;
    second_step(&server, &mut again, &code).await.page(401);
    second_step(&server, &mut again, &app.code(&server, -30))
        .await
        .page(401);
    // One step ahead of the server's clock.
    assert_eq!(
        second_step(&server, &mut again, &app.code(&server, 30)).await.goes_to(),
        "/segments"
    );
}

#[tokio::test]
async fn a_recovery_code_signs_in_once() {
    let server = Server::start().await;
    let mut own = server.browser("viewer@example.com").await;
    let (_, codes) = turn_on(&server, &mut own).await;
    let different: BTreeSet<&String> = codes.iter().collect();
    assert_eq!(different.len(), 10);
    let mut browser = first_step(&server, "viewer@example.com", "/").await;
    let typed = codes[3].to_uppercase().replace('-', " ");
    second_step(&server, &mut browser, &typed).await.goes_to();
    server.get(&mut browser, PATH).await.shows("9 recovery codes are left.");
    let mut again = first_step(&server, "viewer@example.com", "/").await;
    second_step(&server, &mut again, &codes[3]).await.page(401);
    second_step(&server, &mut again, &codes[4]).await.goes_to();
    let log = audit(&server).await;
    assert_eq!(log.matches("with a recovery code").count(), 2);
    assert!(codes.iter().all(|code| !log.contains(code.as_str())));
}

#[tokio::test]
async fn codes_are_tried_as_seldom_as_passwords() {
    let server = Server::start().await;
    let mut own = server.browser("viewer@example.com").await;
    let (app, _) = turn_on(&server, &mut own).await;
    // One attempt signed in, one confirmed the factor, one is the first step.
    let mut browser = first_step(&server, "viewer@example.com", "/").await;
    for _ in 0..7 {
        second_step(&server, &mut browser, "000000").await.page(401);
    }
    let refused = second_step(&server, &mut browser, &app.code(&server, 0)).await;
    assert!(refused.page(429).contains("Too many attempts."));
}

#[tokio::test]
async fn a_sign_in_is_completed_within_ten_minutes_and_in_the_browser_that_began_it() {
    let server = Server::start().await;
    let mut own = server.browser("viewer@example.com").await;
    let (app, _) = turn_on(&server, &mut own).await;
    let mut stranger = Browser::default();
    let nowhere = second_step(&server, &mut stranger, &app.code(&server, 0)).await;
    assert_eq!(nowhere.goes_to(), "/sign-in?back=%2Fsegments");
    let mut browser = first_step(&server, "viewer@example.com", "/").await;
    let mut altered = browser.clone();
    let other = if altered.cookies[0].1.as_bytes()[40] == b'A' {
        "B"
    } else {
        "A"
    };
    altered.cookies[0].1.replace_range(40..41, other);
    second_step(&server, &mut altered, &app.code(&server, 0))
        .await
        .goes_to();
    server.get(&mut altered, "/").await.goes_to();
    server.clock.advance_seconds(600);
    let late = second_step(&server, &mut browser, &app.code(&server, 0)).await;
    assert_eq!(late.goes_to(), "/sign-in?back=%2Fsegments");
    let mut browser = first_step(&server, "viewer@example.com", "/").await;
    let changed = [("current", PASSWORD), ("new", "another long one")];
    server.post(&mut own, "/account/password", &changed).await.page(200);
    let other_password = second_step(&server, &mut browser, &app.code(&server, 0)).await;
    assert_eq!(other_password.goes_to(), "/sign-in?back=%2Fsegments");
}

#[tokio::test]
async fn turning_it_off_asks_for_password_and_code() {
    let server = Server::start().await;
    let mut browser = server.browser("viewer@example.com").await;
    let (app, _) = turn_on(&server, &mut browser).await;
    let off = "/account/second-factor/off";
    let code = app.code(&server, 0);
    for wrong in [
        [("password", "wrong"), ("code", code.as_str())],
        [("password", PASSWORD), ("code", "000000")],
    ] {
        server.post(&mut browser, off, &wrong).await.page(401);
        server
            .get(&mut browser, PATH)
            .await
            .shows("The second factor is on since");
    }
    let right = [("password", PASSWORD), ("code", code.as_str())];
    assert_eq!(server.post(&mut browser, off, &right).await.goes_to(), PATH);
    server.get(&mut browser, PATH).await.shows("Set up a second factor");
    server.browser("viewer@example.com").await;
    assert!(audit(&server).await.contains("second factor turned off"));
}

#[tokio::test]
async fn an_admin_resets_the_factor_of_another_person() {
    let server = Server::start().await;
    let mut viewer = server.browser("viewer@example.com").await;
    turn_on(&server, &mut viewer).await;
    let mut admin = server.browser("admin@example.com").await;
    let page = server.get(&mut admin, "/settings/people").await;
    let (before, _) = page.page(200).split_once("reset-second-factor").expect("the button");
    let (_, path) = before.rsplit_once("action=\"").expect("a form");
    let path = path.split('"').next().expect("an address").to_owned();
    let fields = [("do", "reset-second-factor")];
    let mut stranger = server.browser("other@example.com").await;
    server.post(&mut stranger, &path, &fields).await.page(404);
    server.post(&mut viewer, &path, &fields).await.page(403);
    assert_eq!(
        server.post(&mut admin, &path, &fields).await.goes_to(),
        "/settings/people"
    );
    let page = server.get(&mut admin, "/settings/people").await;
    assert!(!page.page(200).contains("reset-second-factor"));
    server.browser("viewer@example.com").await;
    assert!(audit(&server).await.contains("second factor of another person reset"));
    server.post(&mut admin, &path, &fields).await.page(409);
}

#[tokio::test]
async fn an_admin_does_not_reset_their_own_factor() {
    let server = Server::start().await;
    let mut admin = server.browser("admin@example.com").await;
    turn_on(&server, &mut admin).await;
    let page = server.get(&mut admin, "/settings/people").await;
    assert!(!page.page(200).contains("reset-second-factor"));
    let (_, own) = page.text.split_once("(you)").expect("the own row");
    let (_, path) = own.split_once("action=\"").expect("a form");
    let path = path.split('"').next().expect("an address").to_owned();
    server
        .post(&mut admin, &path, &[("do", "reset-second-factor")])
        .await
        .page(403);
    server
        .get(&mut admin, PATH)
        .await
        .shows("The second factor is on since");
}

#[tokio::test]
async fn an_invitation_to_another_workspace_asks_for_the_code_too() {
    let server = Server::start().await;
    let mut own = server.browser("viewer@example.com").await;
    let (app, _) = turn_on(&server, &mut own).await;
    let token = server
        .invite(server.two, Some("viewer@example.com"), Role::Support)
        .await;
    let path = format!("/invitation/{}", token.expose_secret());
    let mut browser = Browser::default();
    let answer = server.post(&mut browser, &path, &[("password", PASSWORD)]).await;
    assert_eq!(answer.goes_to(), "/sign-in/code?back=%2F");
    server.get(&mut browser, "/").await.goes_to();
    second_step(&server, &mut browser, &app.code(&server, 0))
        .await
        .goes_to();
    server.get(&mut browser, "/").await.shows("two, support");
}
