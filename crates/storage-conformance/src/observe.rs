//! The observable state of a workspace, for comparisons.

use selfsame_application::ports::{
    ContactDetails, ContactFilter, ContactOrder, ContactQuery, EventQuery, HistoryOf, IdentityView, Lookup, OrderQuery,
    Page, SegmentQuery, Store, TokenOwner,
};
use selfsame_domain::{
    Category, Contact, ContactId, CustomField, Decision, Event, EventType, IdentifierKey, Merge, Order, Revision,
    Segment, SegmentId, Snapshot, Visitor, WorkspaceId,
};
use std::collections::BTreeMap;

/// Everything that the ports return about a workspace. Unordered parts are sorted.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// By last update.
    pub contacts: Vec<ContactDetails>,
    /// By number, the same.
    pub by_number: Vec<ContactId>,
    /// The answer for each number, including removed and absorbed contacts.
    pub answers: BTreeMap<ContactId, Answer>,
    /// The records of the given identifiers.
    pub lookups: BTreeMap<IdentifierKey, (Lookup, Option<TokenOwner>)>,
    /// The visitors of the given identifiers.
    pub visitors: BTreeMap<IdentifierKey, Vec<Visitor>>,
    /// The events of the visitors, the latest first.
    pub left: Vec<Event>,
    /// By key.
    pub types: Vec<EventType>,
    /// The latest first.
    pub merges: Vec<Merge>,
    /// By number, each with its contacts by time of entry.
    pub segments: Vec<(Segment, Vec<ContactId>)>,
    /// With the number of contacts.
    pub categories: Vec<(Category, u64)>,
    /// By number.
    pub fields: Vec<CustomField>,
}

/// The answer for a number; empty without an active contact.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The contact that answers for the number.
    pub contact: Option<ContactDetails>,
    /// Its identity.
    pub identity: Option<IdentityView>,
    /// Its log.
    pub log: Option<Vec<Decision>>,
    /// Its email.
    pub email: Option<String>,
    /// Its events.
    pub events: Option<Vec<Event>>,
    /// Its orders.
    pub orders: Option<Vec<Order>>,
    /// The decisions about it, the latest first.
    pub decisions: Option<Vec<(ContactId, Decision)>>,
}

const ALL: u32 = 10_000;

/// Reads the observable state of a workspace: numbers up to `last`, and the given identifiers.
pub async fn observe(
    store: &dyn Store,
    workspace: WorkspaceId,
    last: ContactId,
    keys: &[IdentifierKey],
) -> Observation {
    let query = |order| ContactQuery {
        filter: ContactFilter::default(),
        order,
        offset: 0,
        limit: ALL,
    };
    let found = store
        .search(workspace, &query(ContactOrder::Updated))
        .await
        .expect("search");
    let by_number = store.search(workspace, &query(ContactOrder::Id)).await.expect("search");
    let mut answers = BTreeMap::new();
    for number in 1..=last.0 {
        answers.insert(ContactId(number), answer(store, workspace, ContactId(number)).await);
    }
    let (mut lookups, mut visitors) = (BTreeMap::new(), BTreeMap::new());
    for key in keys {
        let behind = store.visitors(workspace, key).await.expect("read visitors");
        visitors.insert(key.clone(), behind);
        let lookup = store.lookup(workspace, key).await.expect("look up");
        let owner = store
            .token_owner(workspace, std::slice::from_ref(key))
            .await
            .expect("a token's owner");
        lookups.insert(key.clone(), (lookup, owner));
    }
    let all = HistoryOf::Visitors(visitors.values().flatten().map(|visitor| visitor.id).collect());
    let left = store.events(workspace, &all, &EventQuery::latest(ALL)).await;
    Observation {
        visitors,
        left: left.expect("read events").unwrap_or_default(),
        types: store.event_types(workspace, None, ALL).await.expect("read types"),
        contacts: sorted_page(found),
        by_number: by_number.items.into_iter().map(|details| details.contact.id).collect(),
        answers,
        lookups,
        merges: store.merges(workspace, None, ALL).await.expect("read merges"),
        segments: segments(store, workspace).await,
        categories: store.categories(workspace).await.expect("read categories"),
        fields: store.fields(workspace).await.expect("read fields"),
    }
}

async fn answer(store: &dyn Store, workspace: WorkspaceId, id: ContactId) -> Answer {
    let contact = store.contact(workspace, id).await.expect("read a contact");
    let identity = store.identity(workspace, id).await.expect("read an identity");
    let emails = store.emails(workspace, &[id]).await.expect("read emails");
    let of = HistoryOf::Contact(id);
    let events = store.events(workspace, &of, &EventQuery::latest(ALL)).await;
    let orders = store.orders(workspace, id, &OrderQuery::latest(ALL)).await;
    let decisions = store.latest_decisions(workspace, id, None, ALL).await;
    Answer {
        events: events.expect("read events"),
        orders: orders.expect("read orders"),
        decisions: decisions.expect("read decisions"),
        contact: contact.map(sorted_details),
        identity: identity.map(|view| IdentityView {
            contact: sorted(view.contact),
            ..view
        }),
        log: store.log(workspace, id, None, ALL).await.expect("read a log"),
        email: emails.into_iter().map(|(_, email)| email).next(),
    }
}

async fn segments(store: &dyn Store, workspace: WorkspaceId) -> Vec<(Segment, Vec<ContactId>)> {
    let page = store.segments(workspace, None, 0, ALL).await.expect("read segments");
    let mut found = Vec::new();
    for segment in page.items {
        let members = members(store, workspace, segment.id).await;
        found.push((segment, members));
    }
    found
}

async fn members(store: &dyn Store, workspace: WorkspaceId, segment: SegmentId) -> Vec<ContactId> {
    let query = SegmentQuery {
        segment,
        by_time: false,
        ascending: true,
        offset: 0,
        limit: ALL,
    };
    let page = store
        .in_segment(workspace, &query)
        .await
        .expect("read a segment")
        .expect("the segment");
    page.items.into_iter().map(|details| details.contact.id).collect()
}

fn sorted_page(page: Page<ContactDetails>) -> Vec<ContactDetails> {
    assert_eq!(page.total, page.items.len() as u64, "the total of a whole page");
    page.items.into_iter().map(sorted_details).collect()
}

fn sorted_details(details: ContactDetails) -> ContactDetails {
    ContactDetails {
        contact: sorted(details.contact),
        ..details
    }
}

/// A contact with sorted identifiers and memberships, because the ports promise no order, and without its revision, which depends on the
/// batching.
pub fn sorted(mut contact: Contact) -> Contact {
    contact.revision = Revision::default();
    contact
        .identifiers
        .sort_by(|a, b| (a.key(), a.home).cmp(&(b.key(), b.home)));
    contact.memberships.sort_by_key(|member| (member.segment, member.home));
    contact
}

/// A snapshot with sorted parts.
pub fn sorted_snapshot(mut snapshot: Snapshot) -> Snapshot {
    snapshot.contacts = snapshot
        .contacts
        .into_iter()
        .map(|(id, contact)| (id, sorted(contact)))
        .collect();
    snapshot.visitors.sort_by_key(|visitor| visitor.id);
    snapshot.segments.sort_by_key(|segment| segment.id);
    snapshot.categories.sort_by_key(|category| category.id);
    snapshot.fields.sort_by_key(|field| field.id);
    snapshot
}
