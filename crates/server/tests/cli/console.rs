//! The console: the link of the first start, and inviting people.

use crate::support::Place;
use serde_json::Value;

/// The word of a text that is the address of an invitation.
fn link(text: &str) -> &str {
    let mut words = text.split_whitespace();
    words.find(|word| word.contains("/invitation/")).expect("a link")
}

#[tokio::test]
async fn the_first_start_prints_a_link_that_makes_an_admin_once() {
    let place = Place::new();
    let mut server = place.serve(&["--log-level", "trace"]);
    let link = link(&server.line("http://")).to_owned();
    assert!(link.starts_with(&server.url), "{link}");
    let browser = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let page = browser.get(&link).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let form = [("email", "olena@example.com"), ("password", "a long enough one")];
    let form: String = form
        .map(|(name, value)| format!("{name}={}", value.replace(' ', "+")))
        .join("&");
    let join = async || {
        let request = browser
            .post(&link)
            .header("content-type", "application/x-www-form-urlencoded");
        request.body(form.clone()).send().await.unwrap()
    };
    let joined = join().await;
    assert_eq!(joined.status(), 303);
    let cookie = joined.headers()["set-cookie"]
        .to_str()
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let home = async |cookie: &str| {
        let request = browser.get(&server.url).header("cookie", cookie);
        request.send().await.unwrap()
    };
    assert!(home(&cookie).await.text().await.unwrap().contains("olena@example.com"));
    assert_eq!(home("").await.status(), 303);
    assert_eq!(join().await.status(), 404);
    // What is no page of the console is the API's.
    assert_eq!(server.get("", "/readyz").await.status(), 200);
    assert_eq!(server.get("", "/api/v1/version").await.status(), 401);
    let unknown = server.get("", "/nothing/here").await;
    assert_eq!(unknown.status(), 404);
    let ended = server.stop();
    let secret = link.rsplit('/').next().unwrap();
    assert!(!ended.stderr.contains(secret), "the secret is in the log");

    let later = place.serve(&[]).stop();
    assert!(!later.stdout.contains("/invitation/"), "{}", later.stdout);
    assert!(
        later.stdout.contains("selfsame console invite EMAIL --role admin"),
        "{}",
        later.stdout
    );
}

#[test]
fn an_invitation_has_the_public_address() {
    let place = Place::new();
    place.serve(&[]).stop();
    let invite = ["console", "invite", "Olena@example.com", "--role", "support"];
    let text = place.run(&invite).text();
    assert!(
        text.starts_with("invited Olena@example.com to workspace `default` as support\n"),
        "{text}"
    );
    assert!(link(&text).starts_with("http://127.0.0.1:8080/invitation/"), "{text}");
    let variables = [("SELFSAME_PUBLIC_URL", "https://crm.example")];
    let json = place.run_with(&[&invite[..], &["--json"]].concat(), &variables).text();
    let made: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&made["role"], &made["email"]),
        (&"support".into(), &"Olena@example.com".into())
    );
    assert!(
        made["link"]
            .as_str()
            .unwrap()
            .starts_with("https://crm.example/invitation/")
    );
    let given = [&invite[..], &["--public-url", "https://other.example/"]].concat();
    let text = place.run_with(&given, &variables).text();
    assert!(link(&text).starts_with("https://other.example/invitation/"), "{text}");
    let refused = place.run(&["console", "invite", "nobody"]);
    assert_eq!(refused.complaint(1), "error: EMAIL must be an email address");
    let nowhere = [&invite[..], &["--workspace", "nowhere"]].concat();
    assert!(
        place
            .run(&nowhere)
            .complaint(1)
            .contains("there is no workspace `nowhere`")
    );
    let wrong = place.run_with(&["config", "check"], &[("SELFSAME_PUBLIC_URL", "crm.example")]);
    assert!(
        wrong.complaint(1).contains("must be an address without a path"),
        "{}",
        wrong.stderr
    );
}
