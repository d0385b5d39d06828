//! Moving contacts in and out with `import` and `export-contacts`.

use crate::support::{Place, Server};
use std::fs;

const KEY: &str = "the-first-key-of-this-workspace";

fn serve(place: &Place) -> Server {
    place.spawn(&[], &[("SELFSAME_BOOTSTRAP_API_KEY", KEY)]).listening()
}

fn import(place: &Place, server: &Server, arguments: &[&str]) -> crate::support::Ended {
    let arguments: Vec<&str> = ["import"].iter().chain(arguments).copied().collect();
    place.run_with(
        &arguments,
        &[("SELFSAME_URL", server.url.as_str()), ("SELFSAME_API_KEY", KEY)],
    )
}

/// The count of an outcome in a summary.
fn count(summary: &str, outcome: &str) -> String {
    let line = summary.lines().find(|line| line.trim().starts_with(outcome));
    line.and_then(|line| line.split_whitespace().nth(1))
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn a_file_is_imported_once_and_its_rejected_rows_can_be_mended() {
    let place = Place::new();
    let server = serve(&place);
    place.write(
        "people.csv",
        "externalCustomerId,email\nC-1,ann@example.com\n,eve@example.com\nC-3,max@example.com\nshort\n",
    );
    let by = ["people.csv", "--unique-by", "externalCustomerId"];
    let dry = import(&place, &server, &[&by[..], &["--dry-run"]].concat());
    assert_eq!(
        (dry.code, count(&dry.stdout, "created")),
        (Some(3), "2".to_owned()),
        "{dry:?}"
    );
    let first = import(&place, &server, &by);
    assert_eq!(first.code, Some(3), "{first:?}");
    assert_eq!(
        (count(&first.stdout, "created"), count(&first.stdout, "rejected")),
        ("2".to_owned(), "2".to_owned())
    );
    let rejects = fs::read_to_string(place.path("people.csv.rejects.csv")).unwrap();
    let lines: Vec<&str> = rejects.lines().collect();
    assert_eq!(lines[0], "Rejected because,externalCustomerId,email");
    assert!(
        lines[1].ends_with(",,eve@example.com") && lines[2].ends_with(",short"),
        "{rejects}"
    );

    let again = import(&place, &server, &by);
    assert!(again.stderr.contains("was sent before"), "{again:?}");
    let repeated = import(&place, &server, &[&by[..], &["--again"]].concat());
    assert_eq!(count(&repeated.stdout, "unchanged"), "2", "{repeated:?}");

    let mended = rejects
        .replace(",,eve", ",C-2,eve")
        .replace(",short", ",C-4,sam@example.com");
    place.write("mended.csv", &mended);
    let last = import(&place, &server, &["mended.csv", "--unique-by", "externalCustomerId"]);
    assert_eq!(
        (last.code, count(&last.stdout, "created")),
        (Some(0), "2".to_owned()),
        "{last:?}"
    );
}

#[test]
fn a_damaged_column_stops_an_import_until_it_is_left_out() {
    let place = Place::new();
    let server = serve(&place);
    place.write("people.csv", "externalCustomerId,phone\nC-1,3.80501E+11\n");
    let by = ["people.csv", "--unique-by", "externalCustomerId"];
    let stopped = import(&place, &server, &by);
    assert_eq!(stopped.code, Some(4), "{stopped:?}");
    assert!(
        stopped
            .stdout
            .contains("column `phone` has numbers in scientific notation"),
        "{stopped:?}"
    );
    let decided = import(&place, &server, &[&by[..], &["--skip-column", "phone"]].concat());
    assert_eq!(
        (decided.code, count(&decided.stdout, "created")),
        (Some(0), "1".to_owned()),
        "{decided:?}"
    );
}

#[test]
fn what_cannot_be_imported_is_said_in_one_line() {
    let place = Place::new();
    let server = serve(&place);
    place.write("people.csv", "email\nann@example.com\n");
    let missing = import(&place, &server, &["nowhere.csv", "--unique-by", "email"]);
    assert!(missing.complaint(1).contains("nowhere.csv"));
    let unknown = import(&place, &server, &["people.csv", "--unique-by", "nonsense"]);
    assert!(unknown.complaint(1).contains("uniqueBy must be one of"), "{unknown:?}");
    let key = place.run_with(
        &["import", "people.csv", "--unique-by", "email"],
        &[("SELFSAME_URL", server.url.as_str()), ("SELFSAME_API_KEY", "wrong")],
    );
    assert!(key.complaint(1).contains("(401)"), "{key:?}");
    let refused = place.run(&[
        "import",
        "people.csv",
        "--unique-by",
        "email",
        "--key",
        "k",
        "--url",
        "http://127.0.0.1:9",
    ]);
    assert!(
        refused.complaint(1).contains("no answer from http://127.0.0.1:9"),
        "{refused:?}"
    );
    place.write("empty.csv", "");
    let empty = import(&place, &server, &["empty.csv", "--unique-by", "email"]);
    assert!(empty.complaint(1).contains("must not be empty"), "{empty:?}");
    place.write("other.csv", "name\nAnn\n");
    let failed = import(&place, &server, &["other.csv", "--unique-by", "email"]);
    assert_eq!(failed.code, Some(1), "{failed:?}");
    assert!(failed.stdout.contains("no column goes to email"), "{failed:?}");
}

#[tokio::test]
async fn an_export_can_be_imported_elsewhere() {
    let place = Place::new();
    let server = serve(&place);
    let request = server.client.post(format!("{}/api/v1/contact", server.url));
    let contact = serde_json::json!({
        "externalCustomerId": "C-1",
        "firstName": "Ганна",
        "channels": [
            {"type": "email", "value": "ann@example.com"},
            {"type": "sms", "value": "+380501234567"},
            {"type": "mobilepush", "value": "t1", "device": {"appId": "2c9a5a3e-7a51-4c2c-9b0a-33f0a3c6b001"}},
        ],
        "groups": ["Newsletter"],
    });
    let made = request.basic_auth("", Some(KEY)).json(&contact).send().await.unwrap();
    assert_eq!(made.status(), 200);
    for name in ["all.csv", "all.ndjson"] {
        let written = place.run(&["export-contacts", name]).text();
        assert_eq!(written, format!("wrote 1 contacts to {name}\n"));
        assert!(
            place
                .run(&["export-contacts", name])
                .complaint(1)
                .contains("cannot write")
        );
        let other = Place::new();
        let target = serve(&other);
        fs::copy(place.path(name), other.path(name)).unwrap();
        let imported = import(&other, &target, &[name, "--unique-by", "externalCustomerId"]);
        assert_eq!(
            (imported.code, count(&imported.stdout, "created")),
            (Some(0), "1".to_owned()),
            "{imported:?}"
        );
        let found = target.get(KEY, "/api/v1/contact/1").await.text().await.unwrap();
        for text in ["\"C-1\"", "Ганна", "ann@example.com", "+380501234567", "Newsletter"] {
            assert!(found.contains(text), "{name}: {found}");
        }
        assert_eq!(found.contains("t1"), name == "all.ndjson", "{found}");
    }
    assert!(
        place
            .run(&["export-contacts", "all.xlsx"])
            .complaint(1)
            .contains(".ndjson")
    );
}

#[test]
fn the_variables_of_an_import_disturb_no_other_command() {
    let place = Place::new();
    let variables = [("SELFSAME_URL", "http://127.0.0.1:1"), ("SELFSAME_API_KEY", "sk_x")];
    let migrated = place.run_with(&["migrate"], &variables);
    assert_eq!(migrated.code, Some(0), "{migrated:?}");
}
