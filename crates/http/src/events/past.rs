//! `POST past_events`: records many events of the past in one call.

use super::record::{EventInput, EventObjectInput};
use super::request::{self, Form};
use crate::auth::{Authenticated, EventAuthenticated};
use crate::body::{Entry, Incoming, Member, members};
use crate::docs::CookiesInput;
use crate::error::ApiError;
use crate::fields::{Fields, MAX_ENTRIES, Problems};
use crate::reply::{AllDecided, Repeated, submit_all};
use crate::state::HttpState;
use crate::times;
use axum::Json;
use axum::extract::{Request, State};
use chrono::TimeDelta;
use selfsame_domain::{Action, Command, Decision, EventRequest, Origin, Policy, Rejection, Timestamp};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The most bytes of a request: 500 events of the greatest size.
const MAX_BYTES: usize = 10 << 20;

/// The greatest age of an event: five years of 366 days.
const DEPTH: TimeDelta = TimeDelta::days(5 * 366);

members! {
    /// Events of another time.
    pub(crate) struct PastEventsInput {
        /// 1 to 500.
        #[schema(min_items = 1, max_items = 500)]
        list events: Vec<PastEventInput>,
    }
}

members! {
    /// An event of another time: as in `POST event`, with the time.
    pub(crate) struct PastEventInput {
        #[schema(max_length = 100, example = "visited")]
        event_type_key: String,
        #[schema(max_length = 300)]
        key_value: Option<String>,
        #[schema(max_length = 100)]
        event_id: Option<String>,
        /// When it happened: an ISO 8601 time, in UTC where it says no offset.
        #[schema(example = "2026-01-02T03:04")]
        occurred: String,
        /// A list of names and values; an object is taken, too. Of a name that comes twice the last value counts.
        #[schema(max_items = 500)]
        params: Option<Vec<super::record::ParamInput>>,
        #[schema(max_length = 250)]
        device_id: Option<String>,
        cookies: Option<CookiesInput>,
    }
}

members! {
    /// Events of another time, with their parameters as objects.
    pub(crate) struct PastEventsObjectInput {
        /// 1 to 500.
        #[schema(min_items = 1, max_items = 500)]
        list events: Vec<PastEventObjectInput>,
    }
}

/// An event of another time: as in `POST event` of version 3, with the time.
#[derive(Debug, ToSchema)]
pub(crate) struct PastEventObjectInput<'a> {
    #[serde(flatten)]
    #[schema(value_type = EventObjectInput)]
    event: EventObjectInput<'a>,
    /// When it happened: an ISO 8601 time, in UTC where it says no offset.
    #[schema(value_type = String, example = "2026-01-02T03:04")]
    occurred: Member<'a>,
}

/// The members of an event, and its time.
fn members_of<'a>(fields: &'a Fields<'_>, form: Form) -> (EventInput<'a>, Member<'a>) {
    match form {
        Form::Pairs => {
            let sent = PastEventInput::of(fields);
            let event = EventInput {
                event_type_key: sent.event_type_key,
                key_value: sent.key_value,
                event_id: sent.event_id,
                params: sent.params,
                device_id: sent.device_id,
                cookies: sent.cookies,
            };
            (event, sent.occurred)
        }
        Form::Object => {
            let event = EventObjectInput::of(fields);
            let occurred = fields.at("occurred");
            let sent = PastEventObjectInput { event, occurred };
            (sent.event.into(), sent.occurred)
        }
    }
}

/// What became of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PastEventsBody {
    /// One entry for every event, in their order.
    results: Vec<PastEventResult>,
    /// How many are kept.
    success_count: usize,
    /// How many are not.
    error_count: usize,
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PastEventResult {
    /// Whether it is kept, and if not, why.
    status: PastEventStatus,
    /// Why it is not kept, where the status does not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Whether an event is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum PastEventStatus {
    /// It is kept.
    Accepted,
    /// It does not say when it happened.
    OccurredDateIsRequired,
    /// When it happened cannot be read.
    IncorrectOccurredDateFormat,
    /// It happened more than 1,830 days (five years) ago, or longer ago than the workspace keeps events.
    OccurredTimeTooDepth,
    /// It is dated more than a day ahead of the server's time.
    OccurredTimeInFuture,
    /// It was refused for another reason, which `error` says.
    ServerError,
}

