//! Merging by hand.

use super::contacts::shown;
use crate::{Backend, Fixture, Kind, api_call, by_external, force_merge, identifier, merge, merge_of, remove, undo};
use selfsame_domain::values::ChannelType;
use selfsame_domain::{
    AttributeInput, AttributeKey, Command, ContactId, Effect, IdentifierKind, Limits, MergeId, MergeRule, Outcome,
    Rejection, Rule,
};
use uuid::Uuid;

pub async fn the_survivor_s_values_win_and_blanks_are_filled(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f
        .id(api_call()
            .email("a@example.com")
            .first("Ann")
            .segment("s")
            .segment("both")
            .upsert())
        .await;
    let builder = api_call()
        .email("b@example.com")
        .first("Bob")
        .town("Lviv")
        .segment("t")
        .segment("both");
    let two = f.id(builder.sms("+380501234567").mobile("app", "t2").upsert()).await;
    let decision = f.decide(merge(one, two)).await;
    assert_eq!(
        (decision.outcome, decision.rule, decision.contact),
        (Outcome::Merged, Rule::Explicit, Some(one))
    );
    let contact = f.contact(one).await;
    assert_eq!(contact.attributes.text(AttributeKey::FirstName), Some("Ann"));
    assert_eq!(contact.attributes.text(AttributeKey::Town), Some("Lviv"));
    assert_eq!(shown(&contact, ChannelType::Email), ["a@example.com"]);
    assert_eq!(shown(&contact, ChannelType::Sms), ["+380501234567"]);
    assert_eq!(shown(&contact, ChannelType::MobilePush), ["t2"]);
    let details = f.details(one).await.expect("the contact");
    let segments: Vec<&str> = details.segments.iter().map(|segment| segment.name.as_str()).collect();
    assert_eq!(segments, ["s", "both", "t"]);
    assert_eq!(
        f.holders(&identifier(Kind::Email, "b@example.com").key).await,
        [one],
        "it is evidence all the same"
    );
    let record = f.merge_record(merge_of(&decision)).await;
    assert_eq!(
        (record.survivor, record.absorbed, record.rule),
        (one, two, MergeRule::Explicit)
    );
    assert_eq!((record.forced, record.undone_at, record.at), (false, None, decision.at));
    assert_eq!(record.moved.filled, [AttributeKey::Town]);
    assert_eq!((record.moved.segments.len(), record.moved.identifiers.len()), (2, 3));
}

pub async fn the_absorbed_number_goes_on_answering(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").upsert()).await;
    let two = f.id(api_call().device("d").upsert()).await;
    f.merge(one, two).await;
    assert_eq!(f.contact(two).await, f.contact(one).await);
    let put = f.decide(api_call().first("Ann").update(two)).await;
    assert_eq!((put.outcome, put.contact), (Outcome::Updated, Some(one)));
    assert_eq!(
        f.contact(one).await.attributes.text(AttributeKey::FirstName),
        Some("Ann")
    );
    let event = f.decide(api_call().contact(two).event(false)).await;
    assert_eq!(event.contact, Some(one));
    let removed = f.decide(remove(two)).await;
    assert_eq!((removed.outcome, removed.contact), (Outcome::Removed, Some(one)));
    assert!(!f.is_there(one).await && !f.is_there(two).await);
    let restored = f.decide(api_call().first("Anna").update(two)).await;
    assert_eq!((restored.outcome, restored.contact), (Outcome::Restored, Some(one)));
    assert_eq!(f.contact(two).await.id, one);
}

