//! `POST /t/events`: our own compact form, which the script of `/t/selfsame.js` sends.

use super::answer::{self, CollectedBody, RefusedPart};
use super::page::{self, PageEvent, PageRequest};
use super::visitor::{self, Claim};
use crate::body::members;
use crate::error::ApiError;
use crate::fields::{Fields, Problems};
use crate::state::HttpState;
use axum::extract::{Request, State};
use selfsame_domain::values::EventTypeKey;
use selfsame_domain::{BrowserClock, Command, EventParams};

/// The greatest number of events in a request.
const MAX_EVENTS: usize = 100;

/// The greatest length of an event ID, in characters.
const MAX_ID: usize = 100;

members! {
    /// A request of a page.
    pub(crate) struct CollectInput {
        /// What happened, at most 100.
        #[schema(max_items = 100)]
        list events: Vec<PageEventInput>,
        /// The public key of the site.
        #[schema(example = "pk_2hb0dqf5a1c8e7k3m6p9s4t7v0x2z5b8d1f4h7")]
        site: String,
        /// The visitor's cookie.
        #[schema(max_length = 250)]
        sc: String,
        /// The browser's time when it sent the request, in milliseconds since 1970: a wrong clock is put right by it.
        sent_at: Option<i64>,
        /// An identity token: who the visitor is, signed by the shop's own server.
        token: Option<String>,
        /// Who the visitor is, unsigned. Left out and reported, unless the site takes it.
        user: Option<PageUserInput>,
    }
}

members! {
    /// Who a visitor is, by what the page says.
    pub(crate) struct PageUserInput {
        external_customer_id: Option<String>,
        email: Option<String>,
        phone: Option<String>,
    }
}

members! {
    /// Something that happened on a page.
    pub(crate) struct PageEventInput {
        /// An identity of the page's own: an event of this visitor with the same one is stored once.
        #[schema(max_length = 100)]
        id: Option<String>,
        /// What sort of event it is; `PageView` for page views.
        #[schema(max_length = 100, example = "PageView")]
        name: String,
        /// When it happened, in milliseconds since 1970 by the browser's clock; at most 30 days ago.
        at: Option<i64>,
        /// What else is known about it, at most 20 KB.
        payload: Option<Object>,
    }
}

/// Record what a visitor of a page did.
///
/// For pages, with the public key of their site: no other authorisation. The events belong to the visitor behind the cookie, and with the
/// visitor to the contact that the cookie is linked to. `token` links it: what the visitor did before becomes the contact's, and so do the
/// events of the request, however late they come. Whatever cannot be stored is left out and reported in `refused`; the rest is stored. Any content
/// type is taken, `text/plain` spares browsers a preflight.
#[utoipa::path(
    post,
    path = "/t/events",
    operation_id = "collect",
    tag = "tracker",
    security(()),
    params(crate::docs::IdempotencyKey),
    request_body(content = CollectInput, content_type = "application/json", example = json!({
        "site": "pk_2hb0dqf5a1c8e7k3m6p9s4t7v0x2z5b8d1f4h7", "sc": "0b8e6f0a-6f0c-4f7e-9a53-0e8d4f6f3c11",
        "events": [{"id": "e1", "name": "PageView", "payload": {"url": "https://shop.example/", "title": "Shop"}}]
    })),
    responses(
        (status = 200, body = CollectedBody, description = "What was stored, and what was not",
            example = json!({"stored": 1, "refused": []})),
        crate::refusals::PublicRefused,
    )
)]
pub(crate) async fn collect(State(state): State<HttpState>, request: Request) -> Result<CollectedBody, ApiError> {
    let page = PageRequest::read(&state, request).await?;
    let body = page.incoming.batch(CollectInput::LIST, MAX_EVENTS)?;
    let fields = body.fields();
    let sent = CollectInput::of(&fields, &body.entries);
    let sender = page.open(sent.site, None).await?;
    let cookie = page::cookie(sent.sc)?;
    if page::is_bot(&page.headers) {
        return Ok(CollectedBody::of_bot());
    }
    let mut problems = Problems::default();
    let sent_at = sent.sent_at.integer(&mut problems).value();
    let user = sent.user.object(&mut problems).value();
    let mut answer = CollectedBody::default();
    answer.refused.extend(problems.all().into_iter().map(RefusedPart::from));
    let user = user.unwrap_or_else(|| Fields::of(None, sent.user.pointer()));
    let user = PageUserInput::of(&user);
    let claim = Claim {
        external_id: user.external_customer_id,
        email: user.email,
        phone: user.phone,
        contact_id: None,
        token: visitor::token(sent.token),
    };
    let visitor = visitor::read(&state, &sender, &claim, Some(&cookie), &mut answer);
    let clock = BrowserClock::new(state.app.clock().now(), sent_at);
    let events = sent.events.iter().filter_map(|event| {
        answer.read(event, |event, answer| {
            let mut problems = Problems::default();
            let event = read(event, clock, &mut problems, answer);
            let command = event.map(|event| event.command(&sender.place(), Some(&cookie), &visitor.history));
            answer.judge(command, problems)
        })
    });
    let events: Vec<Command> = events.collect();
    answer::submit(&page, &sender, visitor, events, answer).await
}

/// Reads an event. Errors that refuse it are added to `problems`.
fn read(
    event: &Fields<'_>,
    clock: BrowserClock,
    problems: &mut Problems,
    answer: &mut CollectedBody,
) -> Option<PageEvent> {
    let sent = PageEventInput::of(event);
    let name = sent.name.text(problems).value().unwrap_or_default();
    let at = sent.at.integer(problems).value();
    let occurred_at = at.and_then(|millis| sent.at.check(problems, clock.read(millis)));
    let mut ignored = Problems::default();
    let id = sent.id.text(&mut ignored).value();
    answer.refused.extend(ignored.all().into_iter().map(RefusedPart::from));
    if id.as_ref().is_some_and(|id| id.chars().count() > MAX_ID) {
        problems.add(sent.id.pointer(), format!("must be at most {MAX_ID} characters long"));
    }
    let params = sent.payload.sent().value().map_or_else(
        || Ok(EventParams::default()),
        |payload| answer.params(payload, &sent.payload.pointer()),
    );
    let type_key = sent.name.check(problems, EventTypeKey::parse(&name));
    let params = sent.payload.check(problems, params);
    Some(PageEvent {
        type_key: type_key?,
        params: params?,
        occurred_at,
        id,
    })
}
