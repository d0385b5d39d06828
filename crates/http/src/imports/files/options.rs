//! What is asked of an import of a file, as it is stored with it.

use super::target::Target;
use selfsame_domain::DedupeOn;
use selfsame_tables::{Form, TableOptions};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What is asked of an import of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::imports) struct FileOptions {
    /// The form that the request named; none to find it out.
    pub(in crate::imports) form: Option<String>,
    /// What contacts are recognised by; none for phone, then email.
    pub(in crate::imports) unique_by: Option<Target>,
    /// Where columns go, by their titles; none for titles that are left out. Without any, titles are guessed.
    pub(in crate::imports) map: BTreeMap<String, Option<Target>>,
    /// Whether an empty cell clears.
    pub(in crate::imports) empty_clears: bool,
    /// Whether removed contacts come back.
    pub(in crate::imports) restore_removed: bool,
    /// The country of phones without one.
    pub(in crate::imports) default_phone_region: Option<String>,
    /// The format of dates, of a column or, under an empty title, of all.
    pub(in crate::imports) date_formats: BTreeMap<String, String>,
    /// The encoding; none to find it out.
    pub(in crate::imports) encoding: Option<String>,
    /// Columns that are left out.
    pub(in crate::imports) skip: BTreeSet<String>,
    /// Columns whose problems were reviewed.
    pub(in crate::imports) accept: BTreeSet<String>,
    /// The body of `contacts/upload`, whose segments and event count for every contact.
    #[serde(default)]
    pub(in crate::imports) call: Map<String, Value>,
}

impl FileOptions {
    /// What contacts are recognised by.
    pub(in crate::imports) fn dedupe_on(&self) -> DedupeOn {
        let named = self.unique_by.and_then(Target::dedupe_on);
        named.unwrap_or(DedupeOn::EmailOrSms)
    }

    /// How the file is to be read.
    pub(super) fn how(&self, limit: u64) -> TableOptions<'_> {
        TableOptions {
            form: self.form.as_deref().and_then(form),
            encoding: self.encoding.as_deref(),
            delimiter: None,
            limit,
        }
    }

    /// The format of the dates of a column.
    pub(super) fn date_format(&self, title: &str) -> Option<&str> {
        let format = self.date_formats.get(title).or_else(|| self.date_formats.get(""));
        format.map(String::as_str)
    }
}

/// Reads the name of a form.
pub(super) fn form(text: &str) -> Option<Form> {
    match text {
        "csv" => Some(Form::Csv),
        "tsv" => Some(Form::Tsv),
        "ndjson" => Some(Form::Ndjson),
        "xlsx" => Some(Form::Xlsx),
        _ => None,
    }
}

/// The name of a form.
pub(super) fn form_name(form: Form) -> &'static str {
    match form {
        Form::Csv => "csv",
        Form::Tsv => "tsv",
        Form::Ndjson => "ndjson",
        Form::Xlsx => "xlsx",
    }
}
