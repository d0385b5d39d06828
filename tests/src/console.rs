//! The console in a browser: signing in, and using it by keyboard alone.

use crate::{Browser, Selfsame};
use anyhow::{Context, Result, ensure};
use fantoccini::Locator;
use fantoccini::key::Key;
use std::time::Duration;

const PASSWORD: &str = "correct horse battery";

/// The most presses of a key until something has the focus or is chosen.
const MOST_PRESSES: usize = 100;

/// The time-out of what a page loads or changes.
const LONGEST: Duration = Duration::from_secs(30);

/// A person who is signed in as an admin.
#[derive(Debug)]
pub struct ConsoleUser {
    browser: Browser,
    base: String,
}

impl ConsoleUser {
    /// Invites a person, and joins in a new browser.
    pub async fn join(server: &Selfsame) -> Result<Self> {
        let invited = server.command(&["console", "invite", "olena@example.com", "--role", "admin"])?;
        let printed = String::from_utf8(invited.stdout)?;
        let token = printed
            .split_whitespace()
            .find_map(|word| word.split_once("/invitation/"))
            .with_context(|| format!("no link in {printed:?}"))?
            .1;
        let user = Self {
            browser: Browser::start().await?,
            base: server.base().to_owned(),
        };
        user.open(&format!("/invitation/{token}")).await?;
        user.browser.fill("input[name=password]", PASSWORD).await?;
        user.browser.follow("main form button").await?;
        Ok(user)
    }

    /// The browser, for everything else.
    pub fn browser(&self) -> &Browser {
        &self.browser
    }

    /// Opens a page of the console.
    pub async fn open(&self, path: &str) -> Result<()> {
        self.browser.open(&format!("{}{path}", self.base)).await
    }

    /// Path and query of the page.
    pub async fn path(&self) -> Result<String> {
        let url = self.browser.client().current_url().await?.to_string();
        let path = url.strip_prefix(&self.base).context("another server")?;
        Ok(path.to_owned())
    }

    /// Waits until the CSS selector finds an element.
    pub async fn wait_for(&self, selector: &str) -> Result<()> {
        let wait = self.browser.client().wait().at_most(LONGEST);
        wait.for_element(Locator::Css(selector))
            .await
            .with_context(|| selector.to_owned())?;
        Ok(())
    }

    /// Presses a key, or types a text, where the focus is.
    pub async fn press(&self, keys: &str) -> Result<()> {
        let focus = self.browser.client().active_element().await?;
        Ok(focus.send_keys(keys).await?)
    }

    /// Goes on with the tabulator key until the element that the CSS selector finds has the focus.
    pub async fn tab_to(&self, selector: &str) -> Result<()> {
        for _ in 0..MOST_PRESSES {
            if self.has_focus(selector).await? {
                return Ok(());
            }
            self.press(&Key::Tab).await?;
        }
        anyhow::bail!("the keyboard does not reach {selector}")
    }

    /// Whether the element that the CSS selector finds has the focus.
    pub async fn has_focus(&self, selector: &str) -> Result<bool> {
        let script = format!("return document.activeElement.matches({selector:?})");
        Ok(self.browser.run(&script).await? == true)
    }

    /// Presses Enter on a link or button that leads to another page, and returns when that page is loaded.
    pub async fn enter(&self) -> Result<()> {
        self.browser.run("document.documentElement.dataset.left = ''").await?;
        self.press(&Key::Enter).await?;
        self.wait_for("html:not([data-left])").await
    }

    /// Goes down in the list that has the focus until an option is chosen.
    pub async fn choose(&self, value: &str) -> Result<()> {
        for _ in 0..MOST_PRESSES {
            if self.browser.run("return document.activeElement.value").await? == value {
                return Ok(());
            }
            self.press(&Key::Down).await?;
        }
        anyhow::bail!("there is no option {value}")
    }

    /// What the page's policy has kept from being loaded or done, since the page was opened.
    pub async fn violations(&self) -> Result<usize> {
        let script = "const done = arguments[arguments.length - 1]; const seen = [];
            new ReportingObserver(reports => seen.push(...reports), {types: ['csp-violation'], buffered: true}).observe();
            setTimeout(() => done(seen.length), 100)";
        let found = self.browser.client().execute_async(script, Vec::new()).await?;
        let count = found.as_u64().context("no count")?;
        Ok(usize::try_from(count)?)
    }

    /// Fails when the policy has kept anything from the page.
    pub async fn keeps_the_policy(&self) -> Result<()> {
        let violations = self.violations().await?;
        ensure!(
            violations == 0,
            "{violations} violations of the policy on {}",
            self.path().await?
        );
        Ok(())
    }
}
