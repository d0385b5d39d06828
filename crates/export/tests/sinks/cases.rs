//! The cases.

use crate::place::{NAMES, Place, at, contact, contacts, finish, names};
use selfsame_application::ports::{CompareRequest, Difference, SinkError, TableComparison};
use selfsame_domain::Timestamp;
use selfsame_domain::export::{Cell, ColumnSet, Dataset, Row};
use selfsame_domain::values::Amount;
use serde_json::json;

const MARKS: &str = "SELECT dataset, revision FROM _selfsame_watermark ORDER BY dataset";

/// Writes contacts as one full run.
async fn written(place: &Place, revision: i64, all: &[(i64, &str)]) {
    let mut run = place.begin(1, &[contacts()]).await.unwrap();
    let rows = all.iter().map(|(id, name)| contact(*id, name)).collect();
    run.stage(Dataset::Contacts, rows).await.unwrap();
    finish(run, at(revision), true).await.unwrap();
}

pub(crate) async fn everything_is_written_and_then_what_changed(place: Place) {
    let tables = [contacts(), ColumnSet::new(Dataset::Devices, true)];
    let mut run = place.begin(1, &tables).await.unwrap();
    assert_eq!(run.watermark(), None);
    for id in 1..=3 {
        run.stage(Dataset::Contacts, vec![contact(id, "Ann")]).await.unwrap();
    }
    assert_eq!(place.rows(NAMES).await, json!([]), "a reader sees half a run");
    finish(run, at(5), true).await.unwrap();
    assert_eq!(place.rows(NAMES).await, names(&[(1, "Ann"), (2, "Ann"), (3, "Ann")]));
    let marks = |revision: &str| json!([{"dataset": "contacts", "revision": revision}, {"dataset": "devices", "revision": revision}]);
    assert_eq!(place.rows(MARKS).await, marks("5"));

    let mut run = place.begin(1, &tables).await.unwrap();
    assert_eq!(run.watermark(), Some(at(5)));
    run.forget(Dataset::Contacts, "contactId", vec![Cell::Integer(2), Cell::Integer(3)])
        .await
        .unwrap();
    // Twice the same, as events of a visitor may come.
    let changed = vec![
        contact(1, "Änn 'n`\\ Co"),
        contact(3, "Cem"),
        contact(4, "Dan"),
        contact(4, "Dan"),
    ];
    run.stage(Dataset::Contacts, changed).await.unwrap();
    finish(run, at(6), false).await.unwrap();
    let expected = names(&[(1, "Änn 'n`\\ Co"), (3, "Cem"), (4, "Dan")]);
    assert_eq!(place.rows(NAMES).await, expected);

    let run = place.begin(1, &tables).await.unwrap();
    finish(run, at(7), false).await.unwrap();
    assert_eq!(place.rows(NAMES).await, expected);
    assert_eq!(place.rows(MARKS).await, marks("7"));
}

pub(crate) async fn a_run_that_is_dropped_leaves_the_tables(place: Place) {
    written(&place, 5, &[(1, "Ann"), (2, "Bob")]).await;
    let mut run = place.begin(1, &[contacts()]).await.unwrap();
    run.stage(Dataset::Contacts, vec![contact(1, "Anna")]).await.unwrap();
    run.forget(Dataset::Contacts, "contactId", vec![Cell::Integer(2)])
        .await
        .unwrap();
    drop(run);
    assert_eq!(place.rows(NAMES).await, names(&[(1, "Ann"), (2, "Bob")]));
    let mut run = place.begin(1, &[contacts()]).await.unwrap();
    assert_eq!(run.watermark(), Some(at(5)));
    run.stage(Dataset::Contacts, vec![contact(1, "Anne")]).await.unwrap();
    finish(run, at(6), false).await.unwrap();
    assert_eq!(place.rows(NAMES).await, names(&[(1, "Anne"), (2, "Bob")]));
}

pub(crate) async fn a_run_that_was_overtaken_is_refused(place: Place) {
    written(&place, 5, &[(1, "Ann")]).await;
    let mut slow = place.begin(1, &[contacts()]).await.unwrap();
    slow.stage(Dataset::Contacts, vec![contact(1, "slow")]).await.unwrap();
    let mut fast = place.begin(1, &[contacts()]).await.unwrap();
    // One whose rows wait in a transaction of its own is refused at the latest when it is written.
    fast.stage(Dataset::Contacts, vec![contact(1, "fast")]).await.unwrap();
    finish(fast, at(7), false).await.unwrap();
    assert_eq!(finish(slow, at(6), false).await, Err(SinkError::Raced));
    let mut slow = place.begin(1, &[contacts()]).await.unwrap();
    written(&place, 8, &[(1, "fast")]).await;
    assert_eq!(slow.compare(request(false)).await, Err(SinkError::Raced));
    assert_eq!(place.rows(NAMES).await, names(&[(1, "fast")]));
    assert_eq!(
        place.rows(MARKS).await,
        json!([{"dataset": "contacts", "revision": "8"}])
    );
}

