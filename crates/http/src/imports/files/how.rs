//! How a file is read, and what it turned out to be.

use selfsame_domain::imports::{FileOptions, Plan};
use selfsame_tables::{Form, Source, TableOptions};

/// How a file with these options is to be read. `limit` is in bytes, unpacked.
pub(super) fn how(options: &FileOptions, limit: u64) -> TableOptions<'_> {
    TableOptions {
        form: options.form.as_deref().and_then(form),
        encoding: options.encoding.as_deref(),
        delimiter: None,
        limit,
    }
}

/// The plan of a file whose columns are not known yet.
pub(super) fn plan(source: &Source) -> Plan {
    Plan {
        form: form_name(source.form).to_owned(),
        encoding: source.encoding.map(str::to_owned),
        delimiter: source.delimiter.map(char::from),
        columns: Vec::new(),
    }
}

/// Reads the name of a form.
fn form(text: &str) -> Option<Form> {
    match text {
        "csv" => Some(Form::Csv),
        "tsv" => Some(Form::Tsv),
        "ndjson" => Some(Form::Ndjson),
        "xlsx" => Some(Form::Xlsx),
        _ => None,
    }
}

/// The name of a form.
fn form_name(form: Form) -> &'static str {
    match form {
        Form::Csv => "csv",
        Form::Tsv => "tsv",
        Form::Ndjson => "ndjson",
        Form::Xlsx => "xlsx",
    }
}
