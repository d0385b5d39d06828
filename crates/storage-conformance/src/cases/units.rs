//! The changes that a commit writes, and those that it refuses.

use super::raw::{
    active, at, changes, contacts, far, held, held_sample, member, merge, merged, plant, recorded, recorded_at,
    visitor, write,
};
use crate::{Backend, Fixture, Kind, api_call, category_key, identifier, segment_name};
use selfsame_application::ports::StorageError;
use selfsame_domain::{CategoryId, ChangeSet, ContactId, FieldId, IdentifierKey, Segment, SegmentId};

async fn refused(f: &Fixture<'_>, changes: ChangeSet) {
    let before = crate::observe(f.store(), f.workspace, ContactId(5), &[]).await;
    let answer = write(f.store(), f.workspace, &changes, &[]).await;
    assert!(
        matches!(answer, Err(StorageError::Refused(_))),
        "{answer:?} for {changes:?}"
    );
    assert_eq!(
        crate::observe(f.store(), f.workspace, ContactId(5), &[]).await,
        before,
        "it left something"
    );
}

pub async fn an_exclusive_identifier_with_two_owners_is_refused(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    for kind in [
        Kind::ExternalId,
        Kind::MobilePush,
        Kind::WebPush,
        Kind::Telegram,
        Kind::DeviceId,
        Kind::Cookie,
    ] {
        let identifiers = vec![held_sample(kind, 0, far(1)), held_sample(kind, 0, far(2))];
        refused(
            &f,
            ChangeSet {
                contacts: vec![active(far(1)), active(far(2))],
                identifiers,
                ..ChangeSet::default()
            },
        )
        .await;
    }
    let id = f.id(api_call().external("One").upsert()).await;
    let identifiers = vec![held_sample(Kind::ExternalId, 0, far(1))];
    let changes = ChangeSet {
        contacts: vec![active(far(1))],
        identifiers,
        ..ChangeSet::default()
    };
    refused(&f, changes.clone()).await;
    let identifiers_removed = vec![(identifier(Kind::ExternalId, "One").key, id)];
    plant(
        &f,
        ChangeSet {
            identifiers_removed,
            ..changes
        },
    )
    .await;
    assert_eq!(
        f.holders(&identifier(Kind::ExternalId, "One").key).await,
        [far(1)],
        "it was freed before"
    );
    let erased = vec![far(1), id];
    plant(
        &f,
        ChangeSet {
            erased,
            ..ChangeSet::default()
        },
    )
    .await;
}

pub async fn a_shared_identifier_with_two_owners_is_taken(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let identifiers = vec![held_sample(Kind::Email, 0, far(1)), held_sample(Kind::Email, 0, far(2))];
    plant(
        &f,
        ChangeSet {
            contacts: vec![active(far(1)), active(far(2))],
            identifiers,
            ..ChangeSet::default()
        },
    )
    .await;
    assert_eq!(
        f.holders(&identifier(Kind::Email, "One@example.com").key).await,
        [far(1), far(2)]
    );
}

pub async fn a_row_that_is_not_there_is_not_removed(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").segment("s").upsert()).await;
    let missing = |key: IdentifierKey, home| ChangeSet {
        identifiers_removed: vec![(key, home)],
        ..ChangeSet::default()
    };
    refused(&f, missing(identifier(Kind::Email, "a@example.com").key, id)).await;
    refused(&f, missing(identifier(Kind::ExternalId, "a").key, ContactId(id.0 + 1))).await;
    let segment = f.segment("s").await;
    let memberships_removed = vec![(segment, ContactId(id.0 + 1))];
    refused(
        &f,
        ChangeSet {
            memberships_removed,
            ..ChangeSet::default()
        },
    )
    .await;
}

pub async fn segments_and_categories_are_unique(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    f.create_category("a", "A").await;
    let segment = |id, name: &str| {
        let (id, name, created_at) = (SegmentId(id), segment_name(name), at());
        Segment { id, name, created_at }
    };
    refused(&f, changes(|c| c.segments = vec![segment(70, "A")])).await;
    refused(&f, changes(|c| c.segments = vec![segment(70, "x"), segment(71, "x")])).await;
    let known = f.store().categories(f.workspace).await.expect("read")[0].0.clone();
    let (mut same_key, mut same_segment) = (known.clone(), known);
    (same_key.id, same_key.segment) = (CategoryId(70), SegmentId(70));
    (same_segment.id, same_segment.key) = (CategoryId(70), category_key("z"));
    let both = changes(|c| {
        c.segments = vec![segment(70, "y")];
        c.categories = vec![same_key];
    });
    refused(&f, both).await;
    refused(&f, changes(|c| c.categories = vec![same_segment])).await;
}

