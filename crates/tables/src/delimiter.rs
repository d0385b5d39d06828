//! The delimiter of a text: the one that gives most rows the same number of cells.

use csv::ReaderBuilder;
use std::collections::BTreeMap;

/// What delimits cells, the more likely first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How many rows are looked at.
const ROWS: usize = 500;

/// The delimiter that a spreadsheet program wrote into the first line: `sep=;`.
pub(crate) fn declared(text: &[u8]) -> Option<u8> {
    let line = text.split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
    let rest = line.get(..4).filter(|name| name.eq_ignore_ascii_case(b"sep="))?;
    match line[rest.len()..] {
        [delimiter] => Some(delimiter),
        _ => None,
    }
}

/// The delimiter of a sample; a comma where no row has two cells. The last row of a sample that is not the whole is not looked at.
pub(crate) fn found(sample: &[u8], is_whole: bool) -> u8 {
    if let Some(delimiter) = declared(sample) {
        return delimiter;
    }
    let mut best = (0, 0, b',');
    for delimiter in DELIMITERS {
        let (agreeing, cells) = agreement(sample, is_whole, delimiter);
        // Of two that agree alike, the one with more cells; of those, the first.
        if (agreeing, cells) > (best.0, best.1) {
            best = (agreeing, cells, delimiter);
        }
    }
    best.2
}

/// How many rows in a thousand have the most frequent number of cells, and that number; nothing for one cell a row.
fn agreement(sample: &[u8], is_whole: bool, delimiter: u8) -> (usize, usize) {
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(sample);
    let mut counts: Vec<usize> = reader
        .byte_records()
        .take(ROWS)
        .map_while(Result::ok)
        .map(|record| record.len())
        .collect();
    if !is_whole && counts.len() < ROWS && counts.len() > 1 {
        counts.pop();
    }
    let mut frequency: BTreeMap<usize, usize> = BTreeMap::new();
    for count in &counts {
        *frequency.entry(*count).or_default() += 1;
    }
    let most = frequency.into_iter().max_by_key(|(cells, rows)| (*rows, *cells));
    match most {
        Some((cells, rows)) if cells > 1 => (rows * 1000 / counts.len(), cells),
        _ => (0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_agree_determine_the_delimiter() {
        for (text, delimiter) in [
            ("a,b\n1,2\n", b','),
            ("a;b\n1,5;2,5\n1;\"x,y\nz\"\n", b';'),
            ("name;phone\nLee, Ann;1\nMay, Eve;2\n", b';'),
            ("a\tb\n1, 2\t3\n", b'\t'),
            ("a|b|c\n1|2|3\n", b'|'),
            ("sep=|\na|b\n1,2|3\n", b'|'),
            ("email\nann@example.com\n", b','),
            ("", b','),
        ] {
            assert_eq!(found(text.as_bytes(), true), delimiter, "{text:?}");
        }
    }

    #[test]
    fn a_row_that_the_sample_cuts_does_not_count() {
        assert_eq!(found(b"a;b;c\n1;2;3\n1,2,3,4,5;", false), b';');
    }
}
