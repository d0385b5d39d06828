//! A workspace in memory: its snapshot is everything, and changes are applied row by row.

use crate::values::{
    ChannelType, Cookie, DeviceId, Email, EventTypeKey, ExternalId, FirstName, Phone, SegmentName, Source, Token,
};
use crate::*;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

#[derive(Debug, Default, Clone)]
pub(super) struct Model {
    pub(super) state: Snapshot,
    pub(super) policy: Policy,
    pub(super) log: Vec<LogEntry>,
    pub(super) events: Vec<Event>,
    erased: Vec<ContactId>,
    next: i64,
    now: u32,
}

impl Model {
    pub(super) fn new() -> Self {
        Self {
            next: 1,
            ..Self::default()
        }
    }

    /// Lets time pass.
    pub(super) fn wait(&mut self, seconds: u32) {
        self.now += seconds;
    }

    /// Decides one command and applies its changes.
    pub(super) fn run(&mut self, command: Command) -> Decision {
        self.run_all(vec![command]).remove(0)
    }

    pub(super) fn run_all(&mut self, commands: Vec<Command>) -> Vec<Decision> {
        let batch: Vec<Envelope> = commands.into_iter().map(|command| self.envelope(command)).collect();
        let fresh = |count: usize| (self.next..).take(count);
        self.state.fresh = Fresh {
            contacts: fresh(batch.len()).map(ContactId).collect(),
            segments: fresh(10).map(SegmentId).collect(),
            categories: fresh(10).map(CategoryId).collect(),
            fields: fresh(10).map(FieldId).collect(),
        };
        self.next += i64::try_from(batch.len()).unwrap() + 10;
        let resolution = resolve(&batch, &self.state, &self.policy).unwrap();
        assert_eq!(
            resolution,
            resolve(&batch, &self.state, &self.policy).unwrap(),
            "resolving is not deterministic"
        );
        self.apply(resolution.changes);
        let mut broken = violations(self.state.contacts.values());
        broken.extend(unrecorded_merges(
            self.state.contacts.values(),
            self.state.merges.values(),
        ));
        assert!(broken.is_empty(), "{broken:?}");
        self.check_visitors();
        resolution.decisions
    }

    /// An identifier has one open visitor, that of its holder; undoing a merge returns both or neither.
    fn check_visitors(&self) {
        let open = || self.state.visitors.iter().filter(|visitor| visitor.closed_at.is_none());
        let keys: BTreeSet<&IdentifierKey> = open().map(|visitor| &visitor.key).collect();
        assert_eq!(keys.len(), open().count(), "{:?}", self.state.visitors);
        for visitor in open().filter(|visitor| visitor.owner.is_some()) {
            let held = self.state.contacts.values().flat_map(|contact| &contact.identifiers);
            for held in held.filter(|held| *held.key() == visitor.key) {
                assert_eq!(
                    (visitor.home, visitor.owner),
                    (Some(held.home), Some(held.owner)),
                    "{held:?}"
                );
            }
        }
    }

    /// When the last command came. The next one comes a second later.
    pub(super) fn time(&self) -> Timestamp {
        Timestamp::from_timestamp(1_700_000_000 + i64::from(self.now), 0).unwrap()
    }

    fn envelope(&mut self, command: Command) -> Envelope {
        self.now += 1;
        Envelope {
            decision: DecisionId(Uuid::from_u128(u128::from(self.now))),
            at: self.time(),
            command,
        }
    }

    fn apply(&mut self, changes: ChangeSet) {
        let state = &mut self.state;
        for id in &changes.erased {
            erase(state, *id);
            self.erased.push(*id);
        }
        for row in changes.contacts {
            let contact = state
                .contacts
                .entry(row.id)
                .or_insert_with(|| Contact::new(row.id, row.source, row.created_at));
            (contact.state, contact.canonical, contact.merged_into) = (row.state, row.canonical, row.merged_into);
            contact.updated_at = row.updated_at;
        }
        for (id, attributes) in changes.attributes {
            state.contacts.get_mut(&id).unwrap().attributes = attributes;
        }
        apply_identifiers(state, &changes.identifiers_removed, changes.identifiers);
        apply_memberships(state, &changes.memberships_removed, changes.memberships);
        state.keys.extend(changes.keys);
        for (from, to) in changes.repointed {
            let visitors = state.visitors.iter_mut();
            visitors
                .filter(|visitor| visitor.owner == Some(from))
                .for_each(|visitor| visitor.owner = Some(to));
        }
        for (home, owner) in changes.visitors_returned {
            let visitors = state.visitors.iter_mut();
            visitors
                .filter(|visitor| visitor.home == Some(home))
                .for_each(|visitor| visitor.owner = Some(owner));
        }
        replace(&mut state.visitors, changes.visitors, |visitor| visitor.id);
        replace(&mut state.segments, changes.segments, |segment| segment.id);
        replace(&mut state.categories, changes.categories, |category| category.id);
        replace(&mut state.fields, changes.fields, |field| field.id);
        for segment in changes.segments_emptied {
            for contact in state.contacts.values_mut() {
                contact.memberships.retain(|member| member.segment != segment);
            }
        }
        state
            .merges
            .extend(changes.merges.into_iter().map(|merge| (merge.id, merge)));
        state.stored_events.extend(changes.sent_events);
        for (key, creating) in changes.creating {
            if creating {
                state.creating.insert(key);
            } else {
                state.creating.remove(&key);
            }
        }
        for key in &changes.orders_deleted {
            assert!(state.orders.remove(key).is_some());
        }
        keep_orders(&mut state.orders, changes.orders_made, changes.orders);
        self.events.extend(changes.events);
        self.policy = changes.policy.unwrap_or(self.policy.clone());
        self.log.extend(changes.log);
    }

