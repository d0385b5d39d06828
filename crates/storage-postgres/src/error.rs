//! Translates the driver's errors.

use selfsame_application::ports::StorageError;
use sqlx::PgConnection;
use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;
use std::time::Duration;

/// The server's answer to a refused statement. The driver's own text ends with a line number of the server's source
/// code, which readers would mistake for a line of the statement.
#[derive(Debug, thiserror::Error)]
#[error("{message} (SQLSTATE {code})")]
struct Answered {
    code: String,
    message: String,
}

impl From<&dyn DatabaseError> for Answered {
    fn from(error: &dyn DatabaseError) -> Self {
        Self {
            code: error.code().unwrap_or_default().into_owned(),
            message: error.message().to_owned(),
        }
    }
}

/// Limits the statements of a transaction from now on: the database cancels one that takes longer. See [`in_time`].
pub(crate) async fn limit_time(connection: &mut PgConnection, limit: Duration) -> Result<(), StorageError> {
    let limited =
        sqlx::query("SELECT set_config('statement_timeout', $1, true)").bind(limit.as_millis().max(1).to_string());
    limited.execute(connection).await.map(drop).map_err(translate)
}

/// What a statement returned; none when the database cancelled it, because its time was over.
pub(crate) fn in_time<T>(returned: Result<T, sqlx::Error>) -> Result<Option<T>, StorageError> {
    match returned {
        // query_canceled
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("57014") => Ok(None),
        returned => returned.map(Some).map_err(translate),
    }
}

/// Translates an error of a statement.
pub(crate) fn translate(error: sqlx::Error) -> StorageError {
    match &error {
        sqlx::Error::Database(database) => {
            let code = database.code().unwrap_or_default();
            match code.as_ref() {
                // serialization_failure, deadlock_detected, lock_not_available
                "40001" | "40P01" | "55P03" => StorageError::Retriable,
                code if is_outage(code) => StorageError::Unavailable {
                    reason: database.message().to_owned(),
                },
                _ => StorageError::Refused(Box::new(Answered::from(&**database))),
            }
        }
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => StorageError::Unavailable {
            reason: error.to_string(),
        },
        _ => StorageError::Refused(Box::new(error)),
    }
}

/// Whether a value that must be unique is taken. Constraint names are not compared: they differ between shards.
pub(crate) fn is_taken(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(database) if database.is_unique_violation())
}

/// Whether a row that must exist does not.
pub(crate) fn is_orphan(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(database) if database.is_foreign_key_violation())
}

pub(crate) fn translate_migration(error: MigrateError) -> StorageError {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => translate(error),
        other => StorageError::Refused(Box::new(other)),
    }
}

/// Whether the server, not the statement, is the cause.
fn is_outage(code: &str) -> bool {
    match code {
        // query_canceled (a statement took too long), admin_shutdown, crash_shutdown, cannot_connect_now, database_dropped,
        // idle_session_timeout, idle_in_transaction_session_timeout, transaction_timeout, read_only_sql_transaction (the server
        // became a standby)
        "57014" | "57P01" | "57P02" | "57P03" | "57P04" | "57P05" | "25P03" | "25P04" | "25006" => true,
        // Connection exceptions, insufficient resources (too many connections, disk full), system errors.
        _ => matches!(code.get(..2), Some("08" | "53" | "58")),
    }
}