pub(crate) async fn columns_are_added_and_those_of_people_stay(place: Place) {
    written(&place, 5, &[(1, "Ann"), (2, "Bob")]).await;
    place.add_note("contacts").await;
    let mut wider = contacts();
    wider.columns.push("externalCustomerId".to_owned());
    // A run that is killed after it has added the column does not fill it.
    drop(place.begin(1, &[wider.clone()]).await.unwrap());
    let mut run = place.begin(1, &[wider.clone()]).await.unwrap();
    assert_eq!(run.watermark(), None, "every row has to be sent");
    let row = |id: i64, external: &str| -> Row {
        let mut row = contact(id, "Ann");
        row.insert(3, Cell::Text(external.to_owned()));
        row
    };
    run.stage(Dataset::Contacts, vec![row(1, "C-1"), row(2, "C-2")])
        .await
        .unwrap();
    finish(run, at(6), true).await.unwrap();
    let sql = r#"SELECT "contactId", "externalCustomerId", note FROM contacts ORDER BY "contactId""#;
    let expected = json!([
        {"contactId": "1", "externalCustomerId": "C-1", "note": "kept"},
        {"contactId": "2", "externalCustomerId": "C-2", "note": "kept"}
    ]);
    assert_eq!(place.rows(sql).await, expected);
    assert_eq!(place.begin(1, &[wider]).await.unwrap().watermark(), Some(at(6)));
}

pub(crate) async fn a_full_run_takes_away_what_is_no_more(place: Place) {
    written(&place, 5, &[(1, "Ann"), (2, "Bob")]).await;
    written(&place, 6, &[(2, "Bob"), (3, "Cem")]).await;
    assert_eq!(place.rows(NAMES).await, names(&[(2, "Bob"), (3, "Cem")]));
    let run = place.begin(1, &[contacts()]).await.unwrap();
    finish(run, at(7), true).await.unwrap();
    assert_eq!(place.rows(NAMES).await, json!([]));
}

pub(crate) async fn what_cannot_be_followed_is_refused(place: Place) {
    written(&place, 5, &[(1, "Ann")]).await;
    let other = place.begin(2, &[contacts()]).await.map(drop);
    let Err(SinkError::Incompatible { problem, .. }) = other else {
        panic!("another export is taken: {other:?}")
    };
    assert!(
        problem.contains("another export writes the table `contacts`"),
        "{problem}"
    );
    place.retype("contacts", "contactId").await;
    let retyped = place.begin(1, &[contacts()]).await.map(drop);
    let Err(SinkError::Incompatible { problem, way_out }) = retyped else {
        panic!("a key of another type is taken: {retyped:?}")
    };
    assert!(
        problem.contains("`contactId`") && way_out.contains("rename the table"),
        "{problem}; {way_out}"
    );
    place.drop_table("contacts").await;
    for _ in 0..2 {
        let run = place.begin(1, &[contacts()]).await.unwrap();
        assert_eq!(run.watermark(), None, "the table is new and empty");
    }
}

pub(crate) async fn a_check_leaves_nothing(place: Place) {
    assert_eq!(place.check().await, Ok(()));
    assert!(place.is_empty().await);
    let refused = place.guarded_check().await;
    assert!(
        matches!(&refused, Err(SinkError::Denied { problem, .. }) if problem.contains("private network")),
        "{refused:?}"
    );
}

pub(crate) async fn extremes_arrive(place: Place) {
    let columns = ["contactId", "email", "orderDate", "orderId", "totalCost"]
        .map(str::to_owned)
        .to_vec();
    let set = ColumnSet {
        dataset: Dataset::Orders,
        columns,
    };
    let mut run = place.begin(1, &[set]).await.unwrap();
    let row = |id: &str, cost: &str, time: &str, text: &str| -> Row {
        // In the order of the dataset.
        vec![
            Cell::Integer(i64::MAX),
            Cell::Text(text.to_owned()),
            Cell::Time(time.parse().unwrap()),
            Cell::Text(id.to_owned()),
            Cell::Number(Amount::parse(cost).unwrap()),
        ]
    };
    let rows = vec![
        row("a", "-0.000000001", "0001-01-01T00:00:00Z", "😀\t\n\\N\"{}"),
        row("b", "99999999999999999", "9999-12-31T23:59:59Z", ""),
    ];
    run.stage(Dataset::Orders, rows).await.unwrap();
    finish(run, at(5), true).await.unwrap();
    let sql =
        r#"SELECT "orderId", "contactId", email, CAST("totalCost" AS NUMERIC) AS cost FROM orders ORDER BY "orderId""#;
    let found = place.rows(sql).await;
    assert_eq!(found[0]["contactId"], i64::MAX.to_string());
    assert_eq!(found[0]["email"], "😀\t\n\\N\"{}");
    assert_eq!(
        (&found[1]["email"], &found[1]["cost"]),
        (&json!(""), &json!("99999999999999999"))
    );
    let first: f64 = found[0]["cost"].as_str().unwrap().parse().unwrap();
    assert!((first + 1e-9).abs() < 1e-15, "{first}");
}

