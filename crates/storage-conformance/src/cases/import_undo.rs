//! Undoing imports.

use super::imports::{ALL, end, read, record, row, rows, running};
use crate::{Backend, Fixture, RequestBuilder, api_call, contact_of, erase};
use selfsame_application::ports::{
    Clock, Ids, ImportEnd, ImportId, ImportRow, ImportStatus, JobId, JobKind, NewJob, RowOutcome, UndoAnswer, UndoRow,
    UndoneRow,
};
use selfsame_domain::values::SegmentName;
use selfsame_domain::{Command, Decision, DedupeOn, Outcome, Skipped};

/// The row of an import that a decision was about.
fn decided(number: u64, decision: &Decision) -> ImportRow {
    ImportRow {
        contact: decision.contact,
        decision: Some(decision.id),
        undo: decision.undo.clone(),
        ..row(number, RowOutcome::Updated)
    }
}

async fn undo(f: &Fixture<'_>, id: ImportId) -> UndoAnswer {
    let now = f.clock().now();
    let job = NewJob {
        workspace: f.workspace,
        id: JobId(f.ids().uuid(now)),
        kind: JobKind::UndoImport,
        queue: "undo".to_owned(),
        payload: id.to_string(),
        not_before: now,
        created_at: now,
    };
    let answer = f.store().undo_import(id, &job).await.expect("undo");
    let stored = f.store().job(f.workspace, job.id).await.expect("read");
    // Only the first request enqueues a job.
    let begins = matches!(&answer, UndoAnswer::Accepted(import) if import.is_undoing && import.heartbeat_at == now);
    assert_eq!(stored.is_some(), begins, "{answer:?}");
    f.clock().advance_seconds(1);
    answer
}

async fn to_undo(f: &Fixture<'_>, id: ImportId, limit: u32) -> Vec<UndoRow> {
    let found = f.store().rows_to_undo(f.workspace, id, limit).await;
    found.expect("read rows to undo")
}

async fn note(f: &Fixture<'_>, id: ImportId, row: u64, kept: &[Skipped]) {
    let kept = kept.to_vec();
    let noted = f
        .store()
        .record_undone(f.workspace, id, &[UndoneRow { row, kept }], f.clock().now())
        .await;
    noted.expect("note a row");
}

fn bulk(builder: RequestBuilder) -> Command {
    builder.bulk(DedupeOn::Email, true)
}

pub async fn rows_are_taken_back_from_the_last_to_the_first(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    f.id(api_call().external("former").mobile("app", "t").upsert()).await;
    let first = f
        .decide(bulk(api_call().external("a").email("a@example.com").mobile("app", "t")))
        .await;
    let second = f.decide(bulk(api_call().external("a").first("Ann"))).await;
    assert_eq!(first.undo.len(), 2, "the token was another contact's: {first:?}");
    let id = running(&f).await;
    assert_eq!(undo(&f, id).await, UndoAnswer::NotOver);
    let all = [decided(1, &first), row(2, RowOutcome::Rejected), decided(3, &second)];
    record(&f, id, 0, &all).await;
    assert!(end(&f, id, ImportEnd::Finished).await);
    assert!(matches!(undo(&f, id).await, UndoAnswer::Accepted(_)));
    assert!(matches!(undo(&f, id).await, UndoAnswer::Accepted(_)));
    let row_of = |number, decision: &Decision| UndoRow {
        row: number,
        contact: decision.contact,
        parts: decision.undo.clone(),
    };
    assert_eq!(to_undo(&f, id, 10).await, [row_of(3, &second), row_of(1, &first)]);
    assert_eq!(to_undo(&f, id, 1).await, [row_of(3, &second)]);
    let kept = [Skipped {
        field: "firstName".to_owned(),
        reason: "змінено".to_owned(),
    }];
    note(&f, id, 3, &kept).await;
    note(&f, id, 3, &[]).await;
    assert_eq!(rows(&f, id, ALL).await[2].kept, kept, "noted once");
    assert_eq!(to_undo(&f, id, 1).await, [row_of(1, &first)]);
    note(&f, id, 1, &[]).await;
    assert!(to_undo(&f, id, 1).await.is_empty());
    f.store()
        .end_undo(f.workspace, id, true, f.clock().now())
        .await
        .expect("end");
    let import = read(&f, id).await;
    assert_eq!((import.status, import.is_undoing), (ImportStatus::Undone, false));
    assert!(matches!(undo(&f, id).await, UndoAnswer::Accepted(import) if import.status == ImportStatus::Undone));
    let unknown = ImportId(f.ids().uuid(f.clock().now()));
    assert_eq!(undo(&f, unknown).await, UndoAnswer::Unknown);
}

pub async fn an_undo_that_is_given_up_can_be_asked_for_again(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = running(&f).await;
    end(&f, id, ImportEnd::Cancelled).await;
    undo(&f, id).await;
    f.store()
        .end_undo(f.workspace, id, false, f.clock().now())
        .await
        .expect("end");
    let import = read(&f, id).await;
    assert_eq!((import.status, import.is_undoing), (ImportStatus::Cancelled, false));
    assert!(matches!(undo(&f, id).await, UndoAnswer::Accepted(import) if import.is_undoing));
}

pub async fn contacts_are_as_they_were_before_the_row(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let former = f.id(api_call().external("former").mobile("app", "t").upsert()).await;
    let ann = f
        .id(api_call().email("a@example.com").first("Ann").segment("Old").upsert())
        .await;
    let phone = f.id(api_call().sms("+380501234567").last("Smith").upsert()).await;
    let before = [
        f.observable(former).await,
        f.observable(ann).await,
        f.observable(phone).await,
    ];
    let builder = api_call()
        .external("a")
        .email("a@example.com")
        .sms("+380501234567")
        .mobile("app", "t");
    let mut request = builder.first("Eve").segment("New").request();
    request.left_segments = vec![SegmentName::parse("Old").expect("a name")];
    let call = selfsame_domain::Call::Bulk {
        dedupe_on: DedupeOn::Email,
        restore: false,
    };
    let row = f.decide(Command::Contact(call, Box::new(request))).await;
    assert_eq!(row.contact, Some(ann));
    assert!(
        !f.is_there(phone).await || f.observable(phone).await != before[2],
        "merged: {row:?}"
    );
    let made = f.decide(bulk(api_call().external("b").email("b@example.com"))).await;
    let take_back = |row: &Decision| Command::TakeBack {
        contact: row.contact,
        parts: row.undo.clone(),
    };
    let undone = f.decide_all(vec![take_back(&made), take_back(&row)]).await;
    assert_eq!(
        (undone[0].outcome, undone[1].outcome),
        (Outcome::Removed, Outcome::Updated)
    );
    assert_eq!(
        [
            f.observable(former).await,
            f.observable(ann).await,
            f.observable(phone).await
        ],
        before
    );
    let again = f.decide(api_call().external("b").email("b@example.com").upsert()).await;
    assert_eq!(again.outcome, Outcome::Created);
    assert!(f.log(ann).await.iter().any(|decision| decision.id == undone[1].id));
}

pub async fn erasing_a_contact_forgets_what_imports_changed_of_it(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let gone = f.decide(bulk(api_call().external("a").email("a@example.com"))).await;
    let kept = f.decide(bulk(api_call().external("b").email("b@example.com"))).await;
    let id = running(&f).await;
    record(&f, id, 0, &[decided(1, &gone), decided(2, &kept)]).await;
    f.decide(erase(contact_of(&gone))).await;
    let left: Vec<u64> = to_undo(&f, id, 10).await.iter().map(|row| row.row).collect();
    assert_eq!(left, [2]);
}
