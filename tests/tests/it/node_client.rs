//! A public Node client of the protocol, unmodified, against the built binary.

use anyhow::{Context, Result, ensure};
use selfsame_tests::{Database, Selfsame};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The client and all its dependencies.
const PACKAGES: [&str; 8] = [
    "rubik-esputnik@1.0.5",
    "rubik-main@2.1.3",
    "hooks-mixin@1.3.0",
    "lodash@4.17.21",
    "node-fetch@2.7.0",
    "tr46@0.0.3",
    "webidl-conversions@3.0.1",
    "whatwg-url@5.0.0",
];

#[tokio::test]
async fn the_public_node_client_works_on_sqlite() -> Result<()> {
    run(Database::Sqlite).await
}

#[tokio::test]
async fn the_public_node_client_works_on_postgres() -> Result<()> {
    run(Database::Postgres).await
}

async fn run(on: Database) -> Result<()> {
    let server = Selfsame::start(on).await?;
    let key = server.key("node", "full")?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("node/compatibility.cjs");
    let done = Command::new("node")
        .arg(script)
        .arg(server.base())
        .arg(key)
        .env("NODE_PATH", modules()?)
        .output()
        .context("node is needed")?;
    ensure!(
        done.status.success(),
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    Ok(())
}

/// The directory of the client, installed once below the target directory. Of several tests at the same time, one installs it and the others
/// wait for its lock.
fn modules() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let target = test
        .ancestors()
        .nth(3)
        .context("the test runs outside of a target directory")?;
    let ready = target.join("node-client");
    std::fs::create_dir_all(&ready)?;
    let lock = std::fs::File::create(ready.join("lock"))?;
    lock.lock()?;
    let modules = ready.join("node_modules");
    if !ready.join("done").exists() {
        let mut npm = Command::new("npm");
        npm.args([
            "install",
            "--no-save",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--prefix",
        ]);
        let done = npm.arg(&ready).args(PACKAGES).output().context("npm is needed")?;
        ensure!(done.status.success(), "npm: {}", String::from_utf8_lossy(&done.stderr));
        std::fs::write(ready.join("done"), "")?;
    }
    Ok(modules)
}
