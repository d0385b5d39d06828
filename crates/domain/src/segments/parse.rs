//! Reading the one-line form.

use super::field::{BUILT_IN, CUSTOM};
use super::formula::Arity;
use super::formula::{Aggregate, EventCondition, EventDateCondition, EventPlace, EventTimes, OrdersCondition, Within};
use super::{Condition, Definitions, Formula, Literal, Operator};
use crate::SegmentId;

/// Why a text is no formula.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {at}: {reason}")]
pub struct ParseError {
    /// Where, in characters from 1.
    pub at: usize,
    /// What was expected there.
    pub reason: &'static str,
}

/// Reads the one-line form that [`super::print`] writes. `and` binds closer than `or`; words are read in any case, names of segments to
/// the letter, quotes may be straight ones.
pub fn parse(text: &str, definitions: &Definitions) -> Result<Formula, ParseError> {
    let mut reader = Reader {
        text: text.chars().collect(),
        at: 0,
        nodes: 0,
        definitions,
    };
    let formula = reader.any(0)?;
    reader.blanks();
    if reader.at < reader.text.len() {
        return reader.fail("expected and, or, or the end");
    }
    Ok(formula)
}

struct Reader<'d> {
    text: Vec<char>,
    at: usize,
    nodes: usize,
    definitions: &'d Definitions,
}

