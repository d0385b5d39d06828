//! The calls that can be explained, each from the body that the real call takes.

use super::resolve::ResolveBody;
use crate::body::{FromMember, Member, content_digest};
use crate::contacts::{BulkInput, BulkOptions, patch, request, subscribe, update};
use crate::docs::ContactInput;
use crate::error::ApiError;
use crate::events;
use crate::fields::{Fields, MAX_ENTRIES, Problems};
use crate::orders::{self, Exact};

use crate::tokens;
use http::Method;
use selfsame_domain::values::Source;
use selfsame_domain::{Call, Command, ContactId, ContactRequest, Origin, Policy};
use serde_json::Value;

/// A call that can be explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallName {
    Contact,
    Subscribe,
    Update,
    Patch,
    Bulk,
    Order,
    Event,
    AppToken,
}

impl CallName {
    /// Every call with its name.
    const ALL: [(&str, Self); 8] = [
        ("contact", Self::Contact),
        ("subscribe", Self::Subscribe),
        ("update", Self::Update),
        ("patch", Self::Patch),
        ("bulk", Self::Bulk),
        ("order", Self::Order),
        ("event", Self::Event),
        ("apptoken", Self::AppToken),
    ];
}

impl FromMember for CallName {
    fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
        let text = String::read(member, problems)?;
        let found = Self::ALL.iter().find(|(name, _)| name.eq_ignore_ascii_case(&text));
        let names = || format!("must be one of {}", Self::ALL.map(|(name, _)| name).join(", "));
        member.check(problems, found.map(|(_, call)| *call).ok_or_else(names))
    }
}

/// Reads the commands that the real call would submit.
pub(super) fn read_commands(call: &ResolveBody, exact: &Exact, policy: &Policy) -> Result<Vec<Command>, ApiError> {
    let Value::Object(members) = &call.body else {
        return Err(ApiError::invalid("/body", "must be an object: the body of the call"));
    };
    let body = Fields::of(Some(members), "/body".to_owned());
    let mut problems = Problems::default();
    let commands = match call.call.unwrap_or(CallName::Contact) {
        CallName::Contact => vec![contact(&body, policy, &mut problems)],
        CallName::Subscribe => vec![command(Call::Subscribe, subscribe::read(&body, policy)?)],
        CallName::Update => {
            let request = update::read(contact_id(call)?, &body, policy, &mut problems);
            vec![command(Call::Update, request)]
        }
        CallName::Patch => {
            let request = patch::read(contact_id(call)?, &body, policy, &mut problems);
            vec![command(Call::Patch, request)]
        }
        CallName::Bulk => bulk(&body, policy, &mut problems),
        CallName::Order => read_orders(&body, exact, policy, &mut problems),
        CallName::Event => event(&body, policy, &mut problems).into_iter().collect(),
        CallName::AppToken => app_tokens(call, &body, policy)?,
    };
    problems.finish()?;
    if commands.is_empty() {
        return Err(ApiError::invalid("/body", "must name a contact"));
    }
    Ok(commands)
}

/// The digest by which the real call would be refused as a repetition; none for calls that allow repetitions.
pub(super) fn duplicate_digest(call: &ResolveBody) -> Option<Vec<u8>> {
    let (method, path) = match call.call.unwrap_or(CallName::Contact) {
        CallName::Contact => (Method::POST, "/api/v1/contact".to_owned()),
        CallName::Subscribe => (Method::POST, "/api/v1/contact/subscribe".to_owned()),
        CallName::Update => (Method::PUT, format!("/api/v1/contact/{}", call.contact_id?)),
        _ => return None,
    };
    Some(content_digest(&method, &path, &call.body))
}

/// The contact ID in the path of the real call.
fn contact_id(call: &ResolveBody) -> Result<ContactId, ApiError> {
    call.contact_id
        .ok_or_else(|| ApiError::invalid("/contactId", "is required"))
}

fn command(call: Call, request: ContactRequest) -> Command {
    Command::Contact(call, Box::new(request))
}

fn contact(body: &Fields<'_>, policy: &Policy, problems: &mut Problems) -> Command {
    let mut request = request::read(body, Source::Api, policy, problems);
    request::read_groups(ContactInput::of(body).groups, &mut request, problems);
    request::refuse_unreadable(&request, Call::Upsert, policy, problems);
    command(Call::Upsert, request)
}

fn bulk(body: &Fields<'_>, policy: &Policy, problems: &mut Problems) -> Vec<Command> {
    let contacts = body.objects("contacts", MAX_ENTRIES, problems);
    let Some(options) = BulkOptions::read(&BulkInput::of(body, &[]), problems) else {
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
    let sent = events::EventInput::of(body);
    let event = events::read(sent, (body.here(), events::Form::Pairs), Origin::Api, policy, problems)?;
    Some(Command::Event(Box::new(event)))
}

fn app_tokens(call: &ResolveBody, body: &Fields<'_>, policy: &Policy) -> Result<Vec<Command>, ApiError> {
    let app = tokens::app_uuid(call.app.as_deref().unwrap_or_default());
    let app = app.map_err(|_| ApiError::invalid("/app", "must be a UUID"))?;
    let requests = tokens::read(body, &app, policy)?.into_iter();
    requests.map(|request| Ok(command(Call::AppToken, request?))).collect()
}
