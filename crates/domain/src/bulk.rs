//! What a bulk call writes to a contact that exists (wire facts `contactFields` and `customFieldsIDs`).

use crate::values::ChannelType;
use crate::{AttributeInput, AttributeKey, Call, ContactRequest, DedupeOn, FieldId, FieldInput};
use std::collections::BTreeSet;

/// A member of a contact that `contactFields` may list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BulkMember {
    /// First name.
    FirstName,
    /// Last name.
    LastName,
    /// The email channel.
    Email,
    /// The SMS channel.
    Sms,
    /// Mobile push tokens.
    MobilePush,
    /// Web push tokens.
    WebPush,
    /// Street and house.
    Address,
    /// Town.
    Town,
    /// Region.
    Region,
    /// Postcode.
    Postcode,
    /// Contact key.
    ContactKey,
    /// Former summary of orders; nothing is kept of it.
    OrdersInfo,
    /// Language.
    LanguageCode,
    /// Time zone.
    TimeZone,
    /// External ID.
    ExternalCustomerId,
}

impl BulkMember {
    /// Every member.
    pub const ALL: [Self; 15] = [
        Self::FirstName,
        Self::LastName,
        Self::Email,
        Self::Sms,
        Self::MobilePush,
        Self::WebPush,
        Self::Address,
        Self::Town,
        Self::Region,
        Self::Postcode,
        Self::ContactKey,
        Self::OrdersInfo,
        Self::LanguageCode,
        Self::TimeZone,
        Self::ExternalCustomerId,
    ];

    /// The name of the member on the wire.
    pub fn as_wire(self) -> &'static str {
        match self {
            Self::FirstName => "firstName",
            Self::LastName => "lastName",
            Self::Email => "email",
            Self::Sms => "sms",
            Self::MobilePush => "mobilepush",
            Self::WebPush => "webpush",
            Self::Address => "address",
            Self::Town => "town",
            Self::Region => "region",
            Self::Postcode => "postcode",
            Self::ContactKey => "contactKey",
            Self::OrdersInfo => "ordersInfo",
            Self::LanguageCode => "languageCode",
            Self::TimeZone => "timeZone",
            Self::ExternalCustomerId => "externalCustomerId",
        }
    }

    /// Reads the name of a member in any case, outer blanks trimmed.
    pub fn from_wire(text: &str) -> Option<Self> {
        let same = |member: &Self| member.as_wire().eq_ignore_ascii_case(text.trim());
        Self::ALL.into_iter().find(same)
    }

    /// The channel that the member is, if it is one.
    pub fn channel(self) -> Option<ChannelType> {
        match self {
            Self::Email => Some(ChannelType::Email),
            Self::Sms => Some(ChannelType::Sms),
            Self::MobilePush => Some(ChannelType::MobilePush),
            Self::WebPush => Some(ChannelType::WebPush),
            _ => None,
        }
    }

    /// The attribute that the member is, if it is one.
    pub fn attribute(self) -> Option<AttributeKey> {
        match self {
            Self::FirstName => Some(AttributeKey::FirstName),
            Self::LastName => Some(AttributeKey::LastName),
            Self::Address => Some(AttributeKey::Address),
            Self::Town => Some(AttributeKey::Town),
            Self::Region => Some(AttributeKey::Region),
            Self::Postcode => Some(AttributeKey::Postcode),
            Self::ContactKey => Some(AttributeKey::ContactKey),
            Self::LanguageCode => Some(AttributeKey::Language),
            Self::TimeZone => Some(AttributeKey::TimeZone),
            _ => None,
        }
    }
}

/// What a bulk call writes to a contact that exists; a contact that it makes gets everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// The members that `contactFields` lists; none for all that are sent.
    pub members: BTreeSet<BulkMember>,
    /// Those of them that this contact was sent without a value: they are cleared.
    pub without_value: BTreeSet<BulkMember>,
    /// The custom fields that `customFieldsIDs` lists; no other one is written.
    pub fields: BTreeSet<FieldId>,
}

impl Listed {
    fn has(&self, member: BulkMember) -> bool {
        self.members.is_empty() || self.members.contains(&member)
    }

    fn has_attribute(&self, key: AttributeKey) -> bool {
        BulkMember::ALL
            .into_iter()
            .find(|member| member.attribute() == Some(key))
            .is_none_or(|member| self.has(member))
    }

    fn has_channel(&self, channel: ChannelType) -> bool {
        match BulkMember::ALL
            .into_iter()
            .find(|member| member.channel() == Some(channel))
        {
            Some(member) => self.has(member),
            // What cannot be listed is written where nothing is listed.
            None => self.members.is_empty(),
        }
    }
}

impl ContactRequest {
    /// What of the request is written to a contact that exists, and the custom fields that are left out because the call does not list them. A listed
    /// member without a value becomes one that clears; the external ID, push tokens and what the call recognises contacts by are never cleared.
    pub(crate) fn listed_part(&self, call: Call, listed: &Listed) -> (Self, Vec<FieldInput>) {
        let mut part = self.clone();
        part.channels.retain(|input| listed.has_channel(input.channel));
        part.attributes.retain(|input| listed.has_attribute(input.key));
        let is_listed = |field: &FieldInput| listed.fields.contains(&field.id);
        let (kept, left_out) = part.fields.into_iter().partition(is_listed);
        part.fields = kept;
        let clears = listed.without_value.iter().filter(|member| !recognises(call, **member));
        for member in clears {
            let cleared = |key| AttributeInput { key, value: None };
            part.attributes.extend(member.attribute().map(cleared));
            let lasting = |channel: &ChannelType| matches!(channel, ChannelType::Email | ChannelType::Sms);
            part.cleared_channels.extend(member.channel().filter(lasting));
        }
        (part, left_out)
    }
}

/// Whether a bulk call recognises contacts by the member (wire fact: "the dedupe field itself is not updated").
fn recognises(call: Call, member: BulkMember) -> bool {
    let Call::Bulk { dedupe_on, .. } = call else {
        return false;
    };
    match dedupe_on {
        DedupeOn::Email => member == BulkMember::Email,
        DedupeOn::Sms => member == BulkMember::Sms,
        DedupeOn::EmailOrSms => matches!(member, BulkMember::Email | BulkMember::Sms),
        DedupeOn::MobilePush => member == BulkMember::MobilePush,
        DedupeOn::WebPush => member == BulkMember::WebPush,
        DedupeOn::Id | DedupeOn::ExternalCustomerId | DedupeOn::Field(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_in_any_case() {
        for member in BulkMember::ALL {
            assert_eq!(BulkMember::from_wire(&member.as_wire().to_uppercase()), Some(member));
        }
        assert_eq!(BulkMember::from_wire("phone"), None);
    }
}
