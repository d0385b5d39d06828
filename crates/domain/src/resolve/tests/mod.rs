//! The rules, each by its number, on a model that holds a whole workspace.

mod bulk;
mod calls;
mod devices;
mod events;
mod evidence;
mod history;
mod impossible;
mod late;
mod merges;
mod model;
mod orders;
mod patch;
mod rules;
mod stores;
mod take_back;
mod trust;
