//! The forms in which rows are written: those that `selfsame import` reads.

use super::people::{Row, TITLES};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// Writes rows in one of the forms.
pub(crate) trait People {
    /// Where they go.
    type Out: Write;

    /// Writes the row of a number, from 0, of a seed.
    fn write(&mut self, seed: u64, number: u64) -> io::Result<()>;

    /// What was written to, with everything in it.
    fn finish(self) -> io::Result<Self::Out>;
}

/// A table with titles.
pub(crate) struct CsvPeople<W: Write> {
    writer: csv::Writer<W>,
    has_titles: bool,
}

impl<W: Write> CsvPeople<W> {
    pub(crate) fn new(out: W) -> Self {
        Self {
            writer: csv::Writer::from_writer(out),
            has_titles: false,
        }
    }
}

impl<W: Write> People for CsvPeople<W> {
    type Out = W;

    fn write(&mut self, seed: u64, number: u64) -> io::Result<()> {
        if !self.has_titles {
            self.writer.write_record(TITLES)?;
            self.has_titles = true;
        }
        Ok(self.writer.write_record(Row::of(seed, number).cells())?)
    }

    fn finish(self) -> io::Result<W> {
        self.writer.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

/// A contact of the bulk call on each line.
pub(crate) struct NdjsonPeople<W> {
    out: W,
}

impl<W: Write> NdjsonPeople<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { out }
    }
}

impl<W: Write> People for NdjsonPeople<W> {
    type Out = W;

    fn write(&mut self, seed: u64, number: u64) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, &contact(&Row::of(seed, number)))?;
        self.out.write_all(b"\n")
    }

    fn finish(self) -> io::Result<W> {
        Ok(self.out)
    }
}

/// A row in the form of the bulk call; what is empty is left out.
fn contact(row: &Row) -> Value {
    let channels = [("email", &row.email), ("sms", &row.phone)];
    let channels = channels.iter().filter(|(_, value)| !value.is_empty());
    let channels: Vec<Value> = channels
        .map(|(kind, value)| json!({"type": kind, "value": value}))
        .collect();
    let texts = [
        ("externalCustomerId", row.external_id.as_str()),
        ("firstName", &row.first_name),
        ("lastName", &row.last_name),
        ("languageCode", row.language),
    ];
    let texts = texts.into_iter().filter(|(_, text)| !text.is_empty());
    let mut contact: Map<String, Value> = texts.map(|(name, text)| (name.to_owned(), Value::from(text))).collect();
    contact.insert("channels".to_owned(), Value::from(channels));
    contact.insert("address".to_owned(), json!({"town": row.town}));
    Value::Object(contact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_have_the_same_people() {
        let (mut table, mut lines) = (CsvPeople::new(Vec::new()), NdjsonPeople::new(Vec::new()));
        for number in 0..200 {
            table.write(3, number).unwrap();
            lines.write(3, number).unwrap();
        }
        let (table, lines) = (table.finish().unwrap(), lines.finish().unwrap());
        let mut reader = csv::Reader::from_reader(table.as_slice());
        let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
        let contacts: Vec<Value> = String::from_utf8(lines)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!((rows.len(), contacts.len()), (200, 200));
        for (row, contact) in rows.iter().zip(&contacts) {
            assert_eq!(&row[0], contact["externalCustomerId"].as_str().unwrap_or_default());
            let emails = contact["channels"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|channel| channel["type"] == "email");
            assert!(
                emails
                    .map(|email| email["value"].as_str())
                    .eq((!row[3].is_empty()).then_some(Some(&row[3])))
            );
        }
    }
}
