//! Shared parts of end-to-end tests: the built binary on a new database, a client, and a browser in a shop.

mod browser;
mod client;
mod server;
mod shop;
mod tap;

pub use browser::Browser;
pub use client::{Answer, Client, http};
pub use server::{Database, Running, Selfsame, binary};
pub use shop::Shop;
pub use tap::{CollectedRequest, Tap};
