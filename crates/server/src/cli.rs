//! The command line.

#![allow(
    clippy::doc_markdown,
    reason = "the comments are the help that people read in a terminal"
)]

mod transfer;

pub(crate) use transfer::{ExportContactsArgs, ImportArgs};

use crate::console_cli::ConsoleCommand;
use crate::export_cli::ExportCommand;
use crate::settings::{SettingsFlags, StoreFlags};
use clap::{Args, Parser, Subcommand, ValueEnum};
use selfsame_domain::Rights;
use std::path::PathBuf;

/// Self-hosted contact identity: one person, one contact
#[derive(Debug, Parser)]
#[command(name = "selfsame", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  selfsame serve
  selfsame serve --listen 0.0.0.0:8080 --database-url postgres://selfsame:secret@db/selfsame
  selfsame key create --workspace default --name shop --rights events-contacts --expires 90d
  selfsame doctor

Settings come from flags, then environment variables (SELFSAME_…), then the file of --config, then defaults.
`selfsame config show` lists them all.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server
    #[command(after_help = SERVE)]
    Serve(SettingsFlags),
    /// Bring the database's tables up to date, and say what was done
    #[command(after_help = MIGRATE)]
    Migrate(MigrateArgs),
    /// Make and list workspaces
    #[command(subcommand)]
    Workspace(WorkspaceCommand),
    /// Make, list and revoke API keys
    #[command(subcommand)]
    Key(KeyCommand),
    /// Make, list and change sites, which speak with public keys, and sign identity tokens
    #[command(subcommand)]
    Site(SiteCommand),
    /// Import a file of contacts into a running server
    #[command(after_help = transfer::IMPORT)]
    Import(ImportArgs),
    /// Write the contacts of a workspace to a file that `import` reads
    #[command(after_help = transfer::EXPORT_CONTACTS)]
    ExportContacts(ExportContactsArgs),
    /// Invite people to the console
    #[command(subcommand)]
    Console(ConsoleCommand),
    /// List and show segments, try formulas, export members
    #[command(subcommand)]
    Segment(SegmentCommand),
    /// Make, run, list and upgrade exports to the customer's own databases
    #[command(subcommand)]
    Export(ExportCommand),
    /// Check and show settings
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the OpenAPI document of the HTTP API
    #[command(
        after_help = "It needs no database. The flags are accepted so that one command line serves for all commands."
    )]
    Openapi(StoreFlags),
    /// Check the database: whether it can be reached, is up to date, and breaks no rule of identity
    #[command(after_help = DOCTOR)]
    Doctor(DoctorArgs),
    /// Write a file of invented people, for trying an import
    #[command(after_help = DEMO_DATA)]
    DemoData(DemoDataArgs),
    /// Print a script that completes commands and flags
    #[command(after_help = "Example:\n  selfsame completions bash > /etc/bash_completion.d/selfsame")]
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
    /// Print the version
    Version,
}

const SERVE: &str = "\
The first start on an empty database makes the workspace `default` and an API key with all rights, and prints the key once.
With SELFSAME_BOOTSTRAP_API_KEY set it takes that key instead, and prints none.
It also prints a link by which the first admin of the console joins.

SELFSAME_OIDC_CLIENT_SECRET is the secret of this server at the OpenID Connect provider; a public client has none.
SELFSAME_SECRET_KEY is the key by which credentials of connectors and second factors are encrypted. Without it, one is made and kept beside the SQLite file.

SIGTERM and SIGINT stop the server: it finishes what it accepted, for as long as --drain-timeout allows, and exits with 0.

Examples:
  selfsame serve
  selfsame serve --listen 127.0.0.1:0 --database-url sqlite:///var/lib/selfsame/selfsame.db
  SELFSAME_DATABASE_URL=postgres://selfsame:secret@db/selfsame selfsame serve --log-format json
  selfsame serve --config /etc/selfsame.toml";

const MIGRATE: &str = "\
`serve` does the same when it starts, but for distributing. Several servers may do it at once.

Examples:
  selfsame migrate --database-url sqlite:///var/lib/selfsame/selfsame.db
  selfsame migrate --distribute --database-url postgres://selfsame:secret@coordinator/selfsame";

#[derive(Debug, Args)]
pub(crate) struct MigrateArgs {
    #[command(flatten)]
    pub(crate) store: StoreFlags,
    /// Distribute the tables by workspace over the nodes of a Citus cluster; may be repeated, as after adding a table
    #[arg(long)]
    pub(crate) distribute: bool,
}

const DOCTOR: &str = "\
Exit code: 0 all is well, 1 rules of identity are broken or a table is not distributed as it should be, 2 the database cannot be checked.

