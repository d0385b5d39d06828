//! The options of an import of a file, as they are stored with it.

use super::target::Target;
use crate::DedupeOn;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The options of an import of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileOptions {
    /// The form that the request named; none to find it out.
    pub form: Option<String>,
    /// What contacts are recognised by; none for phone, then email.
    pub unique_by: Option<Target>,
    /// Where columns go, by their titles; none for titles that are left out. Without any, titles are guessed.
    pub map: BTreeMap<String, Option<Target>>,
    /// Whether an empty cell clears.
    pub empty_clears: bool,
    /// Whether removed contacts come back.
    pub restore_removed: bool,
    /// The country of phones without one.
    pub default_phone_region: Option<String>,
    /// The format of dates, of a column or, under an empty title, of all.
    pub date_formats: BTreeMap<String, String>,
    /// The encoding; none to find it out.
    pub encoding: Option<String>,
    /// Columns that are left out.
    pub skip: BTreeSet<String>,
    /// Columns whose problems were reviewed.
    pub accept: BTreeSet<String>,
    /// The body of `contacts/upload`, whose segments and event count for every contact.
    #[serde(default)]
    pub call: Map<String, Value>,
}

impl FileOptions {
    /// The stored text of the options.
    pub fn to_text(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// Reads what [`Self::to_text`] wrote.
    pub fn from_text(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }

    /// What contacts are recognised by.
    pub fn dedupe_on(&self) -> DedupeOn {
        let named = self.unique_by.and_then(Target::dedupe_on);
        named.unwrap_or(DedupeOn::EmailOrSms)
    }

    /// The format of the dates of a column.
    pub fn date_format(&self, title: &str) -> Option<&str> {
        let format = self.date_formats.get(title).or_else(|| self.date_formats.get(""));
        format.map(String::as_str)
    }
}
