//! Tables that are loaded when they are first asked for.

use super::{BlockedValues, Phone};

/// Loads the phone library's metadata and prepares the default list of blocked values, which the first requests would wait for otherwise.
/// The patterns of a single country are compiled when its first number is read, in a few milliseconds: those of all would take a second.
pub fn preload() {
    Phone::load_plans();
    BlockedValues::default();
}
