//! An error at the start is one line with the reason and without secrets.

use crate::support::{Place, sqlite};
use std::net::TcpListener;
use std::thread;

/// The password in every URL of these tests; it must never be printed.
const PASSWORD: &str = "hunter2";

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn a_wrong_setting_is_one_line_that_names_it_and_its_place() {
    let place = Place::new();
    let cases = [
        (
            ("SELFSAME_LISEN", "127.0.0.1:1"),
            "unknown setting `lisen` (environment variable SELFSAME_LISEN); there are listen, ",
        ),
        (
            ("SELFSAME_LISTEN", "nowhere"),
            "the setting `listen` (environment variable SELFSAME_LISTEN) must be HOST:PORT",
        ),
        (
            ("SELFSAME_DATABASE_URL", "hunter2"),
            "`database_url` (environment variable SELFSAME_DATABASE_URL) must be sqlite:PATH or",
        ),
        (
            ("SELFSAME_DATABASE_URL", "mysql://a:hunter2@b/c"),
            "must be sqlite:PATH or postgres://",
        ),
        (
            ("SELFSAME_DATABASE_URL", "postgres://a:hunter2@b:x/c"),
            "`database_url` (environment variable SELFSAME_DATABASE_URL) is not a URL",
        ),
        (("SELFSAME_DATABASE_URL", "postgres://a:hunter2@b"), "names no database"),
        (
            (
                "SELFSAME_DATABASE_URL",
                "postgres://u@127.0.0.1:1/a?sslpassword=hunter2",
            ),
            "`database_url` (environment variable SELFSAME_DATABASE_URL) has the unknown option `sslpassword`; there are",
        ),
        (
            ("SELFSAME_DATABASE_URL", "postgres://u@127.0.0.1:1/a?sslmod=verify-full"),
            "has the unknown option `sslmod`; there are",
        ),
        (
            ("SELFSAME_DATABASE_URL", "postgres://u@127.0.0.1:1/a?sslmode=hunter2"),
            "has an option `sslmode` that is none of disable, allow, prefer, require, verify-ca, verify-full",
        ),
        (("SELFSAME_DATABASE_URL", "sqlite::memory:"), "names no file"),
        (
            ("SELFSAME_LOG_FORMAT", "hunter2"),
            "`log_format` (environment variable SELFSAME_LOG_FORMAT) must be one of text, json",
        ),
        (
            ("SELFSAME_LOG_LEVEL", "a=b=hunter2"),
            "`log_level` (environment variable SELFSAME_LOG_LEVEL) must be a level",
        ),
        (
            ("SELFSAME_LOG_LEVEL", "verbose"),
            "must be a level (off, error, warn, info, debug, trace), or a list with target=level",
        ),
        (
            ("SELFSAME_REQUEST_TIMEOUT", "30"),
            "must be a duration with a unit, for example 30s",
        ),
        (
            ("SELFSAME_REQUEST_TIMEOUT", "hunter2"),
            "must be a duration with a unit, for example 30s",
        ),
        (("SELFSAME_DRAIN_TIMEOUT", "0s"), "must be longer than nothing"),
        (
            ("SELFSAME_BODY_LIMIT_BYTES", "hunter2"),
            "must be a whole number that is not negative",
        ),
        (("SELFSAME_BATCH_COMMANDS", "0"), "must be at least 1"),
        (("SELFSAME_DATABASE_MAX_CONNECTIONS", "5000000000"), "is too large"),
        (
            ("SELFSAME_BOOTSTRAP_API_KEY", "hunter2"),
            "must have at least 20 characters",
        ),
        (
            ("SELFSAME_BOOTSTRAP_API_KEY", "hunter2 hunter2 hunter2"),
            "must consist of visible ASCII characters",
        ),
    ];
    for (variable, expected) in cases {
        for command in [&["serve"][..], &["config", "check"], &["key", "list"], &["migrate"]] {
            let ended = place.run_with(command, &[variable]);
            let complaint = ended.complaint(1);
            assert!(complaint.contains(expected), "{variable:?}: {complaint}");
            assert!(!complaint.contains(PASSWORD), "{complaint}");
        }
    }
    assert!(!place.path("data").exists(), "a failed start must leave nothing");
}

