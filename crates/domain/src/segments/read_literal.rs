//! Values of conditions, read by the type of their field.

use super::span::{Edge, Span};
use super::{FieldType, Literal, Operator};
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use rust_decimal::Decimal;

/// The most days of a span that ends or begins now: ten years.
pub(super) const MOST_DAYS: u32 = 3_660;

/// A date or a time as it was written.
#[derive(Debug, Clone, Copy)]
struct Time {
    edge: Edge,
    unit: Unit,
}

/// How exactly a time was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Day,
    Minute,
    Second,
    Microsecond,
}

pub(super) fn number(literal: &Literal) -> Result<Decimal, String> {
    let text = literal.as_str();
    let plain = text.strip_prefix('-').unwrap_or(text);
    let digits = plain.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number = Decimal::from_str_exact(text).ok().filter(|_| digits);
    let number = number.filter(|number| number.mantissa().unsigned_abs() < 10_u128.pow(28));
    number
        .map(|number| number.normalize())
        .ok_or_else(|| "must be a number of at most 28 digits".to_owned())
}

pub(super) fn days(literal: &Literal, most: u32) -> Result<u32, String> {
    let days = literal.as_str().parse::<u32>().ok().filter(|days| *days <= most);
    days.ok_or_else(|| format!("must be a whole number of days from 0 to {most}"))
}

/// The spans of an operator on dates and times.
pub(super) fn spans(operator: Operator, values: &[Literal], held: FieldType) -> Result<Vec<Span>, (usize, String)> {
    let read = |index: usize| -> Result<Time, (usize, String)> {
        let literal = values.get(index).ok_or((index, "is missing".to_owned()))?;
        time(literal, held).map_err(|reason| (index, reason))
    };
    let relative = |from: i64, until: i64| {
        let from = Edge::Days {
            days: from,
            included: false,
        };
        let until = Edge::Days {
            days: until,
            included: true,
        };
        vec![Span {
            from: Some(from),
            until: Some(until),
        }]
    };
    let count = || {
        let literal = values.first().ok_or((0, "is missing".to_owned()))?;
        days(literal, MOST_DAYS).map(i64::from).map_err(|reason| (0, reason))
    };
    Ok(match operator {
        Operator::InLastDays => relative(-count()?, 0),
        Operator::InNextDays => relative(0, count()?),
        Operator::Before => vec![Span {
            from: None,
            until: Some(read(0)?.edge),
        }],
        Operator::After => vec![Span {
            from: Some(read(0)?.just_after()),
            until: None,
        }],
        Operator::Between => {
            let span = Span {
                from: Some(read(0)?.edge),
                until: Some(read(1)?.just_after()),
            };
            vec![span]
        }
        // Equals, and one of.
        _ => {
            let span = |index| {
                let time = read(index)?;
                Ok(Span {
                    from: Some(time.edge),
                    until: Some(time.end()),
                })
            };
            (0..values.len()).map(span).collect::<Result<_, _>>()?
        }
    })
}

impl Time {
    /// The end of the day, the minute or the second that was written.
    fn end(self) -> Edge {
        let step = match self.unit {
            Unit::Day => return self.next_day(),
            Unit::Minute => TimeDelta::minutes(1),
            Unit::Second => TimeDelta::seconds(1),
            Unit::Microsecond => TimeDelta::microseconds(1),
        };
        self.later(step)
    }

    /// The first moment after a time, and the first day after a date.
    fn just_after(self) -> Edge {
        match self.unit {
            Unit::Day => self.next_day(),
            _ => self.later(TimeDelta::microseconds(1)),
        }
    }

    fn next_day(self) -> Edge {
        match self.edge {
            Edge::Wall(time) => Edge::Wall(time.checked_add_days(Days::new(1)).unwrap_or(time)),
            other => other,
        }
    }

    fn later(self, step: TimeDelta) -> Edge {
        match self.edge {
            Edge::Wall(time) => Edge::Wall(time.checked_add_signed(step).unwrap_or(time)),
            Edge::Absolute(at) => Edge::Absolute(at.checked_add_signed(step).unwrap_or(at)),
            relative @ Edge::Days { .. } => relative,
        }
    }
}

fn time(literal: &Literal, held: FieldType) -> Result<Time, String> {
    let forms = match held {
        FieldType::Date => "must be a date: YYYY-MM-DD",
        FieldType::Local => "must be a date or a time without an offset: YYYY-MM-DD or YYYY-MM-DDTHH:MM",
        _ => "must be a date or a time: YYYY-MM-DD, YYYY-MM-DDTHH:MM, or with seconds and an offset as in RFC 3339",
    };
    let read = parse(literal.as_str()).filter(|time| match held {
        FieldType::Date => time.unit == Unit::Day,
        FieldType::Local => !matches!(time.edge, Edge::Absolute(_)),
        _ => true,
    });
    read.ok_or_else(|| forms.to_owned())
}

fn parse(text: &str) -> Option<Time> {
    // Years of four digits alone: so their texts order as they do.
    if text.get(4..5) != Some("-") {
        return None;
    }
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        let edge = Edge::Wall(day.and_time(NaiveTime::MIN));
        return (text.len() == 10).then_some(Time { edge, unit: Unit::Day });
    }
    let local = [("%Y-%m-%dT%H:%M", Unit::Minute), ("%Y-%m-%dT%H:%M:%S", Unit::Second)];
    for (format, unit) in local {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, format) {
            return Some(Time {
                edge: Edge::Wall(time),
                unit,
            });
        }
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        let at = crate::to_micros(time.with_timezone(&Utc));
        let unit = if text.contains('.') {
            Unit::Microsecond
        } else {
            Unit::Second
        };
        return Some(Time {
            edge: Edge::Absolute(at),
            unit,
        });
    }
    let (time, offset) = text.strip_suffix('Z').map_or((text, ""), |time| (time, "Z"));
    let minute = DateTime::parse_from_str(
        &format!("{time}{}", if offset == "Z" { "+00:00" } else { "" }),
        "%Y-%m-%dT%H:%M%:z",
    );
    minute.ok().map(|time| Time {
        edge: Edge::Absolute(time.with_timezone(&Utc)),
        unit: Unit::Minute,
    })
}

/// A number that is written out: digits, with a minus before them and a dot among them, at most 28 characters.
pub(super) fn plain_decimal(text: &str) -> Option<Decimal> {
    decimal(text).filter(|_| text.len() <= 28)
}

/// How two decimals in text form compare; none when one is no decimal that is written out. For databases that have none of their own.
pub fn compare_decimals(one: &str, other: &str) -> Option<std::cmp::Ordering> {
    Some(decimal(one)?.cmp(&decimal(other)?))
}

/// The sum of two decimals in text form; none when one is no decimal, or when the sum has too many digits.
pub fn add_decimals(one: &str, other: &str) -> Option<String> {
    decimal(one)?.checked_add(decimal(other)?).map(|sum| sum.to_string())
}

/// So many times a decimal in text form, likewise.
pub fn multiply_decimal(one: &str, times: i64) -> Option<String> {
    decimal(one)?
        .checked_mul(Decimal::from(times))
        .map(|product| product.to_string())
}

fn decimal(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let mut parts = [whole, fraction].into_iter();
    let is_written_out = parts.all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    Decimal::from_str_exact(text).ok().filter(|_| is_written_out)
}
