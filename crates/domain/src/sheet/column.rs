//! Whether a spreadsheet program has damaged a column.

use super::damage::DamageKind;
use super::shape::{self, DateShape};
use super::{Cell, CellKind};
use crate::values::{Phone, Region, ValueError};
use std::collections::BTreeSet;

/// How many rows are named that show a damage.
const ROWS: usize = 5;
/// How many different values are kept to distinguish a repeated one from several.
const DISTINCT: usize = 8;
/// How many phones are read to see whether they have a country.
const PHONES_READ: u64 = 2_000;
/// How many digits of a number spreadsheet programs keep.
const PRECISION: usize = 15;
/// How many digits scientific notation with six significant ones takes away at least, and of how many.
const SHOWN: (usize, usize) = (5, 11);
/// The longest run of digits that is looked at one by one.
const LONGEST: usize = 40;

/// What a column holds, as far as damage depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnRole {
    /// Phones.
    Phone,
    /// Emails.
    Email,
    /// Other identifiers: external IDs, contact IDs, tokens, custom fields that identify.
    Code,
    /// A value that identifies no contact.
    Text,
}

impl ColumnRole {
    /// The damage that a single cell shows by itself.
    pub fn damage_of(self, cell: &Cell) -> Option<DamageKind> {
        let text = cell.text.as_str();
        let identifies = matches!(self, Self::Phone | Self::Code);
        if shape::is_error(cell) {
            Some(DamageKind::ErrorValues)
        } else if shape::is_formula(cell) {
            Some(DamageKind::Formulas)
        } else if identifies && shape::is_scientific(text) {
            Some(DamageKind::Scientific)
        } else if identifies && cell.kind == CellKind::Date {
            Some(DamageKind::Dates)
        } else if identifies && shape::has_text_mark(text) {
            Some(DamageKind::TextMarks)
        } else if self == Self::Phone && text.len() > 7 && shape::is_with_empty_fraction(text) {
            Some(DamageKind::EmptyFractions)
        } else if self == Self::Phone && text.starts_with('-') {
            Some(DamageKind::Negative)
        } else {
            None
        }
    }
}

/// A damage of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// What happened.
    pub kind: DamageKind,
    /// In how many cells it shows.
    pub cells: u64,
    /// The first rows that show it.
    pub rows: Vec<u64>,
}

/// Cells that show something.
#[derive(Debug, Clone, Default)]
struct Mark {
    cells: u64,
    rows: Vec<u64>,
}

impl Mark {
    fn note(&mut self, row: u64) {
        self.cells += 1;
        if self.rows.len() < ROWS {
            self.rows.push(row);
        }
    }

    fn damage(&self, kind: DamageKind) -> Option<Damage> {
        (self.cells > 0).then(|| Damage {
            kind,
            cells: self.cells,
            rows: self.rows.clone(),
        })
    }
}

/// Numbers of which some end with zeros.
#[derive(Debug, Clone, Default)]
struct Zeros {
    all: u64,
    round: Mark,
    values: BTreeSet<String>,
    /// How many round ones chance makes.
    expected: f64,
}

impl Zeros {
    fn note(&mut self, row: u64, digits: &str, is_round: bool, chance: f64) {
        self.all += 1;
        self.expected += chance;
        if is_round {
            self.round.note(row);
            if self.values.len() < DISTINCT {
                self.values.insert(digits.to_owned());
            }
        }
    }

    /// Whether there are more round numbers than chance makes: all of them, or several different ones.
    #[allow(clippy::cast_precision_loss, reason = "a comparison with an estimate")]
    fn is_suspicious(&self) -> bool {
        let round = self.round.cells;
        round > 0
            && (round == self.all
                || (self.values.len() >= 3 && round as f64 > self.expected + 3.0 * self.expected.sqrt() + 1.0))
    }
}

/// Numbers without any other character, by their length.
#[derive(Debug, Clone, Default)]
struct Lengths {
    /// Those that begin with a zero.
    padded: Vec<u64>,
    /// The others.
    bare: Vec<Mark>,
    last: Option<(usize, String)>,
    ascends: u64,
    descends: u64,
}

/// What a text is at first sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Email,
    Digits,
    Text,
}

