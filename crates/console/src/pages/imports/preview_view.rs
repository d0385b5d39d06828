//! The page of a preview.

use super::choices::{DATES, ENCODINGS};
use super::{ProblemView, target_name};
use crate::page::{Choice, Page, Section};
use crate::sentences;
use crate::signed_in::SignedIn;
use crate::texts::Texts;
use askama::Template;
use selfsame_application::ports::{ColumnProblem, FileSample, ImportId, RowOutcome};
use selfsame_application::{ImportPreview, PreviewRow, PreviewTotals};
use selfsame_domain::CustomField;
use selfsame_domain::imports::{Column, FileOptions, Plan, Target};

/// How many values of a column are shown beside its choices.
const EXAMPLES: usize = 3;

/// What a preview came to.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) preview: Option<ImportPreview>,
    /// Why the file cannot be imported so, in the words of the reader.
    pub(super) refused: Option<String>,
    /// What is wrong with the form.
    pub(super) problem: Option<String>,
}

/// A column with its choices.
struct ColumnView {
    header: String,
    examples: String,
    targets: Vec<Choice>,
    /// What is to be done about its damage; empty where it has none.
    damage: Vec<Choice>,
    /// The orders of its dates; empty where they are known.
    dates: Vec<Choice>,
    problems: Vec<ProblemView>,
}

/// A row with the decision that it would get.
struct RowView {
    row: String,
    outcome: String,
    contact: Option<i64>,
    why: String,
    effects: Vec<String>,
    error: Option<String>,
    values: Vec<String>,
}

/// The outcomes of all rows.
struct TotalsView {
    is_complete: bool,
    counts: Vec<(String, String)>,
    reasons: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "imports/preview.html")]
pub(super) struct PreviewPage {
    page: Page,
    id: String,
    problem: Option<String>,
    refused: Option<String>,
    form: String,
    encoding: Option<String>,
    delimiter: Option<String>,
    total: Option<u64>,
    unique: Vec<Choice>,
    encodings: Vec<Choice>,
    region: String,
    clears: bool,
    restore: bool,
    columns: Vec<ColumnView>,
    /// Whether an import would stop at damaged columns.
    is_damaged: bool,
    rows: Vec<RowView>,
    totals: Option<TotalsView>,
}

impl PreviewPage {
    pub(super) fn of(
        signed_in: &SignedIn,
        id: ImportId,
        custom: &[CustomField],
        options: &FileOptions,
        sample: &FileSample,
        outcome: Outcome,
    ) -> Self {
        let texts = signed_in.browser.texts;
        let found = outcome.preview.as_ref().map(|preview| &preview.inspection);
        // An inspection has seen every object of a file; a sample has seen the first ones.
        let plan = found.and_then(|found| Plan::from_text(&found.found).ok());
        let plan = plan.as_ref().unwrap_or(&sample.plan);
        let problems = found.map_or(&[][..], |found| found.problems.as_slice());
        let column = |(place, column): (usize, &Column)| {
            let view = ColumnChoices {
                options,
                custom,
                problems,
                texts,
            };
            view.of(column, sample.rows.iter().filter_map(|row| row.get(place)))
        };
        let preview = outcome.preview.as_ref();
        Self {
            page: Page::of(signed_in, Section::Imports, &texts.get("import-preview-title")),
            id: id.to_string(),
            problem: outcome.problem,
            refused: outcome.refused,
            form: plan.form.to_uppercase(),
            encoding: plan.encoding.clone(),
            delimiter: plan.delimiter.map(|delimiter| match delimiter {
                '\t' => texts.get("import-tab"),
                other => format!("“{other}”"),
            }),
            total: found.map(|found| found.total),
            unique: unique(options, custom, texts),
            encodings: encodings(options, texts),
            region: options.default_phone_region.clone().unwrap_or_default(),
            clears: options.empty_clears,
            restore: options.restore_removed,
            columns: plan.columns.iter().enumerate().map(column).collect(),
            is_damaged: !problems.is_empty(),
            rows: preview.map_or_else(Vec::new, |preview| {
                preview.rows.iter().map(|row| RowView::of(row, texts)).collect()
            }),
            totals: preview
                .and_then(|preview| preview.totals.as_ref())
                .map(|totals| TotalsView::of(totals, texts)),
        }
    }
}

/// What contacts can be recognised by, as a choice.
fn unique(options: &FileOptions, custom: &[CustomField], texts: Texts) -> Vec<Choice> {
    let either = Choice {
        value: "email_or_sms".to_owned(),
        text: texts.get("import-unique-either"),
        is_chosen: options.unique_by.is_none(),
    };
    let built_in = Target::NAMES.iter().map(|(target, _)| *target);
    let fields = custom.iter().filter(|field| field.identifying && !field.archived);
    let all = built_in.chain(fields.map(|field| Target::Field(field.id)));
    let choice = |target: Target| Choice {
        value: target.to_string(),
        text: target_name(target, custom, texts),
        is_chosen: options.unique_by == Some(target),
    };
    let keys = all.filter(|target| target.dedupe_on().is_some()).map(choice);
    std::iter::once(either).chain(keys).collect()
}

