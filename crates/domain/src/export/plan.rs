//! Which columns of a dataset an export has.

use super::cell::{Cell, Row, cut};
use super::column::{Column, ColumnType};
use super::custom::field_columns;
use super::dataset::Dataset;
use crate::{CustomField, FieldId};
use serde::{Deserialize, Serialize};

/// The column of the external ID, which an export may leave out.
const EXTERNAL_ID: &str = "externalCustomerId";

/// A dataset of an export, with the names of its columns as they were when the export was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnSet {
    /// The dataset.
    pub dataset: Dataset,
    /// The names of its columns, in their order.
    pub columns: Vec<String>,
}

impl ColumnSet {
    /// All columns that there are now; without that of the external ID where it is not wanted.
    pub fn new(dataset: Dataset, external_id: bool) -> Self {
        let wanted = dataset
            .columns()
            .iter()
            .filter(|column| external_id || column.name != EXTERNAL_ID);
        Self {
            dataset,
            columns: wanted.map(|column| column.name.to_string()).collect(),
        }
    }

    /// The columns that there are now and that the set lacks.
    pub fn lacking(&self) -> Vec<&'static str> {
        let all = self.dataset.columns().iter().map(|column| &*column.name);
        all.filter(|name| !self.columns.iter().any(|known| known == name))
            .collect()
    }

    /// Whether it has the column of the external ID.
    pub fn has_external_id(&self) -> bool {
        self.columns.iter().any(|name| name == EXTERNAL_ID)
    }
}

/// Why an export cannot be carried out as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanProblem {
    /// A newer release made the export.
    #[error("this release does not know the column `{column}` of `{dataset}`: a newer one made the export")]
    UnknownColumn {
        /// The dataset.
        dataset: &'static str,
        /// The column.
        column: String,
    },
}

/// A table as an export writes it.
#[derive(Debug, Clone)]
pub struct TablePlan {
    /// The dataset.
    pub dataset: Dataset,
    /// The columns, in the order of their table.
    pub columns: Vec<Column>,
    /// Their places in a full row.
    places: Vec<usize>,
    /// The custom fields of the last columns.
    fields: Vec<FieldId>,
    /// How many values were cut so far.
    cut: u64,
}

impl TablePlan {
    /// The plan of a column set.
    pub fn new(set: &ColumnSet) -> Result<Self, PlanProblem> {
        let all = set.dataset.columns();
        let place = |name: &String| {
            all.iter()
                .position(|column| column.name == *name)
                .ok_or_else(|| PlanProblem::UnknownColumn {
                    dataset: set.dataset.as_str(),
                    column: name.clone(),
                })
        };
        let mut places = set.columns.iter().map(place).collect::<Result<Vec<_>, _>>()?;
        places.sort_unstable();
        Ok(Self {
            dataset: set.dataset,
            columns: places.iter().filter_map(|place| all.get(*place)).cloned().collect(),
            places,
            fields: Vec::new(),
            cut: 0,
        })
    }

    /// The same plan with a column for every custom field, in the dataset `contacts_custom`. Other datasets have none.
    #[must_use]
    pub fn with_fields(mut self, fields: &[CustomField]) -> Self {
        if self.dataset == Dataset::ContactsCustom {
            for (field, column) in field_columns(fields) {
                self.places.push(self.dataset.columns().len() + self.fields.len());
                self.fields.push(field);
                self.columns.push(column);
            }
        }
        self
    }

    /// The custom fields that have a column, in the order of the columns.
    pub fn fields(&self) -> &[FieldId] {
        &self.fields
    }

    /// The row of this table: the wanted cells of a full row, with texts cut to the types of their columns.
    pub fn row(&mut self, mut full: Row) -> Row {
        let mut row = Vec::with_capacity(self.places.len());
        for (place, column) in self.places.iter().zip(&self.columns) {
            let mut cell = full
                .get_mut(*place)
                .map_or(Cell::Null, |cell| std::mem::replace(cell, Cell::Null));
            if let (Cell::Text(text), ColumnType::Text(Some(max))) = (&mut cell, column.kind) {
                self.cut += u64::from(cut(text, usize::from(max)));
            }
            row.push(cell);
        }
        row
    }

    /// Counts values that were cut before the row was made.
    pub fn count_cut(&mut self, count: u64) {
        self.cut += count;
    }

    /// How many values were cut so far.
    pub fn values_cut(&self) -> u64 {
        self.cut
    }
}
