//! Which column of a file goes where.

use super::options::{FileOptions, form_name};
use super::target::Target;
use super::titles;
use selfsame_domain::sheet::DateOrder;
use selfsame_domain::{CustomField, DedupeOn};
use selfsame_tables::Source;
use serde::{Deserialize, Serialize};

/// What a file turned out to be, and where its columns go. Stored with the import: every attempt reads the file in the same way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::imports) struct Plan {
    /// `csv`, `tsv`, `ndjson` or `xlsx`.
    pub(in crate::imports) form: String,
    /// The name of the encoding; none for spreadsheets.
    pub(in crate::imports) encoding: Option<String>,
    /// The delimiter, for delimited text.
    pub(in crate::imports) delimiter: Option<char>,
    /// The columns in their order.
    pub(in crate::imports) columns: Vec<Column>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::imports) struct Column {
    /// Its title, or its number where it has none; unique.
    pub(in crate::imports) header: String,
    /// Where its values go; none for nowhere.
    pub(in crate::imports) target: Option<Target>,
    /// The format of its dates, where it holds some.
    pub(in crate::imports) dates: Option<String>,
}

impl Column {
    /// The order of its dates.
    pub(super) fn order(&self) -> Option<DateOrder> {
        self.dates.as_deref().and_then(DateOrder::from_format)
    }
}

impl Plan {
    /// Of a file whose columns are not known yet.
    pub(super) fn of(source: &Source) -> Self {
        Self {
            form: form_name(source.form).to_owned(),
            encoding: source.encoding.map(str::to_owned),
            delimiter: source.delimiter.map(char::from),
            columns: Vec::new(),
        }
    }

    /// Adds a column with a title.
    pub(super) fn add(&mut self, title: &str, options: &FileOptions, fields: &[CustomField]) {
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

    /// Whether contacts can be recognised, and every column that the request named is there.
    pub(super) fn check(&self, options: &FileOptions) -> Result<(), String> {
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
