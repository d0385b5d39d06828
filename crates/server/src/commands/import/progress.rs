//! How far an import is: a bar on a terminal, lines elsewhere.

use super::client::Import;
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write, stderr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a line is written where there is no terminal.
const EVERY: Duration = Duration::from_secs(5);

const BYTES: &str = "sending  {wide_bar} {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left";
const ROWS: &str = "{msg:10} {wide_bar} {human_pos}/{human_len} rows  {per_sec}  {eta} left";

/// How far something is. Cloning shares it.
#[derive(Debug, Clone)]
pub(super) enum Progress {
    /// A bar on a terminal.
    Bar(ProgressBar),
    /// Lines on standard error.
    Lines(Arc<Mutex<Lines>>),
}

/// What the next line says.
#[derive(Debug)]
pub(super) struct Lines {
    done: u64,
    total: u64,
    last: Instant,
    text: String,
}

impl Progress {
    /// Of bytes that are sent.
    pub(super) fn bytes(total: u64) -> Self {
        Self::new(BYTES, total)
    }

    /// Of rows that are imported.
    pub(super) fn rows() -> Self {
        Self::new(ROWS, 0)
    }

    fn new(template: &str, total: u64) -> Self {
        if !stderr().is_terminal() {
            return Self::Lines(Arc::new(Mutex::new(Lines {
                done: 0,
                total,
                last: Instant::now(),
                text: String::new(),
            })));
        }
        let bar = ProgressBar::new(total);
        // A template that does not parse leaves the plain bar.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self::Bar(bar)
    }

    /// More bytes were sent.
    pub(super) fn advance(&self, bytes: u64) {
        match self {
            Self::Bar(bar) => bar.inc(bytes),
            Self::Lines(lines) => {
                let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
                lines.done += bytes;
                let text = format!("sent {} of {}", HumanBytes(lines.done), HumanBytes(lines.total));
                lines.say(text);
            }
        }
    }

    /// The import is so far.
    pub(super) fn show(&self, import: &Import) {
        let (done, total) = (import.rows.done(), import.rows.total);
        match self {
            Self::Bar(bar) => {
                bar.set_length(total.unwrap_or(done));
                bar.set_position(done);
                bar.set_message(import.status.clone());
            }
            Self::Lines(lines) => {
                let of = total
                    .map(|total| format!(" of {}", HumanCount(total)))
                    .unwrap_or_default();
                let rate = import.rows_per_second.filter(|_| done > 0);
                let rate = rate.map(|rate| format!(", {rate:.0} a second")).unwrap_or_default();
                let text = format!("{}: {}{of} rows{rate}", import.status, HumanCount(done));
                lines.lock().unwrap_or_else(PoisonError::into_inner).say(text);
            }
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

impl Lines {
    fn say(&mut self, text: String) {
        if self.last.elapsed() >= EVERY && text != self.text {
            self.last = Instant::now();
            say(&text);
            self.text = text;
        }
    }
}

/// Writes a line to standard error.
pub(super) fn say(text: &str) {
    // When standard error is closed there is no reader left.
    let _ = writeln!(stderr(), "{text}");
}
