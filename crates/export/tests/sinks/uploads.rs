//! What BigQuery alone has: uploads, jobs and service accounts.

use crate::cases::compared;
use crate::place::{NAMES, Place, at, contact, contacts, finish, names};
use data_encoding::BASE64URL_NOPAD;
use selfsame_application::ports::{Difference, SinkError};
use selfsame_domain::export::{Cell, ColumnSet, Dataset, Row};
use serde_json::{Value, json};

/// Rows of several parts of an upload, each with a megabyte of JSON.
async fn rows_of_many_parts_arrive(place: Place) {
    let columns = ["contactId", "eventId", "occured", "paramsJson", "visitorId"]
        .map(str::to_owned)
        .to_vec();
    let set = ColumnSet {
        dataset: Dataset::Events,
        columns,
    };
    let text = format!("{{\"a\":\"{}\"}}", "ї".repeat(500_000));
    let row = |id: i64| -> Row {
        let time = format!("2026-01-{id:02}T00:00:00Z").parse().unwrap();
        vec![
            Cell::Integer(id),
            Cell::Text(id.to_string()),
            Cell::Time(time),
            Cell::Text(text.clone()),
            Cell::Null,
        ]
    };
    for revision in [5, 6] {
        let mut run = place.begin(1, std::slice::from_ref(&set)).await.unwrap();
        for id in 1..=10 {
            run.stage(Dataset::Events, vec![row(id)]).await.unwrap();
        }
        finish(run, at(revision), revision == 5).await.unwrap();
        let sql = r#"SELECT COUNT(*) AS rows_found, COUNT(DISTINCT "eventId") AS events, MIN(LENGTH("paramsJson")) AS shortest FROM events"#;
        let expected = json!([{"rows_found": "10", "events": "10", "shortest": "500008"}]);
        assert_eq!(place.rows(sql).await, expected);
    }
}

#[tokio::test]
async fn rows_of_many_parts_arrive_in_bigquery() {
    rows_of_many_parts_arrive(Place::bigquery().await).await;
}

#[tokio::test]
async fn rows_of_many_parts_arrive_in_the_fake() {
    rows_of_many_parts_arrive(Place::fake().await).await;
}

/// Primary keys are not enforced.
async fn a_row_that_is_there_twice_is_mended(place: Place) {
    let all = [(1, "Ann"), (2, "Bob")];
    for revision in [4, 5] {
        let mut run = place.begin(1, &[contacts()]).await.unwrap();
        let rows = all.iter().map(|(id, name)| contact(*id, name)).collect();
        run.stage(Dataset::Contacts, rows).await.unwrap();
        finish(run, at(revision), true).await.unwrap();
    }
    place
        .run(r#"INSERT INTO contacts ("contactId", "createdDate", "firstName") SELECT "contactId", "createdDate", "firstName" FROM contacts WHERE "contactId" = 2"#)
        .await;
    let found = compared(&place, &all, true).await;
    assert_eq!(found.counts, [(Difference::Extra, 1)].into());
    assert_eq!(compared(&place, &all, false).await.differences(), 0);
    assert_eq!(place.rows(NAMES).await, names(&all));
}

#[tokio::test]
async fn a_row_that_is_there_twice_is_mended_in_bigquery() {
    a_row_that_is_there_twice_is_mended(Place::bigquery().await).await;
}

#[tokio::test]
async fn a_row_that_is_there_twice_is_mended_in_the_fake() {
    a_row_that_is_there_twice_is_mended(Place::fake().await).await;
}

/// Every job has an ID of ours: begun again, it is the one that runs already.
#[tokio::test]
async fn what_was_done_is_not_done_again_when_its_answer_is_lost() {
    let place = Place::fake().await;
    let mut run = place.begin(1, &[contacts()]).await.unwrap();
    run.stage(Dataset::Contacts, vec![contact(1, "Ann")]).await.unwrap();
    // Of the last part of the upload, and of the script.
    place.fixture().unwrap().lose_answers(2);
    finish(run, at(5), true).await.unwrap();
    assert_eq!(place.rows(NAMES).await, names(&[(1, "Ann")]));
}

/// The rows are loaded, and the script that writes them waits, when the run is killed.
#[tokio::test]
async fn a_run_that_is_killed_between_load_and_script_is_made_up_for() {
    let place = Place::fake().await;
    let fake = place.fixture().unwrap();
    let mut run = place.begin(1, &[contacts()]).await.unwrap();
    run.stage(Dataset::Contacts, vec![contact(1, "Ann")]).await.unwrap();
    finish(run, at(5), true).await.unwrap();
    let mut killed = place.begin(1, &[contacts()]).await.unwrap();
    killed
        .stage(Dataset::Contacts, vec![contact(1, "killed")])
        .await
        .unwrap();
    fake.close_gate();
    let writing = tokio::spawn(finish(killed, at(6), false));
    fake.arrived_at_gate().await;
    writing.abort();
    assert!(writing.await.unwrap_err().is_cancelled());
    fake.open_gate();
    let mut run = place.begin(1, &[contacts()]).await.unwrap();
    run.stage(Dataset::Contacts, vec![contact(1, "Anna")]).await.unwrap();
    // The script of the killed run may still be carried out, before or after: either way the rows are those of the last run.
    let written = finish(run, at(7), false).await;
    if written.is_err() {
        let mut again = place.begin(1, &[contacts()]).await.unwrap();
        again.stage(Dataset::Contacts, vec![contact(1, "Anna")]).await.unwrap();
        finish(again, at(7), false).await.unwrap();
    }
    assert_eq!(place.rows(NAMES).await, names(&[(1, "Anna")]));
}

/// The key of a service account that there is not. The private key was made for this test.
fn service_account(private_key: &str) -> String {
    let lines = |kind: &str| format!("-----{kind} PRIVATE KEY-----");
    let pem = format!("{}\n{private_key}\n{}\n", lines("BEGIN"), lines("END"));
    let key = json!({"type": "service_account", "project_id": "proj", "private_key_id": "k1", "private_key": pem,
        "client_email": "export@proj.iam.gserviceaccount.com"});
    key.to_string()
}

#[tokio::test]
async fn a_service_account_signs_for_itself() {
    let mut place = Place::fake().await;
    place.secret = Some(service_account(include_str!("key.base64")).into());
    assert_eq!(place.check().await, Ok(()));
    let sent = place.fixture().unwrap().authorization().unwrap();
    let parts: Vec<&str> = sent.strip_prefix("Bearer ").unwrap().split('.').collect();
    assert_eq!(parts.len(), 3, "a token has a header, claims and a signature");
    let claims: Value = serde_json::from_slice(&BASE64URL_NOPAD.decode(parts[1].as_bytes()).unwrap()).unwrap();
    assert_eq!(claims["iss"], "export@proj.iam.gserviceaccount.com");
    assert_eq!(claims["scope"], "https://www.googleapis.com/auth/bigquery");

    place.secret = Some(service_account("c2VjcmV0LWtleQ==").into());
    let refused = place.check().await.unwrap_err();
    assert!(matches!(refused, SinkError::Denied { .. }), "{refused:?}");
    assert!(!format!("{refused:?} {:?}", place.destination()).contains("c2VjcmV0"));
}
