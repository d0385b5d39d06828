//! The emulator `local-bigquery`, a Python package over `DuckDB`.

use crate::{Error, PROJECT};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Finds a Python that is new enough.
const FIND: &str = include_str!("../python.sh");

const PACKAGE: &str = "local-bigquery==0.4.0";

/// The emulator asks for these at its start, and would download what they hold.
const EXTENSIONS: [&str; 4] = [
    "duckdb==1.5.5",
    "duckdb-extension-icu==1.5.5",
    "duckdb-extension-ducklake==1.5.5",
    "duckdb-extension-spatial==1.5.5",
];

/// Where `DuckDB` looks for them below the home directory.
const EXTENSIONS_AT: &str = "home/.duckdb/extensions/v1.5.5/linux_amd64";

/// A Python of 3.13 or newer; none where there is none.
pub(crate) fn python() -> Result<Option<PathBuf>, Error> {
    let found = Command::new("sh").args(["-c", FIND]).output()?;
    let path = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    Ok((!path.is_empty()).then(|| path.into()))
}

/// Starts the emulator on a free port; answers once it listens.
pub(crate) fn start(python: &Path) -> Result<(Child, String, TempDir), Error> {
    let at = install(python)?;
    let data = tempfile::tempdir()?;
    let mut child = Command::new(at.join("venv/bin/local-bigquery"))
        .args([
            "serve",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--grpc-port",
            "0",
            "--project",
            PROJECT,
            "--data-dir",
        ])
        .arg(data.path())
        .env("HOME", at.join("home"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let output = child.stderr.take().ok_or_else(|| unusable("it has no output"))?;
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    let mut printed = String::new();
    let base = lines.by_ref().find_map(|line| {
        let base = line
            .split_once("running on ")
            .and_then(|(_, rest)| rest.split_whitespace().next());
        let base = base.map(str::to_owned);
        printed.push_str(&line);
        printed.push('\n');
        base
    });
    let Some(base) = base else {
        let _ = child.kill();
        return Err(unusable(&printed));
    };
    // Its output is read to the end, so that it never waits for a reader.
    std::thread::spawn(move || lines.for_each(drop));
    Ok((child, base, data))
}

/// The folder in which it is installed, once: of several tests that come here at once, one installs it and the others wait for its lock.
fn install(python: &Path) -> Result<PathBuf, Error> {
    let test = std::env::current_exe()?;
    let target = test
        .ancestors()
        .nth(3)
        .ok_or_else(|| unusable("the test runs outside of a target directory"))?;
    let at = target.join("bigquery-emulator");
    let done = at.join("done");
    if done.exists() {
        return Ok(at);
    }
    fs::create_dir_all(&at)?;
    let lock = File::create(at.join("lock"))?;
    lock.lock()?;
    if done.exists() {
        return Ok(at);
    }
    let venv = at.join("venv");
    step(Command::new(python).args(["-m", "venv", "--clear"]).arg(&venv))?;
    let pip = || {
        let mut pip = Command::new(venv.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        pip
    };
    step(pip().arg(PACKAGE))?;
    step(pip().arg("--no-deps").args(EXTENSIONS))?;
    copy_extensions(&venv, &at.join(EXTENSIONS_AT))?;
    fs::write(done, "")?;
    Ok(at)
}

fn copy_extensions(venv: &Path, to: &Path) -> Result<(), Error> {
    fs::create_dir_all(to)?;
    for library in entries(&venv.join("lib"))? {
        for package in entries(&library.join("site-packages"))? {
            let from = package.join("extensions/v1.5.5");
            if !from.exists() {
                continue;
            }
            for file in entries(&from)? {
                if let Some(name) = file.file_name() {
                    fs::copy(&file, to.join(name))?;
                }
            }
        }
    }
    Ok(())
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = fs::read_dir(directory)?.map(|entry| Ok(entry?.path()));
    entries.collect()
}

fn step(command: &mut Command) -> Result<(), Error> {
    let done = command.output()?;
    if done.status.success() {
        return Ok(());
    }
    Err(unusable(&String::from_utf8_lossy(&done.stderr)))
}

fn unusable(text: &str) -> Error {
    Error::Unusable(text.to_owned())
}
