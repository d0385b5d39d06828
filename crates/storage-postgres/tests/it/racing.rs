//! Several servers on one database, and conflicting requests.

crate::races::races! { crate::common::database() }
