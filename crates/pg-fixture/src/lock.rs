//! Advisory locks on files, taken outside of the runtime's threads, and the clean-up of cluster directories.

use std::fs::{self, File, OpenOptions};
use std::path::Path;

use crate::error::FixtureError;

/// How a file is locked.
#[derive(Clone, Copy)]
pub(crate) enum Mode {
    Exclusive,
    Shared,
}

/// Opens `path`, creating it when it is missing, and waits for the lock. Dropping the file releases the lock, and so
/// does the end of the process: children do not inherit the descriptor.
pub(crate) async fn lock(path: &Path, mode: Mode) -> Result<File, FixtureError> {
    let owned = path.to_owned();
    let waiting = tokio::task::spawn_blocking(move || {
        let file = open(&owned)?;
        match mode {
            Mode::Exclusive => file.lock(),
            Mode::Shared => file.lock_shared(),
        }
        .map_err(FixtureError::file("lock", owned))?;
        Ok(file)
    });
    waiting
        .await
        .unwrap_or(Err(FixtureError::System("the runtime is shutting down")))
}

/// Removes the remains of killed starters and killed supervisors. Only the holder of `start.lock` may call it, or it
/// would remove a cluster that is being created.
pub(crate) fn sweep(state: &Path) -> Result<(), FixtureError> {
    let entries = fs::read_dir(state).map_err(FixtureError::file("list", state))?;
    for entry in entries.flatten() {
        let dir = entry.path();
        if !entry.file_name().as_encoded_bytes().starts_with(b"cluster-") {
            continue;
        }
        if is_free(&dir.join("alive"))? {
            fs::remove_dir_all(&dir).map_err(FixtureError::file("remove", dir))?;
        }
    }
    Ok(())
}

/// Whether no process holds the lock on `path` at the moment.
fn is_free(path: &Path) -> Result<bool, FixtureError> {
    Ok(open(path)?.try_lock().is_ok())
}

fn open(path: &Path) -> Result<File, FixtureError> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path)
        .map_err(FixtureError::file("open", path))
}
