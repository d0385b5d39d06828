//! The visitor of a page, as far as its request is trusted (identity rules, "Trust" and "History").

use super::{Claim, Warrant};
use crate::{Call, ContactRequest, Policy, Skipped};

/// The visitor of a page: the identifiers of its events, and the call that links its cookie to a contact.
#[derive(Debug, Clone, PartialEq)]
pub struct PageVisitor {
    /// The call that links the cookie to a contact; none if nothing that is trusted identifies one.
    pub link: Option<(Call, ContactRequest)>,
    /// The identifiers of the visitor's events: the cookie, and the trusted identifiers of the page.
    pub history: ContactRequest,
    /// What was left out, by the names of the members of a contact.
    pub refused: Vec<Skipped>,
}

impl PageVisitor {
    /// Reads the identifiers that a page claims for its visitor. Without a warrant (the identity token is invalid) the claim is ignored: the
    /// history is recorded for the cookie alone.
    ///
    /// A request that the rules refuse because of its unreadable identifiers links no contact (identity rule 8); its history is recorded anyway.
    pub fn new(claimed: ContactRequest, warrant: Option<&Warrant>, policy: &Policy) -> Self {
        let mut history = ContactRequest::new(claimed.source);
        history.cookies.clone_from(&claimed.cookies);
        let Some(warrant) = warrant else {
            return Self {
                link: None,
                history,
                refused: Vec::new(),
            };
        };
        let Claim { link, refused } = warrant.claim(claimed);
        let link = link.filter(|(call, request)| request.refused_by(*call, policy).is_empty());
        let link = link.map(|(call, mut request)| {
            request.unreadable.clear();
            (call, request)
        });
        if let Some((_, request)) = &link {
            history.contact_id = request.contact_id;
            history.external_id.clone_from(&request.external_id);
            // With an external ID, an email or a phone does not decide (identity rule 1).
            if history.external_id.is_none() {
                history.channels.clone_from(&request.channels);
            }
        }
        Self { link, history, refused }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::{ChannelType, Cookie, Email, ExternalId, Source};
    use crate::{ChannelDetails, ChannelInput, Identifier};

    fn claimed() -> ContactRequest {
        let mut request = ContactRequest::new(Source::SiteAutomated);
        request.cookies = vec![Identifier::cookie(&Cookie::parse("c").unwrap())];
        request.channels = vec![ChannelInput {
            channel: ChannelType::Email,
            identifier: Identifier::email(&Email::parse("a@example.com").unwrap()),
            details: ChannelDetails::default(),
        }];
        request
    }

    #[test]
    fn an_invalid_token_leaves_the_cookie_alone() {
        let visitor = PageVisitor::new(claimed(), None, &Policy::default());
        assert_eq!(visitor.link, None);
        assert_eq!(visitor.history.cookies, claimed().cookies);
        assert!(visitor.history.channels.is_empty());
    }

    #[test]
    fn an_email_decides_without_an_external_id_only() {
        let by_email = PageVisitor::new(claimed(), Some(&Warrant::Unsigned), &Policy::default());
        assert_eq!(by_email.history.channels, claimed().channels);

        let id = ExternalId::parse("A").unwrap();
        let by_token = PageVisitor::new(claimed(), Some(&Warrant::Token(id.clone())), &Policy::default());
        assert_eq!(by_token.history.external_id, Some(Identifier::external_id(&id)));
        assert!(by_token.history.channels.is_empty());
        let (_, link) = by_token.link.unwrap();
        assert_eq!(link.channels, claimed().channels, "the contact gets the email");
    }

    #[test]
    fn a_public_key_links_nothing() {
        let visitor = PageVisitor::new(claimed(), Some(&Warrant::PublicKey), &Policy::default());
        assert_eq!(visitor.link, None);
        assert_eq!(visitor.refused.len(), 1);
        assert!(visitor.history.channels.is_empty());
    }
}
