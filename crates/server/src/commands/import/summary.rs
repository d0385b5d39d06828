//! What an import came to.

use super::client::Import;
use indicatif::HumanCount;
use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

/// How an import ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Every row was imported.
    Complete,
    /// Some rows were rejected.
    Rejects,
    /// A column is damaged, and nothing was written.
    Undecided,
    /// It failed, was cancelled, or was undone.
    Failed,
}

impl End {
    pub(super) fn of(import: &Import) -> Self {
        match import.status.as_str() {
            "finished" if import.rows.rejected == 0 => Self::Complete,
            "finished" => Self::Rejects,
            "needs_decision" => Self::Undecided,
            _ => Self::Failed,
        }
    }

    pub(super) fn exit_code(self) -> ExitCode {
        match self {
            Self::Complete => ExitCode::SUCCESS,
            Self::Failed => ExitCode::FAILURE,
            Self::Rejects => ExitCode::from(3),
            Self::Undecided => ExitCode::from(4),
        }
    }
}

/// The summary, for people.
pub(super) fn text(import: &Import, end: End, rejects: Option<&Path>) -> String {
    let mut text = String::new();
    let rows = import.rows;
    let dry = if import.dry_run {
        " (dry run, nothing written)"
    } else {
        ""
    };
    // Writing to a text does not fail.
    let _ = writeln!(text, "import {}: {}{dry}", import.id, import.status);
    if let Some(error) = &import.error {
        let _ = writeln!(text, "{error}");
    }
    for problem in &import.problems {
        let rows: Vec<String> = problem.rows.iter().map(u64::to_string).collect();
        let _ = writeln!(
            text,
            "column `{}` {} (rows {} …)",
            problem.column,
            problem.reason,
            rows.join(", ")
        );
    }
    if end == End::Undecided {
        text.push_str(
            "nothing was written: mend the file, or go on with --skip-column TITLE or --accept-column TITLE\n",
        );
        return text;
    }
    for (outcome, count) in [
        ("created", rows.created),
        ("updated", rows.updated),
        ("restored", rows.restored),
        ("unchanged", rows.unchanged),
        ("merged", rows.merged),
        ("rejected", rows.rejected),
    ] {
        let _ = writeln!(text, "  {outcome:<10}{:>14}", HumanCount(count).to_string());
    }
    if let Some(path) = rejects {
        let _ = writeln!(
            text,
            "rejected rows with the reason of each, in UTF-8: {}",
            path.display()
        );
    }
    text
}