    pub(super) fn contact(&self, id: ContactId) -> &Contact {
        &self.state.contacts[&id]
    }

    /// The pairs of contacts that were taken apart and are two now.
    pub(super) fn undone_pairs(&self) -> BTreeSet<(ContactId, ContactId)> {
        let undone = self.state.merges.values().filter(|merge| merge.undone_at.is_some());
        undone
            .map(|merge| (merge.survivor, merge.absorbed))
            .filter(|(survivor, absorbed)| !self.answers_as_one(*survivor, *absorbed))
            .collect()
    }

    pub(super) fn answers_as_one(&self, one: ContactId, other: ContactId) -> bool {
        let canonical = |id: ContactId| self.state.contacts.get(&id).map(|contact| contact.canonical);
        canonical(one).is_some() && canonical(one) == canonical(other)
    }

    /// The types of the events that a contact's history shows: its own, and those of its visitors and of the contacts that it absorbed.
    pub(super) fn history(&self, id: ContactId) -> Vec<&str> {
        let answers = |contact: ContactId| self.state.contacts.get(&contact).is_some_and(|c| c.canonical == id);
        let owned = |visitor: VisitorId| {
            let found = self.state.visitors.iter().find(|v| v.id == visitor);
            found.is_some_and(|v| v.owner == Some(id))
        };
        let shows = |event: &&Event| match event.subject {
            Some(Subject::Contact(contact)) => answers(contact),
            Some(Subject::Visitor(visitor)) => owned(visitor),
            None => false,
        };
        self.events
            .iter()
            .filter(shows)
            .map(|event| event.type_key.as_str())
            .collect()
    }

    /// What every contact shows, and when it was last updated.
    pub(super) fn observables(&self) -> BTreeMap<ContactId, (ObservableContact, Timestamp)> {
        self.state
            .contacts
            .iter()
            .map(|(id, contact)| (*id, (ObservableContact::of(contact), contact.updated_at)))
            .collect()
    }

    pub(super) fn upsert(&mut self, request: ContactRequest) -> Decision {
        self.run(Command::Contact(Call::Upsert, Box::new(request)))
    }

    pub(super) fn call(&mut self, call: Call, request: ContactRequest) -> Decision {
        self.run(Command::Contact(call, Box::new(request)))
    }

    pub(super) fn id(&mut self, request: ContactRequest) -> ContactId {
        self.upsert(request).contact.unwrap()
    }

    pub(super) fn event(&mut self, name: &str, contact: ContactRequest) -> Decision {
        self.run(Command::Event(Box::new(event(name, contact))))
    }

    pub(super) fn remove(&mut self, id: ContactId) -> Decision {
        self.run(Command::Remove {
            contact: ContactRef::Id(id),
            erase: false,
        })
    }

    pub(super) fn merge(&mut self, survivor: ContactId, absorbed: ContactId, force: bool) -> Decision {
        self.run(Command::Merge {
            survivor,
            absorbed,
            force,
        })
    }
}

/// Deletes a contact, those that it absorbed, and what is theirs.
fn erase(state: &mut Snapshot, id: ContactId) {
    let gone = |contact: ContactId| state.contacts.get(&contact).is_some_and(|c| c.canonical == id);
    state.orders.retain(|_, order| !gone(order.contact));
    let is_gone = |visitor: &Visitor| [visitor.home, visitor.owner].into_iter().flatten().any(gone);
    state.visitors.retain(|visitor| !is_gone(visitor));
    state.contacts.retain(|_, contact| contact.canonical != id);
}

fn keep_orders(stored: &mut BTreeMap<OrderKey, Order>, made: Vec<Order>, changed: Vec<Order>) {
    for order in made {
        assert_eq!(stored.insert(order.key.clone(), order), None);
    }
    for order in changed {
        assert!(stored.insert(order.key.clone(), order).is_some());
    }
}

/// An event of a type.
pub(super) fn event(name: &str, contact: ContactRequest) -> EventRequest {
    EventRequest {
        contact,
        id: None,
        type_key: EventTypeKey::parse(name).unwrap(),
        key_value: None,
        occurred_at: None,
        origin: Origin::Api,
        params: EventParams::default(),
    }
}

/// The merges that a decision made.
pub(super) fn merges_of(decision: &Decision) -> Vec<(MergeId, ContactId, MergeRule)> {
    let merged = |effect: &Effect| match effect {
        Effect::Merged {
            merge, absorbed, rule, ..
        } => Some((*merge, *absorbed, *rule)),
        _ => None,
    };
    decision.effects.iter().filter_map(merged).collect()
}

