//! The machine's `PostgreSQL` programs, and the user to run them as.

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::FixtureError;
use crate::state;

/// The directory in which Debian and its derivatives keep one directory per major version, outside of `PATH`.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The programs of one version, and how to run them.
#[derive(Debug, Clone)]
pub(crate) struct Installation {
    bin: PathBuf,
    /// The user that runs the programs; set when this process is root.
    unprivileged: Option<Account>,
}

#[derive(Debug, Clone, Copy)]
struct Account {
    uid: u32,
    gid: u32,
}

impl Installation {
    /// The newest installation on this machine; `None` where there is none.
    pub(crate) fn find() -> Result<Option<Self>, FixtureError> {
        let Some(bin) = newest_of_debian(Path::new(DEBIAN)).or_else(on_path) else {
            return Ok(None);
        };
        let unprivileged = if state::user()? == 0 {
            Some(Account::postgres()?)
        } else {
            None
        };
        Ok(Some(Self { bin, unprivileged }))
    }

    /// The directory of the programs.
    pub(crate) fn bin(&self) -> &Path {
        &self.bin
    }

    /// Gives `path` to the user that runs the programs.
    pub(crate) fn hand_over(&self, path: &Path) -> Result<(), FixtureError> {
        let Some(account) = self.unprivileged else {
            return Ok(());
        };
        chown(path, Some(account.uid), Some(account.gid)).map_err(FixtureError::file("change the owner of", path))
    }

    /// A command that runs `program` as the right user and lets the kernel kill it when its parent dies. `setpriv` does
    /// both, without the unsafe code of a hook between fork and exec.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        if let Some(Account { uid, gid }) = self.unprivileged {
            command
                .arg(format!("--reuid={uid}"))
                .arg(format!("--regid={gid}"))
                .arg("--clear-groups");
        }
        command.arg("--").arg(self.bin.join(program));
        command
    }
}

impl Account {
    /// The account that Debian's package creates. Its ids differ between machines, so it is looked up by name.
    fn postgres() -> Result<Self, FixtureError> {
        let run_id = |flag| {
            let output = Command::new("id").args([flag, "postgres"]).output().ok()?;
            String::from_utf8(output.stdout).ok()?.trim().parse().ok()
        };
        match (run_id("-u"), run_id("-g")) {
            (Some(uid), Some(gid)) => Ok(Self { uid, gid }),
            _ => Err(FixtureError::NoUnprivilegedUser),
        }
    }
}

fn newest_of_debian(root: &Path) -> Option<PathBuf> {
    let versions = fs::read_dir(root).ok()?.flatten().filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((version, entry.path().join("bin"))).filter(|(_, bin)| is_complete(bin))
    });
    versions.max().map(|(_, bin)| bin)
}

fn on_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path).find(|bin| is_complete(bin))?;
    // `PATH` may contain links; the programs find their other files relative to the real directory.
    let initdb = fs::canonicalize(found.join("initdb")).ok()?;
    Some(initdb.parent()?.to_owned())
}

/// A client package alone installs neither of the two.
fn is_complete(bin: &Path) -> bool {
    bin.join("initdb").is_file() && bin.join("postgres").is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_complete_version_is_taken_by_number_not_by_text() {
        let root = tempfile::tempdir().unwrap();
        for (version, programs) in [
            ("9", ["initdb", "postgres"]),
            ("15", ["initdb", "postgres"]),
            ("17", ["psql"; 2]),
        ] {
            let bin = root.path().join(version).join("bin");
            fs::create_dir_all(&bin).unwrap();
            for program in programs {
                fs::write(bin.join(program), "").unwrap();
            }
        }
        assert_eq!(newest_of_debian(root.path()), Some(root.path().join("15/bin")));
    }
}
