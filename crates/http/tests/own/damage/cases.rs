//! The files: true values, what was done to them, and what has to come of it.

mod files;
mod identifiers;

use super::mangle::delimited;
use std::collections::BTreeSet;

/// What has to come of a file.
pub(super) enum Expected {
    /// The import stops for a column and a damage, before anything is written.
    Stops(&'static str, &'static str),
    /// So many contacts are made.
    Imports(u64),
}

/// A file.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) media: &'static str,
    pub(super) query: &'static str,
    pub(super) bytes: Vec<u8>,
    /// External IDs, and phones in the form by which they are compared.
    pub(super) truth: BTreeSet<String>,
    pub(super) expected: Expected,
}

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const BY_ID: &str = "uniqueBy=externalCustomerId";
const BY_ID_UA: &str = "uniqueBy=externalCustomerId&defaultPhoneRegion=UA";

const PHONES: [&str; 6] = [
    "380501234567",
    "380671112233",
    "380931234568",
    "380502345678",
    "380669876543",
    "380447654321",
];
const CARDS: [&str; 6] = [
    "4111222233334441",
    "4111222233335552",
    "5168742200019873",
    "5168742200120034",
    "4731185600001235",
    "4731219100999917",
];
const PADDED: [&str; 6] = ["00123", "04567", "89012", "00001", "34567", "90210"];
const CODES: [&str; 4] = ["3-1", "5-12", "10-7", "1-30"];

impl Case {
    /// A CSV file whose identifiers do not matter.
    pub(super) fn csv(text: &str, query: &'static str) -> Self {
        Self {
            name: "",
            media: "text/csv",
            query,
            bytes: text.as_bytes().to_vec(),
            truth: BTreeSet::new(),
            expected: Expected::Imports(0),
        }
    }

    fn text(
        name: &'static str,
        query: &'static str,
        text: impl Into<Vec<u8>>,
        truth: BTreeSet<String>,
        expected: Expected,
    ) -> Self {
        Self {
            name,
            media: "text/csv",
            query,
            bytes: text.into(),
            truth,
            expected,
        }
    }
}

fn texts<'t>(values: impl IntoIterator<Item = &'t str>) -> BTreeSet<String> {
    values.into_iter().map(str::to_owned).collect()
}

/// The true phones with the IDs C-1, C-2 and so on.
fn people() -> BTreeSet<String> {
    let ids = (1..=PHONES.len()).map(|number| format!("C-{number}"));
    PHONES.iter().map(|phone| format!("+{phone}")).chain(ids).collect()
}

/// Rows with a true ID and a mangled phone.
fn phones(mangle: impl Fn(&str) -> String) -> Vec<Vec<String>> {
    let row = |(number, phone): (usize, &&str)| vec![format!("C-{number}"), mangle(phone)];
    (1..).zip(&PHONES).map(row).collect()
}

/// Rows with a mangled ID and a name.
fn ids(values: &[&str], mangle: impl Fn(&str) -> String) -> Vec<Vec<String>> {
    values.iter().map(|id| vec![mangle(id), "Ann".to_owned()]).collect()
}

const WITH_PHONE: [&str; 2] = ["externalCustomerId", "phone"];
const WITH_NAME: [&str; 2] = ["externalCustomerId", "firstName"];

fn csv(header: &[&str], rows: &[Vec<String>]) -> String {
    delimited(header, rows, ',', "\n")
}

pub(super) fn cases() -> Vec<Case> {
    [
        identifiers::scientific_cases(),
        identifiers::rounded_cases(),
        identifiers::zero_cases(),
        identifiers::date_cases(),
        files::value_cases(),
        files::shape_cases(),
        files::sheet_cases(),
        files::sound_cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
