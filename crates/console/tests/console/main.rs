//! The console through HTTP, over the in-memory storage.

#![allow(missing_docs, reason = "the name of a test says what it expects")]

mod account;
mod contacts;
mod pages;
mod segments;
mod settings;
mod sign_in;
mod support;
mod templates;