impl Reader<'_> {
    fn fail<T>(&self, reason: &'static str) -> Result<T, ParseError> {
        Err(ParseError {
            at: self.at + 1,
            reason,
        })
    }

    fn blanks(&mut self) {
        while self
            .text
            .get(self.at)
            .is_some_and(|character| character.is_whitespace())
        {
            self.at += 1;
        }
    }

    /// Takes the words if they come next, with any blanks between them; says whether they did.
    fn take(&mut self, words: &str) -> bool {
        let before = self.at;
        for word in words.split(' ') {
            self.blanks();
            for expected in word.chars() {
                let found = self.text.get(self.at);
                if !found.is_some_and(|found| found.eq_ignore_ascii_case(&expected)) {
                    self.at = before;
                    return false;
                }
                self.at += 1;
            }
            let is_word = |character: &char| character.is_alphanumeric() || *character == '_';
            let last = word.chars().last();
            if last.is_some_and(char::is_alphanumeric) && self.text.get(self.at).is_some_and(is_word) {
                self.at = before;
                return false;
            }
        }
        true
    }

    fn any(&mut self, depth: usize) -> Result<Formula, ParseError> {
        let first = self.all(depth)?;
        let mut parts = vec![first];
        while self.take("or") {
            parts.push(self.all(depth)?);
        }
        Ok(one_or(parts, Formula::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Formula, ParseError> {
        let first = self.one(depth)?;
        let mut parts = vec![first];
        while self.take("and") {
            parts.push(self.one(depth)?);
        }
        Ok(one_or(parts, Formula::All))
    }

    fn one(&mut self, depth: usize) -> Result<Formula, ParseError> {
        self.nodes += 1;
        if depth > Formula::DEEPEST || self.nodes > Formula::MOST_NODES {
            return self.fail("the formula is too large");
        }
        if self.take("not") {
            return self.one(depth + 1).map(|part| Formula::Not(Box::new(part)));
        }
        if self.take("(") {
            let inside = self.any(depth + 1)?;
            return if self.take(")") {
                Ok(inside)
            } else {
                self.fail("expected )")
            };
        }
        if self.take("in segment") {
            return self.segment_number();
        }
        if self.take("in") {
            let name = self.quoted()?;
            return match self.definitions.segment_named(&name) {
                Some(id) => Ok(Formula::Segment(id)),
                None => self.fail("there is no segment of this name"),
            };
        }
        if self.take("event") {
            return self.event().map(Formula::Event);
        }
        if let Some(place) = EventPlace::ALL
            .into_iter()
            .find(|place| self.take(&format!("{} event", place.as_str())))
        {
            return self.event_date(place).map(Formula::EventDate);
        }
        if let Some((aggregate, _, _)) = Aggregate::ALL.into_iter().find(|(_, _, words)| self.take(words)) {
            return self.orders(aggregate).map(Formula::Orders);
        }
        self.condition().map(Formula::Condition)
    }

    fn event(&mut self) -> Result<EventCondition, ParseError> {
        let event = self.quoted()?;
        let at_least = self.take("at least");
        if !at_least && !self.take("at most") {
            return self.fail("expected at least or at most");
        }
        let Some(times) = self
            .bare()?
            .parse::<u64>()
            .ok()
            .filter(|times| *times <= Formula::MOST_TIMES)
        else {
            return self.fail("expected a whole number");
        };
        if !self.take("times") {
            return self.fail("expected times");
        }
        let count = if at_least {
            EventTimes::AtLeast(times)
        } else {
            EventTimes::AtMost(times)
        };
        Ok(EventCondition {
            event,
            count,
            within: self.within()?,
            filters: self.filters()?,
        })
    }

    fn event_date(&mut self, place: EventPlace) -> Result<EventDateCondition, ParseError> {
        let event = self.quoted()?;
        let (operator, values) = self.test()?;
        Ok(EventDateCondition {
            event,
            place,
            operator,
            values,
            filters: self.filters()?,
        })
    }

    fn within(&mut self) -> Result<Option<Within>, ParseError> {
        if self.take("in the last") {
            let days = self.literal()?;
            return if self.take("days") {
                Ok(Some(Within::LastDays(days)))
            } else {
                self.fail("expected days")
            };
        }
        let from = if self.take("from") { Some(self.literal()?) } else { None };
        let to = if self.take("to") { Some(self.literal()?) } else { None };
        let is_bound = from.is_some() || to.is_some();
        Ok(is_bound.then_some(Within::Between { from, to }))
    }

    fn orders(&mut self, aggregate: Aggregate) -> Result<OrdersCondition, ParseError> {
        let (operator, values) = self.test()?;
        Ok(OrdersCondition {
            aggregate,
            operator,
            values,
            filters: self.filters()?,
        })
    }

    fn filters(&mut self) -> Result<Vec<Condition>, ParseError> {
        let mut filters = Vec::new();
        if !self.take("where") {
            return Ok(filters);
        }
        if !self.take("(") {
            return self.fail("expected (");
        }
        loop {
            let field = self.quoted()?;
            let (operator, values) = self.test()?;
            filters.push(Condition {
                field,
                operator,
                values,
            });
            if self.take(")") {
                return Ok(filters);
            }
            if filters.len() == Formula::MOST_FILTERS || !self.take(",") {
                return self.fail("expected )");
            }
        }
    }

    fn segment_number(&mut self) -> Result<Formula, ParseError> {
        let number = self.bare()?;
        match number.parse().ok().filter(|id| *id > 0) {
            Some(id) => Ok(Formula::Segment(SegmentId(id))),
            None => self.fail("expected the number of a segment"),
        }
    }

    fn condition(&mut self) -> Result<Condition, ParseError> {
        let field = self.field()?;
        let (operator, values) = self.test()?;
        Ok(Condition {
            field,
            operator,
            values,
        })
    }

    fn test(&mut self) -> Result<(Operator, Vec<Literal>), ParseError> {
        // Longer words first: "is not empty" is not "is", and "is in the last" is not "is in".
        let mut operators = Operator::ALL;
        operators.sort_by_key(|operator| std::cmp::Reverse(operator.words().len()));
        let Some(operator) = operators.into_iter().find(|operator| self.take(operator.words())) else {
            return self.fail("expected an operator, as: is empty");
        };
        let values = self.values(operator)?;
        Ok((operator, values))
    }

    fn field(&mut self) -> Result<String, ParseError> {
        if self.take("field") {
            return self.quoted().map(|name| format!("{CUSTOM}{name}"));
        }
        let mut labels = BUILT_IN;
        labels.sort_by_key(|(_, label, _)| std::cmp::Reverse(label.len()));
        match labels.into_iter().find(|(_, label, _)| self.take(label)) {
            Some((name, _, _)) => Ok(name.to_owned()),
            None => self.fail("expected a field, not, in, or ("),
        }
    }

    fn values(&mut self, operator: Operator) -> Result<Vec<Literal>, ParseError> {
        Ok(match operator.arity() {
            Arity::None => Vec::new(),
            Arity::One => vec![self.literal()?],
            Arity::Two => {
                let least = self.literal()?;
                if !self.take("and") {
                    return self.fail("expected and");
                }
                vec![least, self.literal()?]
            }
            Arity::Many => self.list()?,
            Arity::Days => {
                let days = self.literal()?;
                let words = if operator == Operator::AnniversaryWithinDays {
                    "days of today"
                } else {
                    "days"
                };
                if !self.take(words) {
                    return self.fail("expected days");
                }
                vec![days]
            }
        })
    }

    fn list(&mut self) -> Result<Vec<Literal>, ParseError> {
        if !self.take("(") {
            return self.fail("expected (");
        }
        let mut values = vec![self.literal()?];
        while self.take(",") {
            if values.len() == Formula::MOST_VALUES {
                return self.fail("there are too many values");
            }
            values.push(self.literal()?);
        }
        if self.take(")") {
            Ok(values)
        } else {
            self.fail("expected , or )")
        }
    }

    fn literal(&mut self) -> Result<Literal, ParseError> {
        self.blanks();
        match self.text.get(self.at) {
            Some('“' | '"') => self.quoted().map(Literal::Text),
            _ => self.bare().map(Literal::Number),
        }
    }

    fn bare(&mut self) -> Result<String, ParseError> {
        self.blanks();
        let rest = &self.text[self.at..];
        let is_part = |character: &&char| character.is_ascii_alphanumeric() || "+-.".contains(**character);
        let number: String = rest.iter().take_while(is_part).collect();
        if !number.starts_with(|first: char| first.is_ascii_digit() || first == '-') {
            return self.fail("expected a number or a quoted text");
        }
        self.at += number.chars().count();
        Ok(number)
    }

    fn quoted(&mut self) -> Result<String, ParseError> {
        self.blanks();
        let end = match self.text.get(self.at) {
            Some('“') => '”',
            Some('"') => '"',
            _ => return self.fail("expected a quoted text"),
        };
        let begun = self.at;
        self.at += 1;
        let mut quoted = String::new();
        while let Some(character) = self.text.get(self.at).copied() {
            self.at += 1;
            match character {
                '\\' => {
                    let Some(escaped) = self.text.get(self.at).copied() else {
                        break;
                    };
                    self.at += 1;
                    quoted.push(match escaped {
                        'n' => '\n',
                        'r' => '\r',
                        other => other,
                    });
                }
                character if character == end => {
                    if quoted.is_empty() || quoted.chars().count() > Formula::LONGEST_VALUE {
                        self.at = begun;
                        return self.fail("the text must have 1 to 1000 characters");
                    }
                    return Ok(quoted);
                }
                other => quoted.push(other),
            }
        }
        self.at = begun;
        self.fail("the quoted text has no end")
    }
}

fn one_or(mut parts: Vec<Formula>, join: impl Fn(Vec<Formula>) -> Formula) -> Formula {
    match parts.pop() {
        Some(part) if parts.is_empty() => part,
        last => {
            parts.extend(last);
            join(parts)
        }
    }
}
