//! Reading single identifiers of calls that have another form than a contact.

use crate::contacts::request::skipped;
use crate::fields::{NOT_A_TEXT, name_of, says_something, why};
use selfsame_domain::values::{ChannelType, ContactKey, Email, ExternalId, Phone, Token, ValueError};
use selfsame_domain::{
    AttributeInput, ChannelDetails, ChannelInput, ContactRequest, Identifier, IdentifierKind, Policy,
};
use serde_json::Value;

/// Builds a contact request from single identifiers.
pub(crate) struct Parts<'p> {
    pub(crate) policy: &'p Policy,
    pub(crate) request: &'p mut ContactRequest,
}

impl Parts<'_> {
    /// Reads an identifier as in a contact: a blank one counts as left out, and an unreadable one is recorded in the request.
    fn read(
        &mut self,
        kind: IdentifierKind,
        pointer: &str,
        value: Option<&Value>,
        parse: impl FnOnce(&str) -> Result<Identifier, ValueError>,
    ) -> Option<Identifier> {
        let value = value.filter(|value| says_something(value))?;
        let text = name_of(value);
        let read = text.as_deref().ok_or_else(|| why(value, NOT_A_TEXT).to_owned());
        let read = read.and_then(|text| match parse(text) {
            Ok(identifier) => Ok(Some(identifier)),
            Err(ValueError::Empty) => Ok(None),
            Err(error) => Err(error.to_string()),
        });
        read.unwrap_or_else(|reason| {
            let skipped = skipped(pointer, reason);
            self.request
                .note_unreadable(self.policy, Some(kind), text.as_deref(), skipped);
            None
        })
    }

    fn push(&mut self, channel: ChannelType, identifier: Option<Identifier>) {
        let details = ChannelDetails::default();
        let input = identifier.map(|identifier| ChannelInput {
            channel,
            identifier,
            details,
        });
        self.request.channels.extend(input);
    }
}

/// The customer's own ID. The text `null` is no ID (wire fact).
pub(crate) fn external_id(parts: &mut Parts<'_>, pointer: &str, value: Option<&Value>) {
    let value = value.filter(|value| {
        value
            .as_str()
            .is_none_or(|text| !text.trim().eq_ignore_ascii_case("null"))
    });
    let read = parts.read(IdentifierKind::ExternalId, pointer, value, |text| {
        ExternalId::parse(text).map(|id| Identifier::external_id(&id))
    });
    parts.request.external_id = read;
}

/// An email.
pub(crate) fn email(parts: &mut Parts<'_>, pointer: &str, value: Option<&Value>) {
    let read = parts.read(IdentifierKind::Email, pointer, value, |text| {
        Email::parse(text).map(|email| Identifier::email(&email))
    });
    parts.push(ChannelType::Email, read);
}

/// A phone number.
pub(crate) fn phone(parts: &mut Parts<'_>, pointer: &str, value: Option<&Value>) {
    let region = parts.policy.default_phone_region.clone();
    let read = parts.read(IdentifierKind::Phone, pointer, value, |text| {
        Phone::parse(text, region.as_ref()).map(|phone| Identifier::phone(&phone))
    });
    parts.push(ChannelType::Sms, read);
}

/// The contact key, by which events find contacts.
pub(crate) fn contact_key(parts: &mut Parts<'_>, pointer: &str, value: Option<&Value>) {
    let mut attribute = None;
    let read = parts.read(IdentifierKind::ContactKey, pointer, value, |text| {
        let key = ContactKey::parse(text)?;
        attribute = Some(AttributeInput::contact_key(Some(&key)));
        Ok(Identifier::contact_key(&key))
    });
    parts.request.contact_key = read;
    parts.request.attributes.extend(attribute);
}

/// A mobile push token without an app ID.
pub(crate) fn mobile_push(parts: &mut Parts<'_>, pointer: &str, value: Option<&Value>) {
    let kind = IdentifierKind::MobilePush;
    let read = parts.read(kind, pointer, value, |text| {
        Token::parse(text).map(|token| Identifier::token(kind, None, &token))
    });
    parts.push(ChannelType::MobilePush, read);
}