#[test]
fn a_wrong_settings_file_is_one_line_that_names_it() {
    let place = Place::new();
    let cases = [
        ("lisen = '127.0.0.1:1'", "unknown setting `lisen` (file "),
        ("[server]\nlisten = '127.0.0.1:1'", "unknown setting `server` (file "),
        (
            "database_url = 'mysql://a:hunter2@b/c'",
            "the setting `database_url` (file ",
        ),
        ("batch_bytes = 'hunter2'", "must be a whole number that is not negative"),
        (
            "listen = '127.0.0.1:1'\ndatabase_url = \"postgres://a:hunter2@b/c\n",
            "is not valid TOML: at line 2",
        ),
    ];
    for (content, expected) in cases {
        place.write("settings.toml", content);
        let ended = place.run(&["serve", "--config", "settings.toml"]);
        let complaint = ended.complaint(1);
        assert!(
            complaint.contains(expected) && complaint.contains("settings.toml"),
            "{content}: {complaint}"
        );
        assert!(!complaint.contains(PASSWORD), "{complaint}");
    }
    let ended = place.run_with(&["serve"], &[("SELFSAME_CONFIG", "missing.toml")]);
    assert!(
        ended
            .complaint(1)
            .contains("cannot read the settings file missing.toml: No such file")
    );
}

/// The errors of the three commands that open a database, run at the same time: `serve`, `migrate` and `doctor`.
fn complaints(place: &Place, url: &str) -> [String; 3] {
    thread::scope(|scope| {
        let run = |command, code| {
            scope.spawn(move || {
                let ended = place.run(&[command, "--database-url", url]);
                ended.complaint(code).to_owned()
            })
        };
        [run("serve", 1), run("migrate", 1), run("doctor", 2)].map(|run| run.join().unwrap())
    })
}

#[test]
fn an_unusable_file_is_one_line() {
    let place = Place::new();
    place.write("file", "this is not a database");
    for path in ["file", "file/below.db"] {
        let [serve, migrate, _] = complaints(&place, &sqlite(&place.path(path)));
        for complaint in [serve, migrate] {
            assert!(complaint.contains("cannot open the database "), "{complaint}");
        }
    }
}

/// Each command retries for five seconds, since a starting database refuses connections, too.
#[test]
fn an_unreachable_database_is_one_line_without_the_password() {
    let all = complaints(&Place::new(), "postgres://app:hunter2@127.0.0.1:1/selfsame");
    for complaint in &all {
        assert!(!complaint.contains(PASSWORD), "{complaint}");
    }
    for complaint in &all[..2] {
        assert!(complaint.contains("cannot open the database "), "{complaint}");
        assert!(
            complaint.contains("postgres://app:***@127.0.0.1:1/selfsame: the database is unavailable"),
            "{complaint}"
        );
        assert!(complaint.contains("Connection refused"), "{complaint}");
    }
}

#[test]
fn commands_that_need_a_database_do_not_make_one() {
    let place = Place::new();
    for command in [
        &["workspace", "list"][..],
        &["workspace", "create", "a"],
        &["key", "list"],
    ] {
        let ended = place.run(command);
        let complaint = ended.complaint(1);
        assert!(
            complaint.contains("there is no database yet; `selfsame migrate` or `selfsame serve` makes it"),
            "{complaint}"
        );
    }
    assert!(!place.path("data").exists());
}

#[test]
fn a_port_that_is_taken_is_one_line_and_does_not_use_up_the_first_key() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = place.run_with(&["serve", "--listen", &address], &[("SELFSAME_LOG_LEVEL", "error")]);
    assert!(
        ended
            .complaint(1)
            .starts_with(&format!("error: cannot listen on {address}: Address already in use"))
    );
    let ended = place.serve(&[]).stop();
    assert!(ended.stdout.contains("This is the first start"), "{}", ended.stdout);
}

#[test]
fn a_wrong_command_line_says_so_and_exits_with_2() {
    let place = Place::new();
    for command in [
        &["serv"][..],
        &["serve", "--lisen", "x"],
        &["key", "create"],
        &["key", "revoke", "x"],
    ] {
        let ended = place.run(command);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.starts_with("error: "), "{ended:?}");
    }
    let help = place.run(&[]);
    assert_eq!(help.code, Some(2));
    assert!(help.stderr.contains("Usage: selfsame <COMMAND>"), "{help:?}");
}
