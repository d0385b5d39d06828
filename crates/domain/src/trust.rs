//! What may be believed of a request, and what a public key may say (identity rules, "Trust").

use crate::{AttributeKey, ContactRequest, Skipped, Stability};

/// How far a request is believed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Trust {
    /// A secret key, a signed identity token, or a site that takes unsigned identification.
    #[default]
    Full,
    /// A public key alone: anybody can read it out of a page or an app, and say anything with it. It leaves history and attaches
    /// changeable identifiers to visitors and anonymous contacts.
    Public,
}

/// Why a part of a request is left out.
const UNSIGNED: &str = "needs a signed identity token";

impl ContactRequest {
    /// How far it is believed.
    pub fn trust(&self) -> Trust {
        self.trust
    }

    /// The same request as far as a public key may say it (identity rules, "Trust"): changeable identifiers. Contact ID, external ID, emails
    /// and phones, attributes, custom fields, segments and categories are left out and reported, each by the name of its member.
    #[must_use]
    pub fn by_public_key(mut self) -> Self {
        let mut refused: Vec<String> = Vec::new();
        refused.extend(self.contact_id.take().map(|_| "contactId".to_owned()));
        refused.extend(self.external_id.take().map(|_| "externalCustomerId".to_owned()));
        self.channels.retain(|input| {
            let changeable = input.identifier.kind().stability() == Stability::Changeable;
            if !changeable {
                refused.push(input.channel.as_wire().to_owned());
            }
            changeable
        });
        refused.extend(self.attributes.drain(..).map(|input| member(input.key)));
        refused.extend(self.fields.drain(..).map(|input| input.member));
        refused.extend(self.segments.drain(..).map(|_| "groups".to_owned()));
        refused.extend(self.left_segments.drain(..).map(|_| "groupNamesExclude".to_owned()));
        refused.extend(self.categories.drain(..).map(|_| "subscriptions".to_owned()));
        refused.dedup();
        self.skipped.extend(refused.into_iter().map(|field| Skipped {
            field,
            reason: UNSIGNED.to_owned(),
        }));
        self.trust = Trust::Public;
        self
    }
}

/// Where an attribute stands in a contact.
fn member(key: AttributeKey) -> String {
    let name = key.to_text();
    match key {
        AttributeKey::Region | AttributeKey::Town | AttributeKey::Address | AttributeKey::Postcode => {
            format!("address.{name}")
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::{
        AddressPart, CategoryKey, ChannelType, Cookie, DeviceId, Email, ExternalId, FirstName, SegmentName, Source,
        Token,
    };
    use crate::{
        AttributeInput, ChannelDetails, ChannelInput, ContactId, FieldId, FieldInput, Identifier, IdentifierKind,
        SegmentRef,
    };

    #[test]
    fn a_public_key_says_changeable_identifiers_alone() {
        let channel = |channel, identifier| ChannelInput {
            channel,
            identifier,
            details: ChannelDetails::default(),
        };
        let token = Identifier::token(IdentifierKind::MobilePush, None, &Token::parse("t").unwrap());
        let mut asked = ContactRequest::new(Source::App);
        asked.device_id = Some(Identifier::device_id(&DeviceId::parse("d").unwrap()));
        asked.cookies = vec![Identifier::cookie(&Cookie::parse("c").unwrap())];
        asked.channels = vec![channel(ChannelType::MobilePush, token)];
        let mut expected = asked.clone();
        expected.trust = Trust::Public;
        assert_eq!(asked.clone().by_public_key(), expected);

        asked.contact_id = Some(ContactId(1));
        asked.external_id = Some(Identifier::external_id(&ExternalId::parse("A").unwrap()));
        let email = Identifier::email(&Email::parse("a@example.com").unwrap());
        asked.channels.push(channel(ChannelType::Email, email));
        asked.attributes = vec![
            AttributeInput::first_name(Some(&FirstName::parse("Ann").unwrap())),
            AttributeInput::town(AddressPart::parse("Lviv").ok().as_ref()),
        ];
        asked.fields = vec![FieldInput {
            id: FieldId(7),
            text: None,
            member: "fields[0]".to_owned(),
        }];
        asked.segments = vec![
            SegmentRef::Name(SegmentName::parse("a").unwrap()),
            SegmentRef::Name(SegmentName::parse("b").unwrap()),
        ];
        asked.left_segments = vec![SegmentName::parse("c").unwrap()];
        asked.categories = vec![CategoryKey::parse("news").unwrap()];
        let refused = [
            "contactId",
            "externalCustomerId",
            "email",
            "firstName",
            "address.town",
            "fields[0]",
            "groups",
            "groupNamesExclude",
            "subscriptions",
        ];
        expected.skipped = refused
            .map(|field| Skipped {
                field: field.to_owned(),
                reason: UNSIGNED.to_owned(),
            })
            .to_vec();
        assert_eq!(asked.by_public_key(), expected);
    }
}
