//! Formulas: forms, checks, answers.

mod answers;
mod common;
mod forms;
mod history;
mod times;
