//! The file that is imported, and how.

use crate::cli::ImportArgs;
use anyhow::{Context, Result, bail};
use data_encoding::HEXLOWER;
use selfsame_tables::{Form, TableOptions};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use url::form_urlencoded::Serializer;

/// The file that is imported, and how.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) path: PathBuf,
    /// Its size in bytes.
    pub(super) size: u64,
    /// The media type of its form, by its name.
    pub(super) media: &'static str,
    /// The parameters of the request.
    pub(super) query: String,
    form: Option<Form>,
    encoding: Option<String>,
}

impl Source {
    pub(super) fn of(args: &ImportArgs) -> Result<Self> {
        let path = args.file.clone();
        let metadata = std::fs::metadata(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        if !metadata.is_file() {
            bail!("`{}` is no file", path.display());
        }
        let (form, media) = form(&path);
        Ok(Self {
            query: query(args)?,
            size: metadata.len(),
            media,
            form,
            encoding: args.encoding.clone(),
            path,
        })
    }

    pub(super) fn open(&self) -> Result<File> {
        File::open(&self.path).with_context(|| format!("cannot read `{}`", self.path.display()))
    }

    /// What makes two commands the same one: the bytes of the file, and how they are imported.
    pub(super) async fn digest(&self) -> Result<String> {
        let source = self.clone();
        let digest = tokio::task::spawn_blocking(move || {
            let mut digest = Sha256::new_with_prefix(format!("{}\n{}\n", source.query, source.media));
            let mut file = source.open()?;
            let mut piece = vec![0; 64 << 10];
            loop {
                let read = file.read(&mut piece);
                match read.with_context(|| format!("cannot read `{}`", source.path.display()))? {
                    0 => break,
                    length => digest.update(&piece[..length]),
                }
            }
            Ok::<_, anyhow::Error>(HEXLOWER.encode(&digest.finalize()))
        });
        digest.await?
    }

    /// How its rows are read here.
    pub(super) fn how(&self) -> TableOptions<'_> {
        TableOptions {
            form: self.form,
            encoding: self.encoding.as_deref(),
            delimiter: None,
            limit: u64::MAX,
        }
    }

    /// Whether it has lines of JSON.
    pub(super) fn is_ndjson(&self) -> bool {
        self.form == Some(Form::Ndjson)
    }
}

/// The form of a file by its name, and the media type that says so.
fn form(path: &Path) -> (Option<Form>, &'static str) {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("csv") => (Some(Form::Csv), "text/csv"),
        Some("tsv" | "tab") => (Some(Form::Tsv), "text/tab-separated-values"),
        Some("ndjson" | "jsonl") => (Some(Form::Ndjson), "application/x-ndjson"),
        Some("xlsx") => (
            Some(Form::Xlsx),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        _ => (None, "application/octet-stream"),
    }
}

fn query(args: &ImportArgs) -> Result<String> {
    let mut query = Serializer::new(String::new());
    query.append_pair("uniqueBy", &args.unique_by);
    if let Some(map) = map(&args.map)? {
        query.append_pair("map", &map);
    }
    for (name, is_set) in [
        ("emptyClears", args.empty_clears),
        ("restoreRemoved", args.restore_removed),
        ("dryRun", args.dry_run),
    ] {
        if is_set {
            query.append_pair(name, "true");
        }
    }
    for (name, value) in [
        ("defaultPhoneRegion", &args.phone_region),
        ("dateFormat", &args.date_format),
        ("encoding", &args.encoding),
    ] {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    Ok(query.finish())
}

/// The JSON object of `--map`; none without.
fn map(given: &[String]) -> Result<Option<String>> {
    if given.is_empty() {
        return Ok(None);
    }
    let mut map = Map::new();
    for text in given {
        if text.trim_start().starts_with('{') {
            let object: Map<String, Value> = serde_json::from_str(text).context("--map is no JSON object")?;
            map.extend(object);
        } else {
            let (title, member) = text
                .rsplit_once('=')
                .context("--map must be TITLE=MEMBER, or a JSON object")?;
            map.insert(title.trim().to_owned(), Value::from(member.trim()));
        }
    }
    Ok(Some(Value::Object(map).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_an_object_or_pairs() {
        let of = |given: &[&str]| map(&given.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&[]).unwrap(), None);
        let pairs = of(&["E-mail = email", "a=b=sms"]).unwrap().unwrap();
        assert_eq!(pairs, r#"{"E-mail":"email","a=b":"sms"}"#);
        assert_eq!(of(&[r#"{"x":null}"#]).unwrap().unwrap(), r#"{"x":null}"#);
        assert!(of(&["nonsense"]).is_err() && of(&["{"]).is_err());
    }

    #[test]
    fn the_name_of_a_file_selects_its_form() {
        for (name, expected) in [
            ("a.CSV", Some(Form::Csv)),
            ("a.b.tsv.gz", Some(Form::Tsv)),
            ("a.jsonl", Some(Form::Ndjson)),
            ("a.xlsx", Some(Form::Xlsx)),
            ("a.txt", None),
            ("csv", None),
        ] {
            assert_eq!(form(Path::new(name)).0, expected, "{name}");
        }
    }
}
