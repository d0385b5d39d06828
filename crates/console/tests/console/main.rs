//! The console through HTTP, over the in-memory storage.

#![allow(
    clippy::expect_used,
    reason = "clippy does not see that the helpers of a test are test code"
)]

mod account;
mod catalog;
mod contacts;
mod destinations;
mod exports;
mod identity_provider;
mod imports;
mod pages;
mod policy;
mod review;
mod second_factor;
mod segments;
mod settings;
mod sign_in;
mod support;
mod templates;
mod webhooks;
