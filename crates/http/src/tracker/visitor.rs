//! Reading the identification of a page's visitor.

use super::answer::{CollectedBody, RefusedPart};
use crate::body::Member;
use crate::contacts::request::skipped;
use crate::fields::{Problems, name_of};
use crate::named::{self, Parts};
use crate::site;
use crate::state::HttpState;
use selfsame_application::Sender;
use selfsame_domain::values::Source;
use selfsame_domain::{Command, ContactId, ContactRequest, Identifier, PageVisitor, Policy, Skipped};
use serde_json::Value;

/// The identifiers that a request claims for its visitor.
#[derive(Debug)]
pub(crate) struct Claim<'a> {
    pub(crate) external_id: Member<'a>,
    pub(crate) email: Member<'a>,
    pub(crate) phone: Member<'a>,
    /// The contact ID, if the form of request has one.
    pub(crate) contact_id: Option<Member<'a>>,
    /// The pointer of the identity token, and the token.
    pub(crate) token: Option<(String, String)>,
}

impl<'a> Claim<'a> {
    /// The page's member for a member of a contact.
    fn of(&self, member: &str) -> Option<Member<'a>> {
        match member {
            "externalCustomerId" => Some(self.external_id),
            "email" => Some(self.email),
            "sms" => Some(self.phone),
            "contactId" => self.contact_id,
            _ => None,
        }
    }
}

/// The pointer of a request's identity token, and the token. A value that is no text counts as an invalid token.
pub(crate) fn token(member: Member<'_>) -> Option<(String, String)> {
    let sent = member.sent().value()?;
    Some((member.pointer(), name_of(sent).unwrap_or_default()))
}

/// The visitor of a page.
#[derive(Debug)]
pub(crate) struct Visitor {
    /// The command that links the cookie to the contact.
    pub(crate) link: Option<Command>,
    /// The identifiers of the events.
    pub(crate) history: ContactRequest,
    /// The place of the contact ID, if the form of request has one.
    pub(crate) contact_id: Option<String>,
}

/// Reads the identification of the visitor. Untrusted and unreadable parts are added to the refused parts. [`PageVisitor`] has the rules.
pub(crate) fn read(
    state: &HttpState,
    sender: &Sender,
    claim: &Claim<'_>,
    cookie: Option<&Identifier>,
    answer: &mut CollectedBody,
) -> Visitor {
    let (pointer, token) = claim
        .token
        .as_ref()
        .map(|(pointer, token)| (pointer.as_str(), token.as_str()))
        .unzip();
    let mut wrong = Problems::default();
    let warrant = site::warrant(state, sender, token, pointer.unwrap_or_default(), &mut wrong);
    answer.refused.extend(wrong.all().into_iter().map(RefusedPart::from));
    let mut request = ContactRequest::new(Source::SiteAutomated);
    request.cookies.extend(cookie.cloned());
    request.contact_id = identifiers(sender.policy(), claim, &mut request);
    answer
        .refused
        .extend(request.left_out().cloned().map(RefusedPart::from));
    request.skipped.clear();
    let visitor = PageVisitor::new(request, warrant.as_ref(), sender.policy());
    let own = |part: Skipped| -> RefusedPart {
        match claim.of(&part.field) {
            Some(member) => skipped(&member.pointer(), part.reason).into(),
            None => part.into(),
        }
    };
    answer.refused.extend(visitor.refused.into_iter().map(own));
    Visitor {
        link: visitor
            .link
            .map(|(call, request)| Command::Contact(call, Box::new(request))),
        history: visitor.history,
        contact_id: claim.contact_id.map(|member| skipped(&member.pointer(), "").field),
    }
}

/// Reads the identifiers into the request, except the contact ID, which is returned.
fn identifiers(policy: &Policy, claim: &Claim<'_>, request: &mut ContactRequest) -> Option<ContactId> {
    let mut parts = Parts { policy, request };
    // A page that sends all members of a form has `null` for the unknown ones.
    let (pointer, value) = sent(claim.external_id);
    named::external_id(&mut parts, &pointer, value);
    let (pointer, value) = sent(claim.email);
    named::email(&mut parts, &pointer, value);
    let (pointer, value) = sent(claim.phone);
    named::phone(&mut parts, &pointer, value);
    let mut wrong = Problems::default();
    let contact_id = claim.contact_id?.integer(&mut wrong).value().map(ContactId);
    for problem in wrong.all() {
        let skipped = skipped(&problem.pointer, problem.reason);
        request.note_unreadable(policy, None, None, skipped);
    }
    contact_id
}

fn sent(member: Member<'_>) -> (String, Option<&Value>) {
    (member.pointer(), member.sent().value())
}
