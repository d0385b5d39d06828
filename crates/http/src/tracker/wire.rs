//! `POST /api/v2`: the form of the former tracker (wire facts, section 5).

use super::answer::{self, CollectedBody, RefusedPart};
use super::page::{self, PageEvent, PageRequest};
use super::plugin_log;
use super::visitor::{self, Claim};
use crate::auth::{Authenticated, PerhapsAuthenticated};
use crate::body::members;
use crate::contacts::request::skipped;
use crate::docs::CookiesInput;
use crate::error::{ApiError, Problem};
use crate::fields::{Fields, Problems, Sent};
use crate::site;
use crate::state::HttpState;
use axum::extract::{Request, State};
use data_encoding::HEXLOWER;
use selfsame_application::{AccessError, Sender};
use selfsame_domain::values::{EventTypeKey, ValueError};
use selfsame_domain::{Action, BrowserClock, EventParams};
use serde_json::{Map, Value};

members! {
    /// A request of a page: an event with its general part, or the contact that a cookie belongs to.
    pub(crate) struct TrackInput {
        /// Who and what; without it the request links a cookie.
        general_info = "GeneralInfo": Option<GeneralInfoInput>,
        /// To link a cookie: the cookie.
        #[schema(max_length = 250)]
        web_id: Option<String>,
        /// To link a cookie: the public key of the site, or, with an API key, the number of its workspace.
        #[schema(example = json!(null))]
        org_id: Option<String>,
        /// To link a cookie: whom it belongs to; as in `GeneralInfo`.
        #[schema(max_length = 100)]
        external_customer_id: Option<String>,
        /// To link a cookie: an email of whom it belongs to.
        email: Option<String>,
        /// To link a cookie: a phone of whom it belongs to.
        phone: Option<String>,
        /// To link a cookie: an identity token, signed by the shop's own server.
        identity_token: Option<String>,
        /// What else is known, under the name of the event.
        #[expect(dead_code, reason = "its name is that of the event")]
        payload = "ProductPage": Option<Object>,
    }
}

members! {
    /// The general part of an event.
    pub(crate) struct GeneralInfoInput {
        /// What sort of event it is.
        #[schema(max_length = 100, example = "ProductPage")]
        event_name: String,
        /// The public key of the site.
        #[schema(example = "pk_2hb0dqf5a1c8e7k3m6p9s4t7v0x2z5b8d1f4h7")]
        site_id: String,
        /// When it happened, in milliseconds since 1970.
        datetime: Option<i64>,
        /// Who it was; left out and reported, unless the site takes it or `identityToken` vouches for it.
        external_customer_id: Option<String>,
        user_email = "user_email": Option<String>,
        user_phone = "user_phone": Option<String>,
        /// Left out and reported: names are set by `POST /api/v1/contact`.
        user_name = "user_name": Option<String>,
        user_es_contact_id = "user_es_contact_id": Option<i64>,
        /// An identity token, signed by the shop's own server.
        identity_token: Option<String>,
        /// The visitor's cookie.
        cookies: CookiesInput,
    }
}

/// Record what a visitor of a page did, in the form of the former tracker.
///
/// `GeneralInfo` says who and what, an object named after the event says what else is known. Without `GeneralInfo` the request links a
/// cookie to a contact: `{"externalCustomerId", "webId", "orgId", "email", "phone"}`, where `webId` is the cookie and `orgId` the public key
/// of the site. Otherwise as `POST /t/events`; a public key makes no contact but for whom an identity token vouches.
///
/// The API key of the site's workspace may come along. Then identifiers are believed as with `POST /api/v1/contact`, `siteId` and the cookie
/// may be missing, and `orgId` may be the number of the workspace. A number without an API key names nothing: 401.
///
/// A log entry of a shop plug-in (`log_level`) is answered 200 and dropped.
#[utoipa::path(
    post,
    path = "/api/v2",
    operation_id = "track",
    tag = "tracker",
    security((), ("basic" = []), ("bearer" = [])),
    params(crate::docs::IdempotencyKey),
    request_body(content = TrackInput, content_type = "application/json", example = json!({
        "GeneralInfo": {"eventName": "ProductPage", "siteId": "pk_2hb0dqf5a1c8e7k3m6p9s4t7v0x2z5b8d1f4h7",
            "cookies": {"sc": "0b8e6f0a-6f0c-4f7e-9a53-0e8d4f6f3c11"}},
        "ProductPage": {"productKey": "24-A-01", "price": "150", "isInStock": 1}
    })),
    responses(
        (status = 200, body = CollectedBody, description = "What was stored, and what was not",
            example = json!({"stored": 1, "refused": []})),
        crate::refusals::PublicRefused,
    )
)]
pub(crate) async fn wire(
    State(state): State<HttpState>,
    PerhapsAuthenticated(secret): PerhapsAuthenticated,
    request: Request,
) -> Result<CollectedBody, ApiError> {
    let page = PageRequest::read(&state, request).await?;
    let body = page.incoming.object()?;
    let fields = body.fields();
    let sent = TrackInput::of(&fields);
    let mut problems = Problems::default();
    let general = sent.general_info.object(&mut problems);
    problems.finish()?;
    match general {
        Sent::Value(general) => event(&page, &fields, &general, secret).await,
        Sent::Nothing | Sent::Null if plugin_log::is_entry(&fields) => Ok(plugin_log::drop_entry()),
        Sent::Nothing | Sent::Null => webcontact(&page, &sent, secret).await,
    }
}

