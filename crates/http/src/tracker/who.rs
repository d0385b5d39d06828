//! Who is behind a page, as far as it may say so (identity rules, "Trust").

use super::answer::{CollectedBody, RefusedPart};
use crate::contacts::request::{refuse_unreadable, skipped};
use crate::fields::{Fields, Problems, name_of};
use crate::named::{self, Parts};
use crate::site::{Behind, Visit};
use crate::state::HttpState;
use selfsame_domain::values::Source;
use selfsame_domain::{Call, Command, ContactId, ContactRequest, Identifier, Policy};

/// The names under which a form of request tells who somebody is.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) external_id: &'static str,
    pub(crate) email: &'static str,
    pub(crate) phone: &'static str,
    pub(crate) contact_id: Option<&'static str>,
}

/// Why an identifier is left out.
const UNSIGNED: &str = "needs a signed identity token";

/// What a form of request says about who is behind it.
#[derive(Debug)]
pub(crate) struct Claim<'a> {
    /// Where it says so.
    pub(crate) fields: Fields<'a>,
    pub(crate) names: Names,
    /// The identity token, and where it stood.
    pub(crate) token: Option<(String, String)>,
}

/// The identity token of a request, and where it stood. What is no text vouches for nobody, as a forged one.
pub(crate) fn token(fields: &Fields<'_>, name: &str) -> Option<(String, String)> {
    let sent = fields.raw(name).value()?;
    Some((fields.pointer(name), name_of(sent).unwrap_or_default()))
}

/// Who is behind a page, as far as it is believed.
#[derive(Debug)]
pub(crate) struct Who {
    /// Links the cookie to them.
    pub(crate) link: Option<Command>,
    /// Whom events are about: the cookie, and whoever is named besides it. Those have the event in any case (identity rules, "History").
    pub(crate) named: ContactRequest,
}

/// Links the cookie to whom the page names. What cannot be believed or read is added to what was left out, and then nobody is linked: the
/// history that came along is kept all the same.
///
/// Somebody whom a signed token vouches for becomes a contact like one that `POST contact` tells of. What a site takes unsigned only finds
/// contacts that are there (wire fact: the tracker creates none).
pub(crate) fn tell(
    state: &HttpState,
    visit: &Visit,
    claim: &Claim<'_>,
    cookie: &Identifier,
    answer: &mut CollectedBody,
) -> Who {
    let mut problems = Problems::default();
    let believed = read(state, visit, claim, cookie, &mut problems, answer);
    let problems = problems.all();
    let believed = believed.filter(|_| problems.is_empty());
    answer.refused.extend(problems.into_iter().map(RefusedPart::from));
    let mut named = ContactRequest::new(Source::SiteAutomated);
    named.cookies.push(cookie.clone());
    if let Some((_, request)) = &believed {
        named.contact_id = request.contact_id;
        named.external_id.clone_from(&request.external_id);
        // Beside an external ID an email or a phone decides nothing (identity rule 1).
        if named.external_id.is_none() {
            named.channels.clone_from(&request.channels);
        }
    }
    let link = believed.map(|(call, request)| Command::Contact(call, Box::new(request)));
    Who { link, named }
}

fn read(
    state: &HttpState,
    visit: &Visit,
    claim: &Claim<'_>,
    cookie: &Identifier,
    problems: &mut Problems,
    answer: &mut CollectedBody,
) -> Option<(Call, ContactRequest)> {
    let Claim { fields, names, token } = claim;
    let (pointer, token) = token
        .as_ref()
        .map(|(pointer, token)| (pointer.as_str(), token.as_str()))
        .unzip();
    let behind = visit.behind(state, token, pointer.unwrap_or_default(), problems)?;
    let mut request = ContactRequest::new(Source::SiteAutomated);
    request.cookies.push(cookie.clone());
    let policy = &visit.access.workspace.policy;
    let contact_id = identifiers(policy, fields, names, &mut request);
    match behind {
        Behind::Vouched(id) => {
            let vouched = Identifier::external_id(&id);
            if request.external_id.as_ref().is_some_and(|said| said.key != vouched.key) {
                problems.add(
                    fields.pointer(names.external_id),
                    "is not whom the identity token vouches for",
                );
            }
            request.external_id = Some(vouched);
            leave_out(&mut request, Call::Upsert, policy, problems, answer);
            if contact_id.is_some() {
                let pointer = fields.pointer(names.contact_id?);
                answer
                    .refused
                    .push(skipped(&pointer, "the identity token names the contact").into());
            }
            Some((Call::Upsert, request))
        }
        Behind::Believed => {
            // The contact ID leads the search of events; a number in a link may be somebody else's.
            if let (true, Some(name), Some(_)) = (request.external_id.is_some(), names.contact_id, contact_id) {
                let part = skipped(&fields.pointer(name), "the external ID names the contact");
                answer.refused.push(part.into());
            } else {
                request.contact_id = contact_id;
            }
            let call = Call::Event { creates: false };
            leave_out(&mut request, call, policy, problems, answer);
            let nobody = request.contact_id.is_none() && request.external_id.is_none() && request.channels.is_empty();
            (!nobody).then_some((call, request))
        }
        Behind::Anonymous => {
            answer
                .refused
                .extend(request.take_left_out().into_iter().map(RefusedPart::from));
            let sent = [names.external_id, names.email, names.phone]
                .into_iter()
                .chain(names.contact_id);
            let sent = sent.filter(|name| fields.raw(name).value().is_some());
            let told = |name: &&str| {
                let member = skipped(&fields.pointer(name), UNSIGNED).field;
                answer.refused.iter().all(|part| part.field != member)
            };
            let sent: Vec<&str> = sent.filter(told).collect();
            let refused = sent
                .into_iter()
                .map(|name| skipped(&fields.pointer(name), UNSIGNED).into());
            answer.refused.extend(refused);
            None
        }
    }
}

/// Adds what cannot be read to what was left out; where the rules refuse the request for it (identity rule 8), nobody is linked.
fn leave_out(
    request: &mut ContactRequest,
    call: Call,
    policy: &Policy,
    problems: &mut Problems,
    answer: &mut CollectedBody,
) {
    let refused = !request.refused_by(call, policy).is_empty();
    refuse_unreadable(request, call, policy, problems);
    if refused {
        // They stand among the problems.
        request.unreadable.clear();
    }
    answer
        .refused
        .extend(request.take_left_out().into_iter().map(RefusedPart::from));
}

/// Reads the identifiers into the request, but for the contact ID, which is returned.
fn identifiers(policy: &Policy, fields: &Fields<'_>, names: &Names, request: &mut ContactRequest) -> Option<ContactId> {
    let mut parts = Parts { policy, request };
    // A page that sends all members of a form has `null` for what it does not know.
    let said = |name: &str| (fields.pointer(name), fields.raw(name).value());
    let (pointer, value) = said(names.external_id);
    named::external_id(&mut parts, &pointer, value);
    let (pointer, value) = said(names.email);
    named::email(&mut parts, &pointer, value);
    let (pointer, value) = said(names.phone);
    named::phone(&mut parts, &pointer, value);
    let mut wrong = Problems::default();
    let contact_id = fields.integer(names.contact_id?, &mut wrong).value().map(ContactId);
    for problem in wrong.all() {
        let skipped = skipped(&problem.pointer, problem.reason);
        request.note_unreadable(policy, None, None, skipped);
    }
    contact_id
}