pub async fn what_cannot_be_merged_is_refused(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").upsert()).await;
    let two = f.id(api_call().device("d").upsert()).await;
    let gone = f.id(api_call().device("e").upsert()).await;
    f.decide(remove(gone)).await;
    let cases = [
        (one, one, Rejection::SameContact),
        (one, ContactId(999), Rejection::ContactNotFound),
        (ContactId(999), one, Rejection::ContactNotFound),
        (one, gone, Rejection::ContactNotFound),
        (gone, one, Rejection::ContactNotFound),
    ];
    for (survivor, absorbed, rejection) in cases {
        let decision = f.decide(merge(survivor, absorbed)).await;
        assert_eq!(
            (decision.outcome, decision.rejection),
            (Outcome::Rejected, Some(rejection))
        );
    }
    f.merge(one, two).await;
    for (survivor, absorbed) in [(one, two), (two, one), (two, two)] {
        assert_eq!(
            f.decide(merge(survivor, absorbed)).await.rejection,
            Some(Rejection::SameContact)
        );
    }
    assert_eq!(
        f.store()
            .merges(f.workspace, None, 10)
            .await
            .expect("read merges")
            .len(),
        1
    );
}

pub async fn two_external_ids_need_force(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").upsert()).await;
    let two = f.id(api_call().external("b").upsert()).await;
    let before = (f.observable(one).await, f.observable(two).await);
    assert_eq!(
        f.decide(merge(one, two)).await.rejection,
        Some(Rejection::DifferentExternalIds)
    );
    let decision = f.decide(force_merge(one, two)).await;
    assert_eq!(decision.outcome, Outcome::Merged);
    let id = merge_of(&decision);
    assert!(f.merge_record(id).await.forced);
    assert_eq!(f.contact(one).await.external_id(), Some("a"));
    for external in ["a", "b"] {
        let found = f.decide(api_call().external(external).town("Kyiv").upsert()).await;
        assert_eq!((found.contact, found.rule), (Some(one), Rule::ExternalId));
        assert_eq!(f.holders(&identifier(Kind::ExternalId, external).key).await, [one]);
    }
    f.id(api_call()
        .attribute(AttributeInput {
            key: AttributeKey::Town,
            value: None,
        })
        .update(one))
        .await;
    f.decide(undo(id)).await;
    assert_eq!((f.observable(one).await, f.observable(two).await), before);
}

pub async fn a_forced_chain_of_external_ids_comes_apart_again(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let mut ids = Vec::new();
    for external in ["a", "b", "c", "d"] {
        ids.push(
            f.id(api_call()
                .external(external)
                .email(&format!("{external}@example.com"))
                .upsert())
                .await,
        );
    }
    let mut merges = Vec::new();
    for pair in [(2, 3), (1, 2), (0, 1)] {
        merges.push(merge_of(&f.decide(force_merge(ids[pair.0], ids[pair.1])).await));
    }
    assert_eq!(f.all().await, [ids[0]]);
    for merge in merges {
        f.decide(undo(merge)).await;
        f.check().await;
    }
    for (external, id) in ["a", "b", "c", "d"].iter().zip(&ids) {
        assert_eq!(f.contact(*id).await.external_id(), Some(*external));
    }
}

pub async fn too_many_identifiers_need_force(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    f.policy(|policy| {
        policy.limits = Limits {
            mobile_push: 1,
            ..Limits::default()
        }
    })
    .await;
    let one = f.id(api_call().external("a").mobile("app", "t1").upsert()).await;
    let two = f.id(api_call().mobile("app", "t2").upsert()).await;
    let refused = f.decide(merge(one, two)).await;
    let rejection = Rejection::TooManyIdentifiers {
        kind: IdentifierKind::MobilePush,
        limit: 1,
    };
    assert_eq!(refused.rejection, Some(rejection));
    let forced = f.decide(force_merge(one, two)).await;
    assert!(f.merge_record(merge_of(&forced)).await.forced);
    assert_eq!(shown(&f.contact(one).await, ChannelType::MobilePush), ["t1", "t2"]);
}

pub async fn an_undo_needs_a_merge_that_stands(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").upsert()).await;
    let two = f.id(api_call().device("d").upsert()).await;
    let unknown = f.decide(undo(MergeId(Uuid::from_u128(7)))).await;
    assert_eq!(
        (unknown.outcome, unknown.rejection),
        (Outcome::Rejected, Some(Rejection::MergeNotFound))
    );
    let id = f.merge(one, two).await;
    let done = f.decide(undo(id)).await;
    assert_eq!((done.outcome, done.contact), (Outcome::Unmerged, Some(one)));
    assert_eq!(
        done.effects,
        [Effect::Unmerged {
            merge: id,
            contact: two
        }]
    );
    assert_eq!(f.merge_record(id).await.undone_at, Some(done.at));
    let again = f.decide(undo(id)).await;
    assert_eq!(
        (again.outcome, again.rejection),
        (Outcome::Rejected, Some(Rejection::AlreadyUndone))
    );
    let next = f.merge(two, one).await;
    assert_ne!(id, next, "they may be merged again, the other way round");
    assert_eq!(f.contact(one).await.id, two);
}

