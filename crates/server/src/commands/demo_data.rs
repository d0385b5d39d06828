//! `selfsame demo-data`.

use crate::cli::DemoDataArgs;
use crate::demo_data::{CsvPeople, NdjsonPeople, People};
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

pub(crate) fn run(args: &DemoDataArgs) -> Result<ExitCode> {
    let Some(path) = &args.file else {
        let written = write(CsvPeople::new(BufWriter::new(io::stdout().lock())), args);
        return match written {
            // A reader that has seen enough (`selfsame demo-data | head`) is no error.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(error).context("cannot write to standard output")
            }
            _ => Ok(ExitCode::SUCCESS),
        };
    };
    let extension = path.extension().and_then(|extension| extension.to_str());
    let lines = match extension {
        Some("csv") => false,
        Some("ndjson" | "jsonl") => true,
        _ => bail!("{} must end with .csv, .ndjson or .jsonl", path.display()),
    };
    let file = BufWriter::new(create(path)?);
    let written = if lines {
        write(NdjsonPeople::new(file), args)
    } else {
        write(CsvPeople::new(file), args)
    };
    written.with_context(|| format!("cannot write {}", path.display()))?;
    eprintln!("wrote {} rows to {}", args.contacts, path.display());
    Ok(ExitCode::SUCCESS)
}

fn create(path: &Path) -> Result<File> {
    match File::create_new(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{} is there already: name another file, or delete it", path.display())
        }
        created => created.with_context(|| format!("cannot make {}", path.display())),
    }
}

fn write(mut people: impl People, args: &DemoDataArgs) -> io::Result<()> {
    for number in 0..args.contacts {
        people.write(args.seed, number)?;
    }
    people.finish()?.flush()
}
