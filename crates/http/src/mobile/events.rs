//! `POST /mobile/api/v1/events`: the events of an app.

use super::app::{App, AppHeaders, SentUser, User};
use crate::body::members;
use crate::error::ApiError;
use crate::events::{EventInput, ParamInput, detail, read_of};
use crate::fields::{Fields, MAX_ENTRIES, Problems};
use crate::site;
use crate::state::HttpState;
use crate::times;
use crate::tracker::CollectedBody;
use axum::extract::{Request, State};
use selfsame_domain::{Command, EventId, EventRequest, Origin, Timestamp, app_event_time};

/// Greatest size of a request in bytes, as for every public key.
const MAX_BYTES: usize = 64 * 1024;

/// The greatest length of an event ID, in characters.
const MAX_ID: usize = 100;

members! {
    /// What happened in an app.
    pub(crate) struct AppEventsInput {
        #[schema(max_items = 500)]
        list events: Vec<AppEventInput>,
        /// The device; the header `X-Reteno-Device-ID` may say it instead.
        #[schema(max_length = 250, example = "8a5b1c0e-9c2f-4b7e-8a61-3c9d2e7f1b45")]
        device_id: Option<String>,
        /// The external ID of the user, also as `userId` or `user_id`.
        #[schema(min_length = 1, max_length = 100)]
        external_user_id: Option<String>,
    }
}

members! {
    /// Something that happened in an app.
    pub(crate) struct AppEventInput {
        #[schema(max_length = 100, example = "productViewed")]
        event_type_key: String,
        /// When it happened: ISO 8601, in UTC without an offset; at most 30 days ago and a day ahead. Now, if it is missing or ahead.
        #[schema(example = "2026-01-02T03:04:05.678Z")]
        occurred: Option<String>,
        /// Names with values, together at most 20 KB. They name no contact.
        #[schema(max_items = 500)]
        params: Option<Vec<ParamInput>>,
        /// An identity of the app's own. Without one an event of the same device, type, time and parameters is the same event.
        #[schema(max_length = 100)]
        event_id: Option<String>,
    }
}

/// Record what happened in an app.
///
/// The events are the user's where an identity token vouches for one, or the site takes unsigned identification; otherwise those of the
/// device's owner. An event that is sent again is stored once. One that cannot be stored is reported in `refused`, and the others are stored.
#[utoipa::path(
    post,
    path = "/events",
    operation_id = "tellAppEvents",
    tag = "mobile",
    security(("site" = [])),
    params(AppHeaders, crate::docs::IdempotencyKey),
    request_body(content = AppEventsInput, content_type = "application/json", example = json!({
        "deviceId": "8a5b1c0e-9c2f-4b7e-8a61-3c9d2e7f1b45",
        "events": [{"eventTypeKey": "productViewed", "occurred": "2026-01-02T03:04:05.678Z", "params": [{"name": "product", "value": "4711"}]}]
    })),
    responses(
        (status = 200, body = CollectedBody, description = "What was stored, and what was not",
            example = json!({"stored": 1, "refused": []})),
        crate::refusals::PublicRefused,
    )
)]
pub(super) async fn events(State(state): State<HttpState>, request: Request) -> Result<CollectedBody, ApiError> {
    let app = App::open(&state, request, MAX_BYTES).await?;
    let body = app.incoming.batch(AppEventsInput::LIST, MAX_ENTRIES)?;
    let fields = body.fields();
    let sent = AppEventsInput::of(&fields, &body.entries);
    let mut problems = Problems::default();
    let named = SentUser::of(sent.device_id, sent.external_user_id, &fields);
    let user = app.user(&state, &named, &mut problems);
    problems.finish()?;
    let user = user.ok_or(ApiError::Internal("a user without problems that cannot be read"))?;
    let mut answer = CollectedBody {
        stored: 0,
        refused: user.untrusted(),
    };
    let (now, place) = (state.app.clock().now(), app.sender.place());
    let mut commands = Vec::with_capacity(sent.events.len());
    for entry in sent.events {
        commands.extend(answer.read(entry, |fields, answer| {
            let mut problems = Problems::default();
            let event = read(fields, &user, &place, now, &mut problems);
            answer.judge(event.map(|event| Command::Event(Box::new(event))), problems)
        }));
    }
    if !commands.is_empty() {
        for decision in site::submit(&state, &app.sender, &app.incoming, commands).await? {
            answer.add(&decision, true);
        }
    }
    Ok(answer)
}

fn read(
    fields: &Fields<'_>,
    user: &User,
    place: &str,
    now: Timestamp,
    problems: &mut Problems,
) -> Option<EventRequest> {
    let mut request = user.trusted.event_request();
    let sent = AppEventInput::of(fields);
    let occurred = sent.occurred.text(problems).value();
    let read_time = |text: &String| sent.occurred.check(problems, happened(text, now));
    let occurred_at = occurred.as_ref().and_then(read_time);
    let id = detail(sent.event_id, |text| Ok(text.to_owned()), &mut request, problems);
    if id.as_ref().is_some_and(|id| id.chars().count() > MAX_ID) {
        let reason = format!("must be at most {MAX_ID} characters long");
        problems.add(sent.event_id.pointer(), reason);
    }
    let sent = EventInput {
        event_type_key: sent.event_type_key,
        key_value: fields.at("keyValue"),
        params: sent.params,
        ..EventInput::default()
    };
    let mut event = read_of(sent, user.trusted.allowed(request), Origin::Mobile, problems)?;
    event.occurred_at = occurred_at;
    let device = user.trusted.device();
    event.id = match (id, occurred) {
        (Some(id), _) => Some(EventId::of_app(place, device, &id)),
        (None, Some(occurred)) => {
            let id = EventId::of_app_content(place, device, &event.type_key, &occurred, &event.params);
            Some(id)
        }
        (None, None) => None,
    };
    Some(event)
}

/// Reads the time of an event.
fn happened(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let at = times::parse(text).ok_or(times::REASON)?;
    app_event_time(at, now).map_err(|error| error.to_string())
}
