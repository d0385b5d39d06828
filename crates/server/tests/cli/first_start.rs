//! The very first start, and later starts.

use crate::support::{Place, client, secret_in, sqlite};
use serde_json::Value;

/// The words of a command line as a POSIX shell splits it: blanks, and single quotes in which nothing is special.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for (index, part) in line.trim().split('\'').enumerate() {
        let mut pieces = if index % 2 == 0 {
            part.split(' ').collect()
        } else {
            vec![part]
        }
        .into_iter();
        words.last_mut().unwrap().push_str(pieces.next().unwrap());
        words.extend(pieces.map(str::to_owned));
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Sends the request of the printed curl line.
async fn run_curl(line: &str) -> reqwest::Response {
    let words = words(line);
    assert_eq!(words[0], "curl");
    let after = |flag: &str| words.iter().skip_while(|word| *word != flag).nth(1).unwrap();
    let (user, key) = after("-u").split_once(':').unwrap();
    let (header, value) = after("-H").split_once(": ").unwrap();
    let request = client().post(words.last().unwrap()).basic_auth(user, Some(key));
    request
        .header(header, value)
        .body(after("-d").clone())
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn the_first_start_prints_a_key_and_a_curl_line_that_works_and_later_ones_print_neither() {
    let place = Place::new();
    let mut first = place.serve(&["--log-level", "trace"]);
    let key = first.line("sk_");
    let answer = run_curl(&first.line("curl ")).await;
    assert_eq!(answer.status(), 200);
    assert!(answer.json::<Value>().await.unwrap()["id"].is_i64());
    let first = first.stop();
    assert_eq!(
        first.stdout.matches(&key).count(),
        2,
        "alone and in the curl line: {}",
        first.stdout
    );

    let later = place.serve(&["--log-level", "trace"]);
    assert_eq!(later.create_contact(&key, "2").await, 200);
    let later = later.stop();
    assert_eq!(secret_in(&later.stdout), None);
    assert!(
        later
            .stdout
            .contains("selfsame key create --workspace default --name NAME"),
        "{}",
        later.stdout
    );
    for ended in [&first, &later] {
        assert_eq!(ended.code, Some(0));
        assert!(!ended.stderr.contains(&key), "the key is in the log: {}", ended.stderr);
    }
}

#[tokio::test]
async fn the_printed_address_is_the_one_that_was_bound() {
    let place = Place::new();
    let mut server = place.serve(&["--listen", "0.0.0.0:0"]);
    assert!(
        server.url.starts_with("http://127.0.0.1:") && !server.url.ends_with(":0"),
        "{}",
        server.url
    );
    assert_eq!(server.get("", "/readyz").await.status(), 200);
    assert!(
        server
            .line("curl ")
            .ends_with(&format!("{}/api/v1/contact", server.url))
    );
}

#[tokio::test]
async fn a_key_of_the_settings_opens_the_first_workspace_and_is_not_printed() {
    let place = Place::new();
    let key = "from-the-secret-store-0123456789";
    let variables = [("SELFSAME_BOOTSTRAP_API_KEY", key)];
    let server = place.spawn(&[], &variables).listening();
    assert_eq!(server.create_contact(key, "1").await, 200);
    let ended = server.stop();
    assert!(!format!("{ended:?}").contains(key), "{ended:?}");
    assert_eq!(secret_in(&ended.stdout), None);

    let other = "another-one-that-comes-too-late";
    let server = place.spawn(&[], &[("SELFSAME_BOOTSTRAP_API_KEY", other)]).listening();
    assert_eq!(server.create_contact(key, "2").await, 200);
    assert_eq!(server.create_contact(other, "3").await, 401);
    server.stop();
}

#[tokio::test]
async fn of_two_servers_that_start_at_once_on_one_file_one_prints_a_key_and_both_take_it() {
    let place = Place::new();
    let url = sqlite(&place.path("new/shared.db"));
    let arguments = ["--database-url", url.as_str()];
    let starting = [place.spawn(&arguments, &[]), place.spawn(&arguments, &[])];
    let servers = starting.map(crate::support::Starting::listening);
    let addresses = servers.each_ref().map(|server| server.url.clone());
    assert_ne!(addresses[0], addresses[1]);
    // Their output is read after they have ended, so the key is tried on two newly started servers, again at the same time.
    let printed: Vec<String> = servers.into_iter().map(|server| server.stop().stdout).collect();
    let keys: Vec<&str> = printed.iter().filter_map(|text| secret_in(text)).collect();
    assert_eq!(keys.len(), 1, "{printed:?}");
    let servers = [place.spawn(&arguments, &[]), place.spawn(&arguments, &[])].map(crate::support::Starting::listening);
    for (server, id) in servers.iter().zip(["1", "2"]) {
        assert_eq!(server.create_contact(keys[0], id).await, 200);
    }
    assert_eq!(servers[0].count(keys[0], "2").await, 1);
}

#[test]
fn logs_are_json_when_they_should_be() {
    let place = Place::new();
    let ended = place.serve(&["--log-format", "json"]).stop();
    let lines: Vec<Value> = ended
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(lines.iter().any(|line| line["message"] == "listening"), "{lines:?}");
    assert!(lines.iter().any(|line| line["message"] == "stopped"), "{lines:?}");
}

#[test]
fn a_server_rests_in_little_memory() {
    let place = Place::new();
    let server = place.serve(&[]);
    let memory = server.anonymous_kilobytes();
    server.stop();
    // Without the code. The numbering plans of all countries, which are loaded before the server listens, use 8 MB of it.
    assert!(memory < 64 * 1024, "{memory} kB");
}
