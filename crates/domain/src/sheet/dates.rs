//! In which order the numbers of a date are written.

/// In which order day, month and year come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DateOrder {
    /// Year, month, day.
    YearFirst,
    /// Day, month, year.
    DayFirst,
    /// Month, day, year.
    MonthFirst,
}

impl DateOrder {
    /// The order of a format such as `dd.MM.yyyy` or `MM/dd/yy`, in letters of any case.
    pub fn from_format(format: &str) -> Option<Self> {
        let letters = format.chars().filter(char::is_ascii_alphabetic);
        let mut letters: Vec<char> = letters.map(|letter| letter.to_ascii_lowercase()).collect();
        letters.dedup();
        match letters[..] {
            ['y', 'm', 'd'] => Some(Self::YearFirst),
            ['d', 'm', 'y'] => Some(Self::DayFirst),
            ['m', 'd', 'y'] => Some(Self::MonthFirst),
            _ => None,
        }
    }

    /// A format of the order.
    pub fn as_format(self) -> &'static str {
        match self {
            Self::YearFirst => "yyyy-MM-dd",
            Self::DayFirst => "dd/MM/yyyy",
            Self::MonthFirst => "MM/dd/yyyy",
        }
    }

    /// The date as custom fields read it (`yyyy-MM-dd`, or `dd.MM.yy` for a year of two digits), with its time if it has one; none for what is
    /// no date in this order.
    pub fn to_wire(self, text: &str) -> Option<String> {
        let (date, time) = match text.split_once([' ', 'T']) {
            Some((date, time)) => (date, Some(time)),
            None => (text, None),
        };
        let [a, b, c] = parts(date)?;
        // What begins with the year says so itself.
        let (year, month, day) = match self {
            _ if a.len() == 4 => (a, b, c),
            Self::YearFirst => return None,
            Self::DayFirst => (c, b, a),
            Self::MonthFirst => (c, a, b),
        };
        let number = |part: &str, most: u32| part.parse::<u32>().ok().filter(|number| (1..=most).contains(number));
        let (month, day) = (number(month, 12)?, number(day, 31)?);
        let date = match year.len() {
            4 => format!("{year}-{month:02}-{day:02}"),
            2 => format!("{day:02}.{month:02}.{year}"),
            _ => return None,
        };
        Some(match time.and_then(minutes) {
            Some(time) if year.len() == 4 => format!("{date}T{time}"),
            _ => date,
        })
    }
}

/// `HH:mm` of a time.
fn minutes(time: &str) -> Option<String> {
    let (hour, rest) = time.trim().split_once(':')?;
    let minute = rest.get(..2)?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(hour) && is_number(minute)).then(|| format!("{hour:0>2}:{minute}"))
}

fn parts(date: &str) -> Option<[&str; 3]> {
    let separator = date.chars().find(|char| matches!(char, '.' | '/' | '-'))?;
    let mut parts = date.split(separator);
    let parts = [parts.next()?, parts.next()?, parts.next()?];
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.iter().all(is_number).then_some(parts)
}

/// Which orders the dates of a column can be in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DateOrders {
    dates: u64,
    year_first: u64,
    with_points: u64,
    /// Those whose first number is no month.
    day_first: u64,
    /// Those whose second number is no month.
    month_first: u64,
    /// Those that are another date in the other order.
    ambiguous: u64,
    rows: Vec<u64>,
}

impl DateOrders {
    /// How many rows are named.
    const ROWS: usize = 5;

    /// Looks at a cell.
    pub fn note(&mut self, row: u64, text: &str) {
        let Some([a, b, _]) = parts(text.split([' ', 'T']).next().unwrap_or_default()) else {
            return;
        };
        self.dates += 1;
        if a.len() == 4 {
            self.year_first += 1;
            return;
        }
        self.with_points += u64::from(text.contains('.'));
        let above = |part: &str| part.parse::<u32>().is_ok_and(|number| number > 12);
        match (above(a), above(b)) {
            (true, false) => self.day_first += 1,
            (false, true) => self.month_first += 1,
            _ if a.trim_start_matches('0') != b.trim_start_matches('0') => {
                self.ambiguous += 1;
                if self.rows.len() < Self::ROWS {
                    self.rows.push(row);
                }
            }
            _ => {}
        }
    }

    /// The order, or the rows that can be read in two. Dates with points have the day first everywhere.
    pub fn order(&self) -> Result<DateOrder, &[u64]> {
        if self.dates == self.year_first {
            return Ok(DateOrder::YearFirst);
        }
        match (self.day_first > 0, self.month_first > 0) {
            (true, false) => Ok(DateOrder::DayFirst),
            (false, true) => Ok(DateOrder::MonthFirst),
            (false, false) if self.ambiguous == 0 || self.with_points + self.year_first == self.dates => {
                Ok(DateOrder::DayFirst)
            }
            _ if self.ambiguous == 0 => Ok(DateOrder::DayFirst),
            _ => Err(&self.rows),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(dates: &[&str]) -> Result<DateOrder, Vec<u64>> {
        let mut orders = DateOrders::default();
        (1..).zip(dates).for_each(|(row, date)| orders.note(row, date));
        orders.order().map_err(<[u64]>::to_vec)
    }

    #[test]
    fn one_date_that_fits_one_order_decides() {
        assert_eq!(order(&["01/02/2024", "31/01/2024"]), Ok(DateOrder::DayFirst));
        assert_eq!(order(&["01/02/2024", "01/31/2024"]), Ok(DateOrder::MonthFirst));
        assert_eq!(order(&["01/02/2024", "05/05/2024"]), Err(vec![1]));
        assert_eq!(order(&["31/01/2024", "01/31/2024", "01/02/2024"]), Err(vec![3]));
        assert_eq!(order(&["01.02.2024", "03.04.24"]), Ok(DateOrder::DayFirst));
        assert_eq!(order(&["2024-02-01", "", "soon"]), Ok(DateOrder::YearFirst));
    }

    #[test]
    fn dates_become_what_fields_read() {
        for (order, text, wire) in [
            (DateOrder::DayFirst, "1/2/2024", "2024-02-01"),
            (DateOrder::MonthFirst, "1/2/2024", "2024-01-02"),
            (DateOrder::MonthFirst, "12-31-24", "31.12.24"),
            (DateOrder::YearFirst, "2024-02-01", "2024-02-01"),
            (DateOrder::DayFirst, "2024-02-01 7:05:09", "2024-02-01T07:05"),
        ] {
            assert_eq!(order.to_wire(text).as_deref(), Some(wire), "{text}");
        }
        assert_eq!(DateOrder::MonthFirst.to_wire("31/01/2024"), None);
        assert_eq!(DateOrder::DayFirst.to_wire("soon"), None);
    }

    #[test]
    fn formats_are_read_by_their_letters() {
        assert_eq!(DateOrder::from_format("dd.MM.yyyy"), Some(DateOrder::DayFirst));
        assert_eq!(DateOrder::from_format("M/d/yy"), Some(DateOrder::MonthFirst));
        assert_eq!(DateOrder::from_format("YYYY-MM-DD"), Some(DateOrder::YearFirst));
        assert_eq!(DateOrder::from_format("yyyy"), None);
    }
}
