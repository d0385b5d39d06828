//! What an export writes: datasets, their columns, and the rows that contacts, orders and events become. Pure, so every
//! destination gets the same rows.

mod cell;
mod check;
mod column;
mod connector;
mod contacts;
mod custom;
mod dataset;
mod devices;
mod events;
mod identifiers;
mod merges;
mod orders;
mod page_views;
mod plan;
mod schedule;
mod segments;
mod visitors;

pub use cell::{Cell, Row, cut};
pub use check::{
    DEFAULT_SCHEMA, MAX_EXPORT_NAME, MAX_HOST, MAX_PASSWORD, MAX_PATH, MAX_POSTGRES_NAME, MAX_SERVICE_ACCOUNT,
    POSTGRES_PORT, SERVICE_ACCOUNT_MEMBERS, SettingProblem, check_directory, check_endpoint, check_filter, check_host,
    check_schema, missing_of_service_account,
};
pub use column::{Column, ColumnType};
pub use connector::{
    ConnectorKind, ConnectorSettings, FileFormat, SslMode, base_url, is_bigquery_dataset, is_bigquery_location,
    is_bigquery_project,
};
pub use contacts::{EmailStatus, contact_row};
pub use custom::{custom_row, field_columns};
pub use dataset::Dataset;
pub use devices::device_rows;
pub use events::event_row;
pub use identifiers::identifier_rows;
pub use merges::merge_row;
pub use orders::{item_rows, order_id, order_row};
pub use page_views::page_view_row;
pub use plan::{ColumnSet, PlanProblem, TablePlan};
pub use schedule::{Schedule, ScheduleProblem};
pub use segments::{Catalog, SegmentPeriod, period_row};
pub use visitors::visitor_row;

#[cfg(test)]
mod tests;
