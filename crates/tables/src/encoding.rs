//! The encoding of a text: named, found from a byte order mark, or from what the text looks like.

use crate::delimiter;
use crate::error::{TableError, invalid};
use crate::source::Form;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::io::{self, Cursor, Read};

/// How much of the beginning is looked at, in bytes.
const SAMPLE: u64 = 1 << 20;
/// How many bytes are decoded at a time.
const STEP: usize = 64 << 10;

/// A text as UTF-8, with the encoding that its beginning declares.
pub(crate) struct Decoded<'b> {
    decoding: Decoding<io::Chain<Cursor<Vec<u8>>, &'b mut dyn Read>>,
    /// The beginning, decoded.
    sample: Cursor<Vec<u8>>,
    /// Whether the sample is everything.
    is_whole: bool,
}

impl Decoded<'_> {
    /// The name of the encoding.
    pub(crate) fn encoding(&self) -> &'static str {
        self.decoding.encoding.name()
    }

    /// Lines of JSON or delimited text.
    pub(crate) fn form(&self) -> Form {
        let text = self.sample.get_ref().trim_ascii_start();
        if text.starts_with(b"{") {
            Form::Ndjson
        } else {
            Form::Csv
        }
    }

    /// The delimiter that the sample has.
    pub(crate) fn delimiter(&self) -> u8 {
        delimiter::found(self.sample.get_ref(), self.is_whole)
    }
}

impl Read for Decoded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.sample.read(buffer)?;
        if read > 0 || buffer.is_empty() {
            return Ok(read);
        }
        self.decoding.read(buffer)
    }
}

/// Finds the encoding of a text, and decodes it.
pub(crate) fn decoded<'b>(body: &'b mut dyn Read, label: Option<&str>) -> Result<Decoded<'b>, TableError> {
    let mut raw = Vec::new();
    Read::take(&mut *body, SAMPLE).read_to_end(&mut raw)?;
    let is_whole = (raw.len() as u64) < SAMPLE;
    let encoding = match label {
        Some(label) => {
            let named = Encoding::for_label(label.as_bytes());
            named.ok_or_else(|| TableError::malformed("the encoding that was named is unknown"))?
        }
        None => guess(&raw, is_whole),
    };
    let mut decoding = Decoding {
        inner: Cursor::new(raw).chain(body),
        encoding,
        decoder: encoding.new_decoder_with_bom_removal(),
        raw: Vec::new(),
        text: Cursor::default(),
        read: 0,
        is_over: false,
    };
    let mut sample = Vec::new();
    decoding.by_ref().take(SAMPLE / 4).read_to_end(&mut sample)?;
    let is_whole = is_whole && (sample.len() as u64) < SAMPLE / 4;
    Ok(Decoded {
        decoding,
        sample: Cursor::new(sample),
        is_whole,
    })
}

fn guess(sample: &[u8], is_whole: bool) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(sample) {
        return encoding;
    }
    if let Some(encoding) = utf_16(sample) {
        return encoding;
    }
    let is_utf_8 = match std::str::from_utf8(sample) {
        Ok(_) => true,
        // The sample ends within a character.
        Err(error) => error.error_len().is_none() && !is_whole,
    };
    if is_utf_8 {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, is_whole);
    detector.guess(None, Utf8Detection::Deny)
}

/// UTF-16 without a byte order mark: delimiters, digits and line ends have a zero byte on one side.
fn utf_16(sample: &[u8]) -> Option<&'static Encoding> {
    let zeros = |offset: usize| sample.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    let (high, low) = (zeros(0), zeros(1));
    let enough = sample.len() / 20;
    if low > enough && high * 20 < low {
        Some(UTF_16LE)
    } else if high > enough && low * 20 < high {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// A stream of UTF-8 out of one in another encoding. What has no character there is an error: a replacement would make another identifier.
struct Decoding<R> {
    inner: R,
    encoding: &'static Encoding,
    decoder: Decoder,
    raw: Vec<u8>,
    text: Cursor<Vec<u8>>,
    /// How many bytes were decoded.
    read: u64,
    is_over: bool,
}

impl<R: Read> Decoding<R> {
    fn step(&mut self) -> io::Result<()> {
        if self.raw.is_empty() {
            self.raw.resize(STEP, 0);
            let length = self.inner.read(&mut self.raw)?;
            self.raw.truncate(length);
            self.is_over = length == 0;
        }
        let most = self
            .decoder
            .max_utf8_buffer_length_without_replacement(self.raw.len())
            .unwrap_or(STEP * 3);
        let mut text = vec![0; most.max(16)];
        let (result, read, written) =
            self.decoder
                .decode_to_utf8_without_replacement(&self.raw, &mut text, self.is_over);
        self.read += read as u64;
        if matches!(result, DecoderResult::Malformed(..)) {
            let name = self.encoding.name();
            return Err(invalid(format!(
                "the text is not {name} throughout: byte {} has no character in it; save it as UTF-8, or name its `encoding`",
                self.read
            )));
        }
        self.raw.drain(..read);
        text.truncate(written);
        self.text = Cursor::new(text);
        Ok(())
    }
}

impl<R: Read> Read for Decoding<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.text.read(buffer)?;
            if read > 0 || buffer.is_empty() || self.is_over {
                return Ok(read);
            }
            self.step()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "Зовнішній ID;Ім'я;Телефон\r\nC-1;Ґанна Їжакевич;+380501234567\r\nC-2;Євген Щур;+380671234567\r\n";

    fn read(bytes: &[u8]) -> Result<(String, &'static str), TableError> {
        let mut body = bytes;
        let mut decoded = decoded(&mut body, None)?;
        let name = decoded.encoding();
        let mut text = String::new();
        decoded.read_to_string(&mut text)?;
        Ok((text, name))
    }

    fn utf_16_bytes(text: &str, to_bytes: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(to_bytes).collect()
    }

    #[test]
    fn encodings_are_found() {
        let encoded = |label: &str| {
            Encoding::for_label(label.as_bytes())
                .unwrap()
                .encode(TEXT)
                .0
                .into_owned()
        };
        let with_mark = |text: &str| format!("\u{feff}{text}");
        for (bytes, name) in [
            (TEXT.as_bytes().to_vec(), "UTF-8"),
            (with_mark(TEXT).into_bytes(), "UTF-8"),
            (encoded("windows-1251"), "windows-1251"),
            (encoded("koi8-u"), "KOI8-U"),
            (utf_16_bytes(&with_mark(TEXT), u16::to_le_bytes), "UTF-16LE"),
            (utf_16_bytes(&with_mark(TEXT), u16::to_be_bytes), "UTF-16BE"),
            (utf_16_bytes(TEXT, u16::to_le_bytes), "UTF-16LE"),
            (utf_16_bytes(TEXT, u16::to_be_bytes), "UTF-16BE"),
        ] {
            let (text, found) = read(&bytes).unwrap();
            assert_eq!((found, text.as_str()), (name, TEXT), "{name}");
        }
        let west = "id,first name\n1,José\n2,Zoë\n3,François Müller\n";
        let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(west);
        assert_eq!(read(&bytes).unwrap(), (west.to_owned(), "windows-1252"));
    }

    #[test]
    fn what_is_no_text_in_its_encoding_is_an_error() {
        let mut bytes = vec![b'a'; 2 << 20];
        bytes.push(0xff);
        let error = read(&bytes).unwrap_err().to_string();
        assert!(
            error.contains("not UTF-8 throughout") && error.contains("2097153"),
            "{error}"
        );
    }
}