/// What was seen of a column. Bounded, however long the column is.
#[derive(Debug, Clone)]
pub struct ColumnStats {
    role: ColumnRole,
    region: Option<Region>,
    /// Cells that have a value.
    cells: u64,
    errors: Mark,
    formulas: Mark,
    scientific: Mark,
    dates: Mark,
    /// Cells in the form of dates that are none.
    other_dates: u64,
    fractions: Mark,
    /// Numbers with a fraction that says something.
    other_fractions: u64,
    grouped: Mark,
    /// Numbers of four digits and more without separators.
    ungrouped: u64,
    text_marks: Mark,
    negative: Mark,
    /// Numbers of more digits than programs keep.
    long: Zeros,
    /// Numbers of so many digits that programs show them in scientific notation.
    shown: Zeros,
    lengths: Lengths,
    phones_read: u64,
    no_country: Mark,
    /// Cells by [`Class`], in rows with as many cells as the header.
    classes: [u64; 3],
    /// The same in other rows.
    shifted: [Mark; 3],
}

impl ColumnStats {
    /// Of a column. `region` is that in which phones without a country are read.
    pub fn new(role: ColumnRole, region: Option<Region>) -> Self {
        Self {
            role,
            region,
            cells: 0,
            errors: Mark::default(),
            formulas: Mark::default(),
            scientific: Mark::default(),
            dates: Mark::default(),
            other_dates: 0,
            fractions: Mark::default(),
            other_fractions: 0,
            grouped: Mark::default(),
            ungrouped: 0,
            text_marks: Mark::default(),
            negative: Mark::default(),
            long: Zeros::default(),
            shown: Zeros::default(),
            lengths: Lengths::default(),
            phones_read: 0,
            no_country: Mark::default(),
            classes: [0; 3],
            shifted: <[Mark; 3]>::default(),
        }
    }

    /// Looks at a cell. `is_whole` says whether its row has as many cells as the header.
    pub fn note(&mut self, row: u64, cell: &Cell, is_whole: bool) {
        if cell.is_blank() {
            return;
        }
        self.cells += 1;
        let text = cell.text.as_str();
        let class = Class::of(text);
        if is_whole {
            self.classes[class as usize] += 1;
        } else {
            self.shifted[class as usize].note(row);
        }
        if shape::is_error(cell) {
            self.errors.note(row);
            return;
        }
        if shape::is_formula(cell) {
            self.formulas.note(row);
            return;
        }
        if matches!(self.role, ColumnRole::Phone | ColumnRole::Code) {
            self.note_identifier(row, cell);
        }
    }

    fn note_identifier(&mut self, row: u64, cell: &Cell) {
        let text = cell.text.as_str();
        if shape::is_scientific(text) {
            self.scientific.note(row);
            return;
        }
        match shape::date_shape(text) {
            DateShape::Date => self.dates.note(row),
            _ if cell.kind == CellKind::Date => self.dates.note(row),
            DateShape::Other => self.other_dates += 1,
            DateShape::None => {}
        }
        if shape::is_with_empty_fraction(text) && (self.role == ColumnRole::Code || text.len() > 7) {
            self.fractions.note(row);
        } else if shape::fraction(text).is_some() {
            self.other_fractions += 1;
        }
        if shape::has_text_mark(text) {
            self.text_marks.note(row);
        }
        if self.role == ColumnRole::Phone {
            self.note_phone(row, text);
        } else if shape::is_grouped(text) {
            self.grouped.note(row);
        }
        let digits = text.strip_prefix('+').unwrap_or(text);
        if shape::is_digits(digits) {
            self.ungrouped += u64::from(digits.len() >= 4);
            self.note_zeros(row, digits, cell.kind == CellKind::Number);
            self.lengths.note(row, digits);
        }
    }

    fn note_phone(&mut self, row: u64, text: &str) {
        if text
            .strip_prefix('-')
            .is_some_and(|rest| rest.starts_with(|char: char| char.is_ascii_digit()))
        {
            self.negative.note(row);
        }
        if self.phones_read < PHONES_READ {
            self.phones_read += 1;
            if matches!(Phone::parse(text, self.region.as_ref()), Err(ValueError::NoPhoneRegion)) {
                self.no_country.note(row);
            }
        }
    }

    fn note_zeros(&mut self, row: u64, digits: &str, is_number: bool) {
        let significant = digits.trim_start_matches('0');
        let zeros = shape::zeros_at_end(significant);
        if significant.len() > PRECISION {
            let lost = significant.len() - PRECISION;
            // Of a number cell more digits than these are never kept.
            let is_round = zeros >= lost || is_number;
            self.long.note(
                row,
                significant,
                is_round,
                0.1_f64.powi(i32::try_from(lost).unwrap_or(i32::MAX)),
            );
        } else if significant.len() >= SHOWN.1 {
            self.shown.note(row, significant, zeros >= SHOWN.0, 1e-3);
        }
    }

