//! Keys, and the first workspace.

mod bootstrap;
mod keys;
