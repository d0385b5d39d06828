//! What a batch of commands must read.

use crate::values::{AppId, Email, Token};
use crate::{
    Call, Command, ContactId, ContactRef, ContactRequest, ContactUndo, CustomField, Envelope, EventRequest, FieldId,
    Footprint, FootprintExpansion, Identifier, IdentifierKey, IdentifierKind, OrderRequest, Policy, SegmentRef,
    Stability, Timestamp,
};

/// Computes what must be read to resolve the batch under the policy.
///
/// Holders of a blocked value are not read: it never matches (identity rule 8), and there may be any number of them. A blocked exclusive
/// identifier is never attached, so it is not read either.
///
/// `known` is what earlier snapshots added: values of identifying custom fields are read like any other identifier, and so are the identifiers
/// of removed contacts that the batch may restore. A snapshot may show that the footprint was too small: see
/// [`crate::Snapshot::expand_footprint`].
pub fn footprint<'a>(
    batch: impl IntoIterator<Item = &'a Envelope>,
    policy: &Policy,
    known: &FootprintExpansion,
) -> Footprint {
    let mut all = Footprint::default();
    for envelope in batch {
        add(&mut all, &envelope.command, envelope.at, policy, &known.fields);
    }
    for key in &known.keys {
        all.keys.entry(key.clone()).or_insert(false);
    }
    all
}

fn add(all: &mut Footprint, command: &Command, at: Timestamp, policy: &Policy, fields: &[CustomField]) {
    match command {
        Command::Contact(call, request) => {
            add_request(all, request, policy);
            add_declared(all, *call, policy, &request.declared(fields, at));
            all.restores |= call.powers().restores;
        }
        Command::Event(request) => add_event(all, request, at, policy),
        Command::DeleteEvents(period) => all.deleting = Some(*period),
        Command::Order(request) => add_order(all, request, policy),
        Command::DeleteOrder(key) => all.orders.extend([key.external_id.clone()]),
        Command::SetCreating { key, .. } => {
            all.event_types.insert(key.clone());
        }
        Command::IfUnchanged { contact, command, .. } => {
            all.contacts.insert(*contact);
            add(all, command, at, policy, fields);
        }
        Command::Remove { contact, erase } => add_removed(all, contact, *erase),
        Command::SetSubscriptions { contact, .. } => {
            all.contacts.insert(*contact);
            all.all_categories = true;
        }
        Command::Attach { segment, contacts } | Command::Detach { segment, contacts } => {
            all.segments.insert(*segment);
            for contact in contacts {
                add_ref(all, contact);
            }
        }
        Command::Unsubscribe { email, .. } => add_address(all, email, policy),
        Command::Token { app, token, .. } => add_token(all, app, token),
        Command::Merge { survivor, absorbed, .. } => all.contacts.extend([*survivor, *absorbed]),
        Command::Reevaluate { contact, key } => add_held(all, *contact, key, policy),
        Command::Unshare { key } => add_key(all, key, &key.value, policy),
        Command::Undo { merge } => all.merges.extend([*merge]),
        Command::TakeBack { contact, parts } => {
            all.contacts.extend(*contact);
            for part in parts {
                add_taken_back(all, part);
            }
        }
        Command::CreateField(field) => {
            all.field_keys
                .insert((field.profile_key.clone(), field.field_key.clone()));
            all.fresh.fields += 1;
        }
        Command::ChangeField { field, .. } => {
            all.fields.insert(*field);
        }
        Command::CreateCategory { .. } => add_new_category(all),
        Command::ChangeCategory { category, .. } => {
            all.categories.insert(*category);
            all.all_categories = true;
        }
        Command::CreateSegment { .. } => add_all_segments(all, 1),
        Command::ChangeSegment { .. } | Command::DeleteSegment { .. } => add_all_segments(all, 0),
        Command::SetPolicy(_) => {}
    }
    add_names(all, command);
}

/// What can be taken back depends on the present owners of exclusive identifiers, and on the merges that still fill attributes.
fn add_taken_back(all: &mut Footprint, part: &ContactUndo) {
    all.contacts.extend([part.contact, part.owner]);
    all.merges.extend(&part.merges);
    all.removes = true;
    let attributes = part.attributes.iter().filter_map(|change| change.before.as_ref());
    all.contacts
        .extend(attributes.filter_map(|attribute| attribute.filled_from));
    for change in &part.identifiers {
        let needed = all.keys.entry(change.key.clone()).or_insert(false);
        *needed |= change.key.kind.is_exclusive();
        let held = change.before.iter().chain(&change.after);
        for key in held.flat_map(|held| held.identifier.alias_keys()) {
            all.keys.entry(key).or_insert(false);
        }
    }
}

/// A contact, and an identifier that it holds.
fn add_held(all: &mut Footprint, contact: ContactId, key: &IdentifierKey, policy: &Policy) {
    all.contacts.insert(contact);
    add_key(all, key, &key.value, policy);
}

