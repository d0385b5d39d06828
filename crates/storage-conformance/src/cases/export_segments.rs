//! What exports read about segments and custom fields.

use super::dynamic_segments::{change, made};
use super::fields::{create, field};
use super::segment_fields::empty;
use crate::{Backend, FieldType, Fixture, api_call, erase, remove, segment_name};
use selfsame_application::ports::{Clock, ExportSnapshot};
use selfsame_domain::export::{Catalog, SegmentPeriod};
use selfsame_domain::{Command, DeletedSegment, Revision, Segment};
use serde_json::json;

async fn open(f: &Fixture<'_>) -> Box<dyn ExportSnapshot> {
    f.app()
        .record_memberships(f.workspace)
        .await
        .expect("record memberships");
    f.store().export_snapshot(f.workspace).await.expect("open a snapshot")
}

async fn catalog(f: &Fixture<'_>) -> Catalog {
    open(f).await.catalog().await.expect("read the catalog")
}

/// The periods since a commit, read in pages of two, each once.
async fn periods(f: &Fixture<'_>, since: Revision) -> Vec<SegmentPeriod> {
    let mut snapshot = open(f).await;
    let (mut found, mut after) = (Vec::new(), (since, None));
    loop {
        let page = snapshot.segment_periods(after, 2).await.expect("read periods");
        found.extend(page.iter().map(|(_, period)| *period));
        let Some((revision, last)) = page.last().filter(|_| page.len() == 2) else {
            break;
        };
        after = (*revision, Some(last.key()));
    }
    let mut keys: Vec<_> = found.iter().map(SegmentPeriod::key).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), found.len(), "a period came twice: {found:?}");
    found
}

/// The catalog has the commit that changed a segment, a formula or a field last, and no other one.
pub async fn the_catalog_has_segments_and_fields_with_their_last_change(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let nothing = catalog(&f).await;
    assert_eq!(nothing.changed, Revision(0));
    assert!(nothing.segments.is_empty() && nothing.deleted.is_empty());
    assert!(nothing.definitions.formulas.is_empty() && nothing.definitions.fields.is_empty());
    let listed = f.decide(api_call().external("a").segment("VIP").upsert()).await;
    let vip = f.segment("VIP").await;
    let dynamic = made(&f, "no email", &empty("email")).await;
    create(&f, field("size", FieldType::Number)).await;
    let before = catalog(&f).await;
    let ids: Vec<_> = before.segments.iter().map(|segment| segment.id).collect();
    assert_eq!(ids, [vip, dynamic]);
    assert_eq!(before.segments[0].created_at, listed.at);
    assert_eq!(
        before.definitions.formulas.keys().copied().collect::<Vec<_>>(),
        [dynamic]
    );
    assert_eq!(before.definitions.fields.len(), 1);
    f.id(api_call().external("b").segment("VIP").upsert()).await;
    assert_eq!(catalog(&f).await, before, "a member is no definition");
    f.decide(change(dynamic, &json!({"not": empty("email")}))).await;
    let after = catalog(&f).await;
    assert!(after.changed > before.changed);
    assert_ne!(after.definitions, before.definitions);
}

/// A deleted segment is kept as it was last, with the commit that deleted it.
pub async fn a_deleted_segment_is_kept_for_exports(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let ann = f.id(api_call().external("a").segment("VIP").upsert()).await;
    let list = f.segment("VIP").await;
    let dynamic = made(&f, "no email", &empty("email")).await;
    let renamed = Command::ChangeSegment {
        segment: dynamic,
        name: Some(segment_name("renamed")),
        formula: None,
    };
    f.decide(renamed).await;
    let before = catalog(&f).await;
    assert_eq!(before.segments[1].name, segment_name("renamed"));
    assert_eq!(before.deleted, []);
    let mut expected = Vec::new();
    for (segment, is_dynamic) in before.segments.iter().zip([false, true]) {
        let decision = f.decide(Command::DeleteSegment { segment: segment.id }).await;
        expected.push(DeletedSegment {
            segment: segment.clone(),
            is_dynamic,
            deleted_at: decision.at,
        });
    }
    assert_eq!(
        expected.iter().map(|gone| gone.segment.id).collect::<Vec<_>>(),
        [list, dynamic]
    );
    // Made and deleted between two runs.
    let name = segment_name("passing");
    let making = Command::CreateSegment {
        name: name.clone(),
        formula: None,
    };
    let created_at = f.decide(making).await.at;
    let id = f.segment("passing").await;
    let deleted_at = f.decide(Command::DeleteSegment { segment: id }).await.at;
    expected.push(DeletedSegment {
        segment: Segment { id, name, created_at },
        is_dynamic: false,
        deleted_at,
    });
    let after = catalog(&f).await;
    assert_eq!(after.segments, []);
    let deleted: Vec<_> = after.deleted.iter().map(|(_, deleted)| deleted.clone()).collect();
    assert_eq!(deleted, expected);
    assert!(after.deleted.iter().all(|(revision, _)| *revision > before.changed));
    assert_eq!(after.deleted.last().map(|(revision, _)| *revision), Some(after.changed));
    assert_eq!(
        periods(&f, Revision(0)).await,
        [],
        "the record of the segments is deleted"
    );
    assert!(f.is_there(ann).await);
}

/// A period is read when it begins, and again when it ends. A snapshot does not change.
pub async fn periods_are_read_once_each_since_a_commit(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let segment = made(&f, "no email", &empty("email")).await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        ids.push(f.id(api_call().external(name).upsert()).await);
    }
    let all = periods(&f, Revision(0)).await;
    let begun: Vec<_> = all
        .iter()
        .map(|period| (period.segment, period.contact, period.to))
        .collect();
    let expected: Vec<_> = ids.iter().map(|id| (segment, *id, None)).collect();
    assert_eq!(begun, expected);
    assert!(
        all.iter()
            .all(|period| period.from.0 < period.recorded && period.from.1 == f.clock().now())
    );

    let mut snapshot = open(&f).await;
    let before = snapshot.revision();
    f.clock().advance_seconds(5);
    f.id(api_call().external("b").email("b@example.com").upsert()).await;
    f.decide(remove(ids[3])).await;
    let fay = f.id(api_call().external("f").upsert()).await;
    let changed = periods(&f, before).await;
    assert_eq!(
        snapshot
            .segment_periods((before, None), 10)
            .await
            .expect("read periods"),
        []
    );
    let contacts: Vec<_> = changed
        .iter()
        .map(|period| (period.contact.0, period.to.map(|(_, at)| at)))
        .collect();
    let now = Some(f.clock().now());
    let mut expected = vec![(ids[1].0, now), (ids[3].0, now), (fay.0, None)];
    expected.sort_unstable();
    let mut sorted = contacts.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
    assert!(
        changed
            .iter()
            .all(|period| period.to.is_none_or(|(revision, _)| revision > period.from.0))
    );

    // Someone who comes back has a second period.
    let between = open(&f).await.revision();
    f.id(api_call().external("d").upsert()).await;
    let again = periods(&f, between).await;
    assert_eq!(again.len(), 1, "{again:?}");
    assert_eq!((again[0].contact, again[0].to), (ids[3], None));
    f.decide(erase(ids[3])).await;
    let left = periods(&f, Revision(0)).await;
    assert!(left.iter().all(|period| period.contact != ids[3]), "{left:?}");
    assert_eq!(left.len(), 5);
}
