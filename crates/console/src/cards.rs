//! A formula as cards: what a person builds a segment with.
//!
//! A card is one condition, or that a contact is in another segment. Cards are joined by all or by any. Whatever formulas can say beyond that
//! is written in one line of text.

use crate::fields::Fields;
use selfsame_domain::SegmentId;
use selfsame_domain::segments::{Arity, Condition, Definitions, Formula, Literal, Operator, Problem, parse, print};
use serde_json::{Value, json};

/// Before the number of a segment, where a card names one instead of a field.
pub(crate) const SEGMENT: &str = "segment:";

/// The most cards of a form.
const MOST: usize = 100;

/// One condition, as it stands in the form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Card {
    /// The name of the field, or [`SEGMENT`] and a number; blank when none was chosen.
    pub(crate) field: String,
    /// The name of the operator; blank when none was chosen.
    pub(crate) operator: String,
    /// Whether the condition must not hold.
    pub(crate) not: bool,
    /// The value; several stand in lines.
    pub(crate) value: String,
    /// The greatest value, where there are two.
    pub(crate) greatest: String,
}

/// A segment that is being built.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) name: String,
    /// Whether one of the cards is enough.
    pub(crate) any: bool,
    pub(crate) cards: Vec<Card>,
    /// The formula as text; then there are no cards.
    pub(crate) text: Option<String>,
}

/// What is wrong with a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DraftProblem {
    /// Which card; none for the whole.
    pub(crate) card: Option<usize>,
    /// What is wrong, in words; none when nothing was chosen or written yet.
    pub(crate) reason: Option<String>,
}

impl Card {
    fn read(fields: &Fields, index: usize) -> Self {
        let text = |name: &str| fields.text(&format!("{name}-{index}")).to_owned();
        Self {
            field: text("field"),
            operator: text("operator"),
            not: text("not") == "not",
            value: text("value"),
            greatest: text("greatest"),
        }
    }

    /// The number of the segment that it names.
    pub(crate) fn segment(&self) -> Option<SegmentId> {
        let number = self.field.strip_prefix(SEGMENT)?.parse().ok()?;
        Some(SegmentId(number))
    }

    /// Whether nothing was chosen yet.
    pub(crate) fn is_blank(&self) -> bool {
        self.field.is_empty()
    }

    fn json(&self) -> Value {
        let condition = match self.segment() {
            Some(segment) => json!({"segment": segment.0}),
            None => self.condition(),
        };
        if self.not { json!({"not": condition}) } else { condition }
    }

    fn condition(&self) -> Value {
        let value = match Operator::from_text(&self.operator).map(Operator::arity) {
            None | Some(Arity::None) => None,
            Some(Arity::One) => Some(literal(&self.value)),
            Some(Arity::Days) => Some(days(&self.value)),
            Some(Arity::Two) => Some(json!([literal(&self.value), literal(&self.greatest)])),
            Some(Arity::Many) => {
                let lines = self.value.lines().map(str::trim).filter(|line| !line.is_empty());
                Some(Value::Array(lines.map(literal).collect()))
            }
        };
        let mut condition = json!({"field": self.field, "op": self.operator});
        if let Some(value) = value {
            condition["value"] = value;
        }
        condition
    }

    /// The card of a formula, if it is one condition.
    fn of(formula: &Formula) -> Option<Self> {
        match formula {
            Formula::Not(part) => {
                let card = Self::of(part).filter(|card| !card.not)?;
                Some(Self { not: true, ..card })
            }
            Formula::Segment(id) => Some(Self {
                field: format!("{SEGMENT}{id}"),
                ..Self::default()
            }),
            Formula::Condition(condition) => Some(Self::of_condition(condition)),
            _ => None,
        }
    }

    fn of_condition(condition: &Condition) -> Self {
        let values: Vec<&str> = condition.values.iter().map(Literal::as_str).collect();
        let (value, greatest) = match (condition.operator.arity(), values.as_slice()) {
            (Arity::Two, [least, greatest]) => ((*least).to_owned(), (*greatest).to_owned()),
            _ => (values.join("\n"), String::new()),
        };
        Self {
            field: condition.field.clone(),
            operator: condition.operator.as_str().to_owned(),
            not: false,
            value,
            greatest,
        }
    }
}

