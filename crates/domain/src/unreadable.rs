//! Identifiers of a request that cannot be read (identity rule 8).

use crate::{Call, ContactRequest, IdentifierKind, Policy, Skipped, Step};

/// An identifier of a request that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// What kind of identifier it was meant to be; none for a contact ID and where the kind cannot be read either.
    pub kind: Option<IdentifierKind>,
    /// Where it stood, and why it cannot be read.
    pub skipped: Skipped,
}

impl ContactRequest {
    /// Notes an identifier that cannot be read. A placeholder on the policy's list of blocked values only says that there is no value, so
    /// that it never refuses the request. `text` is what was sent, if it was a text.
    pub fn note_unreadable(
        &mut self,
        policy: &Policy,
        kind: Option<IdentifierKind>,
        text: Option<&str>,
        skipped: Skipped,
    ) {
        let is_blocked = |(kind, text): (IdentifierKind, &str)| policy.blocks(kind, text.trim(), text.trim());
        if kind.zip(text).is_some_and(is_blocked) {
            let reason = format!("is a blocked value, and {}", skipped.reason);
            self.skipped.push(Skipped { reason, ..skipped });
        } else {
            self.unreadable.push(Unreadable { kind, skipped });
        }
    }

    /// The unreadable identifiers, if they refuse the request in this call; empty when they are left out and the request is carried out.
    ///
    /// They refuse it if the external ID is among them, because a weaker identifier might find another contact; if no other usable
    /// identifier is left; and always under the policy `strict_identifiers` (identity rule 8).
    pub fn refused_by(&self, call: Call, policy: &Policy) -> &[Unreadable] {
        let lacks_external_id = self.external_id.is_none()
            && self
                .unreadable
                .iter()
                .any(|unreadable| unreadable.kind == Some(IdentifierKind::ExternalId));
        if policy.strict_identifiers || lacks_external_id || !self.has_usable_identifier(call, policy) {
            &self.unreadable
        } else {
            &[]
        }
    }

    /// Whether anything in the request can name a contact in this call. A blocked value cannot, unless it is kept with the contact: such an
    /// email or phone alone is taken, so that what cannot be read beside it costs nothing.
    fn has_usable_identifier(&self, call: Call, policy: &Policy) -> bool {
        let order = call.order();
        let by_number = self.contact_id.is_some() && order.contains(&Step::ContactId);
        let by_field = call.dedupe_field().is_some_and(|id| {
            let mut fields = self.fields.iter();
            fields.any(|field| field.id == id && field.text.is_some())
        });
        by_number
            || by_field
            || self.identifiers().any(|identifier| {
                let key = &identifier.key;
                order.iter().any(|step| step.covers(key.kind))
                    && (!key.kind.is_exclusive() || !policy.blocks(key.kind, &identifier.typed, &key.value))
            })
    }

    /// What was left out of the request so far, unreadable identifiers included.
    pub fn left_out(&self) -> impl Iterator<Item = &Skipped> {
        let unreadable = self.unreadable.iter().map(|unreadable| &unreadable.skipped);
        self.skipped.iter().chain(unreadable)
    }

