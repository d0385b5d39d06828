//! Settings: their values, sources and display.

mod database_url;
mod flags;
mod listen;
mod load;
mod log_level;
mod postgres_options;
mod show;
mod values;

pub(crate) use database_url::DatabaseUrl;
pub(crate) use flags::{SettingsFlags, StoreFlags};
pub(crate) use listen::{Listen, reachable};
pub(crate) use load::load;
pub(crate) use show::{as_json, as_toml};
pub(crate) use values::{LogFormat, Settings};
