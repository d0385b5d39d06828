//! The accepted forms of times (wire fact): a date, a date and time, or a complete time of ISO 8601 with its offset.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use selfsame_domain::{Timestamp, to_micros};

/// The error of any other form.
pub(crate) const REASON: &str = "must be a date such as 2024-12-31, 2024-12-31T23:59 or 2024-12-31T23:59:59.000+02:00";

const WITH_OFFSET: [&str; 2] = ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z"];
const WITHOUT: [&str; 2] = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"];

/// Reads a time of the years 1 to 9999. Without an offset it is in UTC.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    // A blank may replace the T, as databases write it; lower case is allowed by RFC 3339.
    let text = text.trim().replacen(' ', "T", 1).to_ascii_uppercase();
    let with_offset = WITH_OFFSET.iter().find_map(|form| {
        let read = DateTime::parse_from_str(&text, form).ok()?;
        Some(read.with_timezone(&Utc))
    });
    let at = with_offset.or_else(|| {
        let time = WITHOUT
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(&text, form).ok());
        let date = || NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok();
        let whole = time.or_else(|| Some(date()?.and_time(NaiveTime::MIN)))?;
        Some(whole.and_utc())
    })?;
    is_storable(at).then(|| to_micros(at))
}

/// Whether the time is of the years 1 to 9999, which every database can store.
pub(crate) fn is_storable(at: Timestamp) -> bool {
    (1..=9999).contains(&at.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_wire_is_read() {
        for (text, at) in [
            ("2024-12-31", "2024-12-31T00:00:00+00:00"),
            ("2024-12-31T23:59", "2024-12-31T23:59:00+00:00"),
            (" 2024-12-31 23:59:58 ", "2024-12-31T23:59:58+00:00"),
            ("2024-12-31T23:59:58.1234567", "2024-12-31T23:59:58.123456+00:00"),
            ("2024-12-31t23:59:58z", "2024-12-31T23:59:58+00:00"),
            ("2024-12-31T23:59Z", "2024-12-31T23:59:00+00:00"),
            ("2024-12-31T23:59+02:00", "2024-12-31T21:59:00+00:00"),
            ("2024-12-31T23:59:58.5+0200", "2024-12-31T21:59:58.500+00:00"),
            ("2024-12-31T23:59:58-11:30", "2025-01-01T11:29:58+00:00"),
        ] {
            assert_eq!(parse(text).map(|at| at.to_rfc3339()).as_deref(), Some(at), "{text}");
        }
    }

    #[test]
    fn anything_else_is_not() {
        for text in [
            "",
            "31.12.2024",
            "2024-02-30",
            "2024-12-31T25:00",
            "1700000000",
            "+10000-01-01",
            "0000-01-01",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
