//! Several servers on one database, and requests that collide.

mod common;
mod races;

races::races! { common::database() }
