//! Members of segments, previews of formulas, and the segments of a contact.

mod preview;

use crate::app::Application;
use crate::ports::{ContactDetails, MemberQuery, MembersFrom, Page, StorageError};
use selfsame_domain::segments::{ContactFacts, Definitions, Formula, Needs, Plan, Problem, cycle, parse, print};
use selfsame_domain::values::SegmentName;
use selfsame_domain::{ContactId, Revision, SegmentId, Timestamp, WorkspaceId};
use std::collections::BTreeMap;

pub use preview::{Preview, SegmentPreviewRequest};

/// How many events and orders of one contact are looked at to say why it is in a segment.
const MOST_KNOWN: u32 = 5_000;

/// Why a segment or a formula is not answered.
#[derive(Debug, thiserror::Error)]
pub enum SegmentError {
    /// There is no such segment.
    #[error("segment not found")]
    NotFound,
    /// There is no such contact.
    #[error("contact not found")]
    NoContact,
    /// The formula is wrong; at least one problem.
    #[error("the formula is invalid")]
    Invalid(Vec<Problem>),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A segment for readers.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentView {
    /// Its number.
    pub id: SegmentId,
    /// Its name.
    pub name: SegmentName,
    /// The formula of a dynamic segment.
    pub formula: Option<Formula>,
    /// The readable form of the formula.
    pub readable: Option<String>,
}

/// Whether a contact is in a segment, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingInSegment {
    /// The segment.
    pub id: SegmentId,
    /// Its name.
    pub name: SegmentName,
    /// Whether it is dynamic.
    pub dynamic: bool,
    /// Whether the contact is in it.
    pub is_member: bool,
    /// The reason, as text.
    pub because: String,
    /// When the membership ends by itself, if it does.
    pub until: Option<Timestamp>,
    /// Of a member: the commit from which on it is in the segment, and when the entry was recorded. None while that is being recorded.
    pub since: Option<(Revision, Timestamp)>,
}

impl Application {
    /// A segment, static or dynamic.
    pub async fn segment(&self, workspace: WorkspaceId, id: SegmentId) -> Result<SegmentView, SegmentError> {
        let definitions = self.store.definitions(workspace).await?;
        view(&definitions, id).ok_or(SegmentError::NotFound)
    }

    /// All segments by number. With a text, only those whose name contains it, ignoring case.
    pub async fn segments(
        &self,
        workspace: WorkspaceId,
        name_contains: Option<&str>,
    ) -> Result<Vec<SegmentView>, SegmentError> {
        let definitions = self.store.definitions(workspace).await?;
        let wanted = name_contains.unwrap_or_default().to_lowercase();
        let names = definitions.names.iter();
        let found = names.filter(|(_, name)| name.as_str().to_lowercase().contains(&wanted));
        Ok(found.filter_map(|(id, _)| view(&definitions, *id)).collect())
    }

    /// How many contacts are in a segment. The record knows, unless it is far behind.
    pub async fn count_segment(&self, workspace: WorkspaceId, id: SegmentId) -> Result<u64, SegmentError> {
        let plan = plan_of(&self.store.definitions(workspace).await?, id)?;
        if self.is_recorded(workspace, &plan).await? {
            return Ok(self.store.recorded_count(workspace, id).await?);
        }
        Ok(self.store.count_members(workspace, &plan, self.clock.now()).await?)
    }

    /// One page of the contacts in a segment, by number.
    pub async fn segment_members(
        &self,
        workspace: WorkspaceId,
        id: SegmentId,
        from: MembersFrom,
        limit: u32,
    ) -> Result<Vec<ContactDetails>, SegmentError> {
        let plan = plan_of(&self.store.definitions(workspace).await?, id)?;
        self.members(workspace, &plan, from, limit).await
    }

    /// One page of the contacts that a formula chooses now, by number, and how many there are in all.
    pub async fn search_by_formula(
        &self,
        workspace: WorkspaceId,
        formula: &Formula,
        from: MembersFrom,
        limit: u32,
    ) -> Result<Page<ContactDetails>, SegmentError> {
        let definitions = self.store.definitions(workspace).await?;
        let plan = Plan::of(formula, &definitions).map_err(SegmentError::Invalid)?;
        Ok(Page {
            items: self.members(workspace, &plan, from, limit).await?,
            total: self.store.count_members(workspace, &plan, self.clock.now()).await?,
        })
    }

    /// The same page without the number of all contacts.
    pub async fn page_by_formula(
        &self,
        workspace: WorkspaceId,
        formula: &Formula,
        from: MembersFrom,
        limit: u32,
    ) -> Result<Vec<ContactDetails>, SegmentError> {
        let definitions = self.store.definitions(workspace).await?;
        let plan = Plan::of(formula, &definitions).map_err(SegmentError::Invalid)?;
        self.members(workspace, &plan, from, limit).await
    }

