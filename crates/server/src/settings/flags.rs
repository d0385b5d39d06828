//! The flags of the settings. Their help texts document the settings, here and in `config show`.

#![allow(
    clippy::doc_markdown,
    reason = "the comments are the help that people read in a terminal"
)]

use super::values::LogFormat;
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;

/// The flags of every command that opens the database.
#[derive(Debug, Clone, Default, Args, Serialize)]
pub(crate) struct StoreFlags {
    /// Settings file (TOML)
    #[arg(long, value_name = "FILE", env = "SELFSAME_CONFIG", hide_env_values = true)]
    #[serde(skip)]
    pub(crate) config: Option<PathBuf>,

    /// Database: sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE [env: SELFSAME_DATABASE_URL] [default: sqlite://./data/selfsame.db]
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) database_url: Option<String>,
}

/// One flag for each setting. Missing flags are taken from the environment, the file and the defaults.
#[derive(Debug, Clone, Default, Args, Serialize)]
pub(crate) struct SettingsFlags {
    /// Address to listen on; port 0 takes a free one [env: SELFSAME_LISTEN] [default: 127.0.0.1:8080]
    #[arg(long, value_name = "HOST:PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) listen: Option<String>,

    /// Address of its own for /healthz, /readyz and /metrics, which then answer nowhere else [env: SELFSAME_ADMIN_LISTEN]
    #[arg(long, value_name = "HOST:PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) admin_listen: Option<String>,

    /// Where people reach the console, for links and cookies, such as https://crm.example; the address that is listened on without one [env: SELFSAME_PUBLIC_URL]
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) public_url: Option<String>,

    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) store: StoreFlags,

    /// Greatest number of connections to the database [env: SELFSAME_DATABASE_MAX_CONNECTIONS] [default: 16 on PostgreSQL, 5 on SQLite]
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) database_max_connections: Option<u32>,

    /// Form of the logs on standard error [env: SELFSAME_LOG_FORMAT] [default: text]
    #[arg(long, value_enum)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) log_format: Option<LogFormat>,

    /// What is logged: off, error, warn, info, debug, trace, or a list such as info,sqlx=debug [env: SELFSAME_LOG_LEVEL] [default: info]
    #[arg(long, value_name = "LEVEL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) log_level: Option<String>,

    /// Longest time that a request may take before it is answered with an error [env: SELFSAME_REQUEST_TIMEOUT] [default: 30s]
    #[arg(long, value_name = "DURATION")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_timeout: Option<String>,

    /// How long a stopping server still serves with /readyz at 503, so that load balancers see it; 0s for no delay [env: SELFSAME_DRAIN_DELAY] [default: 5s]
    #[arg(long, value_name = "DURATION")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) drain_delay: Option<String>,

    /// Longest time that a stop waits for accepted requests [env: SELFSAME_DRAIN_TIMEOUT] [default: 30s]
    #[arg(long, value_name = "DURATION")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) drain_timeout: Option<String>,

    /// Greatest request body in bytes [env: SELFSAME_BODY_LIMIT_BYTES] [default: 1048576]
    #[arg(long, value_name = "BYTES")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body_limit_bytes: Option<u64>,

    /// Memory for request bodies that are under way, in bytes; those that find none wait, then are answered 503 [env: SELFSAME_BODY_MEMORY_BYTES] [default: 268435456]
    #[arg(long, value_name = "BYTES")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body_memory_bytes: Option<u64>,

    /// Greatest file to be imported in bytes, as it is sent and once it is unpacked [env: SELFSAME_IMPORT_LIMIT_BYTES] [default: 10737418240]
    #[arg(long, value_name = "BYTES")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) import_limit_bytes: Option<u64>,

    /// Requests a second that each API key may send; 0 for no limit [env: SELFSAME_RATE_LIMIT_PER_SECOND] [default: 0]
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rate_limit_per_second: Option<u32>,

    /// Requests of an API key that may come at once; 0 for as many as in a second [env: SELFSAME_RATE_LIMIT_BURST] [default: 0]
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rate_limit_burst: Option<u32>,

    /// Greatest number of commands that share a transaction; 1 for none [env: SELFSAME_BATCH_COMMANDS] [default: 256]
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) batch_commands: Option<u64>,

    /// Greatest number of request bytes that share a transaction [env: SELFSAME_BATCH_BYTES] [default: 1048576]
    #[arg(long, value_name = "BYTES")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) batch_bytes: Option<u64>,

    /// Requests that may wait for a transaction; more are answered 503 [env: SELFSAME_QUEUE_DEPTH] [default: 4096]
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) queue_depth: Option<u64>,

    /// Name of the organisation in account/info; the workspace's name without one [env: SELFSAME_ORGANISATION]
    #[arg(long, value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) organisation: Option<String>,

    /// Email address in account/info [env: SELFSAME_ACCOUNT_EMAIL]
    #[arg(long, value_name = "EMAIL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account_email: Option<String>,

    /// Let connectors, webhooks and links to files lead to private networks and to this machine [env: SELFSAME_ALLOW_PRIVATE_NETWORKS] [default: false]
    #[arg(long, value_name = "true|false")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) allow_private_networks: Option<bool>,

    /// Folder below which exports write files; any folder without one [env: SELFSAME_EXPORT_DIRECTORY]
    #[arg(long, value_name = "PATH")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) export_directory: Option<PathBuf>,

    /// Address of the OpenID Connect provider by which people may sign in to the console; off without one [env: SELFSAME_OIDC_ISSUER]
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) oidc_issuer: Option<String>,

    /// Name of this server at the OpenID Connect provider [env: SELFSAME_OIDC_CLIENT_ID]
    #[arg(long, value_name = "ID")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) oidc_client_id: Option<String>,

    /// Name of the OpenID Connect provider on the sign-in page [env: SELFSAME_OIDC_LABEL] [default: SSO]
    #[arg(long, value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) oidc_label: Option<String>,
}
