//! Reading all data of a contact for an export.

use super::raw::{plant, visitor};
use crate::{Backend, Fixture, api_call, merge, remove, undo};
use selfsame_application::ports::ContactGroup;
use selfsame_domain::{AttributeKey, ChangeSet, ContactId, ContactState, Visitor};

async fn group(f: &Fixture<'_>, id: ContactId) -> Option<ContactGroup> {
    f.store().with_absorbed(f.workspace, id).await.expect("read a group")
}

pub async fn the_absorbed_keep_what_they_had(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").first("Ann").upsert()).await;
    let builder = api_call().email("b@example.com").first("Anna").last("Smith");
    let two = f.id(builder.town("Lviv").language("uk").segment("s").upsert()).await;
    let three = f.id(api_call().sms("+380501234567").upsert()).await;
    f.id(api_call().external("z").first("Zoe").upsert()).await;
    let before = [f.contact(two).await, f.contact(three).await];
    f.merge(two, three).await;
    let last = f.merge(one, two).await;
    let found = group(&f, one).await.expect("the group");
    assert_eq!(Some(&found.details), f.details(one).await.as_ref());
    let ids = |group: &ContactGroup| group.absorbed.iter().map(|contact| contact.id).collect::<Vec<_>>();
    assert_eq!(ids(&found), [two, three]);
    for (kept, was) in found.absorbed.iter().zip(&before) {
        assert_eq!((kept.state, kept.canonical), (ContactState::Merged, one));
        assert_eq!(
            (&kept.attributes, kept.created_at),
            (&was.attributes, was.created_at),
            "{}",
            was.id
        );
        assert!(kept.identifiers.is_empty() && kept.memberships.is_empty());
    }
    assert_eq!(found.absorbed[0].merged_into, Some(one));
    assert_eq!(found.absorbed[1].merged_into, Some(two));
    let first = |group: &ContactGroup| {
        group.absorbed[0]
            .attributes
            .text(AttributeKey::FirstName)
            .map(str::to_owned)
    };
    assert_eq!(first(&found).as_deref(), Some("Anna"));
    for absorbed in [two, three] {
        assert_eq!(group(&f, absorbed).await.as_ref(), Some(&found), "by {absorbed}");
    }
    f.decide(undo(last)).await;
    assert!(group(&f, one).await.expect("the group").absorbed.is_empty());
    assert_eq!(ids(&group(&f, two).await.expect("the group")), [three]);
}

pub async fn a_group_is_read_when_it_is_removed(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let one = f
        .id(api_call()
            .external("a")
            .email("a@example.com")
            .first("Ann")
            .segment("s")
            .upsert())
        .await;
    let two = f.id(api_call().device("d").first("Anna").upsert()).await;
    f.decide(merge(one, two)).await;
    let before = group(&f, two).await.expect("the group");
    f.decide(remove(one)).await;
    for id in [one, two] {
        assert!(!f.is_there(id).await);
        let answering = f.store().answering(f.workspace, id).await;
        assert_eq!(answering.expect("read a number"), Some(one));
        let mut found = group(&f, id).await.expect("the group");
        assert_eq!(found.details.contact.state, ContactState::Removed);
        found.details.contact.state = ContactState::Active;
        found.details.contact.updated_at = before.details.contact.updated_at;
        found.details.contact.revision = before.details.contact.revision;
        assert_eq!(found, before);
    }
    assert_eq!(group(&f, ContactId(99)).await, None);
    let answering = f.store().answering(f.workspace, ContactId(99)).await;
    assert_eq!(answering.expect("read a number"), None);
    f.enter_new_workspace("another").await;
    assert_eq!(group(&f, one).await, None);
}

pub async fn visitors_are_read_to_the_last(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").cookie("first").upsert()).await;
    let two = f.id(api_call().email("b@example.com").upsert()).await;
    f.id(api_call().external("z").cookie("another").upsert()).await;
    // All at one moment, so that a page ends between equal times.
    let visitors = (1..=1_003).map(|number| {
        let open = visitor(number, &format!("c{number}"), Some(one));
        let closed_at = Some(open.since);
        Visitor { closed_at, ..open }
    });
    let changes = ChangeSet {
        visitors: visitors.collect(),
        ..ChangeSet::default()
    };
    plant(&f, changes).await;
    f.merge(one, two).await;
    let page = async |id, after, limit| -> Vec<Visitor> {
        let found = f.store().visitors_of(f.workspace, id, after, limit).await;
        found.expect("read visitors")
    };
    let whole = page(two, None, 2_000).await;
    assert_eq!(whole.len(), 1_004, "by the number of the absorbed one, too");
    assert!(whole.is_sorted_by_key(|visitor| (visitor.since, visitor.id)));
    assert!(whole.iter().all(|visitor| visitor.owner == Some(one)));
    assert_eq!(f.identity(one).await.visitors, whole[..1_000], "the view is cut");
    let mut read: Vec<Visitor> = Vec::new();
    loop {
        let after = read.last().map(|last| (last.since, last.id));
        let next = page(one, after, 400).await;
        if next.is_empty() {
            break;
        }
        read.extend(next);
    }
    assert_eq!(read, whole);
    f.decide(remove(one)).await;
    assert_eq!(page(one, None, 2).await, whole[..2], "removed ones have theirs");
    assert_eq!(page(ContactId(99), None, 2).await, []);
}