    /// Reads a formula in its readable form.
    pub async fn parse_formula(&self, workspace: WorkspaceId, text: &str) -> Result<Formula, SegmentError> {
        let definitions = self.store.definitions(workspace).await?;
        parse(text, &definitions).map_err(|error| {
            let (pointer, reason) = (String::new(), format!("cannot be read {error}"));
            SegmentError::Invalid(vec![Problem { pointer, reason }])
        })
    }

    async fn members(
        &self,
        workspace: WorkspaceId,
        plan: &Plan,
        from: MembersFrom,
        limit: u32,
    ) -> Result<Vec<ContactDetails>, SegmentError> {
        let query = MemberQuery {
            plan,
            now: self.clock.now(),
            from,
            limit,
        };
        Ok(self.store.members(workspace, &query).await?)
    }

    /// Checks a formula before it is saved for a new segment, or for the given one. The write repeats the checks whose
    /// inputs other writers may change.
    pub async fn check_formula(
        &self,
        workspace: WorkspaceId,
        formula: &Formula,
        of: Option<SegmentId>,
    ) -> Result<(), SegmentError> {
        let mut definitions = self.store.definitions(workspace).await?;
        let Some(id) = of else {
            return Plan::of(formula, &definitions).map(drop).map_err(SegmentError::Invalid);
        };
        // The write refuses a cycle, and names it in the error.
        if cycle(id, formula, &definitions.formulas).is_some() {
            return Ok(());
        }
        Plan::of(formula, &definitions).map_err(SegmentError::Invalid)?;
        definitions.formulas.insert(id, formula.clone());
        let inside_others = |other: &&Formula| other.segments().contains(&id);
        let too_large = |other: &Formula| Plan::of(other, &definitions).is_err();
        if definitions.formulas.values().filter(inside_others).any(too_large) {
            let reason = "is too large for a segment whose formula names this one".to_owned();
            let pointer = String::new();
            return Err(SegmentError::Invalid(vec![Problem { pointer, reason }]));
        }
        Ok(())
    }

    /// For every segment, whether a contact is in it, and why. A removed contact is in none.
    pub async fn segments_of(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
    ) -> Result<Vec<StandingInSegment>, SegmentError> {
        let definitions = self.store.definitions(workspace).await?;
        let details = self
            .store
            .contact(workspace, id)
            .await?
            .ok_or(SegmentError::NoContact)?;
        let now = self.clock.now();
        let mut plans = Vec::new();
        for (id, name) in &definitions.names {
            plans.push((*id, name, plan_of(&definitions, *id)?));
        }
        let mut needs = Needs::default();
        for (_, _, plan) in &plans {
            needs.extend(plan.needs());
        }
        let canonical = details.contact.id;
        let mut stored = self
            .store
            .stored_facts(workspace, &[canonical], &needs, MOST_KNOWN)
            .await?;
        let stored = stored.remove(&canonical).unwrap_or_default();
        self.catch_up(workspace).await?;
        let recorded = self.store.recorded_memberships(workspace, &[canonical]).await?;
        let since = recorded
            .into_iter()
            .map(|known| (known.segment, (known.since, known.at)));
        let since: BTreeMap<_, _> = since.collect();
        let facts = ContactFacts {
            contact: &details.contact,
            unsubscribed: &details.unsubscribed,
            stored: &stored,
        };
        let mut standings = Vec::new();
        for (id, name, plan) in plans {
            let dynamic = definitions.formulas.contains_key(&id);
            let mut standing = plan.evaluate(facts, now);
            if stored.is_cut && plan.needs().history() {
                let plan = plan.of_contacts(&[canonical]);
                standing.is_member = self.store.count_members(workspace, &plan, now).await? > 0;
                standing.until = None;
            }
            let because = match (dynamic, standing.is_member) {
                (true, _) => standing.because,
                (false, true) => "was put into the list".to_owned(),
                (false, false) => "is not on the list".to_owned(),
            };
            standings.push(StandingInSegment {
                id,
                name: name.clone(),
                dynamic,
                is_member: standing.is_member,
                because,
                until: standing.until,
                since: since.get(&id).copied().filter(|_| standing.is_member),
            });
        }
        Ok(standings)
    }
}

fn view(definitions: &Definitions, id: SegmentId) -> Option<SegmentView> {
    let formula = definitions.formulas.get(&id).cloned();
    Some(SegmentView {
        id,
        name: definitions.names.get(&id)?.clone(),
        readable: formula.as_ref().map(|formula| print(formula, definitions)),
        formula,
    })
}

/// The plan of a segment, static or dynamic.
pub(crate) fn plan_of(definitions: &Definitions, id: SegmentId) -> Result<Plan, SegmentError> {
    if !definitions.names.contains_key(&id) {
        return Err(SegmentError::NotFound);
    }
    match definitions.formulas.get(&id) {
        Some(formula) => Plan::of(formula, definitions).map_err(SegmentError::Invalid),
        None => Plan::of(&Formula::Segment(id), definitions).map_err(SegmentError::Invalid),
    }
}