pub async fn keys_of_fields_are_unique(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    super::fields::create(&f, super::fields::field("k", crate::FieldType::Tags)).await;
    let mut same = f.store().fields(f.workspace).await.expect("read")[0].clone();
    same.id = FieldId(70);
    refused(&f, changes(|c| c.fields = vec![same.clone()])).await;
    let mut twice = [same.clone(), same];
    for (field, id) in twice.iter_mut().zip(70..) {
        (field.id, field.field_key) = (FieldId(id), "another".to_owned());
    }
    refused(&f, changes(|c| c.fields = twice.to_vec())).await;
}

pub async fn a_cookie_has_one_open_visitor(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    refused(
        &f,
        ChangeSet {
            visitors: vec![visitor(1, "c", None), visitor(2, "c", None)],
            ..ChangeSet::default()
        },
    )
    .await;
    let closed = selfsame_domain::Visitor {
        closed_at: Some(at()),
        ..visitor(1, "c", None)
    };
    plant(
        &f,
        ChangeSet {
            visitors: vec![visitor(1, "c", None)],
            ..ChangeSet::default()
        },
    )
    .await;
    plant(
        &f,
        ChangeSet {
            visitors: vec![closed, visitor(2, "c", None)],
            ..ChangeSet::default()
        },
    )
    .await;
}

pub async fn rows_that_the_batch_did_not_load_are_repointed(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let mut of_third = visitor(2, "b", Some(far(1)));
    of_third.home = Some(far(3));
    let chain = changes(|c| {
        let absorbed = [merged(far(2), far(1), far(1)), merged(far(3), far(2), far(1))];
        c.merges = absorbed.iter().filter_map(merge).collect();
        c.contacts = [active(far(1)), active(far(9))].into_iter().chain(absorbed).collect();
        c.visitors = vec![visitor(1, "a", Some(far(1))), of_third];
    });
    plant(&f, chain).await;
    let longer = changes(|c| {
        *c = contacts(vec![merged(far(1), far(9), far(9))]);
        c.repointed = vec![(far(1), far(9))];
    });
    plant(&f, longer).await;
    for index in 1..=3 {
        assert_eq!(f.contact(far(index)).await.id, far(9));
    }
    assert_eq!(f.identity(far(9)).await.visitors.len(), 2);
    let returned = changes(|c| {
        c.contacts = vec![active(far(3))];
        c.visitors_returned = vec![(far(3), far(3))];
    });
    plant(&f, returned).await;
    for (index, cookie) in [(9, "a"), (3, "b")] {
        let visitors = f.identity(far(index)).await.visitors;
        let cookies: Vec<&str> = visitors.iter().map(|visitor| visitor.key.value.as_str()).collect();
        assert_eq!(cookies, [cookie]);
    }
    f.check().await;
}

pub async fn changes_and_records_stand_or_fall_together(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let identifiers = vec![
        held_sample(Kind::DeviceId, 0, far(1)),
        held_sample(Kind::DeviceId, 0, far(2)),
    ];
    let wrong = ChangeSet {
        contacts: vec![active(far(1))],
        identifiers,
        ..ChangeSet::default()
    };
    let later = at() + chrono::TimeDelta::days(1);
    let answer = write(f.store(), f.workspace, &wrong, &[recorded("k", later)]).await;
    assert!(answer.is_err());
    assert_eq!(recorded_at(&f, &["k"], at()).await, []);
    let right = ChangeSet {
        contacts: vec![active(far(1))],
        ..ChangeSet::default()
    };
    write(f.store(), f.workspace, &right, &[recorded("k", later)])
        .await
        .expect("write");
    assert!(f.is_there(far(1)).await);
    assert_eq!(recorded_at(&f, &["k"], at()).await.len(), 1);
}

pub async fn a_large_number_reads_back(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = ContactId(i64::MAX);
    let segment = SegmentId(i64::MAX);
    let changes = ChangeSet {
        contacts: vec![active(id)],
        identifiers: vec![held(identifier(Kind::Email, "a@example.com"), id, id)],
        segments: vec![Segment {
            id: segment,
            name: segment_name("last"),
            created_at: at(),
        }],
        memberships: vec![member(segment, id, id)],
        ..ChangeSet::default()
    };
    plant(&f, changes).await;
    let contact = f.contact(id).await;
    assert_eq!(
        (contact.id, contact.created_at, contact.segments()),
        (id, at(), [segment].into())
    );
    assert_eq!(f.all().await, [id]);
}
