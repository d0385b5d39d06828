//! The sources of settings, and their display.

use crate::support::Place;
use serde_json::Value;
use std::process::Stdio;

fn shown(place: &Place, arguments: &[&str], variables: &[(&str, &str)]) -> Value {
    let arguments: Vec<_> = ["config", "show", "--json"].iter().chain(arguments).copied().collect();
    serde_json::from_str(&place.run_with(&arguments, variables).text()).unwrap()
}

#[test]
fn flags_win_over_the_environment_over_the_file_over_defaults() {
    let place = Place::new();
    place.write(
        "a.toml",
        "listen = '127.0.0.1:1'\nlog_level = 'warn'\nqueue_depth = 7\n",
    );
    let variables = [
        ("SELFSAME_CONFIG", "a.toml"),
        ("SELFSAME_LISTEN", "127.0.0.1:2"),
        ("SELFSAME_LOG_LEVEL", "debug"),
    ];
    let settings = shown(&place, &["--listen", "127.0.0.1:3"], &variables);
    let of = |name: &str| {
        (
            settings[name]["value"].clone(),
            settings[name]["from"].as_str().unwrap().to_owned(),
        )
    };
    assert_eq!(of("listen"), ("127.0.0.1:3".into(), "flag --listen".to_owned()));
    assert_eq!(
        of("log_level"),
        ("debug".into(), "environment variable SELFSAME_LOG_LEVEL".to_owned())
    );
    assert_eq!(of("queue_depth").0, 7);
    assert!(of("queue_depth").1.ends_with("a.toml"));
    assert_eq!(of("batch_commands"), (256.into(), "default".to_owned()));
    assert_eq!(
        of("database_url"),
        ("sqlite://./data/selfsame.db".into(), "default".to_owned())
    );
}

#[test]
fn what_is_shown_is_a_settings_file_without_secrets() {
    let place = Place::new();
    let variables = [
        (
            "SELFSAME_DATABASE_URL",
            "postgres://app:hunter2@db/selfsame?sslmode=require",
        ),
        ("SELFSAME_BOOTSTRAP_API_KEY", "hunter2-hunter2-hunter2"),
        ("SELFSAME_ORGANISATION", "Ünïcode \"quoted\" \\ Ltd"),
    ];
    let text = place.run_with(&["config", "show"], &variables).text();
    assert!(!text.contains("hunter2"), "{text}");
    assert!(
        text.contains("database_url = \"postgres://app:***@db/selfsame?sslmode=require\""),
        "{text}"
    );
    assert!(text.contains("\n# bootstrap_api_key is hidden\n"), "{text}");
    place.write("shown.toml", &text);
    let again = place.run(&["config", "show", "--config", "shown.toml"]).text();
    let values = |text: &str| {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let filled = |lines: Vec<String>| lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>();
    assert_eq!(filled(values(&again)), filled(values(&text)));
}

#[test]
fn what_an_orchestrator_puts_into_the_environment_is_not_taken_for_settings() {
    let variables = [
        ("SELFSAME_SERVICE_HOST", "10.0.0.1"),
        ("SELFSAME_SERVICE_PORT_HTTP", "8080"),
        ("SELFSAME_PORT", "tcp://10.0.0.1:8080"),
        ("SELFSAME_PORT_8080_TCP_ADDR", "10.0.0.1"),
    ];
    assert_eq!(
        Place::new().run_with(&["config", "check"], &variables).text(),
        "the settings are valid\n"
    );
}

#[test]
fn help_names_every_setting_with_its_variable() {
    let place = Place::new();
    let help = place.run(&["serve", "--help"]).text();
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for name in shown(&place, &[], &[]).as_object().unwrap().keys() {
        let variable = format!("SELFSAME_{}", name.to_uppercase());
        assert!(help.contains(&variable), "{name} is not in {help}");
    }
    assert!(help.contains("Examples:"));
}

#[test]
fn what_needs_no_settings_prints_without_them() {
    let place = Place::new();
    let wrong = [("SELFSAME_LISTEN", "nowhere")];
    assert_eq!(
        place.run_with(&["version"], &wrong).text(),
        concat!("selfsame ", env!("CARGO_PKG_VERSION"), "\n")
    );
    let document: Value = serde_json::from_str(&place.run_with(&["openapi"], &wrong).text()).unwrap();
    let flagged = place.run(&["openapi", "--database-url", "sqlite:unused.db"]).text();
    assert_eq!(serde_json::from_str::<Value>(&flagged).unwrap(), document);
    assert!(!place.path("unused.db").exists());
    assert!(document["paths"]["/readyz"].is_object());
    for shell in ["bash", "zsh", "fish"] {
        assert!(
            place
                .run_with(&["completions", shell], &wrong)
                .text()
                .contains("selfsame"),
            "{shell}"
        );
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let place = Place::new();
    let mut child = place
        .command(&["openapi"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}

#[tokio::test]
async fn operations_may_have_an_address_of_their_own() {
    let place = Place::new();
    let server = place.serve(&["--admin-listen", "127.0.0.1:0"]);
    let log = server.log();
    let line = log
        .lines()
        .find(|line| line.contains("listening for operations"))
        .unwrap();
    let (_, address) = line.split_once("address=").unwrap();
    let status = async |url: String| server.client.get(url).send().await.unwrap().status().as_u16();
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(status(format!("http://{address}{path}")).await, 200, "{path}");
        assert_eq!(status(format!("{}{path}", server.url)).await, 404, "{path}");
    }
    assert_eq!(status(format!("http://{address}/api/v1/version")).await, 404);
    assert_eq!(status(format!("{}/api/v1/version", server.url)).await, 401);
    assert_eq!(server.stop().code, Some(0));
}
