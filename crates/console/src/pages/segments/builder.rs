//! The form in which a segment is built.

use crate::cards::{Card, Draft, DraftProblem, SEGMENT};
use crate::contact_view::ContactRow;
use crate::page::{Choice, Page};
use crate::texts::Texts;
use askama::Template;
use selfsame_application::Preview;
use selfsame_domain::SegmentId;
use selfsame_domain::segments::{Arity, Definitions, Field, FieldChoice, FieldType, Operator, field_choices};

/// Something to choose, under a heading.
pub(super) struct Group {
    pub(super) label: String,
    pub(super) choices: Vec<Choice>,
}

/// What a card asks for besides field and operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inputs {
    None,
    One,
    Two,
    Lines,
    Days,
}

/// A card as the form shows it.
#[expect(clippy::struct_excessive_bools, reason = "each is one switch of the template")]
pub(super) struct CardView {
    pub(super) index: usize,
    /// From 1, for people.
    pub(super) number: String,
    pub(super) fields: Vec<Group>,
    pub(super) operators: Vec<Choice>,
    /// Whether it names a segment, which needs no operator.
    pub(super) is_segment: bool,
    pub(super) not: bool,
    pub(super) inputs: Inputs,
    /// The type of the inputs (HTML).
    pub(super) input_type: &'static str,
    pub(super) value: String,
    pub(super) greatest: String,
    pub(super) problem: Option<String>,
    /// Whether it is where the person goes on.
    pub(super) has_focus: bool,
    pub(super) is_first: bool,
    pub(super) is_last: bool,
}

/// What the conditions choose now.
pub(super) struct PreviewView {
    pub(super) count: String,
    pub(super) is_estimate: bool,
    pub(super) words: String,
    /// How many would enter the segment, and how many would leave it.
    pub(super) moves: Option<(u64, u64)>,
    /// Of those chosen by a negated condition, how many have no value at all.
    pub(super) without_value: Vec<String>,
    pub(super) rows: Vec<ContactRow>,
}

#[derive(Template)]
#[template(path = "segments/build.html")]
pub(super) struct BuildPage {
    pub(super) page: Page,
    /// Where the form goes.
    pub(super) action: String,
    /// Whether the conditions are those of the list of contacts: they have no name.
    pub(super) is_filter: bool,
    pub(super) name: String,
    pub(super) any: bool,
    pub(super) cards: Vec<CardView>,
    pub(super) text: Option<String>,
    /// Whether it has conditions at all: a list has none.
    pub(super) is_dynamic: bool,
    /// What is wrong with the whole.
    pub(super) problem: Option<String>,
    pub(super) preview: Option<PreviewView>,
}

impl CardView {
    pub(super) fn all(
        draft: &Draft,
        definitions: &Definitions,
        but: Option<SegmentId>,
        problems: &[DraftProblem],
        focus: Option<usize>,
        texts: Texts,
    ) -> Vec<Self> {
        let fields = field_choices(definitions);
        let segments: Vec<(String, String)> = definitions
            .names
            .iter()
            .filter(|(id, _)| Some(**id) != but)
            .map(|(id, name)| (format!("{SEGMENT}{id}"), name.to_string()))
            .collect();
        let last = draft.cards.len().saturating_sub(1);
        let view = |(index, card): (usize, &Card)| {
            let held = fields
                .iter()
                .find(|field| field.name == card.field)
                .map(|field| field.held);
            let problem = problems.iter().find(|problem| problem.card == Some(index));
            let unchosen = || texts.get("builder-unchosen");
            Self {
                index,
                number: (index + 1).to_string(),
                fields: groups(&fields, &segments, &card.field, texts),
                operators: operators(card, held, texts),
                is_segment: card.segment().is_some(),
                not: card.not,
                inputs: inputs(card),
                input_type: if held == Some(FieldType::Date) { "date" } else { "text" },
                value: card.value.clone(),
                greatest: card.greatest.clone(),
                problem: problem.map(|problem| problem.reason.clone().unwrap_or_else(unchosen)),
                has_focus: focus == Some(index),
                is_first: index == 0,
                is_last: index == last,
            }
        };
        draft.cards.iter().enumerate().map(view).collect()
    }
}

