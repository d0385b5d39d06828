//! Several servers on one database, and requests that collide.

crate::races::races! { crate::common::database() }
