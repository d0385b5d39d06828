//! What is looked for in the list of contacts.

use selfsame_application::ports::ContactFilter;
use selfsame_domain::values::{Email, ExternalId, Phone, Region};
use selfsame_domain::{ContactId, Identifier};

/// By what contacts are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SearchBy {
    /// By each of [`SearchBy::TRIED`] in turn, until one has results.
    Anything,
    ContactId,
    ExternalId,
    Email,
    Phone,
    LastName,
    FirstName,
}

/// What a text looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SearchTarget {
    Number(ContactId),
    Filter(ContactFilter),
}

impl SearchBy {
    pub(super) const ALL: [Self; 7] = [
        Self::Anything,
        Self::ContactId,
        Self::ExternalId,
        Self::Email,
        Self::Phone,
        Self::LastName,
        Self::FirstName,
    ];

    /// What [`Self::Anything`] tries: what names one person before what names several.
    pub(super) const TRIED: [Self; 6] = [
        Self::ExternalId,
        Self::Email,
        Self::Phone,
        Self::ContactId,
        Self::LastName,
        Self::FirstName,
    ];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Anything => "anything",
            Self::ContactId => "contact_id",
            Self::ExternalId => "external_id",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::LastName => "last_name",
            Self::FirstName => "first_name",
        }
    }

    /// Reads what [`Self::as_str`] wrote; anything else looks for anything.
    pub(super) fn from_text(text: &str) -> Self {
        let found = Self::ALL.into_iter().find(|by| by.as_str() == text);
        found.unwrap_or(Self::Anything)
    }

    /// The filter for the text; `None` when the text cannot be such a value.
    pub(super) fn target(self, text: &str, region: Option<&Region>) -> Option<SearchTarget> {
        let identified = |identifier: Identifier| {
            SearchTarget::Filter(ContactFilter {
                identifiers: vec![identifier.key],
                ..ContactFilter::default()
            })
        };
        match self {
            Self::Anything => None,
            Self::ContactId => {
                let number = text.parse().ok().filter(|number| *number > 0);
                number.map(|number| SearchTarget::Number(ContactId(number)))
            }
            Self::ExternalId => {
                let id = ExternalId::parse(text).ok();
                id.map(|id| identified(Identifier::external_id(&id)))
            }
            Self::Email => Email::parse(text)
                .ok()
                .map(|email| identified(Identifier::email(&email))),
            Self::Phone => {
                let phone = Phone::parse(text, region).ok();
                phone.map(|phone| identified(Identifier::phone(&phone)))
            }
            Self::LastName => Some(SearchTarget::Filter(ContactFilter {
                last_name: Some(text.to_owned()),
                ..ContactFilter::default()
            })),
            Self::FirstName => Some(SearchTarget::Filter(ContactFilter {
                first_name: Some(text.to_owned()),
                ..ContactFilter::default()
            })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_looks_for_what_it_can_be() {
        let ways = |text: &str| {
            let found = SearchBy::TRIED.into_iter().filter(|by| by.target(text, None).is_some());
            found.map(SearchBy::as_str).collect::<Vec<_>>()
        };
        let names = ["last_name", "first_name"];
        assert_eq!(ways("C-1001"), [&["external_id"][..], &names].concat());
        assert_eq!(
            ways("ann@example.com"),
            [&["external_id", "email"][..], &names].concat()
        );
        assert_eq!(
            ways("+380 50 123 45 67"),
            [&["external_id", "phone"][..], &names].concat()
        );
        assert_eq!(ways("17"), [&["external_id", "contact_id"][..], &names].concat());
        for by in SearchBy::ALL {
            assert_eq!(SearchBy::from_text(by.as_str()), by);
        }
    }
}