fn groups(fields: &[FieldChoice], segments: &[(String, String)], chosen: &str, texts: Texts) -> Vec<Group> {
    let is_built_in = |name: &str| Field::names().any(|known| known == name);
    let choice = |field: &FieldChoice| Choice {
        value: field.name.clone(),
        text: if is_built_in(&field.name) {
            texts.get(&format!("field-{}", field.name))
        } else {
            field.label.clone()
        },
        is_chosen: field.name == chosen,
    };
    let (built_in, custom): (Vec<&FieldChoice>, Vec<&FieldChoice>) =
        fields.iter().partition(|field| is_built_in(&field.name));
    let segment = |(value, name): &(String, String)| Choice {
        value: value.clone(),
        text: name.clone(),
        is_chosen: value == chosen,
    };
    let groups = [
        ("builder-fields", built_in.into_iter().map(choice).collect::<Vec<_>>()),
        ("builder-custom-fields", custom.into_iter().map(choice).collect()),
        ("builder-segments", segments.iter().map(segment).collect()),
    ];
    let group = |(label, choices): (&str, Vec<Choice>)| Group {
        label: texts.get(label),
        choices,
    };
    groups
        .into_iter()
        .map(group)
        .filter(|group| !group.choices.is_empty())
        .collect()
}

/// The operators that apply to the field; all, as long as none was chosen.
fn operators(card: &Card, held: Option<FieldType>, texts: Texts) -> Vec<Choice> {
    let known = held.map_or(&Operator::ALL[..], FieldType::operators);
    let choice = |operator: &Operator| Choice {
        value: operator.as_str().to_owned(),
        text: texts.get(&format!("operator-{}", operator.as_str().replace('_', "-"))),
        is_chosen: operator.as_str() == card.operator,
    };
    known.iter().map(choice).collect()
}

/// Without an operator there is an input, so that the form can be filled in one go where no script adapts it.
fn inputs(card: &Card) -> Inputs {
    if card.segment().is_some() {
        return Inputs::None;
    }
    match Operator::from_text(&card.operator).map(Operator::arity) {
        Some(Arity::None) => Inputs::None,
        None | Some(Arity::One) => Inputs::One,
        Some(Arity::Two) => Inputs::Two,
        Some(Arity::Many) => Inputs::Lines,
        Some(Arity::Days) => Inputs::Days,
    }
}

impl PreviewView {
    pub(super) fn of(preview: &Preview, texts: Texts) -> Self {
        let without = |(condition, count): &(String, u64)| {
            let count = texts.count("contacts-count", *count);
            texts.with_all("builder-without-value", &[("condition", condition), ("count", &count)])
        };
        let some = preview.without_value.iter().filter(|(_, count)| *count > 0);
        Self {
            count: match preview.count.margin {
                None => texts.count("contacts-count", preview.count.count),
                Some(margin) => texts.with_all(
                    "builder-estimate",
                    &[
                        ("count", &texts.count("contacts-count", preview.count.count)),
                        ("margin", &texts.number(margin)),
                    ],
                ),
            },
            is_estimate: preview.count.margin.is_some(),
            words: preview.readable.clone(),
            moves: preview.moves,
            without_value: some.map(without).collect(),
            rows: preview
                .contacts
                .iter()
                .map(|details| ContactRow::of(&details.contact, texts))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Language;

    #[test]
    fn every_field_and_operator_has_a_name_in_every_language() {
        for language in Language::ALL {
            let texts = Texts(language);
            for field in Field::names() {
                assert!(texts.has(&format!("field-{field}")), "{field}");
            }
            for operator in Operator::ALL {
                let name = format!("operator-{}", operator.as_str().replace('_', "-"));
                assert!(texts.has(&name), "{name}");
            }
        }
    }
}
