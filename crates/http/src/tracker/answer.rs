//! The answer to pages: how many events were kept, and what was left out. It has no data about contacts.

use super::page::PageRequest;
use super::visitor::Visitor;
use crate::body::{Entry, pruned};
use crate::error::{ApiError, Problem, member};
use crate::fields::{Fields, Problems};
use crate::site;
use axum::Json;
use axum::response::{IntoResponse, Response};
use selfsame_application::Sender;
use selfsame_domain::values::ValueError;
use selfsame_domain::{Command, Decision, Effect, EventParams, Outcome, Skipped};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// What became of a request of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct CollectedBody {
    /// How many events are kept; those that were kept before count.
    pub(crate) stored: usize,
    /// What was left out, and why.
    pub(crate) refused: Vec<RefusedPart>,
}

/// Something that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct RefusedPart {
    /// Where it stood.
    #[schema(example = "user.email")]
    pub(crate) field: String,
    /// Why it was left out.
    #[schema(example = "needs a signed identity token")]
    pub(crate) reason: String,
}

impl RefusedPart {
    /// The part as an error that refuses the request.
    pub(crate) fn into_problem(self) -> Problem {
        Problem::new(format!("/{}", self.field.replace('.', "/")), self.reason)
    }
}

impl From<Skipped> for RefusedPart {
    fn from(Skipped { field, reason }: Skipped) -> Self {
        Self { field, reason }
    }
}

impl From<Problem> for RefusedPart {
    fn from(problem: Problem) -> Self {
        Self {
            field: member(&problem.pointer),
            reason: problem.reason,
        }
    }
}

impl CollectedBody {
    /// The answer to a bot: success, with nothing kept.
    pub(crate) fn of_bot() -> Self {
        let refused = vec![RefusedPart {
            field: "User-Agent".to_owned(),
            reason: "is that of a bot: nothing is stored".to_owned(),
        }];
        Self { stored: 0, refused }
    }

    /// Reads an event. An entry that is no readable object is added to the refused parts.
    pub(crate) fn read<T>(
        &mut self,
        event: &Entry<'_>,
        read: impl FnOnce(&Fields<'_>, &mut Self) -> Option<T>,
    ) -> Option<T> {
        match event.fields() {
            Ok(fields) => read(&fields, self),
            Err(problem) => {
                self.refused.push(problem.into());
                None
            }
        }
    }

    /// The parameters of an event in their stored form, without unreadable values, which are added to the refused parts.
    pub(crate) fn params(&mut self, payload: &Value, pointer: &str) -> Result<EventParams, ValueError> {
        let mut faults = Problems::default();
        let kept = pruned(payload, pointer, &mut faults);
        self.refused.extend(faults.all().into_iter().map(RefusedPart::from));
        kept.map_or_else(
            || Ok(EventParams::default()),
            |kept| EventParams::parse(&kept.to_string()),
        )
    }

    /// The command, unless there are problems, which are added to the refused parts.
    pub(crate) fn judge(&mut self, command: Option<Command>, problems: Problems) -> Option<Command> {
        let problems = problems.all();
        let command = command.filter(|_| problems.is_empty());
        self.refused.extend(problems.into_iter().map(RefusedPart::from));
        command
    }

    /// Replaces the name of the contact ID by the page's name, and keeps only one error of it: the link and every event have the same ID.
    fn name_contact_id(&mut self, place: &str) {
        let mut is_reported = false;
        self.refused.retain_mut(|part| {
            if part.field != "contactId" {
                return true;
            }
            place.clone_into(&mut part.field);
            !std::mem::replace(&mut is_reported, true)
        });
    }

    /// Adds the decision about an event, or about the visitor's identification.
    pub(crate) fn add(&mut self, decision: &Decision, is_event: bool) {
        if is_event && decision.outcome != Outcome::Rejected {
            self.stored += 1;
        }
        if let Some(rejection) = &decision.rejection {
            self.refused.push(RefusedPart {
                field: String::new(),
                reason: rejection.to_string(),
            });
        }
        // A repeated event is not reported: pages send events again.
        let skipped = decision.effects.iter().filter_map(|effect| match effect {
            Effect::Skipped(skipped) if skipped.field != "eventId" => Some(skipped.clone().into()),
            _ => None,
        });
        self.refused.extend(skipped);
    }
}

/// Submits a page's request in one transaction: first the identification of the visitor, then the events, which so belong to the identified
/// contact.
pub(crate) async fn submit(
    page: &PageRequest<'_>,
    sender: &Sender,
    visitor: Visitor,
    events: Vec<Command>,
    mut answer: CollectedBody,
) -> Result<CollectedBody, ApiError> {
    let links = usize::from(visitor.link.is_some());
    let commands: Vec<Command> = visitor.link.into_iter().chain(events).collect();
    if commands.is_empty() {
        return Ok(answer);
    }
    let decisions = site::submit(page.state, sender, &page.incoming, commands).await?;
    for (index, decision) in decisions.iter().enumerate() {
        answer.add(decision, index >= links);
    }
    if let Some(place) = visitor.contact_id {
        answer.name_contact_id(&place);
    }
    Ok(answer)
}

impl IntoResponse for CollectedBody {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}
