//! What a person chooses for a file: which column holds what, and how rows are read.

use crate::error::PageError;
use crate::fields::Fields;
use selfsame_domain::CustomField;
use selfsame_domain::imports::{FileOptions, Plan, Target};
use selfsame_domain::sheet::DateOrder;
use selfsame_domain::values::Region;

/// The encodings that a person may choose; otherwise the encoding is found.
pub(super) const ENCODINGS: [&str; 6] = [
    "UTF-8",
    "windows-1251",
    "windows-1252",
    "KOI8-U",
    "UTF-16LE",
    "UTF-16BE",
];

/// The orders of dates that a person may choose.
pub(super) const DATES: [DateOrder; 3] = [DateOrder::DayFirst, DateOrder::MonthFirst, DateOrder::YearFirst];

/// What a form says about a file.
pub(super) struct Choices {
    pub(super) options: FileOptions,
    /// The name of the text about what is wrong with it.
    pub(super) problem: Option<&'static str>,
}

impl Choices {
    /// What is proposed for a file that looks like this.
    pub(super) fn proposed(plan: &Plan) -> Self {
        let options = FileOptions {
            unique_by: plan.likely_key(),
            ..FileOptions::default()
        };
        Self { options, problem: None }
    }

    /// Reads a form. What its controls do not offer makes it unreadable.
    pub(super) fn read(fields: &Fields, custom: &[CustomField]) -> Result<Self, PageError> {
        let mut options = FileOptions {
            unique_by: Target::unique_by(fields.text("unique"), custom).map_err(|_| PageError::BadForm)?,
            empty_clears: fields.is_on("clears"),
            restore_removed: fields.is_on("restore"),
            encoding: encoding(fields.text("encoding"))?,
            ..FileOptions::default()
        };
        let mut problem = None;
        match fields.text("region") {
            "" => {}
            text if Region::parse(text).is_ok() => options.default_phone_region = Some(text.to_owned()),
            _ => problem = Some("import-region-problem"),
        }
        columns(&mut options, fields, custom)?;
        Ok(Self { options, problem })
    }
}

fn encoding(text: &str) -> Result<Option<String>, PageError> {
    match text {
        "" => Ok(None),
        text if ENCODINGS.contains(&text) => Ok(Some(text.to_owned())),
        _ => Err(PageError::BadForm),
    }
}

/// Adds what a form says about columns: a field `column` with the title, then fields about it.
pub(super) fn columns(options: &mut FileOptions, fields: &Fields, custom: &[CustomField]) -> Result<(), PageError> {
    let mut column = None;
    for (name, value) in fields.pairs() {
        if name == "column" {
            column = Some(value.to_owned());
            continue;
        }
        let is_about_column = matches!(name, "to" | "damage" | "dates");
        let Some(title) = column.clone().filter(|_| is_about_column) else {
            continue;
        };
        match (name, value) {
            ("to", "") => {
                options.map.insert(title, None);
            }
            ("to", text) => {
                let target = Target::parse(text, custom).ok_or(PageError::BadForm)?;
                options.map.insert(title, Some(target));
            }
            ("damage", "skip") => {
                options.skip.insert(title);
            }
            ("damage", "accept") => {
                options.accept.insert(title);
            }
            ("dates" | "damage", "") => {}
            ("dates", format) => {
                let order = DateOrder::from_format(format).ok_or(PageError::BadForm)?;
                options.date_formats.insert(title, order.as_format().to_owned());
            }
            _ => return Err(PageError::BadForm),
        }
    }
    Ok(())
}
