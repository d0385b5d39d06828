//! What a text looks like: the traces that spreadsheet programs leave.

use super::{Cell, CellKind};

/// Error values as programs write them, in the languages whose customers we know.
const ERRORS: [&str; 22] = [
    "#N/A",
    "#REF!",
    "#VALUE!",
    "#NAME?",
    "#DIV/0!",
    "#NUM!",
    "#NULL!",
    "#SPILL!",
    "#CALC!",
    "#ERROR!",
    "#GETTING_DATA",
    "#Н/Д",
    "#ССЫЛКА!",
    "#ЗНАЧ!",
    "#ИМЯ?",
    "#ДЕЛ/0!",
    "#ЧИСЛО!",
    "#ПУСТО!",
    "#ПОСИЛАННЯ!",
    "#ІМ'Я?",
    "#НД",
    "#NV",
];

/// Months as programs shorten them in `1-Mar`.
const MONTHS: [&str; 36] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "січ", "лют", "бер", "кві",
    "тра", "чер", "лип", "сер", "вер", "жов", "лис", "гру", "янв", "фев", "мар", "апр", "май", "июн", "июл", "авг",
    "сен", "окт", "ноя", "дек",
];

/// Characters by which programs group the digits of a number.
const GROUPING: [char; 6] = [' ', ',', '.', '\'', '\u{a0}', '\u{202f}'];

/// Whether it is a formula in place of its result.
pub(super) fn is_formula(cell: &Cell) -> bool {
    let mut chars = cell.text.chars();
    let starts = chars.next() == Some('=')
        && chars
            .next()
            .is_some_and(|next| next.is_alphanumeric() || matches!(next, '(' | '"' | '+' | '-' | '$' | '\''));
    starts || cell.kind == CellKind::Formula
}

/// Whether it stands for a value that could not be computed, or was too wide to be shown.
pub(super) fn is_error(cell: &Cell) -> bool {
    let text = cell.text.as_str();
    cell.kind == CellKind::Error
        || ERRORS.iter().any(|error| error.eq_ignore_ascii_case(text))
        || ERRORS.contains(&text.to_uppercase().as_str())
        || (text.len() >= 3 && text.bytes().all(|byte| byte == b'#'))
        || text
            .strip_prefix("Err:")
            .is_some_and(|code| !code.is_empty() && is_digits(code))
}

/// Whether it is a number in scientific notation, as programs show numbers of 12 digits and more: `3.80501E+11`. An ID such as `12E3` is none.
pub(super) fn is_scientific(text: &str) -> bool {
    let text = text.trim_start_matches(['+', '-', '\'']);
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else {
        return false;
    };
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, "0"));
    let Some(digits) = exponent.strip_prefix(['+', '-']) else {
        // Without a sign, only what has a fraction is a number.
        return mantissa.len() > whole.len() && is_digits(whole) && is_digits(fraction) && is_digits(exponent);
    };
    whole.len() <= 3 && is_digits(whole) && is_digits(fraction) && (1..=3).contains(&digits.len()) && is_digits(digits)
}

/// Whether it is a whole number with a fraction of nothing: `380501234567.0`.
pub(super) fn is_with_empty_fraction(text: &str) -> bool {
    fraction(text).is_some_and(|fraction| fraction.bytes().all(|byte| byte == b'0'))
}

/// The digits behind the only point or comma of a number.
pub(super) fn fraction(text: &str) -> Option<&str> {
    let (whole, fraction) = text.split_once(['.', ','])?;
    let is_short = fraction.len() <= 2;
    (is_digits(whole) && is_digits(fraction) && is_short).then_some(fraction)
}

/// Whether it is a number whose digits were grouped by thousands: `1 234 567`.
pub(super) fn is_grouped(text: &str) -> bool {
    let Some(separator) = text.chars().find(|char| !char.is_ascii_digit()) else {
        return false;
    };
    let mut groups = text.split(separator);
    let first = groups.next().unwrap_or_default();
    GROUPING.contains(&separator)
        && (1..=3).contains(&first.len())
        && is_digits(first)
        && groups.all(|group| group.len() == 3 && is_digits(group))
}

/// Whether the mark by which a cell is made a text has leaked into it: `'0501234567`.
pub(super) fn has_text_mark(text: &str) -> bool {
    text.strip_prefix('\'')
        .is_some_and(|rest| rest.starts_with(|char: char| char == '+' || char.is_ascii_digit()))
}

/// What three numbers with the separators of dates between them are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DateShape {
    /// No such three numbers.
    None,
    /// They are a date.
    Date,
    /// They are none, although they are written as one: the column has codes of this form.
    Other,
}

