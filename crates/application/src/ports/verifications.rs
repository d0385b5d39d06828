//! What verifications of exports ask destinations, and what they find.

use selfsame_domain::Timestamp;
use selfsame_domain::export::Dataset;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a destination is asked to compare.
#[derive(Debug, Clone, Copy)]
pub struct CompareRequest {
    /// The workspace deletes events that happened earlier and the destination keeps them, so they are left out.
    pub events_since: Option<Timestamp>,
    /// The most keys to list, for each table and kind of difference.
    pub limit: u32,
    /// Whether the staged rows are written after the comparison, where tables differ.
    pub mend: bool,
}

/// A verification of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// Whether it mends what differs.
    pub mend: bool,
    /// What it found, by table; none before it has ended.
    pub tables: Option<Vec<TableComparison>>,
}

impl Verification {
    /// A verification that has not ended.
    pub fn new(mend: bool) -> Self {
        Self { mend, tables: None }
    }
}

/// The content of a table in short. Equal content has equal sums, in any order of the rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSum {
    /// The number of rows.
    pub rows: u64,
    /// A checksum of the exported columns, which only the same database computes in the same way.
    pub checksum: String,
}

/// How a row at the destination differs from the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// The destination lacks it.
    Missing,
    /// Its columns have other values.
    Changed,
    /// The workspace does not have it, or the destination has it twice.
    Extra,
}

impl Difference {
    /// Every difference.
    pub const ALL: [Self; 3] = [Self::Missing, Self::Changed, Self::Extra];

    /// The stable text of the difference, as written in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Changed => "changed",
            Self::Extra => "extra",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|difference| difference.as_str() == text)
    }
}

/// A row that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifferentRow {
    /// The values of its key columns, in the order of [`Dataset::key`].
    pub key: Vec<String>,
    /// How it differs.
    pub difference: Difference,
}

/// A table of a destination beside the rows of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableComparison {
    /// The dataset.
    pub dataset: Dataset,
    /// The rows of the workspace.
    pub source: TableSum,
    /// The rows of the table.
    pub destination: TableSum,
    /// How many rows differ, by the kind of difference.
    pub counts: BTreeMap<Difference, u64>,
    /// The first of the rows that differ.
    pub rows: Vec<DifferentRow>,
}

impl TableComparison {
    /// A comparison of sums, without any different row yet.
    pub fn new(dataset: Dataset, source: TableSum, destination: TableSum) -> Self {
        Self {
            dataset,
            source,
            destination,
            counts: BTreeMap::new(),
            rows: Vec::new(),
        }
    }

    /// Adds a row that differs, and how many differ in the same way.
    pub fn add(&mut self, row: DifferentRow, count: u64) {
        self.counts.insert(row.difference, count);
        self.rows.push(row);
    }

    /// How many rows differ.
    pub fn differences(&self) -> u64 {
        self.counts.values().sum()
    }
}