Examples:
  selfsame doctor --database-url sqlite:///var/lib/selfsame/selfsame.db
  selfsame doctor --json";

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) store: StoreFlags,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

const DEMO_DATA: &str = "\
The people have names of four languages, external IDs, emails below example.com, and random phones, which may be in use: send them nothing. Some come
twice in different spellings, some share an email or a phone. The same seed gives the same file.

Examples:
  selfsame demo-data people.csv
  selfsame demo-data people.ndjson --contacts 1000000 --seed 7
  selfsame demo-data --contacts 20";

#[derive(Debug, Args)]
pub(crate) struct DemoDataArgs {
    /// The file to write, which must not be there yet: .csv, or .ndjson for a contact on each line; CSV on standard output without one
    pub(crate) file: Option<PathBuf>,
    /// How many rows
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(crate) contacts: u64,
    /// Which people: another number gives others
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WorkspaceCommand {
    /// Make a workspace
    #[command(after_help = "Example:\n  selfsame workspace create shop")]
    Create {
        /// Name, unique, 1 to 100 characters
        name: String,
        #[command(flatten)]
        store: StoreFlags,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the workspaces
    List {
        #[command(flatten)]
        store: StoreFlags,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make an API key; its secret is printed once
    #[command(after_help = KEY_CREATE)]
    Create(CreateKey),
    /// List the API keys of a workspace, or of all
    List {
        /// Name or number of the workspace
        #[arg(long, value_name = "NAME|ID")]
        workspace: Option<String>,
        #[command(flatten)]
        store: StoreFlags,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Revoke an API key at once, on every server
    #[command(after_help = "Example:\n  selfsame key revoke 019a3c5e-7d60-7bb2-8c11-3f3f9d3d2a10")]
    Revoke {
        /// The key's ID, as `key list` shows it (not its secret)
        id: uuid::Uuid,
        #[command(flatten)]
        store: StoreFlags,
    },
}

const KEY_CREATE: &str = "\
Examples:
  selfsame key create --workspace default --name shop
  selfsame key create --workspace default --name import --rights events-contacts-write --expires 90d
  selfsame key create --workspace 2 --name audit --expires 2027-01-31 --json";

#[derive(Debug, Args)]
pub(crate) struct CreateKey {
    /// Name or number of the workspace
    #[arg(long, value_name = "NAME|ID")]
    pub(crate) workspace: String,
    /// What to call the key, 1 to 100 characters
    #[arg(long)]
    pub(crate) name: String,
    /// What the key may do
    #[arg(long, value_enum, default_value_t = RightsChoice::Full)]
    pub(crate) rights: RightsChoice,
    /// When it ends: a date (the beginning of that day in UTC), a time from now such as 90d, or never
    #[arg(long, value_name = "DATE|DURATION|never", default_value = "never")]
    pub(crate) expires: String,
    #[command(flatten)]
    pub(crate) store: StoreFlags,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// The rights of a key, as they are written on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RightsChoice {
    /// Everything
    Full,
    /// Recording events
    Events,
    /// Recording events, reading and writing contacts
    EventsContacts,
    /// Recording events, writing contacts without reading them
    EventsContactsWrite,
    /// Messages only: of Selfsame's calls, none but the general ones
    Messages,
}

impl From<RightsChoice> for Rights {
    fn from(choice: RightsChoice) -> Self {
        match choice {
            RightsChoice::Full => Self::Full,
            RightsChoice::Events => Self::Events,
            RightsChoice::EventsContacts => Self::EventsContacts,
            RightsChoice::EventsContactsWrite => Self::EventsContactsWrite,
            RightsChoice::Messages => Self::Messages,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum SegmentCommand {
    /// List the segments of a workspace
    List {
        /// Name or number of the workspace
        #[arg(long, value_name = "NAME|ID", default_value = "default")]
        workspace: String,
        #[command(flatten)]
        store: StoreFlags,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show a segment, and how many contacts are in it
    Show {
        #[command(flatten)]
        of: SegmentOf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Say what a formula would choose
    #[command(after_help = "Example:\n  selfsame segment preview 'External ID is empty and Email is not empty'")]
    Preview {
        /// The formula, in words or as JSON
        formula: String,
        /// Name or number of the workspace
        #[arg(long, value_name = "NAME|ID", default_value = "default")]
        workspace: String,
        #[command(flatten)]
        store: StoreFlags,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Write the contacts of a segment to standard output, as CSV
    #[command(after_help = "Example:\n  selfsame segment export 7 > members.csv")]
    Export {
        #[command(flatten)]
        of: SegmentOf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SegmentOf {
    /// The segment's number, as `segment list` shows it
    pub(crate) id: i64,
    /// Name or number of the workspace
    #[arg(long, value_name = "NAME|ID", default_value = "default")]
    pub(crate) workspace: String,
    #[command(flatten)]
    pub(crate) store: StoreFlags,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SiteCommand {
    /// Make a site; its public key may be published
    #[command(after_help = SITE_CREATE)]
    Create(CreateSite),
    /// List the sites of a workspace, or of all
    List {
        /// Name or number of the workspace
        #[arg(long, value_name = "NAME|ID")]
        workspace: Option<String>,
        #[command(flatten)]
        store: StoreFlags,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Change a site's origins, or whether it takes unsigned identification
    #[command(after_help = "Example:\n  selfsame site set 3 --origin https://shop.example --allow-unsigned false")]
    Set(SetSite),
    /// Remove a site: its key opens nothing any more, at once, on every server
    #[command(after_help = "What was recorded through it stays. Example:\n  selfsame site remove 3")]
    Remove {
        /// The site's number, as `site list` shows it
        id: i64,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Make a new secret that signs identity tokens, and print it once
    #[command(
        after_help = "The secret before stays live, so that a rotation makes no recent token invalid; older ones are deleted."
    )]
    Secret {
        /// Name or number of the workspace
        #[arg(long, value_name = "NAME|ID")]
        workspace: String,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Sign an identity token: its holder can act as that customer with a public key
    #[command(after_help = SITE_TOKEN)]
    Token(IdentityToken),
}

const SITE_CREATE: &str = "\
A page may use the key if it is served from one of the origins. A site without origins is for apps.

Examples:
  selfsame site create --name shop --origin https://shop.example --origin https://a.example
  selfsame site create --workspace default --name app --json";

const SITE_TOKEN: &str = "\
A shop's own server signs its tokens itself; this is for trying. See docs/web.md.

Example:
  selfsame site token --workspace default --external-id C-1001 --expires 1h";

#[derive(Debug, Args)]
pub(crate) struct CreateSite {
    /// Name or number of the workspace
    #[arg(long, value_name = "NAME|ID", default_value = "default")]
    pub(crate) workspace: String,
    /// What to call the site, 1 to 100 characters, unique in its workspace
    #[arg(long)]
    pub(crate) name: String,
    /// Where its pages are served from, such as https://shop.example; may be repeated
    #[arg(long, value_name = "URL")]
    pub(crate) origin: Vec<String>,
    /// Take external IDs, emails and phones without a signed token: any visitor can then impersonate any customer
    #[arg(long)]
    pub(crate) allow_unsigned: bool,
    #[command(flatten)]
    pub(crate) store: StoreFlags,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SetSite {
    /// The site's number, as `site list` shows it
    pub(crate) id: i64,
    /// All its origins from now on; without one they stay
    #[arg(long, value_name = "URL")]
    pub(crate) origin: Vec<String>,
    /// Whether it takes external IDs, emails and phones without a signed token
    #[arg(long, value_name = "true|false")]
    pub(crate) allow_unsigned: Option<bool>,
    #[command(flatten)]
    pub(crate) store: StoreFlags,
}

#[derive(Debug, Args)]
pub(crate) struct IdentityToken {
    /// Name or number of the workspace
    #[arg(long, value_name = "NAME|ID", default_value = "default")]
    pub(crate) workspace: String,
    /// The customer's ID in your own system
    #[arg(long, value_name = "ID")]
    pub(crate) external_id: String,
    /// When it ends: a date (the beginning of that day in UTC), a time from now such as 1h, or never
    #[arg(long, value_name = "DATE|DURATION|never", default_value = "1h")]
    pub(crate) expires: String,
    #[command(flatten)]
    pub(crate) store: StoreFlags,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Check the settings without starting anything
    Check(SettingsFlags),
    /// Print all settings, what they mean and where each came from; passwords and keys are hidden
    Show {
        #[command(flatten)]
        settings: SettingsFlags,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn rights_are_written_as_they_are_stored() {
        let written: Vec<String> = RightsChoice::value_variants()
            .iter()
            .filter_map(ValueEnum::to_possible_value)
            .map(|value| value.get_name().to_owned())
            .collect();
        assert_eq!(written, Rights::ALL.map(Rights::as_str));
        for choice in RightsChoice::value_variants() {
            assert_eq!(
                choice.to_possible_value().unwrap().get_name(),
                Rights::from(*choice).as_str()
            );
        }
    }
}