/// Record past events.
///
/// All that can be kept are kept together or not at all; each has a status of its own. One that cannot be read is `SERVER_ERROR`, and
/// `error` names the member. Whom an event belongs to is decided as it is by
/// `POST event`.
#[utoipa::path(
    post,
    path = "/api/v1/past_events",
    operation_id = "recordPastEvents",
    tag = "events",
    params(crate::docs::IdempotencyKey),
    request_body(content = PastEventsInput, content_type = "application/json", example = json!({"events": [{
        "eventTypeKey": "visited", "keyValue": "shop 3", "occurred": "2026-01-02T03:04",
        "params": [{"name": "phone", "value": "+380501234567"}]
    }]})),
    responses(
        (status = 200, body = PastEventsBody, description = "What became of them",
            example = json!({"results": [{"status": "ACCEPTED"}], "successCount": 1, "errorCount": 0})),
        crate::docs::WriteErrors,
    )
)]
pub(crate) async fn v1(
    State(state): State<HttpState>,
    EventAuthenticated(auth): EventAuthenticated,
    request: Request,
) -> Result<AllDecided<Json<PastEventsBody>>, ApiError> {
    record(&state, &auth, Form::Pairs, request).await
}

/// Record past events, with parameters of any JSON value.
///
/// As `POST /api/v1/past_events`.
#[utoipa::path(
    post,
    path = "/api/v2/past_events",
    operation_id = "recordPastEventsV2",
    tag = "events",
    params(crate::docs::IdempotencyKey),
    request_body(content = PastEventsInput, content_type = "application/json", example = json!({"events": [{
        "eventTypeKey": "visited", "keyValue": "shop 3", "occurred": "2026-01-02T03:04",
        "params": [{"name": "phone", "value": "+380501234567"}, {"name": "shelves", "value": [7, 8]}]
    }]})),
    responses(
        (status = 200, body = PastEventsBody, description = "What became of them",
            example = json!({"results": [{"status": "ACCEPTED"}], "successCount": 1, "errorCount": 0})),
        crate::docs::WriteErrors,
    )
)]
pub(crate) async fn v2(
    State(state): State<HttpState>,
    EventAuthenticated(auth): EventAuthenticated,
    request: Request,
) -> Result<AllDecided<Json<PastEventsBody>>, ApiError> {
    record(&state, &auth, Form::Pairs, request).await
}

/// Record past events, with their parameters as objects.
///
/// As `POST /api/v1/past_events`.
#[utoipa::path(
    post,
    path = "/api/v3/past_events",
    operation_id = "recordPastEventsV3",
    tag = "events",
    params(crate::docs::IdempotencyKey),
    request_body(content = PastEventsObjectInput, content_type = "application/json", example = json!({"events": [{
        "eventTypeKey": "visited", "keyValue": "shop 3", "occurred": "2026-01-02T03:04",
        "params": {"phone": "+380501234567", "shelves": [7, 8]}
    }]})),
    responses(
        (status = 200, body = PastEventsBody, description = "What became of them",
            example = json!({"results": [{"status": "ACCEPTED"}], "successCount": 1, "errorCount": 0})),
        crate::docs::WriteErrors,
    )
)]
pub(crate) async fn v3(
    State(state): State<HttpState>,
    EventAuthenticated(auth): EventAuthenticated,
    request: Request,
) -> Result<AllDecided<Json<PastEventsBody>>, ApiError> {
    record(&state, &auth, Form::Object, request).await
}