    /// As [`Self::left_out`], for a front end that reports it in its own way: the decision does not report it any more.
    pub fn take_left_out(&mut self) -> Vec<Skipped> {
        let mut taken = std::mem::take(&mut self.skipped);
        let unreadable = std::mem::take(&mut self.unreadable).into_iter();
        taken.extend(unreadable.map(|unreadable| unreadable.skipped));
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::{ChannelType, Cookie, DeviceId, Email, ExternalId, Source};
    use crate::{ChannelDetails, ChannelInput, ContactId, DedupeOn, FieldId, FieldInput, Identifier};

    const EVENT: Call = Call::Event { creates: false };

    fn unreadable(kinds: &[IdentifierKind]) -> ContactRequest {
        let mut request = ContactRequest::new(Source::Api);
        for kind in kinds {
            let skipped = Skipped {
                field: kind.as_str().to_owned(),
                reason: "must be otherwise".to_owned(),
            };
            request.note_unreadable(&Policy::default(), Some(*kind), Some("x"), skipped);
        }
        request
    }

    fn is_refused(request: &ContactRequest, call: Call) -> bool {
        !request.refused_by(call, &Policy::default()).is_empty()
    }

    fn email(text: &str) -> ChannelInput {
        ChannelInput {
            channel: ChannelType::Email,
            identifier: Identifier::email(&Email::parse(text).unwrap()),
            details: ChannelDetails::default(),
        }
    }

    #[test]
    fn rule_8_a_weaker_identifier_that_cannot_be_read_never_costs_the_request() {
        let external_id = Identifier::external_id(&ExternalId::parse("A").unwrap());
        let mut request = unreadable(&[IdentifierKind::Email, IdentifierKind::Phone]);
        assert!(is_refused(&request, Call::Upsert), "nothing else names a contact");
        request.external_id = Some(external_id);
        for call in [Call::Upsert, Call::Subscribe, Call::Order, EVENT, Call::AppToken] {
            assert!(!is_refused(&request, call), "{call:?}");
        }
        assert_eq!(request.left_out().count(), 2);
        let strict = Policy {
            strict_identifiers: true,
            ..Policy::default()
        };
        assert_eq!(request.refused_by(Call::Upsert, &strict).len(), 2);
    }

    #[test]
    fn rule_8_an_external_id_that_cannot_be_read_refuses_the_request() {
        let mut request = unreadable(&[IdentifierKind::ExternalId]);
        request.channels.push(email("ann@example.com"));
        request.contact_id = Some(ContactId(1));
        for call in [Call::Upsert, Call::Update, Call::Order, EVENT] {
            assert!(is_refused(&request, call), "{call:?}");
        }
    }

    #[test]
    fn rule_8_a_usable_identifier_of_the_call_must_remain() {
        let mut request = unreadable(&[IdentifierKind::Email]);
        request.cookies = vec![Identifier::cookie(&Cookie::parse("c").unwrap())];
        request.device_id = Some(Identifier::device_id(&DeviceId::parse("d").unwrap()));
        assert!(!is_refused(&request, EVENT));
        assert!(is_refused(&request, Call::Subscribe), "the search looks at no device");
        let null = Identifier::device_id(&DeviceId::parse("null").unwrap());
        let mut blocked = unreadable(&[IdentifierKind::Email]);
        blocked.device_id = Some(null);
        assert!(is_refused(&blocked, EVENT), "a blocked value names no contact");
        blocked.channels.push(email("test@test.com"));
        assert!(!is_refused(&blocked, Call::Subscribe), "alone it is kept");
        request.contact_id = Some(ContactId(1));
        assert!(!is_refused(&request, Call::Update));
        assert!(is_refused(&request, Call::Subscribe), "the search looks at no number");
        let bulk = |field| Call::Bulk {
            dedupe_on: DedupeOn::Field(FieldId(field)),
            restore: false,
        };
        request.fields = vec![FieldInput {
            id: FieldId(7),
            text: Some("x".to_owned()),
            member: "fields[0].value".to_owned(),
        }];
        assert!(!is_refused(&request, bulk(7)));
        assert!(is_refused(&request, bulk(8)));
    }

    #[test]
    fn a_placeholder_refuses_nothing() {
        let mut request = ContactRequest::new(Source::Api);
        let skipped = Skipped {
            field: "channels[0].value".to_owned(),
            reason: "must be an email address".to_owned(),
        };
        request.note_unreadable(&Policy::default(), Some(IdentifierKind::Email), Some(" NULL "), skipped);
        assert!(!is_refused(&request, Call::Upsert));
        let reasons: Vec<_> = request.left_out().map(|skipped| skipped.reason.as_str()).collect();
        assert_eq!(reasons, ["is a blocked value, and must be an email address"]);
    }
}
