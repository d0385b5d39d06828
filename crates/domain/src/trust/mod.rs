//! How far a request is trusted, and what a public key may send (identity rules, "Trust").

mod app;
mod page;

use crate::values::ExternalId;
use crate::{Action, AttributeKey, Call, ContactRequest, Identifier, Rights, Skipped, Stability};

pub use app::AppUser;
pub use page::PageVisitor;

/// How far a request is trusted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Trust {
    /// A secret key, a signed identity token, or a site that takes unsigned identification.
    #[default]
    Full,
    /// A public key alone: anybody can read it in a page or an app, and send anything with it. It records history and attaches changeable
    /// identifiers to visitors and anonymous contacts.
    Public,
}

/// What vouches for the claim of a page or an app about its user (identity rules, "Trust").
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warrant {
    /// A secret key of the workspace with these rights.
    SecretKey(Rights),
    /// A signed identity token with this external ID.
    Token(ExternalId),
    /// Nothing, and the site takes unsigned identification.
    Unsigned,
    /// Nothing but the public key of the site.
    PublicKey,
}

/// A claim as far as it is trusted.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The call that links the visitor to a contact; none if nothing that is trusted names one.
    pub link: Option<(Call, ContactRequest)>,
    /// What was left out, by the names of the members of a contact.
    pub refused: Vec<Skipped>,
}

impl Warrant {
    /// The part of a page's claim about its user that is trusted, as a call.
    ///
    /// An identity token, and a secret key that may write contacts, do what `POST contact` does: they create a missing contact. Everything else
    /// only finds contacts (wire fact: the tracker creates none), and so does a contact ID.
    pub fn claim(&self, mut request: ContactRequest) -> Claim {
        let mut refused = Vec::new();
        let mut refuse = |field: &str, reason: &str| {
            refused.push(Skipped {
                field: field.to_owned(),
                reason: reason.to_owned(),
            });
        };
        let link = match self {
            Self::PublicKey => {
                refused.extend(request.by_public_key().skipped);
                None
            }
            Self::Token(id) => {
                let named = Identifier::external_id(id);
                if request.external_id.as_ref().is_some_and(|said| said.key != named.key) {
                    refuse("externalCustomerId", TOKEN_DIFFERS);
                    None
                } else {
                    if request.contact_id.take().is_some() {
                        refuse("contactId", "the identity token names the contact");
                    }
                    request.external_id = Some(named);
                    Some((Call::Upsert, request))
                }
            }
            Self::SecretKey(_) | Self::Unsigned => {
                // Events search by the contact ID first, and the contact ID in a link may be another person's.
                if request.external_id.is_some() && request.contact_id.take().is_some() {
                    refuse("contactId", "the external ID names the contact");
                }
                let by_id = request.contact_id.is_some();
                let named = by_id || request.external_id.is_some() || !request.channels.is_empty();
                let call = if self.writes_contacts() && !by_id {
                    Call::Upsert
                } else {
                    Call::Event { creates: false }
                };
                named.then_some((call, request))
            }
        };
        Claim { link, refused }
    }

    fn writes_contacts(&self) -> bool {
        matches!(self, Self::SecretKey(rights) if rights.allow(Action::Write))
    }
}

/// Why an external ID beside an identity token is left out.
const TOKEN_DIFFERS: &str = "differs from the external ID of the identity token";

/// Why a part of a request is left out.
const UNSIGNED: &str = "needs a signed identity token";

impl ContactRequest {
    /// How far it is trusted.
    pub fn trust(&self) -> Trust {
        self.trust
    }

