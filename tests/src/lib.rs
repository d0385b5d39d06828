//! What end-to-end tests share: the built binary on a database of its own, and a client.

mod client;
mod server;

pub use client::{Answer, Client};
pub use server::{Database, Running, Selfsame, binary};
