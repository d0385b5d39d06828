//! A storage under test and the model, in step.

use super::history;
use super::same::{Checked, assert_same};
use super::step::{Call as Which, Named, POOL, Parts, Step};
use super::transact::{load, transact, transact_with};
use crate::fixture::{force_merge, merge, undo};
use crate::{
    FieldType, Kind, MemoryStore, Observation, RequestBuilder, SequenceIds, api_call, app, by_external, category_key,
    email, identifier, observe, sorted_snapshot, token,
};
use chrono::TimeDelta;
use selfsame_application::ports::{EventQuery, HistoryOf, Ids, Maintenance, OrderQuery, Store, Workspaces};
use selfsame_domain::values::{BlockedValue, BlockedValues, CategoryName, FieldValue};
use selfsame_domain::{
    AttributeInput, AttributeKey, CategoryId, Command, ContactId, ContactRef, Decision, DecisionId, DedupeOn, Effect,
    Envelope, Event, FieldId, Identifier, IdentifierKey, Limits, MergeId, NewField, ObservableContact, Order, Policy,
    SegmentId, Snapshot, Timestamp, TokenChange, WorkspaceId,
};
use std::collections::BTreeMap;
use std::sync::Arc;

const EXTERNAL_IDS: [&str; POOL] = ["a", "B", "ї", "🦔"];
const EMAILS: [&str; POOL] = ["a@example.com", "B@example.com", "ї@example.com", "noreply@example.com"];
const PHONES: [&str; POOL] = ["+380501234567", "+380671234567", "+380931234567", "+380631234567"];
const TEXTS: [&str; POOL] = ["one", "two", "Їжак", "four"];
const CATEGORIES: [&str; 2] = ["news", "sales"];
/// Numbers of the two custom fields.
const TEXT: FieldId = FieldId(1);
const CARD: FieldId = FieldId(2);

/// A storage under test and the model, in step.
pub(super) struct Pair {
    store: Arc<dyn Store>,
    pub(super) workspace: WorkspaceId,
    /// Whether the model takes the steps as well.
    pub(super) is_modelled: bool,
    model: MemoryStore,
    model_workspace: WorkspaceId,
    ids: SequenceIds,
    now: Timestamp,
    contacts: Vec<ContactId>,
    merges: Vec<MergeId>,
    /// The cookies of each browser, the present one last.
    cookies: [Vec<String>; POOL],
}

impl Pair {
    /// A new workspace of the storage, and a new model, both with two categories and two custom fields.
    pub(super) async fn new(store: Arc<dyn Store>, name: &str) -> Checked<Self> {
        let now = Timestamp::UNIX_EPOCH + TimeDelta::microseconds(1_767_323_045_678_901);
        let workspace = store.create_workspace(name, now).await.expect("make a workspace").id;
        let model = MemoryStore::new();
        let model_workspace = model.create_workspace(name, now).await.expect("make a workspace").id;
        let (contacts, merges) = (Vec::new(), Vec::new());
        let ids = SequenceIds::new();
        let mut pair = Self {
            store,
            workspace,
            is_modelled: true,
            model,
            model_workspace,
            ids,
            now,
            contacts,
            merges,
            cookies: TEXTS.map(|text| vec![text.to_owned()]),
        };
        for key in CATEGORIES {
            let name = CategoryName::parse(key).expect("a name");
            pair.decide(vec![Command::CreateCategory {
                key: category_key(key),
                name,
            }])
            .await?;
        }
        for (key, field_type, identifying) in [("text", FieldType::TextField, false), ("card", FieldType::Number, true)]
        {
            let new = NewField {
                profile_key: "personal".to_owned(),
                field_key: key.to_owned(),
                name: key.to_owned(),
                field_type,
                allowed: Vec::new(),
                required: false,
                identifying,
            };
            pair.decide(vec![Command::CreateField(new)]).await?;
        }
        Ok(pair)
    }

    /// Executes a step on both sides; the decisions must be equal.
    pub(super) async fn take(&mut self, step: &Step) -> Checked<Vec<Decision>> {
        if matches!(step, Step::Expire) {
            self.store.expire(self.now).await.expect("expire");
            self.model.expire(self.now).await.expect("expire");
        }
        if let Step::Logout {
            customer,
            browser,
            type_key,
        } = *step
        {
            return self.log_out(customer, browser, type_key).await;
        }
        let commands = self.commands(step);
        if commands.is_empty() {
            Ok(Vec::new())
        } else {
            self.decide(commands).await
        }
    }

    /// Undoes a merge on both sides.
    pub(super) async fn undo(&mut self, merge: MergeId) -> Checked {
        let decisions = self.decide(vec![undo(merge)]).await?;
        assert_same("rejections", &decisions[0].rejection, &None)
    }

