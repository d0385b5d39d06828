//! The report at the end of a run.

use anyhow::Result;
use hdrhistogram::Histogram;
use std::io::Write;

/// One line of the report.
#[derive(Debug)]
pub(crate) struct Row {
    subject: String,
    load: String,
    clients: usize,
    /// Requests per second.
    rate: f64,
    /// Microseconds.
    p50: u64,
    p95: u64,
    p99: u64,
    memory_kib: u64,
}

impl Row {
    /// A measurement of load.
    pub(crate) fn load(
        subject: &str,
        load: &str,
        clients: usize,
        total: u64,
        seconds: u64,
        latency: &Histogram<u64>,
    ) -> Self {
        let whole = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        Self {
            subject: subject.to_owned(),
            load: load.to_owned(),
            clients,
            rate: whole(total) / whole(seconds),
            p50: latency.value_at_quantile(0.50),
            p95: latency.value_at_quantile(0.95),
            p99: latency.value_at_quantile(0.99),
            memory_kib: 0,
        }
    }

    /// A measurement of memory.
    pub(crate) fn memory(subject: &str, when: &str, kib: u64) -> Self {
        let (subject, load) = (subject.to_owned(), format!("memory {when}"));
        Self {
            subject,
            load,
            clients: 0,
            rate: 0.0,
            p50: 0,
            p95: 0,
            p99: 0,
            memory_kib: kib,
        }
    }
}

/// Prints the rows as a table, each with its ratio to the baseline of as many clients, and the machine.
pub(crate) fn print(rows: &[Row]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let cores = std::thread::available_parallelism()?;
    writeln!(out, "\nmachine: {cores} cores, {}", processor())?;
    writeln!(
        out,
        "\n| subject | load | clients | per second | p50 ms | p95 ms | p99 ms | rate / pgbench | p50 / pgbench |"
    )?;
    writeln!(out, "|---|---|---:|---:|---:|---:|---:|---:|---:|")?;
    for row in rows.iter().filter(|row| row.clients > 0) {
        let baseline = rows
            .iter()
            .find(|other| other.subject == "pgbench" && other.clients == row.clients);
        let ratio =
            |of: &dyn Fn(&Row) -> f64| baseline.map_or_else(String::new, |other| format!("{:.2}", of(row) / of(other)));
        let millis = |micros: u64| f64::from(u32::try_from(micros).unwrap_or(u32::MAX)) / 1000.0;
        writeln!(
            out,
            "| {} | {} | {} | {:.0} | {:.2} | {:.2} | {:.2} | {} | {} |",
            row.subject,
            row.load,
            row.clients,
            row.rate,
            millis(row.p50),
            millis(row.p95),
            millis(row.p99),
            ratio(&|row| row.rate),
            ratio(&|row| millis(row.p50)),
        )?;
    }
    writeln!(out)?;
    for row in rows.iter().filter(|row| row.memory_kib > 0) {
        writeln!(
            out,
            "{}, {}: {} MB resident",
            row.subject,
            row.load,
            row.memory_kib / 1000
        )?;
    }
    Ok(())
}

fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find(|line| line.starts_with("model name"));
    model
        .and_then(|line| line.split(": ").nth(1))
        .unwrap_or("unknown processor")
        .to_owned()
}
