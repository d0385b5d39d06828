//! What an API key may do.

use serde::{Deserialize, Serialize};

/// The rights of an API key (wire fact).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rights {
    /// Everything.
    Full,
    /// Events only.
    Events,
    /// Events, and reading and writing contacts.
    EventsContacts,
    /// Events, and writing contacts without reading them.
    EventsContactsWrite,
    /// Messages only: of Selfsame's calls, none but the general ones.
    Messages,
}

/// What a call does, as far as rights go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Version, account, names of categories and fields: any key may.
    General,
    /// Adding, updating and removing contacts.
    Write,
    /// Reading contacts, segments and definitions; identity: views, logs, explanations, merges, the policy.
    Read,
    /// Recording events.
    Events,
    /// Merging and undoing by hand; changing the policy and the definitions of fields and categories.
    Admin,
}

impl Rights {
    /// Every set of rights.
    pub const ALL: [Self; 5] = [
        Self::Full,
        Self::Events,
        Self::EventsContacts,
        Self::EventsContactsWrite,
        Self::Messages,
    ];

    /// Whether a key with these rights may do this.
    pub fn allow(self, action: Action) -> bool {
        match (self, action) {
            (_, Action::General) | (Self::Full, _) => true,
            (Self::Events, action) => action == Action::Events,
            (Self::EventsContacts, action) => {
                matches!(action, Action::Events | Action::Write | Action::Read)
            }
            (Self::EventsContactsWrite, action) => matches!(action, Action::Events | Action::Write),
            (Self::Messages, _) => false,
        }
    }

    /// The stable text, as stored and as written on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Events => "events",
            Self::EventsContacts => "events-contacts",
            Self::EventsContactsWrite => "events-contacts-write",
            Self::Messages => "messages",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rights| rights.as_str() == text)
    }
}