    /// Gives a browser an unused cookie.
    pub(super) fn take_new_cookie(&mut self, browser: usize) {
        let cookies = &mut self.cookies[browser];
        cookies.push(format!("{} {}", TEXTS[browser], cookies.len()));
    }

    /// The time of the last decisions.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// The history of a contact in the storage under test.
    pub(super) async fn events_of(&self, id: ContactId) -> Option<Vec<Event>> {
        const ALL: u32 = 10_000;
        let (of, all) = (HistoryOf::Contact(id), EventQuery::latest(ALL));
        let events = self.store.events(self.workspace, &of, &all).await;
        events.expect("read events")
    }

    pub(super) async fn decide(&mut self, commands: Vec<Command>) -> Checked<Vec<Decision>> {
        self.now += TimeDelta::microseconds(61_000_001);
        let envelope = |command| Envelope {
            decision: DecisionId(self.ids.uuid(self.now)),
            at: self.now,
            command,
        };
        let batch: Vec<Envelope> = commands.into_iter().map(envelope).collect();
        let (snapshot, resolution) = transact(&*self.store, self.workspace, &batch).await;
        if self.is_modelled {
            self.model_decides(&batch, &snapshot, &resolution.decisions).await?;
        }
        self.remember(&resolution.decisions);
        Ok(resolution.decisions)
    }

    /// The model loads the whole batch, to compare the snapshots, and decides its commands one after the other, because a batch must
    /// give the same decisions.
    async fn model_decides(&self, batch: &[Envelope], snapshot: &Snapshot, decisions: &[Decision]) -> Checked {
        let expected = load(&self.model, self.model_workspace, batch).await.snapshot;
        let found = Snapshot {
            fresh: expected.fresh.clone(),
            ..snapshot.clone()
        };
        assert_same(
            ("snapshots", batch),
            &sorted_snapshot(found),
            &sorted_snapshot(expected),
        )?;
        let mut fresh = snapshot.fresh.clone();
        for (envelope, decision) in batch.iter().zip(decisions) {
            let modelled = transact_with(&self.model, self.model_workspace, envelope, &mut fresh).await;
            assert_same(("decisions", batch), decision, &modelled)?;
        }
        Ok(())
    }

    fn remember(&mut self, decisions: &[Decision]) {
        for decision in decisions {
            if let Some(contact) = decision.contact.filter(|id| !self.contacts.contains(id)) {
                self.contacts.push(contact);
            }
            for effect in &decision.effects {
                if let Effect::Merged { merge, .. } = effect {
                    self.merges.push(*merge);
                }
            }
        }
    }

    /// Compares the observable state, and checks the invariants.
    pub(super) async fn compare(&self) -> Checked {
        let last = ContactId(self.contacts.iter().map(|id| id.0).max().unwrap_or(0) + 1);
        let keys = self.keys();
        let found = observe(&*self.store, self.workspace, last, &keys).await;
        let expected = observe(&self.model, self.model_workspace, last, &keys).await;
        assert_equal(&found, &expected)?;
        let violations = self.store.violations().await.expect("check the invariants");
        assert_same("violations", violations.as_slice(), &[])
    }

    /// The observable state of every number: the contact, its events and its orders.
    pub(super) async fn observables(&self) -> BTreeMap<ContactId, Option<(ObservableContact, Vec<Event>, Vec<Order>)>> {
        const ALL: u32 = 10_000;
        let mut observables = BTreeMap::new();
        for id in &self.contacts {
            let contact = self.store.contact(self.workspace, *id).await.expect("read a contact");
            let orders = self.store.orders(self.workspace, *id, &OrderQuery::latest(ALL)).await;
            let whole = contact.zip(self.events_of(*id).await).zip(orders.expect("read orders"));
            let observable =
                whole.map(|((details, events), orders)| (ObservableContact::of(&details.contact), events, orders));
            observables.insert(*id, observable);
        }
        observables
    }

    fn contact(&self, place: usize) -> ContactId {
        match self.contacts.len() {
            0 => ContactId(999),
            count => self.contacts[place % count],
        }
    }

    fn commands(&self, step: &Step) -> Vec<Command> {
        match step {
            Step::Together(steps) => steps.iter().flat_map(|step| self.commands(step)).collect(),
            Step::Expire => Vec::new(),
            Step::Undo { .. } if self.merges.is_empty() => Vec::new(),
            Step::Undo { merge } => vec![undo(self.merges[merge % self.merges.len()])],
            _ => vec![self.command(step)],
        }
    }

