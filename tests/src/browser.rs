//! A real browser: Chromium without a window, moved by its own driver.

use anyhow::{Context, Result};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// What the driver writes before its port, once it listens.
const LISTENS: &str = "started successfully on port ";

/// Chromium needs no display, asks nobody for anything, and runs as root too.
const FLAGS: [&str; 7] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
];

/// A browser without a window names itself so that servers take it for a robot; these tests are about people.
const AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36";

/// How long another page may take.
const LONGEST: Duration = Duration::from_secs(30);

/// A browser of one person, with cookies and a storage of its own. It is closed when it is dropped.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    driver: Driver,
    // Goes after the browser that writes to it: fields are dropped in their order.
    profile: TempDir,
}

#[derive(Debug)]
struct Driver {
    process: Child,
    port: u16,
    // A closed pipe would end the driver with its next line.
    _output: BufReader<ChildStdout>,
}

impl Browser {
    /// Starts the driver on a free port of this machine, and a browser with an empty profile.
    pub async fn start() -> Result<Self> {
        let profile = tempfile::tempdir()?;
        let driver = Driver::start()?;
        let mut flags = FLAGS.map(str::to_owned).to_vec();
        flags.push(format!("--user-agent={AGENT}"));
        flags.push(format!("--user-data-dir={}", profile.path().display()));
        let mut capabilities = serde_json::Map::new();
        capabilities.insert("goog:chromeOptions".to_owned(), json!({ "args": flags }));
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{}", driver.port))
            .await
            .context("chromium does not start")?;
        Ok(Self {
            client,
            driver,
            profile,
        })
    }

    /// Everything else that the driver can do.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The port of the driver.
    pub fn port(&self) -> u16 {
        self.driver.port
    }

    /// Where its cookies are; gone with it.
    pub fn profile(&self) -> &Path {
        self.profile.path()
    }

    /// Opens a page; returns when it is loaded, its scripts included.
    pub async fn open(&self, url: &str) -> Result<()> {
        Ok(self.client.goto(url).await?)
    }

    /// Clicks what the CSS selector finds.
    pub async fn click(&self, selector: &str) -> Result<()> {
        let found = self.client.find(Locator::Css(selector)).await;
        Ok(found.with_context(|| selector.to_owned())?.click().await?)
    }

    /// Clicks what leads to another page, and returns when that one is there.
    pub async fn follow(&self, selector: &str) -> Result<()> {
        self.run("document.documentElement.dataset.left = ''").await?;
        self.click(selector).await?;
        let other = Locator::Css("html:not([data-left])");
        self.client.wait().at_most(LONGEST).for_element(other).await?;
        Ok(())
    }

    /// Types into the field that the CSS selector finds.
    pub async fn fill(&self, selector: &str, text: &str) -> Result<()> {
        let found = self.client.find(Locator::Css(selector)).await;
        Ok(found.with_context(|| selector.to_owned())?.send_keys(text).await?)
    }

    /// The text of what the CSS selector finds.
    pub async fn text(&self, selector: &str) -> Result<String> {
        let found = self.client.find(Locator::Css(selector)).await;
        Ok(found.with_context(|| selector.to_owned())?.text().await?)
    }

    /// Runs a script in the page; gives back what it returns.
    pub async fn run(&self, script: &str) -> Result<Value> {
        Ok(self.client.execute(script, Vec::new()).await?)
    }

    /// The visitor's cookie `sc`, as the page's server gets it.
    pub async fn visitor(&self) -> Result<String> {
        let cookie = self.client.get_named_cookie("sc").await?;
        Ok(cookie.value().to_owned())
    }
}

impl Driver {
    fn start() -> Result<Self> {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .spawn()
            .context("chromedriver is missing: run `make browser`")?;
        let output = process.stdout.take().context("chromedriver has no output")?;
        let mut output = BufReader::new(output);
        let port = loop {
            let mut line = String::new();
            let length = output.read_line(&mut line)?;
            anyhow::ensure!(length > 0, "chromedriver ends at its start");
            if let Some((_, port)) = line.split_once(LISTENS) {
                break port.trim_end().trim_end_matches('.').parse()?;
            }
        };
        Ok(Self {
            process,
            port,
            _output: output,
        })
    }

    /// Ends the driver with its browser: a killed driver would leave the browser behind.
    fn shut_down(&self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.write_all(b"GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        stream.read_to_end(&mut Vec::new())?;
        Ok(())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if self.shut_down().is_err() {
            // Fails only for a process that has ended already.
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}
