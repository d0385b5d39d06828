//! Webhooks: endpoints that receive the changes of contacts.

mod error;
mod manage;
mod messages;
mod outlets;
mod run;
mod signing;

pub use error::WebhookError;
pub use manage::{NewWebhook, WebhookChange};
pub use messages::Replay;
pub use outlets::WebhookOutlets;
pub(crate) use run::WebhookHandler;
pub use signing::SigningKey;