pub async fn what_names_the_absorbed_contact_acts_on_the_survivor(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").segment("s").upsert()).await;
    let two = f.id(api_call().external("b").upsert()).await;
    let segment = f.segment("s").await;
    f.decide(force_merge(one, two)).await;
    let detach = Command::Detach {
        segment,
        contacts: vec![by_external("b")],
    };
    assert_eq!(f.decide(detach).await.effects, [Effect::SegmentRemoved { segment }]);
    assert!(f.contact(one).await.segments().is_empty());
    let removed = f
        .decide(Command::Remove {
            contact: by_external("b"),
            erase: false,
        })
        .await;
    assert_eq!(
        (removed.outcome, removed.contact, removed.rule),
        (Outcome::Removed, Some(one), Rule::ExternalId)
    );
    let restored = f.decide(api_call().external("b").upsert()).await;
    assert_eq!((restored.outcome, restored.contact), (Outcome::Restored, Some(one)));
}

pub async fn merges_are_listed_latest_first_by_page(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let survivor = f.id(api_call().external("a").upsert()).await;
    let mut made = Vec::new();
    for index in 0..5 {
        let absorbed = f.id(api_call().device(&format!("d{index}")).upsert()).await;
        made.push(f.merge(survivor, absorbed).await);
    }
    made.reverse();
    let mut found = Vec::new();
    let mut before = None;
    loop {
        let page = f.store().merges(f.workspace, before, 2).await.expect("read merges");
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        found.extend(page.iter().map(|merge| merge.id));
    }
    assert_eq!(found, made);
    let identity = f.identity(survivor).await;
    let earliest: Vec<MergeId> = identity.merges.iter().map(|merge| merge.id).rev().collect();
    assert_eq!(earliest, made);
}

pub async fn merges_of_one_moment_page_without_gaps(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let survivor = f.id(api_call().external("a").upsert()).await;
    let ids: Vec<ContactId> = {
        let requests = (0..6)
            .map(|index| api_call().device(&format!("d{index}")).upsert())
            .collect();
        f.decide_all(requests).await.iter().map(crate::contact_of).collect()
    };
    f.decide_all(ids.iter().map(|id| merge(survivor, *id)).collect()).await;
    let all = f.store().merges(f.workspace, None, 100).await.expect("read merges");
    assert_eq!(all.len(), 6);
    for (index, merge) in all.iter().enumerate() {
        let rest = f
            .store()
            .merges(f.workspace, Some(merge.id), 100)
            .await
            .expect("read merges");
        assert_eq!(rest, all[index + 1..], "ordered by time, then identity");
    }
}

pub async fn the_identity_lists_undone_merges_too(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").upsert()).await;
    let two = f.id(api_call().device("d").upsert()).await;
    let three = f.id(api_call().device("e").upsert()).await;
    let undone = f.merge(one, two).await;
    f.decide(undo(undone)).await;
    let standing = f.merge(two, three).await;
    let merges = |view: selfsame_application::ports::IdentityView| -> Vec<MergeId> {
        view.merges.iter().map(|merge| merge.id).collect()
    };
    assert_eq!(merges(f.identity(one).await), [undone]);
    assert_eq!(merges(f.identity(two).await), [undone, standing]);
    assert_eq!(
        merges(f.identity(three).await),
        [undone, standing],
        "as the contact that answers for it"
    );
    assert!(
        f.store()
            .merge(f.workspace, MergeId(Uuid::from_u128(7)))
            .await
            .expect("read a merge")
            .is_none()
    );
}
