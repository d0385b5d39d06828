//! The parameters of an import of a file.

use crate::error::ApiError;
use crate::fields::Problems;
use crate::paths::{Parameter, Params, parameters};
use selfsame_domain::CustomField;
use selfsame_domain::imports::{FileOptions, Target};
use selfsame_domain::sheet::DateOrder;
use selfsame_domain::values::Region;
use serde_json::Value;
use std::collections::BTreeMap;

/// How long `map` and `dateFormat` may be, in bytes.
pub(in crate::imports) const MAX_MAP: usize = 64 << 10;

parameters! {
    /// The parameters of an import of a file, as they are sent.
    pub(in crate::imports) struct FileParams {
        /// What contacts are recognised by: `externalCustomerId`, `email`, `sms`, `email_or_sms`, `id`, `mobilepush`, `webpush`, or `field:` with the
        /// number of a custom field that identifies.
        #[param(example = "externalCustomerId")]
        unique_by: String,
        /// A JSON object with the titles of columns, each with the member of a contact that it holds, or `null`. Other columns are left out.
        /// Without it, columns are recognised by their titles.
        map: Option<String>,
        /// Whether an empty cell clears the value that the contact has; without, it says nothing.
        empty_clears: Option<bool>,
        /// Whether removed contacts come back; without, their rows are rejected.
        restore_removed: Option<bool>,
        /// The country of phones without plus and country code; that of the policy without.
        #[param(example = "UA")]
        default_phone_region: Option<String>,
        /// The format of dates, such as `dd/MM/yyyy`, or a JSON object of formats by the titles of columns. Found without it, unless it is
        /// ambiguous.
        date_format: Option<String>,
        /// The encoding of the text; found without it.
        #[param(example = "windows-1251")]
        encoding: Option<String>,
        /// Whether rows are decided and nothing is written.
        dry_run: Option<bool>,
    }
}

/// The parameters of an import of a file.
#[derive(Debug)]
pub(in crate::imports) struct Parameters {
    /// What is stored with it.
    pub(in crate::imports) options: FileOptions,
    /// Whether nothing is to be written.
    pub(in crate::imports) is_dry_run: bool,
}

impl Parameters {
    /// Reads the query. What is wrong is reported all at once.
    pub(in crate::imports) fn read(params: &Params, fields: &[CustomField]) -> Result<Self, ApiError> {
        let mut problems = Problems::default();
        let sent = FileParams::of(params);
        let map = sent.map.text().map(|text| read_map(text, fields));
        let options = FileOptions {
            form: None,
            unique_by: unique_by(sent.unique_by, fields, &mut problems),
            map: map
                .and_then(|map| problems.check(sent.map.name, map))
                .unwrap_or_default(),
            empty_clears: sent.empty_clears.switch(&mut problems),
            restore_removed: sent.restore_removed.switch(&mut problems),
            default_phone_region: region(sent.default_phone_region, &mut problems),
            date_formats: date_formats(sent.date_format, &mut problems),
            encoding: sent.encoding.text().map(str::to_owned),
            ..FileOptions::default()
        };
        let is_dry_run = sent.dry_run.switch(&mut problems);
        problems.finish()?;
        Ok(Self { options, is_dry_run })
    }
}

/// Reads what contacts are recognised by; none for phone, then email.
fn unique_by(sent: Parameter<'_>, fields: &[CustomField], problems: &mut Problems) -> Option<Target> {
    let text = sent.text().unwrap_or_default();
    problems.check(sent.name, Target::unique_by(text, fields)).flatten()
}

/// Reads a country.
fn region(sent: Parameter<'_>, problems: &mut Problems) -> Option<String> {
    let text = sent.text()?;
    problems.check(sent.name, Region::parse(text))?;
    Some(text.to_owned())
}

/// Reads one format for all columns, or an object of formats by the titles of columns.
fn date_formats(sent: Parameter<'_>, problems: &mut Problems) -> BTreeMap<String, String> {
    let Some(text) = sent.text() else {
        return BTreeMap::new();
    };
    let formats = match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(formats)) => formats,
        _ => serde_json::Map::from_iter([(String::new(), Value::from(text))]),
    };
    problems
        .check(sent.name, read_date_formats(&formats))
        .unwrap_or_default()
}

/// Reads formats by the titles of columns.
pub(in crate::imports) fn read_date_formats(
    formats: &serde_json::Map<String, Value>,
) -> Result<BTreeMap<String, String>, &'static str> {
    let wrong = "must be a format such as dd.MM.yyyy, MM/dd/yyyy or yyyy-MM-dd, or an object of formats by the titles of columns";
    let read = |(title, format): (&String, &Value)| {
        let order = format.as_str().and_then(DateOrder::from_format).ok_or(wrong)?;
        Ok((title.clone(), order.as_format().to_owned()))
    };
    formats.iter().map(read).collect()
}

/// Reads an object that says where columns go, by their titles.
pub(in crate::imports) fn read_map(
    text: &str,
    fields: &[CustomField],
) -> Result<BTreeMap<String, Option<Target>>, String> {
    let wrong = || {
        format!(
            "must be an object with the titles of columns, each with one of {}",
            Target::known()
        )
    };
    if text.len() > MAX_MAP {
        return Err(format!("must be at most {MAX_MAP} bytes long"));
    }
    let Ok(Value::Object(map)) = serde_json::from_str::<Value>(text) else {
        return Err(wrong());
    };
    let read = |(title, target): (String, Value)| {
        let target = match &target {
            Value::Null => None,
            Value::String(text) if text.trim().is_empty() => None,
            Value::String(text) => Some(Target::parse(text, fields).ok_or_else(wrong)?),
            _ => return Err(wrong()),
        };
        Ok((title.trim().to_owned(), target))
    };
    map.into_iter().map(read).collect()
}
