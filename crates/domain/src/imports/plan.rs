//! Which column of a file goes where.

use super::options::FileOptions;
use super::target::Target;
use super::titles;
use crate::sheet::DateOrder;
use crate::{CustomField, DedupeOn};
use serde::{Deserialize, Serialize};

/// What a file turned out to be, and where its columns go. Stored with the import: every attempt reads the file in the same way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// `csv`, `tsv`, `ndjson` or `xlsx`.
    pub form: String,
    /// The name of the encoding; none for spreadsheets.
    pub encoding: Option<String>,
    /// The delimiter, for delimited text.
    pub delimiter: Option<char>,
    /// The columns in their order.
    pub columns: Vec<Column>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its title, or its number where it has none; unique.
    pub header: String,
    /// Where its values go; none for nowhere.
    pub target: Option<Target>,
    /// The format of its dates, where it holds some.
    pub dates: Option<String>,
}

impl Column {
    /// The order of its dates.
    pub fn order(&self) -> Option<DateOrder> {
        self.dates.as_deref().and_then(DateOrder::from_format)
    }
}

impl Plan {
    /// The stored text of the plan.
    pub fn to_text(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// Reads what [`Self::to_text`] wrote.
    pub fn from_text(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }

    /// Adds a column with a title.
    pub fn add(&mut self, title: &str, options: &FileOptions, fields: &[CustomField]) {
        let header = self.header(title);
        let target = if options.map.is_empty() {
            titles::target(title, options.dedupe_on() == DedupeOn::Id, fields)
        } else {
            let named = options.map.get(&header).or_else(|| {
                let mut alike = options.map.iter();
                alike
                    .find(|(named, _)| named.to_lowercase() == header.to_lowercase())
                    .map(|(_, target)| target)
            });
            named.copied().flatten()
        };
        self.columns.push(Column {
            target: target.filter(|_| !options.skip.contains(&header)),
            header,
            dates: None,
        });
    }

    /// Whether the file keeps a column by which contacts are recognised once the columns of `options.skip` are left out. Objects name their
    /// members row by row, so that a file of them always does.
    pub fn recognises(&self, options: &FileOptions) -> bool {
        let needed = Target::of_dedupe(options.dedupe_on());
        let is_kept = |column: &Column| {
            column.target.is_some_and(|target| needed.contains(&target)) && !options.skip.contains(&column.header)
        };
        self.form == "ndjson" || self.columns.iter().any(is_kept)
    }

    /// The member that a person most likely recognises contacts by: the first of external ID, phone or email, contact ID and push tokens that a
    /// column holds.
    pub fn likely_key(&self) -> Option<Target> {
        let has = |target: &Target| self.columns.iter().any(|column| column.target == Some(*target));
        if has(&Target::ExternalId) || has(&Target::Phone) || has(&Target::Email) {
            return Some(Target::ExternalId).filter(has);
        }
        [Target::Id, Target::MobilePush, Target::WebPush].into_iter().find(has)
    }

    /// A title that no other column has.
    fn header(&self, title: &str) -> String {
        let title = title.trim();
        let title = if title.is_empty() {
            format!("column {}", self.columns.len() + 1)
        } else {
            title.to_owned()
        };
        let is_free = |title: &String| !self.columns.iter().any(|column| column.header == *title);
        let numbered = (2..).map(|number| format!("{title} ({number})"));
        std::iter::once(title.clone())
            .chain(numbered)
            .find(is_free)
            .unwrap_or(title)
    }

    /// Whether contacts can be recognised, and every column that the request named is there. The error is a text for the sender.
    pub fn check(&self, options: &FileOptions) -> Result<(), String> {
        let has = |title: &String| {
            let title = title.to_lowercase();
            self.columns.iter().any(|column| column.header.to_lowercase() == title)
        };
        if !options.map.keys().all(has) {
            return Err("`map` names a column that the file does not have".to_owned());
        }
        let targets = || self.columns.iter().filter_map(|column| column.target);
        if let Some(target) = targets().find(|target| targets().filter(|other| other == target).count() > target.most())
        {
            return Err(format!("too many columns go to {target}; say in `map` which"));
        }
        let needed = Target::of_dedupe(options.dedupe_on());
        if !targets().any(|target| needed.contains(&target)) {
            let needed: Vec<String> = needed.iter().map(Target::to_string).collect();
            return Err(format!(
                "no column goes to {}, by which contacts are to be recognised; say in `map` which, or choose another `uniqueBy`",
                needed.join(" or ")
            ));
        }
        Ok(())
    }
}