fn request(mend: bool) -> CompareRequest {
    CompareRequest {
        events_since: None,
        limit: 2,
        mend,
    }
}

/// Compares the table of contacts with these.
pub(crate) async fn compared(place: &Place, all: &[(i64, &str)], mend: bool) -> TableComparison {
    let mut run = place.begin(1, &[contacts()]).await.unwrap();
    if !all.is_empty() {
        let rows = all.iter().map(|(id, name)| contact(*id, name)).collect();
        run.stage(Dataset::Contacts, rows).await.unwrap();
    }
    let mut found = run.compare(request(mend)).await.unwrap();
    assert_eq!(found.len(), 1);
    let found = found.remove(0);
    if mend {
        finish(run, at(5), true).await.unwrap();
    }
    found
}

fn differing(found: &TableComparison) -> Vec<(&str, &str)> {
    let rows = found.rows.iter();
    rows.map(|row| (row.key[0].as_str(), row.difference.as_str())).collect()
}

pub(crate) async fn what_differs_is_found_and_mended(place: Place) {
    let all = [(1, "Ann"), (2, "Bob"), (3, "Cem"), (4, "Dan")];
    written(&place, 5, &all).await;
    let same = compared(&place, &all, false).await;
    assert_eq!((same.source.rows, same.differences()), (4, 0), "{same:?}");
    assert_eq!(same.source, same.destination);

    place
        .run(r#"UPDATE contacts SET "firstName" = NULL WHERE "contactId" = 1"#)
        .await;
    place.run(r#"DELETE FROM contacts WHERE "contactId" = 2"#).await;
    for id in 7..=9 {
        let sql = format!(r#"INSERT INTO contacts ("contactId", "firstName") VALUES ({id}, 'Eve')"#);
        place.run(&sql).await;
    }
    let shown = [("1", "changed"), ("7", "extra"), ("8", "extra"), ("2", "missing")];
    let found = compared(&place, &all, false).await;
    assert_eq!(differing(&found), shown, "at most two of each kind");
    assert_eq!(found.counts[&Difference::Extra], 3);
    assert_eq!((found.source.rows, found.destination.rows), (4, 6));
    assert_ne!(found.source.checksum, found.destination.checksum);

    let mended = compared(&place, &all, true).await;
    assert_eq!(mended, found, "what was there before");
    assert_eq!(place.rows(NAMES).await, names(&all));
    assert_eq!(compared(&place, &all, false).await, same);
    assert_eq!(
        place.rows(MARKS).await,
        json!([{"dataset": "contacts", "revision": "5"}])
    );
    // A workspace without rows has none to stage.
    let found = compared(&place, &[], false).await;
    assert_eq!((found.source.rows, found.counts[&Difference::Extra]), (0, 4));
}

pub(crate) async fn events_that_are_kept_no_longer_are_not_compared(place: Place) {
    let columns = ["contactId", "eventId", "occured", "visitorId"]
        .map(str::to_owned)
        .to_vec();
    let set = ColumnSet {
        dataset: Dataset::Events,
        columns,
    };
    let row = |day: u32| -> Row {
        let time: Timestamp = format!("2026-01-{day:02}T00:00:00Z").parse().unwrap();
        vec![
            Cell::Integer(1),
            Cell::Text(day.to_string()),
            Cell::Time(time),
            Cell::Null,
        ]
    };
    let mut run = place.begin(1, std::slice::from_ref(&set)).await.unwrap();
    run.stage(Dataset::Events, (1..=4).map(row).collect()).await.unwrap();
    finish(run, at(5), true).await.unwrap();
    // The first of January is kept no longer, and the second is about to be deleted.
    let mut run = place.begin(1, &[set]).await.unwrap();
    run.stage(Dataset::Events, (2..=4).map(row).collect()).await.unwrap();
    let since = CompareRequest {
        events_since: "2026-01-03T00:00:00Z".parse().ok(),
        ..request(false)
    };
    let found = run.compare(since).await.unwrap().remove(0);
    assert_eq!((found.destination.rows, found.differences()), (2, 0), "{found:?}");
}