fn literal(text: &str) -> Value {
    json!(text)
}

/// A number where it is one, so that the formula in words has no quotes around it.
fn days(text: &str) -> Value {
    text.parse::<u32>().map_or_else(|_| json!(text), |days| json!(days))
}

impl Draft {
    /// A draft with one card, on which nothing was chosen.
    pub(crate) fn new() -> Self {
        Self {
            cards: vec![Card::default()],
            ..Self::default()
        }
    }

    /// The draft of a segment that there is.
    pub(crate) fn of(name: &str, formula: &Formula, definitions: &Definitions) -> Self {
        let (any, parts) = match formula {
            Formula::All(parts) => (false, parts.as_slice()),
            Formula::Any(parts) => (true, parts.as_slice()),
            one => (false, std::slice::from_ref(one)),
        };
        let cards: Option<Vec<Card>> = parts.iter().map(Card::of).collect();
        let cards = cards.filter(|cards| cards.len() <= MOST);
        Self {
            name: name.to_owned(),
            any,
            text: cards.is_none().then(|| print(formula, definitions)),
            cards: cards.unwrap_or_default(),
        }
    }

    /// Reads the form.
    pub(crate) fn read(fields: &Fields) -> Self {
        let count = fields.text("cards").parse::<usize>().unwrap_or(0).min(MOST);
        let text = (fields.text("mode") == "text").then(|| fields.text("text").to_owned());
        Self {
            name: fields.text("name").to_owned(),
            any: fields.text("join") == "any",
            cards: (0..count).map(|index| Card::read(fields, index)).collect(),
            text,
        }
    }

    /// Does what a button of the form asks for: `add`, `remove-0`, `copy-0`, `up-0`, `down-0`. Any other leaves the cards as they are. Returns
    /// the card that the person goes on with.
    pub(crate) fn press(&mut self, button: &str) -> Option<usize> {
        let count = self.cards.len();
        if button == "add" && count < MOST {
            self.cards.push(Card::default());
            return Some(count);
        }
        let (what, index) = button.split_once('-')?;
        let index = index.parse::<usize>().ok().filter(|index| *index < count)?;
        match what {
            "remove" => {
                self.cards.remove(index);
                self.cards.len().checked_sub(1).map(|last| index.min(last))
            }
            "copy" if count < MOST => {
                let copy = self.cards[index].clone();
                self.cards.insert(index + 1, copy);
                Some(index + 1)
            }
            "up" if index > 0 => {
                self.cards.swap(index, index - 1);
                Some(index - 1)
            }
            "down" if index + 1 < count => {
                self.cards.swap(index, index + 1);
                Some(index + 1)
            }
            _ => None,
        }
    }

    /// The formula, or what is wrong with it as far as its form goes; whether fields and values are right, the use case says.
    pub(crate) fn formula(&self, definitions: &Definitions) -> Result<Formula, Vec<DraftProblem>> {
        if let Some(text) = &self.text {
            return parse(text, definitions).map_err(|error| {
                vec![DraftProblem {
                    card: None,
                    reason: Some(error.to_string()),
                }]
            });
        }
        if self.cards.is_empty() {
            let (card, reason) = (None, None);
            return Err(vec![DraftProblem { card, reason }]);
        }
        let unchosen = |(index, card): (usize, &Card)| {
            let is_unchosen = card.is_blank() || (card.operator.is_empty() && card.segment().is_none());
            is_unchosen.then_some(DraftProblem {
                card: Some(index),
                reason: None,
            })
        };
        let unchosen: Vec<DraftProblem> = self.cards.iter().enumerate().filter_map(unchosen).collect();
        if !unchosen.is_empty() {
            return Err(unchosen);
        }
        let cards: Vec<Value> = self.cards.iter().map(Card::json).collect();
        let join = if self.any { "any" } else { "all" };
        Formula::read(&json!({ join: cards })).map_err(by_card)
    }
}

