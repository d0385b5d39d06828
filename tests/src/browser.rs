//! A real browser: headless Chromium, controlled by its driver.

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

/// The driver prints this text before its port when it listens.
const LISTENS: &str = "started successfully on port ";

/// Flags with which Chromium needs no display and no network services, and runs as root too.
const FLAGS: [&str; 7] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
];

/// The user agent of a browser with a window: servers would take that of a headless browser for a bot.
const AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36";

/// The time-out of loading a page.
const LONGEST: Duration = Duration::from_secs(30);

/// A browser of one person, with separate cookies and storage. It is closed when it is dropped.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    driver: Driver,
    // Fields are dropped in their order, so the profile is deleted after the browser that writes to it.
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

    /// The client of the driver, for everything else.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The port of the driver.
    pub fn port(&self) -> u16 {
        self.driver.port
    }

    /// The directory of its profile, with its cookies. It is deleted with the browser.
    pub fn profile(&self) -> &Path {
        self.profile.path()
    }

    /// Opens a page; returns when it is loaded, its scripts included.
    pub async fn open(&self, url: &str) -> Result<()> {
        Ok(self.client.goto(url).await?)
    }

    /// Clicks the element that the CSS selector finds.
    pub async fn click(&self, selector: &str) -> Result<()> {
        let found = self.client.find(Locator::Css(selector)).await;
        Ok(found.with_context(|| selector.to_owned())?.click().await?)
    }

    /// Clicks an element that leads to another page, and returns when that page is loaded.
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

    /// The text of the element that the CSS selector finds.
    pub async fn text(&self, selector: &str) -> Result<String> {
        let found = self.client.find(Locator::Css(selector)).await;
        Ok(found.with_context(|| selector.to_owned())?.text().await?)
    }

    /// Runs a script in the page, and returns its result.
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
