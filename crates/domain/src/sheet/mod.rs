//! Columns of tables: whether a spreadsheet program has damaged the identifiers in one, and in which order its dates are written.
//!
//! Spreadsheet programs take digits for numbers. A saved file then has `3.80501E+11` for a phone, `123` for the customer number `00123`, or `1-Mar`
//! for the article `3-1`. What is lost cannot be brought back, and importing it makes one contact of many people. So a column is judged as
//! a whole before the first row is written.

mod cell;
mod column;
mod damage;
mod dates;
mod shape;

pub use cell::{Cell, CellKind};
pub use column::{ColumnRole, ColumnStats, Damage};
pub use damage::DamageKind;
pub use dates::{DateOrder, DateOrders};
