//! What a formula would choose, before it is saved.

use super::{SegmentError, plan_of};
use crate::app::Application;
use crate::ports::{ContactDetails, CountQuery, MembersFrom, StorageError};
use selfsame_domain::segments::{Estimate, Formula, Plan, print, sample};
use selfsame_domain::{ContactId, SegmentId, Timestamp, WorkspaceId};
use std::time::Duration;

/// How many contacts a preview shows.
const PREVIEWED: u32 = 10;

/// For how many negated fields a preview counts the contacts without a value.
const MOST_WITHOUT_VALUE: usize = 5;

/// How long a preview counts. A person who edits a formula sends the next preview soon, and this one is superseded.
const COUNTING: Duration = Duration::from_millis(250);

/// What to preview.
#[derive(Debug, Clone, Copy)]
pub struct SegmentPreviewRequest<'f> {
    /// The formula.
    pub formula: &'f Formula,
    /// The segment to compare with.
    pub compared_with: Option<SegmentId>,
    /// Whether to count however long it takes. Otherwise the numbers are estimated when counting takes too long.
    pub exact: bool,
}

/// The contacts that a formula matches now.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// The number of matching contacts. It has a margin when it and the other numbers are estimated.
    pub count: Estimate,
    /// The first of them by number. Of an estimate: the first of the sample.
    pub contacts: Vec<ContactDetails>,
    /// The readable form.
    pub readable: String,
    /// For negated conditions on a value: the condition that the value is empty, and the number of matching contacts
    /// for which that holds.
    pub without_value: Vec<(String, u64)>,
    /// Compared with a segment: how many contacts would enter it, and how many would leave it.
    pub moves: Option<(u64, u64)>,
}

/// The plans whose contacts a preview counts.
struct Counted {
    plan: Plan,
    before: Option<Plan>,
    /// The plan, each negated condition without a value, entries and exits.
    all: Vec<Plan>,
    empty: Vec<String>,
}

impl Counted {
    fn new(plan: Plan, before: Option<Plan>) -> Self {
        let mut all = vec![plan.clone()];
        let mut empty = Vec::new();
        for leaf in plan.without_value().into_iter().take(MOST_WITHOUT_VALUE) {
            empty.push(leaf.text.clone());
            all.push(Plan::All(vec![plan.clone(), Plan::Leaf(leaf)]));
        }
        if let Some(before) = &before {
            all.extend([plan.but(before), before.but(&plan)]);
        }
        Self {
            plan,
            before,
            all,
            empty,
        }
    }

    /// Everyone that is counted for something.
    fn anyone(&self) -> Plan {
        match &self.before {
            Some(before) => Plan::Any(vec![self.plan.clone(), before.clone()]),
            None => self.plan.clone(),
        }
    }

    /// The preview, given a number for each of the plans.
    fn preview(self, numbers: &[Estimate], contacts: Vec<ContactDetails>, readable: String) -> Preview {
        let number = |place: usize| numbers.get(place).map_or(0, |number| number.count);
        let moves = 1 + self.empty.len();
        let without = self.empty.into_iter().zip(1..);
        Preview {
            count: numbers.first().copied().unwrap_or(Estimate::exact(0)),
            contacts,
            readable,
            without_value: without.map(|(text, place)| (text, number(place))).collect(),
            moves: self.before.map(|_| (number(moves), number(moves + 1))),
        }
    }
}

impl Application {
    /// The contacts that a formula matches now, compared with a segment if one is given. Nothing is saved.
    pub async fn preview_segment(
        &self,
        workspace: WorkspaceId,
        request: SegmentPreviewRequest<'_>,
    ) -> Result<Preview, SegmentError> {
        let definitions = self.store.definitions(workspace).await?;
        let plan = Plan::of(request.formula, &definitions).map_err(SegmentError::Invalid)?;
        let before = request.compared_with.map(|id| plan_of(&definitions, id)).transpose()?;
        let (counted, now) = (Counted::new(plan, before), self.clock.now());
        let query = CountQuery {
            plan: &counted.anyone(),
            of_them: &counted.all,
            now,
            within: (!request.exact).then_some(COUNTING),
        };
        let from = MembersFrom::After(ContactId::NONE);
        let (numbers, of) = match self.store.count_within(workspace, &query).await? {
            Some(counts) => {
                let exact = counts.into_iter().skip(1).map(Estimate::exact);
                (exact.collect(), counted.plan.clone())
            }
            None => self.estimates(workspace, &counted, now).await?,
        };
        let contacts = self.members(workspace, &of, from, PREVIEWED).await?;
        let readable = print(request.formula, &definitions);
        Ok(counted.preview(&numbers, contacts, readable))
    }

    /// An estimate for each of the plans, and the plan of matching contacts of the sample.
    async fn estimates(
        &self,
        workspace: WorkspaceId,
        counted: &Counted,
        now: Timestamp,
    ) -> Result<(Vec<Estimate>, Plan), StorageError> {
        let extent = self.store.extent(workspace).await?;
        let sampled = sample(extent.last);
        let query = CountQuery {
            plan: &Plan::contacts(&sampled),
            of_them: &counted.all,
            now,
            within: None,
        };
        let counts = self.store.count_within(workspace, &query).await?.unwrap_or_default();
        let examined = counts.first().copied().unwrap_or_default();
        let of_sample = |matching: &u64| Estimate::of_sample(*matching, examined, extent.active);
        let numbers = counts.iter().skip(1).map(of_sample).collect();
        Ok((numbers, counted.plan.clone().of_contacts(&sampled)))
    }
}