/// Says why contacts were kept apart.
pub(super) fn not_linked_of(decision: &Decision) -> Vec<NotLinkedReason> {
    let not_linked = |effect: &Effect| match effect {
        Effect::NotLinked { reason: why, .. } => Some(*why),
        _ => None,
    };
    decision.effects.iter().filter_map(not_linked).collect()
}

/// A request in short: `api_call().ext("7").email("a@b.c")`.
pub(super) fn api_call() -> ContactRequest {
    ContactRequest::new(Source::Api)
}

pub(super) trait RequestParts {
    fn ext(self, id: &str) -> Self;
    fn email(self, email: &str) -> Self;
    fn phone(self, phone: &str) -> Self;
    fn channel(self, channel: ChannelType, phone: &str) -> Self;
    fn token(self, token: &str) -> Self;
    fn device(self, device: &str) -> Self;
    fn cookie(self, cookie: &str) -> Self;
    fn name(self, name: &str) -> Self;
    fn group(self, name: &str) -> Self;
    fn at(self, id: ContactId) -> Self;
}

impl RequestParts for ContactRequest {
    fn ext(mut self, id: &str) -> Self {
        self.external_id = Some(Identifier::external_id(&ExternalId::parse(id).unwrap()));
        self
    }

    fn email(mut self, email: &str) -> Self {
        let identifier = Identifier::email(&Email::parse(email).unwrap());
        self.channels.push(ChannelInput {
            channel: ChannelType::Email,
            identifier,
            details: ChannelDetails::default(),
        });
        self
    }

    fn phone(self, phone: &str) -> Self {
        self.channel(ChannelType::Sms, phone)
    }

    fn channel(mut self, channel: ChannelType, phone: &str) -> Self {
        let identifier = Identifier::phone(&Phone::parse(phone, None).unwrap());
        self.channels.push(ChannelInput {
            channel,
            identifier,
            details: ChannelDetails::default(),
        });
        self
    }

    fn token(mut self, token: &str) -> Self {
        let identifier = Identifier::token(IdentifierKind::MobilePush, None, &Token::parse(token).unwrap());
        let channel = ChannelType::MobilePush;
        self.channels.push(ChannelInput {
            channel,
            identifier,
            details: ChannelDetails::default(),
        });
        self
    }

    fn device(mut self, device: &str) -> Self {
        self.device_id = Some(Identifier::device_id(&DeviceId::parse(device).unwrap()));
        self
    }

    fn cookie(mut self, cookie: &str) -> Self {
        self.cookies.push(Identifier::cookie(&Cookie::parse(cookie).unwrap()));
        self
    }

    fn name(mut self, name: &str) -> Self {
        self.attributes
            .push(AttributeInput::first_name(Some(&FirstName::parse(name).unwrap())));
        self
    }

    fn group(mut self, name: &str) -> Self {
        self.segments.push(SegmentRef::Name(SegmentName::parse(name).unwrap()));
        self
    }

    fn at(mut self, id: ContactId) -> Self {
        self.contact_id = Some(id);
        self
    }
}

/// Texts of the channels that a contact shows.
pub(super) fn shown(contact: &Contact, channel: ChannelType) -> Vec<&str> {
    contact
        .channels()
        .into_iter()
        .filter(|(c, _)| *c == channel)
        .map(|(_, held)| held.identifier.typed.as_str())
        .collect()
}

pub(super) fn first_name(contact: &Contact) -> Option<&str> {
    contact.attributes.text(AttributeKey::FirstName)
}

/// Puts rows in the place of those of the same key.
fn replace<T, K: PartialEq>(rows: &mut Vec<T>, changed: Vec<T>, key: impl Fn(&T) -> K) {
    for row in changed {
        rows.retain(|old| key(old) != key(&row));
        rows.push(row);
    }
}

fn apply_identifiers(state: &mut Snapshot, removed: &[(IdentifierKey, ContactId)], changed: Vec<HeldIdentifier>) {
    let gone = removed.iter().cloned();
    let replaced = changed.iter().map(|held| (held.key().clone(), held.home));
    let gone: BTreeSet<_> = gone.chain(replaced).collect();
    for contact in state.contacts.values_mut() {
        contact
            .identifiers
            .retain(|held| !gone.contains(&(held.key().clone(), held.home)));
    }
    for held in changed {
        state.contacts.get_mut(&held.owner).unwrap().identifiers.push(held);
    }
}

fn apply_memberships(state: &mut Snapshot, removed: &[(SegmentId, ContactId)], changed: Vec<Membership>) {
    let gone = removed.iter().copied();
    let gone: BTreeSet<_> = gone
        .chain(changed.iter().map(|member| (member.segment, member.home)))
        .collect();
    for contact in state.contacts.values_mut() {
        contact
            .memberships
            .retain(|member| !gone.contains(&(member.segment, member.home)));
    }
    for member in changed {
        state.contacts.get_mut(&member.owner).unwrap().memberships.push(member);
    }
}