/// Whether a text is a date, or three numbers of the same form that are none. A time may follow.
pub(super) fn date_shape(text: &str) -> DateShape {
    let day = text.split([' ', 'T']).next().unwrap_or_default();
    if has_month_name(text) {
        return DateShape::Date;
    }
    let Some(separator) = day.chars().find(|char| matches!(char, '.' | '/' | '-')) else {
        return DateShape::None;
    };
    let parts: Vec<&str> = day.split(separator).collect();
    let [first, second, third] = parts[..] else {
        return DateShape::None;
    };
    let number = |part: &str| (is_digits(part) && part.len() <= 4).then(|| part.parse::<u32>().unwrap_or(u32::MAX));
    let (Some(a), Some(b), Some(c)) = (number(first), number(second), number(third)) else {
        return DateShape::None;
    };
    let fits = |day: u32, month: u32| (1..=31).contains(&day) && (1..=12).contains(&month);
    let is_year = |part: &str, year: u32| part.len() == 2 || (part.len() == 4 && (1000..=2999).contains(&year));
    match (first.len(), second.len(), third.len()) {
        (4, 1 | 2, 1 | 2) if is_year(first, a) && fits(c, b) => DateShape::Date,
        (1 | 2, 1 | 2, 2 | 4) if is_year(third, c) && (fits(a, b) || fits(b, a)) => DateShape::Date,
        (4, 1 | 2, 1 | 2) | (1 | 2, 1 | 2, 2 | 4) => DateShape::Other,
        _ => DateShape::None,
    }
}

/// `1-Mar`, `Mar-85`, `01-Mar-2024`, `1 бер`.
fn has_month_name(text: &str) -> bool {
    let parts: Vec<&str> = text
        .split(['-', ' ', '.', '/'])
        .filter(|part| !part.is_empty())
        .collect();
    if !(2..=3).contains(&parts.len()) {
        return false;
    }
    let is_month = |part: &&str| {
        let part = part.to_lowercase();
        part.chars().count() <= 4 && MONTHS.iter().any(|month| part.starts_with(month))
    };
    let is_number = |part: &&str| is_digits(part) && part.len() <= 4;
    parts.iter().filter(|part| is_month(part)).count() == 1
        && parts.iter().all(|part| is_month(part) || is_number(part))
}

/// Whether it has digits alone, and at least one.
pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// How many zeros it ends with.
pub(super) fn zeros_at_end(digits: &str) -> usize {
    digits.len() - digits.trim_end_matches('0').len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scientific_notation_is_distinguished_from_codes() {
        for text in [
            "3.80501E+11",
            "3,80501E+11",
            "1E+05",
            "3.8e+11",
            "+3.80501E+11",
            "1.5E10",
        ] {
            assert!(is_scientific(text), "{text}");
        }
        for text in [
            "12E3",
            "E+11",
            "1E",
            "AE+10",
            "123456E+1",
            "3.80501",
            "a@e+1.example",
            "",
        ] {
            assert!(!is_scientific(text), "{text}");
        }
    }

    #[test]
    fn dates_are_distinguished_from_codes() {
        for text in [
            "01.02.2024",
            "2024-02-01",
            "1/2/24",
            "2024-02-01 10:00",
            "1-Mar",
            "Mar-85",
            "01-Mar-2024",
            "1 бер",
        ] {
            assert_eq!(date_shape(text), DateShape::Date, "{text}");
        }
        assert_eq!(date_shape("12-34-56"), DateShape::Other);
        assert_eq!(date_shape("99-10-77"), DateShape::Other);
        for text in [
            "050-123-45-67",
            "C-1-2",
            "1.2",
            "mar",
            "march-hare",
            "10-marble",
            "0501234567",
            "",
        ] {
            assert_eq!(date_shape(text), DateShape::None, "{text}");
        }
    }

    #[test]
    fn numbers_formulas_and_errors() {
        assert!(is_with_empty_fraction("380501234567.0") && is_with_empty_fraction("7,00"));
        assert!(!is_with_empty_fraction("1.5") && !is_with_empty_fraction("1.000") && !is_with_empty_fraction("12"));
        assert!(is_grouped("1 234 567") && is_grouped("1,234") && !is_grouped("1 23") && !is_grouped("1234"));
        for (text, expected) in [
            ("=VLOOKUP(A1,B:B,1)", true),
            ("=A1", true),
            ("=", false),
            ("a=b", false),
        ] {
            assert_eq!(is_formula(&Cell::text(text)), expected, "{text}");
        }
        assert!(is_formula(&Cell::of(CellKind::Formula, "=")));
        assert!(has_text_mark("'0501") && has_text_mark("'+380") && !has_text_mark("'tis"));
        for text in ["#N/A", "#n/a", "#Н/Д", "####", "Err:502"] {
            assert!(is_error(&Cell::text(text)), "{text}");
        }
        for text in ["N/A", "#1", "##", "Err:", "# 7"] {
            assert!(!is_error(&Cell::text(text)), "{text}");
        }
    }
}