/// What is wrong with the parts of a formula that [`Draft::formula`] made, by card.
pub(crate) fn by_card(problems: Vec<Problem>) -> Vec<DraftProblem> {
    let placed = |problem: Problem| DraftProblem {
        // `/all/0/not/value/1`
        card: problem.pointer.split('/').nth(2).and_then(|index| index.parse().ok()),
        reason: Some(problem.reason),
    };
    problems.into_iter().map(placed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(field: &str, operator: &str, value: &str) -> Card {
        Card {
            field: field.to_owned(),
            operator: operator.to_owned(),
            value: value.to_owned(),
            ..Card::default()
        }
    }

    fn draft(cards: Vec<Card>) -> Draft {
        Draft {
            name: "s".to_owned(),
            cards,
            ..Draft::default()
        }
    }

    #[test]
    fn cards_become_a_formula_and_come_back() {
        let definitions = Definitions::default();
        let cards = vec![
            card("externalCustomerId", "is_empty", ""),
            Card {
                not: true,
                ..card("town", "one_of", "Київ\nЛьвів")
            },
            Card {
                greatest: "2026-02-01".to_owned(),
                ..card("createdAt", "between", "2026-01-01")
            },
            card("updatedAt", "in_last_days", "30"),
            card("segment:7", "", ""),
        ];
        for any in [false, true] {
            let draft = Draft {
                any,
                ..draft(cards.clone())
            };
            let formula = draft.formula(&definitions).expect("a formula");
            assert_eq!(Draft::of("s", &formula, &definitions), draft);
        }
        let one = draft(vec![card("externalCustomerId", "is_empty", "")]);
        let formula = one.formula(&definitions).expect("a formula");
        assert_eq!(print(&formula, &definitions), "External ID is empty");
    }

    #[test]
    fn what_cards_cannot_show_is_text() {
        let definitions = Definitions::default();
        let text = "External ID is empty and (Email is empty or Phone is empty)";
        let formula = parse(text, &definitions).expect("a formula");
        let draft = Draft::of("s", &formula, &definitions);
        assert_eq!((draft.text.as_deref(), draft.cards.len()), (Some(text), 0));
        assert_eq!(draft.formula(&definitions), Ok(formula));
    }

    #[test]
    fn problems_are_those_of_a_card() {
        let definitions = Definitions::default();
        let problems = |cards| draft(cards).formula(&definitions).expect_err("problems");
        assert_eq!(problems(vec![])[0].card, None);
        let unchosen = problems(vec![
            card("email", "is_empty", ""),
            card("email", "", ""),
            Card::default(),
        ]);
        let at: Vec<_> = unchosen
            .iter()
            .map(|problem| (problem.card, problem.reason.is_some()))
            .collect();
        assert_eq!(at, [(Some(1), false), (Some(2), false)]);
        let blank = problems(vec![card("email", "is_empty", ""), card("town", "equals", "")]);
        assert_eq!(blank[0].card, Some(1));
        assert!(blank[0].reason.is_some());
        let wrong = draft(vec![]);
        let wrong = Draft {
            text: Some("External ID is".to_owned()),
            ..wrong
        };
        assert!(wrong.formula(&definitions).is_err());
    }

    #[test]
    fn buttons_move_cards() {
        let mut built = draft(vec![card("email", "", ""), card("town", "", "")]);
        let order = |draft: &Draft| draft.cards.iter().map(|card| card.field.clone()).collect::<Vec<_>>();
        assert_eq!(built.press("down-0"), Some(1));
        assert_eq!(order(&built), ["town", "email"]);
        assert_eq!(built.press("copy-1"), Some(2));
        assert_eq!(order(&built), ["town", "email", "email"]);
        assert_eq!(built.press("up-0"), None);
        assert_eq!(built.press("remove-2"), Some(1));
        assert_eq!(built.press("remove-0"), Some(0));
        assert_eq!(built.press("add"), Some(1));
        assert_eq!(order(&built), ["email", ""]);
        for other in ["", "remove", "remove-9", "remove-x", "preview", "done"] {
            assert_eq!(built.press(other), None, "{other}");
        }
        built.cards = vec![Card::default(); MOST];
        assert_eq!(built.press("add"), None);
        assert_eq!(built.press("copy-0"), None);
    }
}