fn encodings(options: &FileOptions, texts: Texts) -> Vec<Choice> {
    let chosen = options.encoding.as_deref();
    let found = Choice {
        value: String::new(),
        text: texts.get("import-encoding-found"),
        is_chosen: chosen.is_none(),
    };
    let choice = |name: &str| Choice {
        value: name.to_owned(),
        text: name.to_owned(),
        is_chosen: chosen == Some(name),
    };
    std::iter::once(found).chain(ENCODINGS.map(choice)).collect()
}

/// What to do about damage, as a choice.
pub(super) fn damage(header: &str, options: &FileOptions, texts: Texts) -> Vec<Choice> {
    let (skip, accept) = (options.skip.contains(header), options.accept.contains(header));
    let choice = |value: &str, text: &str, is_chosen| Choice {
        value: value.to_owned(),
        text: texts.get(text),
        is_chosen,
    };
    vec![
        choice("", "import-damage-ask", !skip && !accept),
        choice("skip", "import-damage-skip", skip),
        choice("accept", "import-damage-accept", accept),
    ]
}

/// The orders of dates, as a choice.
pub(super) fn dates(header: &str, options: &FileOptions, texts: Texts) -> Vec<Choice> {
    let chosen = options.date_formats.get(header);
    let found = Choice {
        value: String::new(),
        text: texts.get("import-dates-ask"),
        is_chosen: chosen.is_none(),
    };
    let choice = |order: selfsame_domain::sheet::DateOrder| Choice {
        value: order.as_format().to_owned(),
        text: order.as_format().to_owned(),
        is_chosen: chosen.is_some_and(|chosen| chosen == order.as_format()),
    };
    std::iter::once(found).chain(DATES.map(choice)).collect()
}

/// What the choices of a column depend on.
struct ColumnChoices<'a> {
    options: &'a FileOptions,
    custom: &'a [CustomField],
    problems: &'a [ColumnProblem],
    texts: Texts,
}

impl ColumnChoices<'_> {
    fn of<'v>(&self, column: &Column, values: impl Iterator<Item = &'v String>) -> ColumnView {
        let (header, texts) = (&column.header, self.texts);
        let own = || self.problems.iter().filter(|problem| problem.column == *header);
        let is_ambiguous = own().any(|problem| problem.kind == "ambiguous_dates");
        let is_damaged = own().any(|problem| problem.kind != "ambiguous_dates");
        let is_decided = self.options.skip.contains(header) || self.options.accept.contains(header);
        let examples: Vec<&str> = values
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
            .take(EXAMPLES)
            .collect();
        ColumnView {
            examples: examples.join(" · "),
            targets: self.targets(column),
            damage: if is_damaged || is_decided {
                damage(header, self.options, texts)
            } else {
                Vec::new()
            },
            dates: if is_ambiguous || self.options.date_formats.contains_key(header) {
                dates(header, self.options, texts)
            } else {
                Vec::new()
            },
            problems: own().map(|problem| ProblemView::of(problem, texts)).collect(),
            header: header.clone(),
        }
    }

    /// Where the column may go. A column that is left out for its damage keeps what was chosen for it.
    fn targets(&self, column: &Column) -> Vec<Choice> {
        let named = self.options.map.get(&column.header).copied().flatten();
        let chosen = column.target.or(named);
        let nowhere = Choice {
            value: String::new(),
            text: self.texts.get("import-target-none"),
            is_chosen: chosen.is_none(),
        };
        let fields = self.custom.iter().filter(|field| !field.archived);
        let built_in = Target::NAMES.iter().map(|(target, _)| *target);
        let all = built_in.chain(fields.map(|field| Target::Field(field.id)));
        let choice = |target: Target| Choice {
            value: target.to_string(),
            text: target_name(target, self.custom, self.texts),
            is_chosen: chosen == Some(target),
        };
        std::iter::once(nowhere).chain(all.map(choice)).collect()
    }
}

impl RowView {
    fn of(PreviewRow { row, decision, values }: &PreviewRow, texts: Texts) -> Self {
        Self {
            row: texts.number(row.row),
            outcome: texts.get(&format!("row-{}", row.outcome.as_str())),
            contact: row.contact.map(|contact| contact.0),
            why: match (decision, &row.error) {
                (Some(decision), None) => sentences::why(decision, texts),
                _ => String::new(),
            },
            effects: match decision {
                Some(decision) => sentences::effects(decision, texts),
                None => Vec::new(),
            },
            error: row.error.clone(),
            values: values.clone(),
        }
    }
}

impl TotalsView {
    fn of(totals: &PreviewTotals, texts: Texts) -> Self {
        let count = |outcome: &RowOutcome| {
            let name = texts.get(&format!("row-{}", outcome.as_str()));
            (name, texts.number(totals.counts.get(*outcome)))
        };
        let mut reasons: Vec<(&String, u64)> = totals.reasons.iter().map(|(reason, rows)| (reason, *rows)).collect();
        reasons.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
        let reason = |(reason, rows): (&String, u64)| (reason.clone(), texts.number(rows));
        Self {
            is_complete: totals.is_complete,
            counts: RowOutcome::ALL.iter().map(count).collect(),
            reasons: reasons.into_iter().map(reason).collect(),
        }
    }
}