/// The contacts that hold the address have the decision in their logs.
fn add_address(all: &mut Footprint, email: &Email, policy: &Policy) {
    let identifier = Identifier::email(email);
    add_key(all, &identifier.key, &identifier.typed, policy);
}

fn add_new_category(all: &mut Footprint) {
    all.all_categories = true;
    all.fresh.categories += 1;
    all.fresh.segments += 1;
}

/// A formula may name any segment, and the segment of a category must not be deleted.
fn add_all_segments(all: &mut Footprint, fresh: usize) {
    all.all_segments = true;
    all.all_categories = true;
    all.fresh.segments += fresh;
}

fn add_removed(all: &mut Footprint, contact: &ContactRef, erase: bool) {
    add_ref(all, contact);
    all.removes = true;
    all.erases |= erase;
}

fn add_event(all: &mut Footprint, request: &EventRequest, received_at: Timestamp, policy: &Policy) {
    add_request(all, &request.contact, policy);
    for token in request.contact.identifiers().flat_map(Identifier::of_other_kinds) {
        add_key(all, &token.key, &token.typed, policy);
    }
    add_late(all, request, received_at);
    all.event_types.insert(request.type_key.clone());
    all.events.extend(request.id);
}

fn add_order(all: &mut Footprint, request: &OrderRequest, policy: &Policy) {
    add_request(all, &request.contact, policy);
    all.restores |= Call::Order.powers().restores;
    all.orders.insert(request.key.external_id.clone());
    all.events.extend(request.status_event_ids());
}

fn add_token(all: &mut Footprint, app: &AppId, token: &Token) {
    for kind in [
        IdentifierKind::MobilePush,
        IdentifierKind::WebPush,
        IdentifierKind::Telegram,
    ] {
        let named = Identifier::token(kind, Some(app), token);
        all.keys.extend(named.key_without_app().map(|key| (key, true)));
        all.keys.insert(named.key, true);
    }
}

/// The keys by which the owner of a late event is found.
fn add_late(all: &mut Footprint, request: &EventRequest, received_at: Timestamp) {
    let Some(time) = request.past(received_at) else { return };
    let moves = |id: &&Identifier| id.kind().stability() == Stability::Changeable;
    for identifier in request.contact.identifiers().filter(moves) {
        let others = identifier.of_other_kinds().map(|token| token.key);
        let keys = others
            .chain(identifier.key_without_app())
            .chain([identifier.key.clone()]);
        let known: Vec<_> = keys.filter(|key| all.keys.get(key) == Some(&true)).collect();
        all.late.extend(known.into_iter().map(|key| (key, time)));
    }
}

fn add_names(all: &mut Footprint, command: &Command) {
    let name = match command {
        Command::CreateCategory { name, .. } | Command::ChangeCategory { name: Some(name), .. } => Some(name.as_str()),
        _ => None,
    };
    if let Some(Ok(name)) = name.map(crate::values::SegmentName::parse) {
        all.segment_names.insert(name);
    }
}

fn add_ref(all: &mut Footprint, contact: &ContactRef) {
    match contact {
        ContactRef::Id(id) => {
            all.contacts.insert(*id);
        }
        ContactRef::ExternalId(id) => {
            all.keys.insert(id.key.clone(), true);
        }
        ContactRef::Unreadable(_) => {}
    }
}

fn add_request(all: &mut Footprint, request: &ContactRequest, policy: &Policy) {
    for identifier in request.identifiers() {
        add_key(all, &identifier.key, &identifier.typed, policy);
        // The token may be held without its app.
        if let Some(nameless) = identifier.key_without_app() {
            add_key(all, &nameless, &identifier.typed, policy);
        }
        for key in identifier.alias_keys() {
            all.keys.entry(key).or_insert(false);
        }
    }
    all.contacts.extend(request.contact_id);
    for segment in &request.segments {
        match segment {
            SegmentRef::Id(id) => {
                all.segments.insert(*id);
            }
            SegmentRef::Name(name) => {
                all.segment_names.insert(name.clone());
            }
        }
    }
    all.segment_names.extend(request.left_segments.iter().cloned());
    all.category_keys.extend(request.categories.iter().cloned());
    let fields: Vec<FieldId> = request.fields.iter().map(|field| field.id).collect();
    all.fields.extend(fields);
    all.fresh.contacts += 1;
}

/// The holders of a custom field's value matter only to a call that dedupes by the field; there may be any number of them.
fn add_declared(all: &mut Footprint, call: Call, policy: &Policy, declared: &[Identifier]) {
    all.fields.extend(call.dedupe_field());
    for identifier in declared {
        if call.names_by(&identifier.key) {
            add_key(all, &identifier.key, &identifier.typed, policy);
        } else {
            all.keys.entry(identifier.key.clone()).or_insert(false);
        }
    }
}

fn add_key(all: &mut Footprint, key: &IdentifierKey, typed: &str, policy: &Policy) {
    let blocked = policy.blocks(key.kind, typed, &key.value);
    if blocked && key.kind.is_exclusive() {
        return;
    }
    let needed = all.keys.entry(key.clone()).or_insert(false);
    *needed |= !blocked;
}
