//! `selfsame export-contacts`.

use super::admin::Admin;
use super::workspace::find;
use crate::cli::ExportContactsArgs;
use crate::output;
use anyhow::{Context, Result, bail};
use selfsame_application::ports::ContactDetails;
use selfsame_domain::values::ChannelType;
use selfsame_domain::{AttributeKey, ContactId, CustomField};
use selfsame_http::{contact_line, segments_cell};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

/// How many contacts are read at a time.
const AT_ONCE: u32 = 1000;

/// How many channels of a type a table has room for: as many as one request may set.
const CHANNELS: usize = 2;

/// The channels of a table.
const COLUMNS: [(ChannelType, &str); 3] = [
    (ChannelType::Email, "email"),
    (ChannelType::Sms, "sms"),
    (ChannelType::Viber, "viber"),
];

pub(crate) async fn run(args: &ExportContactsArgs) -> Result<ExitCode> {
    let written = Admin::with(&args.store, async |admin| export(admin, args).await).await?;
    output::print(&format!("wrote {written} contacts to {}\n", args.file.display()))?;
    Ok(ExitCode::SUCCESS)
}

async fn export(admin: &Admin, args: &ExportContactsArgs) -> Result<u64> {
    let is_table = is_table(&args.file)?;
    let workspace = find(admin, &args.workspace).await?.id;
    let store = admin.app.store();
    let mut fields = store.fields(workspace).await?;
    fields.retain(|field| !field.archived);
    let cannot = || format!("cannot write `{}`", args.file.display());
    let file = File::create_new(&args.file).with_context(cannot)?;
    let mut out = Out::new(BufWriter::new(file), is_table.then_some(fields)).with_context(cannot)?;
    let (mut written, mut after) = (0, ContactId(0));
    loop {
        let contacts = store.contacts_after(workspace, after, AT_ONCE).await?;
        let Some(last) = contacts.last() else { break };
        after = last.contact.id;
        for contact in &contacts {
            out.write(contact).with_context(cannot)?;
            written += 1;
        }
    }
    out.finish().with_context(cannot)?;
    Ok(written)
}

fn is_table(path: &Path) -> Result<bool> {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    match extension.as_str() {
        "csv" => Ok(true),
        "ndjson" | "jsonl" => Ok(false),
        _ => bail!("the name of the file must end with .csv, .ndjson or .jsonl"),
    }
}

/// The file as it is written.
enum Out {
    Table {
        csv: Box<csv::Writer<BufWriter<File>>>,
        fields: Vec<CustomField>,
    },
    Lines(BufWriter<File>),
}

impl Out {
    /// A table with these custom fields, or lines of JSON.
    fn new(file: BufWriter<File>, fields: Option<Vec<CustomField>>) -> Result<Self> {
        let Some(fields) = fields else {
            return Ok(Self::Lines(file));
        };
        let mut titles = vec!["id".to_owned(), "externalCustomerId".to_owned()];
        for (_, title) in COLUMNS {
            titles.extend(std::iter::repeat_n(title.to_owned(), CHANNELS));
        }
        titles.extend(AttributeKey::BUILT_IN.iter().map(|key| key.to_text()));
        titles.push("groups".to_owned());
        let of_field = |field: &CustomField| format!("{}.{}", field.profile_key, field.field_key);
        titles.extend(fields.iter().map(of_field));
        let mut csv = Box::new(csv::Writer::from_writer(file));
        csv.write_record(titles)?;
        Ok(Self::Table { csv, fields })
    }

    fn write(&mut self, details: &ContactDetails) -> Result<()> {
        match self {
            Self::Table { csv, fields } => Ok(csv.write_record(cells(details, fields))?),
            Self::Lines(file) => Ok(writeln!(file, "{}", contact_line(details)?)?),
        }
    }

    fn finish(self) -> Result<()> {
        let file = match self {
            Self::Table { csv, .. } => csv.into_inner().map_err(csv::IntoInnerError::into_error)?,
            Self::Lines(file) => file,
        };
        let file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        Ok(file.sync_all()?)
    }
}

fn cells(details: &ContactDetails, fields: &[CustomField]) -> Vec<String> {
    let contact = &details.contact;
    let mut cells = vec![
        contact.id.to_string(),
        contact.external_id().unwrap_or_default().to_owned(),
    ];
    let channels = contact.channels();
    for (channel, _) in COLUMNS {
        let held = channels.iter().filter(|(of, _)| *of == channel);
        let values = held.map(|(_, held)| held.identifier.typed.clone());
        cells.extend(values.chain(std::iter::repeat(String::new())).take(CHANNELS));
    }
    let attribute = |key: &AttributeKey| contact.attributes.text(*key).unwrap_or_default().to_owned();
    cells.extend(AttributeKey::BUILT_IN.iter().map(attribute));
    let segments: Vec<&str> = details.segments.iter().map(|segment| segment.name.as_str()).collect();
    cells.push(segments_cell(&segments));
    let values: std::collections::BTreeMap<_, _> = contact.attributes.fields().collect();
    let value = |field: &CustomField| values.get(&field.id).map(|value| value.to_wire()).unwrap_or_default();
    cells.extend(fields.iter().map(value));
    cells
}
