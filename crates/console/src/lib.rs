//! The console: pages for the people who work with contacts every day, rendered on the server over the use cases.
//!
//! One file per page below `pages`: its route, its handlers and its template struct. [`page::Page`] is what every page has around it,
//! [`signed_in::SignedIn`] is who asks for it. Every control is a link or a form, and works without a script; htmx only saves reloads.

mod assets;
mod browser;
mod cards;
mod chart;
mod columns;
mod contact_view;
mod cookies;
mod csrf;
mod error;
mod fields;
mod graph;
mod headers;
mod limits;
mod page;
mod pages;
mod qr;
mod reasons;
mod router;
mod sentences;
mod signed_in;
mod state;
mod texts;
mod trace;

pub use router::router;
pub use state::{ConsoleSettings, ConsoleState};
