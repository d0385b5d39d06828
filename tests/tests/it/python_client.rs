//! The public Python client of the protocol, unmodified, against the built binary.

use anyhow::{Context, Result, ensure};
use selfsame_tests::{Database, Selfsame};
use std::path::{Path, PathBuf};
use std::process::Command;

#[tokio::test]
async fn the_public_python_client_works_on_sqlite() -> Result<()> {
    run(Database::Sqlite).await
}

#[tokio::test]
async fn the_public_python_client_works_on_postgres() -> Result<()> {
    run(Database::Postgres).await
}

async fn run(on: Database) -> Result<()> {
    let server = Selfsame::start(on).await?;
    let key = server.key("python", "full")?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/compatibility.py");
    let done = Command::new(python()?)
        .arg(script)
        .arg(format!("{}/api/", server.base()))
        .arg(key)
        .output()?;
    ensure!(
        done.status.success(),
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    Ok(())
}

/// A Python with the client, installed once below the target directory. Of several tests at the same time, one
/// installs it and the others wait for its lock.
fn python() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let target = test
        .ancestors()
        .nth(3)
        .context("the test runs outside of a target directory")?;
    let ready = target.join("python-client");
    let installed = || ready.join("done").exists().then(|| ready.join("venv/bin/python"));
    if let Some(python) = installed() {
        return Ok(python);
    }
    std::fs::create_dir_all(&ready)?;
    let lock = std::fs::File::create(ready.join("lock"))?;
    lock.lock()?;
    if let Some(python) = installed() {
        return Ok(python);
    }
    let venv = ready.join("venv");
    step(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
    let python = venv.join("bin/python");
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    step(
        Command::new(&python)
            .args(pip)
            .args(["requests==2.34.2", "six==1.17.0", "trafaret==2.1.1"]),
    )?;
    step(Command::new(&python).args(pip).args(["--no-deps", "ok-esputnik==0.3"]))?;
    std::fs::write(ready.join("done"), "")?;
    Ok(python)
}

fn step(command: &mut Command) -> Result<()> {
    let done = command.output().context("python3 with venv is needed")?;
    ensure!(
        done.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    Ok(())
}
