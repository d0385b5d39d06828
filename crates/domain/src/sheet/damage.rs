//! The kinds of damage that spreadsheet programs do.

use std::fmt;

/// What happened to a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DamageKind {
    /// Rows with too few or too many cells have values of other columns in it.
    Shifted,
    /// Values that could not be computed.
    ErrorValues,
    /// Formulas in place of values.
    Formulas,
    /// Numbers in scientific notation.
    Scientific,
    /// Identifiers that became dates.
    Dates,
    /// Whole numbers with a fraction of nothing.
    EmptyFractions,
    /// Numbers with separators of thousands.
    Grouped,
    /// The mark by which a cell is made a text.
    TextMarks,
    /// Results of a subtraction in place of phones.
    Negative,
    /// The last digits became zeros.
    Rounded,
    /// Leading zeros are gone.
    LostZeros,
    /// Phones that have neither a plus nor a country code.
    NoCountry,
}

impl DamageKind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Shifted,
        Self::ErrorValues,
        Self::Formulas,
        Self::Scientific,
        Self::Dates,
        Self::EmptyFractions,
        Self::Grouped,
        Self::TextMarks,
        Self::Negative,
        Self::Rounded,
        Self::LostZeros,
        Self::NoCountry,
    ];

    /// The stable name, for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shifted => "shifted",
            Self::ErrorValues => "error_values",
            Self::Formulas => "formulas",
            Self::Scientific => "scientific",
            Self::Dates => "dates",
            Self::EmptyFractions => "empty_fractions",
            Self::Grouped => "grouped",
            Self::TextMarks => "text_marks",
            Self::Negative => "negative",
            Self::Rounded => "rounded",
            Self::LostZeros => "lost_zeros",
            Self::NoCountry => "no_country",
        }
    }
}

impl fmt::Display for DamageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shifted => "has values of other columns, in rows with another number of cells than the header",
            Self::ErrorValues => "has error values such as #N/A, or ##### for what was too wide to be shown",
            Self::Formulas => "has formulas in place of values",
            Self::Scientific => "has numbers in scientific notation, such as 3.8E+11: their last digits are lost",
            Self::Dates => "has identifiers that a spreadsheet program turned into dates",
            Self::EmptyFractions => {
                "has whole numbers with a fraction, such as 123.0: they were stored as decimal numbers"
            }
            Self::Grouped => "has numbers with separators of thousands, such as 1 234 567",
            Self::TextMarks => "has values that begin with the apostrophe by which spreadsheet programs mark texts",
            Self::Negative => "has negative numbers in place of phones: they were computed as a subtraction",
            Self::Rounded => "has long numbers that end with zeros: their last digits were rounded away",
            Self::LostZeros => {
                "has numbers that are shorter than others which begin with zeros: their leading zeros are lost"
            }
            Self::NoCountry => "has phones without plus and country code; say the country in `defaultPhoneRegion`",
        })
    }
}
