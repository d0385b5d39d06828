//! The command line of `selfsame console`.

#![allow(
    clippy::doc_markdown,
    reason = "the comments are the help that people read in a terminal"
)]

use crate::settings::StoreFlags;
use clap::{Args, Subcommand, ValueEnum};
use selfsame_domain::console::Role;

#[derive(Debug, Subcommand)]
pub(crate) enum ConsoleCommand {
    /// Invite somebody to the console; the link is printed once, and opens once
    #[command(after_help = INVITE)]
    Invite(Invite),
}

const INVITE: &str = "\
Somebody who has an account already joins with the password that they have.

Examples:
  selfsame console invite olena@example.com --role admin
  selfsame console invite taras@example.com --role support --workspace shop --public-url https://crm.example";

#[derive(Debug, Args)]
pub(crate) struct Invite {
    /// Email address of the person
    #[arg(value_name = "EMAIL")]
    pub(crate) email: String,
    /// What the person may do
    #[arg(long, value_enum, default_value_t = RoleChoice::Viewer)]
    pub(crate) role: RoleChoice,
    /// Name or number of the workspace
    #[arg(long, value_name = "NAME|ID", default_value = "default")]
    pub(crate) workspace: String,
    /// Where people reach the console; SELFSAME_PUBLIC_URL without it
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
    #[command(flatten)]
    pub(crate) store: StoreFlags,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// The role of a person, as it is written on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleChoice {
    /// Everything, people and keys included
    Admin,
    /// Contacts and segments
    Marketer,
    /// Contacts, and undoing merges
    Support,
    /// Reading
    Viewer,
}

impl From<RoleChoice> for Role {
    fn from(choice: RoleChoice) -> Self {
        match choice {
            RoleChoice::Admin => Self::Admin,
            RoleChoice::Marketer => Self::Marketer,
            RoleChoice::Support => Self::Support,
            RoleChoice::Viewer => Self::Viewer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_written_as_they_are_stored() {
        for choice in RoleChoice::value_variants() {
            assert_eq!(
                choice.to_possible_value().unwrap().get_name(),
                Role::from(*choice).as_str()
            );
        }
    }
}
