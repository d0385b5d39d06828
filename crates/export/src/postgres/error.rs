//! Translates the driver's errors. The server's texts may quote values of rows, so most of them are left out.

use selfsame_application::ports::SinkError;
use sqlx::Error;
use sqlx::error::DatabaseError;

const WAY_OUT: &str = "change the table back, or drop it so that the next run creates it again";

pub(super) fn translate(error: &Error) -> SinkError {
    match error {
        Error::Database(error) => answered(&**error),
        Error::Io(error) => SinkError::Unreachable(error.kind().to_string()),
        Error::Tls(_) => {
            denied("the server does not offer TLS as the connector requires it, or its certificate is not accepted")
        }
        Error::Configuration(_) => denied("the connector cannot be used: its settings contradict each other"),
        Error::Protocol(_) | Error::WorkerCrashed | Error::PoolClosed | Error::PoolTimedOut => {
            SinkError::Unreachable("the connection was lost".to_owned())
        }
        _ => refused("the answer cannot be read"),
    }
}

fn answered(error: &dyn DatabaseError) -> SinkError {
    let code = error.code().unwrap_or_default();
    match &*code {
        "28P01" | "28000" => denied("the server does not take the user with this password"),
        "3D000" => denied("the server has no such database"),
        // The text names the object, and no values of a row.
        "42501" => denied(error.message()),
        "22001" | "22003" | "23502" | "23514" | "42804" | "22P02" => {
            let table = error.table().unwrap_or("?");
            SinkError::Incompatible {
                problem: format!("the table `{table}` refuses a row that the export has (SQLSTATE {code})"),
                way_out: WAY_OUT,
            }
        }
        "55P03" => {
            SinkError::Unreachable("another session holds a lock on a table for longer than a minute".to_owned())
        }
        // serialization_failure, deadlock_detected, query_canceled, and the end of the session by the server
        "40001" | "40P01" | "57014" | "57P01" | "57P02" | "57P03" | "25P03" => {
            SinkError::Unreachable(format!("the server ended the transaction (SQLSTATE {code})"))
        }
        "25006" => denied("the server takes no writes: it is a standby, or read-only"),
        "23505" => SinkError::Raced,
        _ if matches!(code.get(..2), Some("08" | "53" | "58")) => {
            SinkError::Unreachable(format!("the server has no resources left (SQLSTATE {code})"))
        }
        _ => refused(&format!("SQLSTATE {code}")),
    }
}

pub(super) fn denied(problem: &str) -> SinkError {
    SinkError::Denied {
        problem: problem.to_owned(),
        grant: None,
    }
}

pub(super) fn refused(text: &str) -> SinkError {
    SinkError::Refused(text.to_owned())
}