    fn command(&self, step: &Step) -> Command {
        match step {
            Step::Call(which, parts) => self.call(*which, parts),
            Step::Happened(happening, parts) => history::command(*happening, self.builder(parts), self.now),
            Step::Creating(type_key, creating) => history::creating(*type_key, *creating),
            Step::DeleteEvents(age) => history::deleted(*age, self.now),
            Step::Remove(contact, named) => self.remove(*contact, *named),
            Step::Merge {
                survivor,
                absorbed,
                force,
            } => {
                let (survivor, absorbed) = (self.contact(*survivor), self.contact(*absorbed));
                if *force {
                    force_merge(survivor, absorbed)
                } else {
                    merge(survivor, absorbed)
                }
            }
            Step::Segment(segment, contacts, enter) => self.segment(*segment, contacts, *enter),
            Step::Subscriptions(contact, categories) => {
                let categories = categories
                    .iter()
                    .map(|place| category_key(CATEGORIES[*place]))
                    .collect();
                let contact = self.contact(*contact);
                Command::SetSubscriptions { contact, categories }
            }
            Step::Unsubscribe(place, unsubscribed) => {
                let (email, unsubscribed) = (email(EMAILS[*place]), *unsubscribed);
                Command::Unsubscribe { email, unsubscribed }
            }
            Step::Token(place, change) => self.token(*place, *change),
            Step::Policy(which) => Command::SetPolicy(Box::new(Policy {
                delete_past_events: true,
                event_retention_days: (*which > 2).then_some(60),
                ..policy(*which)
            })),
            Step::ArchiveCategory(archived) => {
                let (category, archived) = (CategoryId(1), Some(*archived));
                Command::ChangeCategory {
                    category,
                    name: None,
                    archived,
                }
            }
            Step::ArchiveField(archived) => {
                let (field, archived) = (TEXT, Some(*archived));
                Command::ChangeField {
                    field,
                    name: None,
                    archived,
                }
            }
            Step::Together(_) | Step::Expire | Step::Undo { .. } | Step::Logout { .. } => {
                unreachable!("made by `commands` or taken apart")
            }
        }
    }

    fn remove(&self, contact: usize, named: Named) -> Command {
        let erase = named == Named::ForGood;
        let contact = match named {
            Named::ByExternalId => by_external(EXTERNAL_IDS[contact % POOL]),
            Named::ByNumber | Named::ForGood => ContactRef::Id(self.contact(contact)),
        };
        Command::Remove { contact, erase }
    }

    fn segment(&self, segment: usize, contacts: &[usize], enter: bool) -> Command {
        // The segments of the two categories are the first two.
        let segment = SegmentId(i64::try_from(segment).unwrap_or_default() + 1);
        let contacts = contacts
            .iter()
            .map(|place| ContactRef::Id(self.contact(*place)))
            .collect();
        if enter {
            Command::Attach { segment, contacts }
        } else {
            Command::Detach { segment, contacts }
        }
    }

    fn token(&self, place: usize, change: usize) -> Command {
        let change = match change {
            0 => TokenChange::Active(false),
            1 => TokenChange::Active(true),
            2 => TokenChange::Mute { until: self.now },
            _ => TokenChange::Unmute,
        };
        Command::Token {
            app: app("app"),
            token: token(TEXTS[place]),
            change,
        }
    }

    fn call(&self, which: Which, parts: &Parts) -> Command {
        let builder = self.builder(parts);
        match which {
            Which::Upsert => builder.upsert(),
            Which::Subscribe => builder.subscribe(),
            Which::Update => builder.update(self.contact(parts.contact.unwrap_or(0))),
            Which::Bulk(place, restore) => builder.bulk(DEDUPES[place % DEDUPES.len()], restore),
            Which::Order => builder.order(),
            Which::Event(creates) => builder.event(creates),
            Which::AppToken => builder.app_token(),
        }
    }

    pub(super) fn builder(&self, parts: &Parts) -> RequestBuilder {
        let mut builder = api_call();
        let mut name = |kind: Kind, pool: &[&str; POOL], places: &[usize]| {
            for place in places {
                builder = builder.clone().with(kind, pool[*place]);
            }
        };
        name(Kind::ExternalId, &EXTERNAL_IDS, parts.external_id.as_slice());
        name(Kind::Email, &EMAILS, &parts.emails);
        name(Kind::Phone, &PHONES, parts.sms.as_slice());
        name(Kind::MobilePush, &TEXTS, parts.mobile.as_slice());
        name(Kind::Telegram, &TEXTS, parts.telegram.as_slice());
        name(Kind::DeviceId, &TEXTS, parts.device.as_slice());
        for cookie in parts.cookies.iter().filter_map(|browser| self.cookies[*browser].last()) {
            builder = builder.with(Kind::Cookie, cookie);
        }
        if let Some(place) = parts.nameless {
            builder = builder.nameless(TEXTS[place]);
        }
        if let Some(place) = parts.viber {
            builder = builder.viber(PHONES[place]);
        }
        if let Some(place) = parts.contact {
            builder = builder.contact(self.contact(place));
        }
        dress(builder, parts)
    }