async fn record(
    state: &HttpState,
    auth: &Authenticated,
    form: Form,
    request: Request,
) -> Result<AllDecided<Json<PastEventsBody>>, ApiError> {
    auth.allow(Action::Events)?;
    let incoming = Incoming::read(request, MAX_BYTES).await?;
    let list = match form {
        Form::Pairs => PastEventsInput::LIST,
        Form::Object => PastEventsObjectInput::LIST,
    };
    let batch = incoming.batch(list, MAX_ENTRIES)?;
    let fields = batch.fields();
    let entries = match form {
        Form::Pairs => PastEventsInput::of(&fields, &batch.entries).events,
        Form::Object => PastEventsObjectInput::of(&fields, &batch.entries).events,
    };
    if entries.is_empty() {
        let reason = format!("must have 1 to {MAX_ENTRIES} entries");
        return Err(ApiError::invalid("/events", reason));
    }
    let (policy, now) = (&auth.0.workspace.policy, state.app.clock().now());
    let events: Vec<_> = entries.iter().map(|entry| read(entry, form, policy, now)).collect();
    let commands: Vec<Command> = events
        .iter()
        .filter_map(|event| Some(Command::Event(Box::new(event.as_ref().ok()?.clone()))))
        .collect();
    let decisions = if commands.is_empty() {
        Vec::new()
    } else {
        submit_all(state, auth, &incoming, commands, Repeated::Accepted).await?
    };
    let mut decided = decisions.iter();
    let results: Vec<PastEventResult> = events
        .into_iter()
        .map(|event| match event {
            Ok(_) => decided.next().map_or_else(missing, PastEventResult::from),
            Err(result) => result,
        })
        .collect();
    let kept = results
        .iter()
        .filter(|result| result.status == PastEventStatus::Accepted);
    let success_count = kept.count();
    let body = PastEventsBody {
        success_count,
        error_count: results.len() - success_count,
        results,
    };
    Ok(AllDecided(decisions, Json(body)))
}

fn missing() -> PastEventResult {
    PastEventResult {
        status: PastEventStatus::ServerError,
        error: Some("it was not decided".to_owned()),
    }
}

impl From<&Decision> for PastEventResult {
    fn from(decision: &Decision) -> Self {
        let rejection = decision.rejection.as_ref();
        let (status, error) = match rejection {
            None => (PastEventStatus::Accepted, None),
            Some(Rejection::DatedAhead) => (PastEventStatus::OccurredTimeInFuture, None),
            Some(Rejection::EventTooOld { .. }) => (PastEventStatus::OccurredTimeTooDepth, rejection),
            Some(_) => (PastEventStatus::ServerError, rejection),
        };
        let error = error.map(ToString::to_string);
        Self { status, error }
    }
}

/// Reads an event, or returns its error.
fn read(entry: &Entry<'_>, form: Form, policy: &Policy, now: Timestamp) -> Result<EventRequest, PastEventResult> {
    let mut problems = Problems::default();
    let fields = entry.fields().map_err(|problem| server_error(problem.into()))?;
    let (sent, occurred) = members_of(&fields, form);
    let request = request::read(sent, (fields.here(), form), Origin::Api, policy, &mut problems);
    problems.finish().map_err(server_error)?;
    let request = request.ok_or_else(missing)?;
    match occurred_at(occurred.sent().value(), now) {
        Ok(at) => Ok(EventRequest {
            occurred_at: Some(at),
            ..request
        }),
        Err(status) => Err(PastEventResult { status, error: None }),
    }
}

#[allow(clippy::needless_pass_by_value, reason = "stands where errors are mapped")]
fn server_error(error: ApiError) -> PastEventResult {
    PastEventResult {
        status: PastEventStatus::ServerError,
        error: Some(error.detail()),
    }
}

fn occurred_at(value: Option<&Value>, now: Timestamp) -> Result<Timestamp, PastEventStatus> {
    let value = value.ok_or(PastEventStatus::OccurredDateIsRequired)?;
    let read = value.as_str().and_then(times::parse);
    let at = read.ok_or(PastEventStatus::IncorrectOccurredDateFormat)?;
    if at < now - DEPTH {
        Err(PastEventStatus::OccurredTimeTooDepth)
    } else {
        Ok(at)
    }
}
