//! The built binary over real HTTP, on real databases, with real clients. One test program, so that it is linked once.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "clippy does not see that the helpers of a test are test code"
)]

mod architecture;
mod console;
mod exports;
mod imports;
mod mobile_app;
mod node_client;
mod python_client;
mod use_cases;
mod web_script;
mod web_use_case;
mod webhooks;
