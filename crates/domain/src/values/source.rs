//! Where a contact came from.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Which way a contact was created (`contactSource` of the export; wire fact).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Source {
    /// A form or script of a site, by itself.
    SiteAutomated,
    /// An individual message to an unknown address.
    IMessage,
    /// A campaign.
    Campaign,
    /// A file or a bulk call.
    Import,
    /// A person at the console.
    Manual,
    /// A subscription call.
    Subscription,
    /// An order.
    Order,
    /// A call that adds one contact.
    Api,
    /// An event.
    Event,
    /// A mobile application.
    App,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 10] = [
        Self::SiteAutomated,
        Self::IMessage,
        Self::Campaign,
        Self::Import,
        Self::Manual,
        Self::Subscription,
        Self::Order,
        Self::Api,
        Self::Event,
        Self::App,
    ];

    /// The stable text of the source, as stored and exported.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SiteAutomated => "SITE_AUTOMATED",
            Self::IMessage => "I_MESSAGE",
            Self::Campaign => "CAMPAIGN",
            Self::Import => "IMPORT",
            Self::Manual => "MANUAL",
            Self::Subscription => "SUBSCRIPTION",
            Self::Order => "ORDER",
            Self::Api => "API",
            Self::Event => "EVENT",
            Self::App => "APP",
        }
    }

    /// The number of the source in storage. Never renumbered.
    pub fn code(self) -> i16 {
        match self {
            Self::SiteAutomated => 1,
            Self::IMessage => 2,
            Self::Campaign => 3,
            Self::Import => 4,
            Self::Manual => 5,
            Self::Subscription => 6,
            Self::Order => 7,
            Self::Api => 8,
            Self::Event => 9,
            Self::App => 10,
        }
    }

    /// Reads what [`Self::code`] wrote.
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.code() == code)
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == text)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_read_back() {
        for source in Source::ALL {
            assert_eq!(Source::from_text(source.as_str()), Some(source));
            assert_eq!(Source::from_code(source.code()), Some(source));
            assert_eq!(
                serde_json::to_value(source).ok().as_ref().and_then(|v| v.as_str()),
                Some(source.as_str())
            );
        }
        assert_eq!(Source::from_text("api"), None);
    }
}