/// Records an event. An invalid one is reported, and the rest of the request takes effect: the page cannot correct a refused
/// request.
async fn event(
    page: &PageRequest<'_>,
    fields: &Fields<'_>,
    general: &Fields<'_>,
    secret: Option<Authenticated>,
) -> Result<CollectedBody, ApiError> {
    let sent = GeneralInfoInput::of(general);
    let sender = match secret {
        // A secret key identifies the workspace; a server may have no site key.
        Some(key) if sent.site_id.sent().value().is_none() => Sender::Server(key.0, None),
        secret => page.open(sent.site_id, secret).await?,
    };
    site::allow(&sender, Action::Events)?;
    let mut unreadable = Problems::default();
    let cookies = sent.cookies.object(&mut unreadable).value();
    unreadable.finish()?;
    let cookies = cookies.unwrap_or_else(|| Fields::of(None, sent.cookies.pointer()));
    let cookies = CookiesInput::of(&cookies);
    let cookie = match page::cookie(cookies.sc) {
        Ok(cookie) => Some(cookie),
        // A server's event about a customer needs no visitor.
        Err(_) if sender.has_secret() && cookies.sc.sent().value().is_none() => None,
        Err(error) => return Err(error),
    };
    if page::is_bot(&page.headers) {
        return Ok(CollectedBody::of_bot());
    }
    let mut answer = CollectedBody::default();
    if sent.user_name.sent().value().is_some() {
        let reason = "is not stored; names are set by POST /api/v1/contact";
        answer.refused.push(skipped(&sent.user_name.pointer(), reason).into());
    }
    let claim = Claim {
        external_id: sent.external_customer_id,
        email: sent.user_email,
        phone: sent.user_phone,
        contact_id: Some(sent.user_es_contact_id),
        token: visitor::token(sent.identity_token),
    };
    let known = answer.refused.len();
    let visitor = visitor::read(page.state, &sender, &claim, cookie.as_ref(), &mut answer);
    if cookie.is_none() && visitor.link.is_none() {
        // The errors of the identifiers are the reason why no contact is named.
        let refused = answer.refused.drain(known..);
        let mut problems: Vec<Problem> = refused.map(RefusedPart::into_problem).collect();
        let reason = "must be sent where GeneralInfo names no contact";
        problems.push(Problem::new(cookies.sc.pointer(), reason));
        return Err(ApiError::Invalid(problems));
    }
    let mut problems = Problems::default();
    let event = read(page, fields, &sent, &mut problems, &mut answer);
    let command = event.map(|event| event.command(&sender.place(), cookie.as_ref(), &visitor.history));
    let commands = answer.judge(command, problems).into_iter().collect();
    answer::submit(page, &sender, visitor, commands, answer).await
}

/// Reads the event.
fn read(
    page: &PageRequest<'_>,
    fields: &Fields<'_>,
    sent: &GeneralInfoInput<'_>,
    problems: &mut Problems,
    answer: &mut CollectedBody,
) -> Option<PageEvent> {
    let name = sent.event_name.text(problems).value().unwrap_or_default();
    let datetime = sent.datetime.integer(problems).value();
    let type_key = sent.event_name.check(problems, EventTypeKey::parse(&name));
    let clock = BrowserClock::new(page.state.app.clock().now(), None);
    let occurred_at = datetime.and_then(|millis| sent.datetime.check(problems, clock.read(millis)));
    let params = problems.check(&fields.pointer(&name), params(fields, &name, answer));
    Some(PageEvent {
        type_key: type_key?,
        params: params?,
        occurred_at,
        // The same body with the same time is the same event, sent again.
        id: datetime.map(|_| format!("body {}", HEXLOWER.encode(&page.incoming.digest()))),
    })
}

/// Links a cookie to a contact (wire fact: the `webcontact` call).
async fn webcontact(
    page: &PageRequest<'_>,
    sent: &TrackInput<'_>,
    secret: Option<Authenticated>,
) -> Result<CollectedBody, ApiError> {
    if sent.web_id.sent().value().is_none() {
        let reason = "must be sent for an event; to link a cookie send webId";
        return Err(ApiError::invalid(sent.general_info.pointer(), reason));
    }
    let number = sent.org_id.integer(&mut Problems::default()).value();
    let sender = match (secret, number) {
        // A shop that does not know the number sends 0.
        (Some(key), Some(0)) => Sender::Server(key.0, None),
        (Some(key), Some(number)) => {
            key.0.check_number(number)?;
            Sender::Server(key.0, None)
        }
        (Some(key), None) if sent.org_id.sent().value().is_none() => Sender::Server(key.0, None),
        (None, Some(_)) => return Err(AccessError::ForeignNumber.into()),
        (secret, None) => page.open(sent.org_id, secret).await?,
    };
    site::allow(&sender, Action::Write)?;
    let cookie = page::cookie(sent.web_id)?;
    if page::is_bot(&page.headers) {
        return Ok(CollectedBody::of_bot());
    }
    let claim = Claim {
        external_id: sent.external_customer_id,
        email: sent.email,
        phone: sent.phone,
        contact_id: None,
        token: visitor::token(sent.identity_token),
    };
    let mut answer = CollectedBody::default();
    let visitor = visitor::read(page.state, &sender, &claim, Some(&cookie), &mut answer);
    answer::submit(page, &sender, visitor, Vec::new(), answer).await
}

/// The object with the event's name; if there is none, all members except `GeneralInfo`.
fn params(fields: &Fields<'_>, name: &str, answer: &mut CollectedBody) -> Result<EventParams, ValueError> {
    if let Some(payload @ Value::Object(_)) = fields.member(name) {
        return answer.params(payload, &fields.pointer(name));
    }
    let rest = fields.members().filter(|(name, _)| *name != "GeneralInfo");
    let rest: Map<String, Value> = rest.map(|(name, value)| (name.to_owned(), value.clone())).collect();
    answer.params(&Value::Object(rest), fields.here())
}