    /// Every identifier of the pools.
    fn keys(&self) -> Vec<IdentifierKey> {
        let pools: [(Kind, &[&str; POOL]); 6] = [
            (Kind::ExternalId, &EXTERNAL_IDS),
            (Kind::Email, &EMAILS),
            (Kind::Phone, &PHONES),
            (Kind::MobilePush, &TEXTS),
            (Kind::Telegram, &TEXTS),
            (Kind::DeviceId, &TEXTS),
        ];
        let named = pools
            .into_iter()
            .flat_map(|(kind, pool)| pool.map(|text| identifier(kind, text).key));
        let cookies = self.cookies.iter().flatten();
        let cookies = cookies.map(|cookie| identifier(Kind::Cookie, cookie).key);
        let cards = [1, 2].map(|number| Identifier::field(CARD, &FieldValue::Integer(number)).key);
        named.chain(cookies).chain(cards).collect()
    }
}

const DEDUPES: [DedupeOn; 8] = [
    DedupeOn::Email,
    DedupeOn::Sms,
    DedupeOn::EmailOrSms,
    DedupeOn::MobilePush,
    DedupeOn::WebPush,
    DedupeOn::Id,
    DedupeOn::ExternalCustomerId,
    DedupeOn::Field(CARD),
];

/// Adds the parts that are no identifiers.
fn dress(mut builder: RequestBuilder, parts: &Parts) -> RequestBuilder {
    const NAMES: [&str; POOL] = ["Ann", "Їжак", "Bob", "Zoé"];
    if let Some(place) = parts.first_name {
        builder = builder.first(NAMES[place]);
    }
    if let Some(place) = parts.town {
        let clear = AttributeInput {
            key: AttributeKey::Town,
            value: None,
        };
        builder = if place == 0 {
            builder.attribute(clear)
        } else {
            builder.town(TEXTS[place])
        };
    }
    if let Some(place) = parts.text {
        builder = builder.field(TEXT, (place > 0).then_some(TEXTS[place]));
    }
    if let Some(place) = parts.card {
        builder = builder.field(CARD, (place > 0).then_some(["", "1", "02", "x"][place]));
    }
    if let Some(place) = parts.segment {
        builder = builder.segment(TEXTS[place]);
    }
    if let Some(place) = parts.category {
        builder = builder.category(CATEGORIES[place % CATEGORIES.len()]);
    }
    builder
}

fn policy(which: usize) -> Policy {
    let block = |kind: Kind, text: &str| BlockedValue::exact(Some(kind.as_str()), text).expect("a value to block");
    match which {
        0 => Policy::default(),
        1 => Policy {
            merge_unclaimed: false,
            ..Policy::default()
        },
        2 => Policy {
            shared_threshold: 2,
            ..Policy::default()
        },
        3 => {
            let blocked = vec![
                block(Kind::Email, EMAILS[0]),
                block(Kind::MobilePush, TEXTS[0]),
                block(Kind::ExternalId, "B"),
            ];
            Policy {
                blocked: BlockedValues::new(blocked).expect("a list"),
                ..Policy::default()
            }
        }
        _ => {
            let limits = Limits {
                email: 1,
                phone: 1,
                mobile_push: 1,
                cookie: 1,
                ..Limits::default()
            };
            Policy {
                limits,
                ..Policy::default()
            }
        }
    }
}

/// Compares part by part, so that the failure names the part that differs.
fn assert_equal(found: &Observation, expected: &Observation) -> Checked {
    assert_same("contacts by last update", &found.contacts, &expected.contacts)?;
    assert_same("contacts by number", &found.by_number, &expected.by_number)?;
    for (id, answer) in &expected.answers {
        assert_same(("what the number answers", id), &found.answers.get(id), &Some(answer))?;
    }
    for (key, lookup) in &expected.lookups {
        assert_same(("what is known of", key), &found.lookups.get(key), &Some(lookup))?;
    }
    for (key, visitors) in &expected.visitors {
        assert_same(("visitors behind", key), &found.visitors.get(key), &Some(visitors))?;
    }
    assert_same("what visitors left", &found.left, &expected.left)?;
    assert_same("types of events", &found.types, &expected.types)?;
    assert_same("merges", &found.merges, &expected.merges)?;
    assert_same("segments", &found.segments, &expected.segments)?;
    assert_same("categories", &found.categories, &expected.categories)?;
    assert_same("fields", &found.fields, &expected.fields)
}