    /// The part of the request that a public key may send (identity rules, "Trust"): changeable identifiers. Contact ID, external ID, emails and
    /// phones, attributes, custom fields, segments and categories are left out and reported, each by the name of its member.
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

/// The path of an attribute in a contact.
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
    fn a_claim_goes_as_far_as_its_warrant() {
        let id = |text: &str| ExternalId::parse(text).unwrap();
        let mut named = ContactRequest::new(Source::SiteAutomated);
        named.contact_id = Some(ContactId(1));
        let by_id = named.clone();
        named.external_id = Some(Identifier::external_id(&id("A")));
        let event = Call::Event { creates: false };
        for (warrant, call, refused) in [
            (Warrant::SecretKey(Rights::Full), Some(Call::Upsert), vec!["contactId"]),
            (
                Warrant::SecretKey(Rights::EventsContactsWrite),
                Some(Call::Upsert),
                vec!["contactId"],
            ),
            (Warrant::SecretKey(Rights::Events), Some(event), vec!["contactId"]),
            (Warrant::Unsigned, Some(event), vec!["contactId"]),
            (Warrant::Token(id("A")), Some(Call::Upsert), vec!["contactId"]),
            (Warrant::Token(id("B")), None, vec!["externalCustomerId"]),
            (Warrant::PublicKey, None, vec!["contactId", "externalCustomerId"]),
        ] {
            let claim = warrant.claim(named.clone());
            assert_eq!(claim.link.as_ref().map(|(call, _)| *call), call, "{warrant:?}");
            let fields: Vec<&str> = claim.refused.iter().map(|part| part.field.as_str()).collect();
            assert_eq!(fields, refused, "{warrant:?}");
            assert!(claim.link.is_none_or(|(_, request)| request.contact_id.is_none()));
        }
        // A contact ID is looked for, and never made.
        let claim = Warrant::SecretKey(Rights::Full).claim(by_id);
        assert_eq!(
            claim.link.map(|(call, request)| (call, request.contact_id)),
            Some((event, Some(ContactId(1))))
        );
        // No contact is named: there is nothing to link.
        let empty = ContactRequest::new(Source::SiteAutomated);
        assert_eq!(Warrant::SecretKey(Rights::Full).claim(empty.clone()).link, None);
        let vouched = Warrant::Token(id("A"))
            .claim(empty)
            .link
            .map(|(_, request)| request.external_id);
        assert_eq!(vouched, Some(Some(Identifier::external_id(&id("A")))));
    }

    #[test]
    fn a_public_key_says_changeable_identifiers_alone() {
        let channel = |channel, identifier| ChannelInput {
            channel,
            identifier,
            details: ChannelDetails::default(),
        };
        let token = Identifier::token(IdentifierKind::MobilePush, None, &Token::parse("t").unwrap());
        let mut request = ContactRequest::new(Source::App);
        request.device_id = Some(Identifier::device_id(&DeviceId::parse("d").unwrap()));
        request.cookies = vec![Identifier::cookie(&Cookie::parse("c").unwrap())];
        request.channels = vec![channel(ChannelType::MobilePush, token)];
        let mut expected = request.clone();
        expected.trust = Trust::Public;
        assert_eq!(request.clone().by_public_key(), expected);

        request.contact_id = Some(ContactId(1));
        request.external_id = Some(Identifier::external_id(&ExternalId::parse("A").unwrap()));
        let email = Identifier::email(&Email::parse("a@example.com").unwrap());
        request.channels.push(channel(ChannelType::Email, email));
        request.attributes = vec![
            AttributeInput::first_name(Some(&FirstName::parse("Ann").unwrap())),
            AttributeInput::town(AddressPart::parse("Lviv").ok().as_ref()),
        ];
        request.fields = vec![FieldInput {
            id: FieldId(7),
            text: None,
            member: "fields[0]".to_owned(),
        }];
        request.segments = vec![
            SegmentRef::Name(SegmentName::parse("a").unwrap()),
            SegmentRef::Name(SegmentName::parse("b").unwrap()),
        ];
        request.left_segments = vec![SegmentName::parse("c").unwrap()];
        request.categories = vec![CategoryKey::parse("news").unwrap()];
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
        assert_eq!(request.by_public_key(), expected);
    }
}
