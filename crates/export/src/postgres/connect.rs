//! Connecting.

use super::error::{denied, translate};
use secrecy::ExposeSecret;
use selfsame_application::Egress;
use selfsame_application::ports::{Destination, SinkError};
use selfsame_domain::export::{ConnectorSettings, SslMode};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{Connection, Executor, PgConnection};
use std::time::Duration;
use tokio::time::timeout;

/// How long connecting may take.
const CONNECT_TIME: Duration = Duration::from_secs(15);

/// How long other operations may take. Longer than the server's statement time-out, so that it only ends what the
/// server does not.
const ANSWER_TIME: Duration = Duration::from_mins(16);

/// A run waits for locks of others within a bound, and its work ends with its session. The search path is empty: every
/// name is written with its schema.
const SESSION: &str = "
    SET statement_timeout = '15min';
    SET lock_timeout = '1min';
    SET idle_in_transaction_session_timeout = '30min';
    SET search_path = pg_catalog;
    SET standard_conforming_strings = on;
    SET timezone = 'UTC'";

/// The server looks every few seconds whether the run is still connected, also while it waits for a lock, so that a run that is
/// cancelled or killed holds no locks. Servers before version 14, and those on systems that cannot look, do not have it.
const NOTICE_END: &str = "
    SELECT set_config(name, '3s', false)
    FROM pg_settings
    WHERE name = 'client_connection_check_interval' AND version() LIKE '%linux%'";

pub(super) async fn connect(egress: &Egress, destination: &Destination) -> Result<PgConnection, SinkError> {
    let ConnectorSettings::Postgres {
        host,
        port,
        database,
        user,
        ssl_mode,
    } = &destination.settings
    else {
        return Err(SinkError::Refused("the connector is of another kind".to_owned()));
    };
    let found = egress.resolve(host, *port).await;
    let addresses = found.map_err(|error| match error {
        selfsame_application::EgressError::Unresolved => {
            SinkError::Unreachable("the host has no known address".to_owned())
        }
        private @ selfsame_application::EgressError::Private => denied(&format!("the host {private}")),
    })?;
    let mut last = SinkError::Unreachable("the host has no known address".to_owned());
    for address in addresses {
        // A certificate names the host, so the driver gets the name and resolves it again.
        let target = if *ssl_mode == SslMode::VerifyFull {
            host.clone()
        } else {
            address.ip().to_string()
        };
        let mut options = PgConnectOptions::new_without_pgpass()
            .host(&target)
            .port(*port)
            .database(database)
            .username(user)
            .ssl_mode(mode(*ssl_mode))
            .application_name("selfsame export")
            .statement_cache_capacity(0);
        if let Some(secret) = &destination.secret {
            options = options.password(secret.expose_secret());
        }
        let connecting = async {
            let mut connection = PgConnection::connect_with(&options).await?;
            connection.execute(SESSION).await?;
            connection.execute(NOTICE_END).await?;
            Ok(connection)
        };
        match timeout(CONNECT_TIME, connecting).await {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(error)) => last = translate(&error),
            Err(_) => last = SinkError::Unreachable("no answer in time".to_owned()),
        }
        if !last.is_transient() {
            break;
        }
    }
    Err(last)
}

fn mode(mode: SslMode) -> PgSslMode {
    match mode {
        SslMode::Disable => PgSslMode::Disable,
        SslMode::Prefer => PgSslMode::Prefer,
        SslMode::Require => PgSslMode::Require,
        SslMode::VerifyCa => PgSslMode::VerifyCa,
        SslMode::VerifyFull => PgSslMode::VerifyFull,
    }
}

/// Bounds an operation on a connection, and translates its error.
pub(super) async fn in_time<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, SinkError> {
    match timeout(ANSWER_TIME, work).await {
        Ok(done) => done.map_err(|error| translate(&error)),
        Err(_) => Err(SinkError::Unreachable("no answer in time".to_owned())),
    }
}
