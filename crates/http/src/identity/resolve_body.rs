//! The calls that can be explained, each from the body that the real call takes.

use crate::body::content_digest;
use crate::contacts::{BulkOptions, patch, request, subscribe, update};
use crate::error::ApiError;
use crate::events;
use crate::fields::{Fields, MAX_ENTRIES, Problems};
use crate::orders::{self, Exact};
use crate::tokens;
use http::Method;
use selfsame_domain::values::Source;
use selfsame_domain::{Call, Command, ContactId, ContactRequest, Origin, Policy};
use serde_json::Value;

const CALLS: &str = "contact, subscribe, update, patch, bulk, order, event, apptoken";

/// Reads the commands that the real call would submit.
pub(super) fn read_commands(envelope: &Fields<'_>, exact: &Exact, policy: &Policy) -> Result<Vec<Command>, ApiError> {
    let mut problems = Problems::default();
    let call = envelope.text("call", &mut problems).value();
    let body = envelope.raw("body").value().and_then(Value::as_object);
    if body.is_none() {
        problems.add(envelope.pointer("body"), "must be an object: the body of the call");
    }
    problems.finish()?;
    let body = Fields::of(body, envelope.pointer("body"));
    let mut problems = Problems::default();
    let commands = match call.as_deref().unwrap_or("contact").to_ascii_lowercase().as_str() {
        "contact" => vec![contact(&body, policy, &mut problems)],
        "subscribe" => vec![command(Call::Subscribe, subscribe::read(&body, policy)?)],
        "update" => changed(envelope, &body, policy, &mut problems).into_iter().collect(),
        "patch" => patched(envelope, &body, policy, &mut problems).into_iter().collect(),
        "bulk" => bulk(&body, policy, &mut problems),
        "order" => read_orders(&body, exact, policy, &mut problems),
        "event" => event(&body, policy, &mut problems).into_iter().collect(),
        "apptoken" => app_tokens(envelope, &body, policy)?,
        _ => {
            return Err(ApiError::invalid(
                envelope.pointer("call"),
                format!("must be one of {CALLS}"),
            ));
        }
    };
    problems.finish()?;
    if commands.is_empty() {
        return Err(ApiError::invalid(envelope.pointer("body"), "must name a contact"));
    }
    Ok(commands)
}

/// The digest by which the real call would be refused as a repetition; none for calls that allow repetitions. Call it after
/// [`read_commands`].
pub(super) fn duplicate_digest(envelope: &Fields<'_>) -> Option<Vec<u8>> {
    let mut known = Problems::default();
    let call = envelope.text("call", &mut known).value();
    let (method, path) = match call.as_deref().unwrap_or("contact").to_ascii_lowercase().as_str() {
        "contact" => (Method::POST, "/api/v1/contact".to_owned()),
        "subscribe" => (Method::POST, "/api/v1/contact/subscribe".to_owned()),
        "update" => {
            let id = positive(envelope, "contactId", &mut known)?;
            (Method::PUT, format!("/api/v1/contact/{id}"))
        }
        _ => return None,
    };
    let body = envelope.raw("body").value()?;
    Some(content_digest(&method, &path, body))
}

fn command(call: Call, request: ContactRequest) -> Command {
    Command::Contact(call, Box::new(request))
}

fn contact(body: &Fields<'_>, policy: &Policy, problems: &mut Problems) -> Command {
    let mut request = request::read(body, Source::Api, policy, problems);
    request::read_groups(body, &mut request, problems);
    request::refuse_unreadable(&request, Call::Upsert, policy, problems);
    command(Call::Upsert, request)
}

fn changed(envelope: &Fields<'_>, body: &Fields<'_>, policy: &Policy, problems: &mut Problems) -> Option<Command> {
    let id = contact_number(envelope, problems)?;
    Some(command(Call::Update, update::read(id, body, policy, problems)))
}

fn patched(envelope: &Fields<'_>, body: &Fields<'_>, policy: &Policy, problems: &mut Problems) -> Option<Command> {
    let id = contact_number(envelope, problems)?;
    Some(command(Call::Patch, patch::read(id, body, policy, problems)))
}

/// The contact ID in the path of the real call.
fn contact_number(envelope: &Fields<'_>, problems: &mut Problems) -> Option<ContactId> {
    let id = positive(envelope, "contactId", problems);
    if id.is_none() {
        problems.add(envelope.pointer("contactId"), "must be a positive whole number");
    }
    id
}

fn positive(fields: &Fields<'_>, name: &str, problems: &mut Problems) -> Option<ContactId> {
    fields
        .integer(name, problems)
        .value()
        .filter(|id| *id > 0)
        .map(ContactId)
}

fn bulk(body: &Fields<'_>, policy: &Policy, problems: &mut Problems) -> Vec<Command> {
    let contacts = body.objects("contacts", MAX_ENTRIES, problems);
    let Some(options) = BulkOptions::read(body, problems) else {
        return Vec::new();
    };
    let read = |contact: &Fields<'_>| options.contact(contact, policy, problems);
    contacts.iter().map(read).collect()
}

/// Reads one order, or `orders` as the real call takes them.
fn read_orders(body: &Fields<'_>, exact: &Exact, policy: &Policy, problems: &mut Problems) -> Vec<Command> {
    let listed = body.objects("orders", orders::MAX_ORDERS, problems);
    let all = if listed.is_empty() { vec![body.clone()] } else { listed };
    let read = |order: &Fields<'_>| orders::read(order, exact, policy, problems);
    let orders = all.iter().filter_map(read);
    orders.map(|order| Command::Order(Box::new(order))).collect()
}

fn event(body: &Fields<'_>, policy: &Policy, problems: &mut Problems) -> Option<Command> {
    let event = events::read(body, events::Form::Pairs, Origin::Api, policy, problems)?;
    Some(Command::Event(Box::new(event)))
}

fn app_tokens(envelope: &Fields<'_>, body: &Fields<'_>, policy: &Policy) -> Result<Vec<Command>, ApiError> {
    let mut problems = Problems::default();
    let app = envelope.text("app", &mut problems).value().unwrap_or_default();
    problems.finish()?;
    let app = tokens::app_uuid(&app).map_err(|_| ApiError::invalid(envelope.pointer("app"), "must be a UUID"))?;
    let requests = tokens::read(body, &app, policy)?.into_iter();
    requests.map(|request| Ok(command(Call::AppToken, request?))).collect()
}
