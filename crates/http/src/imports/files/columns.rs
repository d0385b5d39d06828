//! What the columns of a file look like: damage, and the order of dates.

use selfsame_application::ports::ColumnProblem;
use selfsame_domain::CustomField;
use selfsame_domain::imports::{Column, FileOptions, Plan, Target};
use selfsame_domain::sheet::{Cell, ColumnStats, DateOrder, DateOrders};
use selfsame_domain::values::{FieldType, Region};

/// What was seen of the columns that go somewhere.
pub(super) struct Columns {
    seen: Vec<Seen>,
}

/// What was seen of a column.
struct Seen {
    stats: Option<ColumnStats>,
    dates: Option<DateOrders>,
}

impl Columns {
    pub(super) fn new() -> Self {
        Self { seen: Vec::new() }
    }

    /// Begins to look at a column.
    pub(super) fn add(&mut self, column: &Column, region: Option<&Region>, fields: &[CustomField]) {
        let stats = column
            .target
            .map(|target| ColumnStats::new(target.role(fields), region.cloned()));
        let has_dates = column.target.is_some_and(|target| is_date(target, fields));
        self.seen.push(Seen {
            stats,
            dates: has_dates.then(DateOrders::default),
        });
    }

    /// Looks at a cell.
    pub(super) fn note(&mut self, column: usize, row: u64, cell: &Cell, is_whole: bool) {
        let Some(seen) = self.seen.get_mut(column) else { return };
        if let Some(stats) = &mut seen.stats {
            stats.note(row, cell, is_whole);
        }
        if let Some(dates) = &mut seen.dates {
            dates.note(row, &cell.text);
        }
    }

    /// What is wrong with the columns; notes in the plan in which order their dates are.
    pub(super) fn judge(&self, plan: &mut Plan, options: &FileOptions) -> Vec<ColumnProblem> {
        let mut problems = Vec::new();
        for (seen, column) in self.seen.iter().zip(&mut plan.columns) {
            let dates = seen.dates.as_ref().and_then(|dates| order(dates, column, options));
            let damages = seen.stats.iter().flat_map(ColumnStats::damages);
            let found = damages.map(|damage| ColumnProblem {
                column: column.header.clone(),
                kind: damage.kind.as_str().to_owned(),
                reason: damage.kind.to_string(),
                rows: damage.rows,
            });
            if !options.accept.contains(&column.header) {
                problems.extend(found);
            }
            problems.extend(dates);
        }
        problems
    }
}

/// Notes the order of dates, or says that it is not known.
fn order(dates: &DateOrders, column: &mut Column, options: &FileOptions) -> Option<ColumnProblem> {
    let named = options.date_format(&column.header).and_then(DateOrder::from_format);
    match named.map_or_else(|| dates.order(), Ok) {
        Ok(order) => {
            column.dates = Some(order.as_format().to_owned());
            None
        }
        Err(rows) => Some(ColumnProblem {
            column: column.header.clone(),
            kind: "ambiguous_dates".to_owned(),
            reason: "has dates that can be read with the day or with the month first; say which in `dateFormat`"
                .to_owned(),
            rows: rows.to_vec(),
        }),
    }
}

fn is_date(target: Target, fields: &[CustomField]) -> bool {
    let Target::Field(id) = target else { return false };
    let field = fields.iter().find(|field| field.id == id);
    field.is_some_and(|field| matches!(field.field_type, FieldType::Date | FieldType::DateTime))
}
