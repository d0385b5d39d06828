//! Dates and times of custom fields.

use super::ValueError;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

/// How many years ahead of today a year of two digits may be: birthdays are in the past, terms of contracts soon.
const MOST_AHEAD: i32 = 10;

/// The form in which dates are returned (wire fact).
const DATE: &str = "%Y-%m-%d";

/// The form in which dates with times are returned (wire fact).
const DATE_TIME: &str = "%Y-%m-%dT%H:%M";

/// Reads `yyyy-MM-dd`, `dd/MM/yyyy`, `dd.MM.yyyy` or `dd.MM.yy` (wire fact); years 1 to 9999.
///
/// A year of two digits is the latest one that is at most ten years after `this_year`: in 2026, 36 is 2036 and 37 is 1937.
pub(super) fn parse_date(text: &str, this_year: i32) -> Result<NaiveDate, ValueError> {
    let date = if let Some([year, month, day]) = parts(text, '-') {
        date(four_digit_year(year), month, day)
    } else if let Some([day, month, year]) = parts(text, '/') {
        date(four_digit_year(year), month, day)
    } else if let Some([day, month, year]) = parts(text, '.') {
        date(
            four_digit_year(year).or_else(|| two_digit_year(year, this_year)),
            month,
            day,
        )
    } else {
        None
    };
    date.ok_or(ValueError::NotADate)
}

/// Reads `yyyy-MM-ddTHH:mm` (wire fact); years 1 to 9999, hours 0 to 23.
pub(super) fn parse_date_time(text: &str) -> Result<NaiveDateTime, ValueError> {
    date_time(text).ok_or(ValueError::NotADateTime)
}

/// The date as [`parse_date`] reads it.
pub(super) fn date_to_wire(date: NaiveDate) -> String {
    date.format(DATE).to_string()
}

/// The date and time as [`parse_date_time`] reads it.
pub(super) fn date_time_to_wire(at: NaiveDateTime) -> String {
    at.format(DATE_TIME).to_string()
}

fn date_time(text: &str) -> Option<NaiveDateTime> {
    let (day, time) = text.split_once('T')?;
    let [year, month, day] = parts(day, '-')?;
    let (hour, minute) = time.split_once(':')?;
    let time = NaiveTime::from_hms_opt(number(hour, 2)?, number(minute, 2)?, 0)?;
    date(four_digit_year(year), month, day).map(|date| date.and_time(time))
}

fn parts(text: &str, separator: char) -> Option<[&str; 3]> {
    let (first, rest) = text.split_once(separator)?;
    let (second, third) = rest.split_once(separator)?;
    Some([first, second, third])
}

fn date(year: Option<i32>, month: &str, day: &str) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year?, number(month, 2)?, number(day, 2)?)
}

/// Databases disagree on whether there is a year 0, and calendars have none.
fn four_digit_year(text: &str) -> Option<i32> {
    number(text, 4)
        .filter(|year| *year > 0)
        .and_then(|year| i32::try_from(year).ok())
}

fn two_digit_year(text: &str, this_year: i32) -> Option<i32> {
    let year = i32::try_from(number(text, 2)?).ok()?;
    let latest = this_year + MOST_AHEAD;
    Some(latest - (latest - year).rem_euclid(100))
}

fn number(text: &str, digits: usize) -> Option<u32> {
    let all_digits = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wire(text: &str) -> Option<String> {
        parse_date(text, 2026).ok().map(date_to_wire)
    }

    #[test]
    fn every_form_of_a_date() {
        for text in ["2024-02-29", "29/02/2024", "29.02.2024", "29.02.24"] {
            assert_eq!(wire(text).as_deref(), Some("2024-02-29"), "{text}");
        }
        assert_eq!(wire("0001-01-01").as_deref(), Some("0001-01-01"));
    }

    #[test]
    fn years_of_two_digits_are_at_most_ten_years_ahead() {
        for (text, this_year, date) in [
            ("16.07.58", 2026, "1958-07-16"),
            ("01.01.36", 2026, "2036-01-01"),
            ("01.01.37", 2026, "1937-01-01"),
            ("01.01.00", 2026, "2000-01-01"),
            ("29.02.00", 2026, "2000-02-29"),
            ("01.01.99", 1995, "1999-01-01"),
            ("01.01.05", 1995, "2005-01-01"),
            ("01.01.06", 1995, "1906-01-01"),
        ] {
            let read = parse_date(text, this_year).map(date_to_wire);
            assert_eq!(read.as_deref(), Ok(date), "{text} in {this_year}");
        }
    }

    #[test]
    fn refuses_other_dates() {
        for text in [
            "2023-02-29",
            "2024-13-01",
            "2024-1-1",
            "24-01-01",
            "01/01/24",
            "0000-01-01",
            "12024-01-01",
            "2024/01/01",
            "2024-01-01T00:00",
            "01.01.2024.",
            "+001-01-01",
            "today",
            "",
        ] {
            assert_eq!(parse_date(text, 2026), Err(ValueError::NotADate), "{text}");
        }
    }

    #[test]
    fn dates_with_times() {
        assert_eq!(
            parse_date_time("2024-12-31T23:59").map(date_time_to_wire).as_deref(),
            Ok("2024-12-31T23:59")
        );
        for text in [
            "2024-12-31T24:00",
            "2024-12-31T23:60",
            "2024-12-31 23:59",
            "2024-12-31T23:59:00",
            "31.12.2024T23:59",
            "2024-12-31T9:05",
            "2024-12-31",
            "T",
        ] {
            assert_eq!(parse_date_time(text), Err(ValueError::NotADateTime), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn never_panics(text in any::<String>(), digits in "[0-9./T:-]{0,20}") {
            for text in [text, digits] {
                let _ = parse_date(&text, 2026);
                let _ = parse_date_time(&text);
            }
        }

        #[test]
        fn every_day_is_read_back(year in 1..=9999, day in 1..=366_u32, minute in 0..1440_u32) {
            let date = NaiveDate::from_yo_opt(year, day);
            let at = date.and_then(|date| date.and_hms_opt(minute / 60, minute % 60, 0));
            prop_assert_eq!(date.and_then(|date| parse_date(&date_to_wire(date), 2026).ok()), date);
            prop_assert_eq!(at.and_then(|at| parse_date_time(&date_time_to_wire(at)).ok()), at);
        }
    }
}
