//! The wiring of exports: the destinations, and the key that encrypts credentials.

use super::hosts::SystemHosts;
use super::ids::SystemIds;
use super::store::OpenStore;
use crate::settings::Settings;
use anyhow::{Context, Result};
use data_encoding::BASE32_DNSSEC;
use secrecy::SecretString;
use selfsame_application::ports::Ids;
use selfsame_application::{Egress, ExportOutlets, Vault};
use selfsame_export::Sinks;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The outlets of the settings. Without a set key, one is made beside a `SQLite` file. Several servers need the same key in their settings.
pub(crate) fn outlets(settings: &Settings, store: &OpenStore) -> Result<ExportOutlets> {
    let egress = Egress {
        hosts: Arc::new(SystemHosts),
        allow_private: settings.allow_private_networks,
    };
    let secret = match (&settings.secret_key, store.file()) {
        (Some(secret), _) => Some(SecretString::from(secret.expose().to_owned())),
        (None, Some(database)) => Some(key_beside(database)?),
        (None, None) => None,
    };
    Ok(ExportOutlets {
        sinks: Arc::new(Sinks::new(egress.clone(), settings.export_directory.clone())),
        vault: secret.as_ref().map(Vault::new),
        egress,
    })
}

/// The key in the file beside the database, which is made when it is missing.
fn key_beside(database: &Path) -> Result<SecretString> {
    let mut name = database.as_os_str().to_owned();
    name.push(".key");
    let path = PathBuf::from(name);
    match fs::read_to_string(&path) {
        Ok(text) => return Ok(text.trim().to_owned().into()),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("cannot read the key in {}", path.display())),
    }
    make(&path).with_context(|| format!("cannot make the key in {}", path.display()))
}

/// Writes the key to a temporary file first and then links it to its name, so that no other process reads a part of it.
fn make(path: &Path) -> Result<SecretString> {
    let drawn = [SystemIds.secret(), SystemIds.secret()].concat();
    let text = BASE32_DNSSEC.encode(&drawn);
    let draft = path.with_extension(format!("key.{}", std::process::id()));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let named = written.and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft)?;
    match named {
        Ok(()) => Ok(text.into()),
        // Another process was faster.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Ok(fs::read_to_string(path)?.trim().to_owned().into())
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_is_made_once_for_its_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("selfsame.db");
        let first = key_beside(&database).unwrap();
        assert_eq!(first.expose_secret().len(), 77);
        assert_eq!(key_beside(&database).unwrap().expose_secret(), first.expose_secret());
        let path = directory.path().join("selfsame.db.key");
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
