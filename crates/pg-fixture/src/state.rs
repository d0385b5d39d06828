//! Directories that the processes of one user share.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::error::FixtureError;

/// The directory below `parent` for this user and `key`, created if it is missing. The key contains everything that two
/// builds must have in common to share the directory.
pub(crate) fn claim(parent: &str, key: &impl Hash) -> Result<PathBuf, FixtureError> {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    let path = Path::new(parent).join(format!("selfsame-pg-{}-{:08x}", user()?, hasher.finish() & 0xffff_ffff));
    // Other users may traverse it, because the server may run as another user; each cluster in it is closed to them.
    if let Err(failure) = fs::DirBuilder::new().mode(0o711).create(&path)
        && failure.kind() != io::ErrorKind::AlreadyExists
    {
        return Err(FixtureError::file("create", path)(failure));
    }
    check_owner(&path, user()?)?;
    Ok(path)
}

/// This process's effective user, which owns its entry in /proc.
pub(crate) fn user() -> Result<u32, FixtureError> {
    let own = Path::new("/proc/self");
    Ok(fs::metadata(own).map_err(FixtureError::file("read", own))?.uid())
}

/// In a directory that all users may write to, another user may have created it first.
fn check_owner(path: &Path, user: u32) -> Result<(), FixtureError> {
    let found = fs::symlink_metadata(path).map_err(FixtureError::file("read", path))?;
    if found.uid() == user && found.is_dir() {
        return Ok(());
    }
    Err(FixtureError::ForeignDirectory { path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_users_directory_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let refused = check_owner(directory.path(), u32::MAX);
        assert!(
            matches!(refused, Err(FixtureError::ForeignDirectory { .. })),
            "{refused:?}"
        );
    }

    #[test]
    fn a_link_to_an_own_directory_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join("link");
        std::os::unix::fs::symlink("/", &link).unwrap();
        assert!(check_owner(&link, user().unwrap()).is_err());
    }
}
