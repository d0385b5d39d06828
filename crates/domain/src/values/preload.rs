//! Tables that are loaded when they are first used.

use super::{BlockedValues, Phone};

/// Loads the phone library's metadata and prepares the default list of blocked values, so that the first requests do not have to.
/// The patterns of a single country are compiled when its first number is read, in a few milliseconds: those of all would take a second.
pub fn preload() {
    Phone::load_plans();
    BlockedValues::default();
}