    /// What happened to the column, the worst first; nothing for a column that is as it was written.
    pub fn damages(&self) -> Vec<Damage> {
        let found = [
            self.shift(),
            self.errors.damage(DamageKind::ErrorValues),
            self.formulas.damage(DamageKind::Formulas),
            self.scientific.damage(DamageKind::Scientific),
            self.dates.damage(DamageKind::Dates).filter(|_| self.other_dates == 0),
            self.fractions
                .damage(DamageKind::EmptyFractions)
                .filter(|_| self.other_fractions == 0),
            self.grouped.damage(DamageKind::Grouped).filter(|_| self.ungrouped == 0),
            self.text_marks.damage(DamageKind::TextMarks),
            self.negative.damage(DamageKind::Negative),
            self.rounded(),
            self.lengths.lost_zeros().filter(|_| self.role == ColumnRole::Code),
            self.no_country
                .damage(DamageKind::NoCountry)
                .filter(|_| self.no_country.cells * 5 >= self.phones_read),
        ];
        found.into_iter().flatten().collect()
    }

    fn rounded(&self) -> Option<Damage> {
        let of = |zeros: &Zeros| {
            zeros
                .round
                .damage(DamageKind::Rounded)
                .filter(|_| zeros.is_suspicious())
        };
        of(&self.long).or_else(|| of(&self.shown))
    }

    /// Values that no whole row has here: of a class that is not there, in a column of one class.
    fn shift(&self) -> Option<Damage> {
        let whole: u64 = self.classes.iter().sum();
        let most = self.classes.iter().max().copied().unwrap_or_default();
        if whole < 2 || most * 20 < whole * 19 {
            return None;
        }
        let foreign = self.shifted.iter().zip(self.classes).filter(|(_, whole)| *whole == 0);
        foreign
            .map(|(mark, _)| mark)
            .find_map(|mark| mark.damage(DamageKind::Shifted))
    }
}

impl Lengths {
    fn note(&mut self, row: u64, digits: &str) {
        let length = digits.len();
        if length >= LONGEST {
            return;
        }
        if digits.len() > 1 && digits.starts_with('0') {
            self.padded.resize(LONGEST, 0);
            self.padded[length] += 1;
            return;
        }
        self.bare.resize_with(LONGEST, Mark::default);
        self.bare[length].note(row);
        let this = (length, digits.to_owned());
        match self.last.as_ref().map(|last| last.cmp(&this)) {
            Some(std::cmp::Ordering::Less) => self.ascends += 1,
            Some(std::cmp::Ordering::Greater) => self.descends += 1,
            _ => {}
        }
        self.last = Some(this);
    }

    fn lost_zeros(&self) -> Option<Damage> {
        let bare = |range: std::ops::Range<usize>| self.bare.get(range).unwrap_or_default();
        let width = self.padded.iter().rposition(|cells| *cells > 0);
        let width = match width {
            Some(width) if bare(width + 1..LONGEST).iter().all(|mark| mark.cells == 0) => width,
            Some(_) => return None,
            None => self.likely_width()?,
        };
        let shorter = bare(0..width).iter().rev().filter(|mark| mark.cells > 0);
        let mut damage = Damage {
            kind: DamageKind::LostZeros,
            cells: 0,
            rows: Vec::new(),
        };
        for mark in shorter {
            damage.cells += mark.cells;
            damage
                .rows
                .extend(mark.rows.iter().take(ROWS - damage.rows.len().min(ROWS)));
        }
        damage.rows.sort_unstable();
        (damage.cells > 0).then_some(damage)
    }

    /// The width of numbers that all had the same one before a tenth of them lost a zero, and a hundredth two: of random digits. Numbers that
    /// were counted come in their order.
    fn likely_width(&self) -> Option<usize> {
        let cells: u64 = self.bare.iter().map(|mark| mark.cells).sum();
        let width = self.bare.iter().rposition(|mark| mark.cells > 0)?;
        let (most, next) = (self.bare[width].cells, self.bare.get(width.checked_sub(1)?)?.cells);
        let is_tenth = next * 100 >= cells * 3 && next * 100 <= cells * 17;
        let is_sorted = self.ascends == 0 || self.descends == 0;
        (cells >= 30 && width >= 6 && most * 100 >= cells * 80 && is_tenth && !is_sorted).then_some(width)
    }
}

impl Class {
    fn of(text: &str) -> Self {
        if text.contains('@') {
            return Self::Email;
        }
        let counts =
            |char: char| char.is_ascii_digit() || matches!(char, '+' | '-' | '.' | '/' | '(' | ')' | ' ' | ',' | ':');
        if text.chars().all(counts) && text.contains(|char: char| char.is_ascii_digit()) {
            Self::Digits
        } else {
            Self::Text
        }
    }
}
