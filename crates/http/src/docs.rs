//! Shared parts of the API description: the parts of a contact in requests, parameters, errors.

use crate::body::members;
use crate::render::{ErrorBody, ProblemDocument, UnauthorizedBody};
use crate::state::HttpState;
use std::collections::BTreeMap;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoParams, IntoResponses, ToSchema};
use utoipa_axum::router::UtoipaMethodRouter;

members! {
    /// A contact as it is sent. Unknown members are ignored; `null` and blank texts say nothing.
    pub(crate) struct ContactInput {
        #[schema(max_length = 40, example = "Ann")]
        first_name: Option<String>,
        #[schema(max_length = 40, example = "Smith")]
        last_name: Option<String>,
        /// At most two of one type. A single object is taken for an array.
        #[schema(max_items = 100)]
        channels: Option<Vec<ChannelInput>>,
        address: Option<AddressInput>,
        /// Custom fields.
        #[schema(max_items = 500)]
        fields: Option<Vec<FieldInput>>,
        /// The customer's own ID: a text or a whole number.
        #[schema(max_length = 100, example = "C-1001")]
        external_customer_id: Option<String>,
        #[schema(max_length = 255)]
        contact_key: Option<String>,
        /// Static segments to be in, for added contacts: `id` or `name`.
        #[schema(max_items = 500)]
        groups: Option<Vec<GroupInput>>,
        /// Language tag (RFC 5646).
        #[schema(max_length = 100, example = "uk")]
        language_code: Option<String>,
        /// Name of the time zone database.
        #[schema(max_length = 100, example = "Europe/Kyiv")]
        time_zone: Option<String>,
        /// The device.
        #[schema(max_length = 250)]
        device_id: Option<String>,
        /// Cookies of the web visitor.
        cookies: Option<CookiesInput>,
        /// Telegram tokens of no particular app; a single text is taken for an array.
        #[schema(max_items = 100)]
        telegram: Option<Vec<String>>,
    }
}

members! {
    /// A channel as it is sent.
    pub(crate) struct ChannelInput {
        /// `email`, `sms`, `viber`, `mobilepush`, `webpush`, `telegram` or `webcookie`, in any case; `appinbox`, `widget` and `inapp` are left out.
        #[schema(example = "email")]
        r#type: String,
        #[schema(example = "ann@example.com")]
        value: String,
        /// With `mobilepush`.
        device: Option<DeviceInput>,
        /// With `webpush`.
        web_push_subscription: Option<WebPushInput>,
    }
}

members! {
    /// A device as it is sent.
    pub(crate) struct DeviceInput {
        #[schema(format = "uuid")]
        app_id: Option<String>,
        #[schema(max_length = 50)]
        device_model: Option<String>,
        #[schema(max_length = 100)]
        os: Option<String>,
        #[schema(max_length = 100)]
        locale: Option<String>,
        #[schema(max_length = 100)]
        client_version: Option<String>,
        #[schema(max_length = 100)]
        app_version: Option<String>,
        /// True unless said otherwise.
        active: Option<bool>,
    }
}

members! {
    /// A web push subscription as it is sent.
    pub(crate) struct WebPushInput {
        app_id: Option<i32>,
        #[schema(max_length = 1024)]
        user_agent: Option<String>,
        #[schema(max_length = 100)]
        user_agent_version: Option<String>,
        #[schema(max_length = 100)]
        user_agent_language: Option<String>,
        #[schema(max_length = 100)]
        os: Option<String>,
        #[schema(max_length = 100)]
        ip: Option<String>,
        #[schema(max_length = 2048)]
        subscription_page: Option<String>,
        #[schema(max_length = 100)]
        sw_active_version: Option<String>,
    }
}

members! {
    /// An address as it is sent.
    pub(crate) struct AddressInput {
        #[schema(max_length = 300)]
        region: Option<String>,
        #[schema(max_length = 300)]
        town: Option<String>,
        #[schema(max_length = 300)]
        address: Option<String>,
        #[schema(max_length = 20)]
        postcode: Option<String>,
    }
}

members! {
    /// The value of a custom field as it is sent.
    #[schema(as = ContactFieldInput)]
    pub(crate) struct FieldInput {
        /// The number of the field, as `addressbooks` lists it.
        id: i64,
        value: Option<String>,
    }
}

members! {
    /// A segment as it is sent.
    pub(crate) struct GroupInput {
        id: Option<i64>,
        #[schema(max_length = 255)]
        name: Option<String>,
    }
}

members! {
    /// Cookies as they are sent.
    pub(crate) struct CookiesInput {
        /// The visitor's cookie.
        #[schema(max_length = 250)]
        sc: Option<String>,
    }
}

members! {
    /// A subscription as it is sent.
    pub(crate) struct SubscribeInput {
        contact: ContactInput,
        /// Names of static segments.
        #[schema(max_items = 500)]
        groups: Option<Vec<String>>,
        /// Keys of subscription categories.
        #[schema(max_items = 500)]
        subscriptions: Option<Vec<String>>,
        /// Where the subscription comes from.
        #[schema(max_length = 100)]
        form_type: Option<String>,
        /// Cookies of the web visitor, here or in `contact`.
        cookies: Option<CookiesInput>,
    }
}

/// The header that makes a repeated request safe.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "describes what crate::body reads")]
pub(crate) struct IdempotencyKey {
    /// 1 to 255 visible ASCII characters. The same request with the same key is answered with the recorded answer for 24 hours; another
    /// request with the same key is refused with 422.
    #[param(rename = "Idempotency-Key", max_length = 255)]
    idempotency_key: Option<String>,
}

/// The header that lets a call change only what its caller has read.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "describes what crate::contacts reads")]
pub(crate) struct IfMatch {
    /// Entity tags of `GET contact/{id}`: the call takes effect only while the contact has one of them, and is refused with 412 otherwise
    /// (RFC 9110, 13.1.1). `*` is any.
    #[param(rename = "If-Match", example = "\"42\"")]
    if_match: Option<String>,
}

/// A call at a second path: its operation ID with a suffix, a summary and a description of its own.
pub(crate) fn same_call(
    (schemas, mut paths, router): UtoipaMethodRouter<HttpState>,
    path: &str,
    suffix: &str,
    (summary, description): (&str, Option<&str>),
) -> UtoipaMethodRouter<HttpState> {
    let items = std::mem::take(&mut paths.paths).into_values();
    let renamed = items.map(|mut item| {
        for call in [&mut item.get, &mut item.post, &mut item.delete].into_iter().flatten() {
            if let Some(id) = &mut call.operation_id {
                id.push_str(suffix);
            }
            call.summary = Some(summary.to_owned());
            call.description = description.map(str::to_owned);
        }
        (path.to_owned(), item)
    });
    paths.paths = renamed.collect();
    (schemas, paths, router)
}

/// Errors of every call that reads.
pub(crate) struct ReadErrors;

/// Errors of every call that reads a body and makes no decision.
pub(crate) struct BodyErrors;

/// Errors of every call that writes.
pub(crate) struct WriteErrors;

/// The error of a call when `If-Match` does not match.
pub(crate) struct PreconditionFailed;

impl IntoResponses for ReadErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let own = [
            ("400", error("The request is invalid")),
            ("401", unauthorized()),
            ("403", error("The key's rights do not cover the call")),
            ("429", error("The key sent too many requests")),
            (
                "503",
                error("The server is busy or its database unavailable; see Retry-After"),
            ),
        ];
        by_status(own)
    }
}

impl IntoResponses for BodyErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut all = ReadErrors::responses();
        all.extend(by_status([("413", error("The body is too large"))]));
        all
    }
}

impl IntoResponses for WriteErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut all = BodyErrors::responses();
        let reason = "The Idempotency-Key was used for another request";
        all.extend(by_status([("422", error(reason))]));
        all
    }
}

impl IntoResponses for PreconditionFailed {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        by_status([("412", error("The contact has changed since it was read"))])
    }
}

fn by_status<const N: usize>(responses: [(&str, Response); N]) -> BTreeMap<String, RefOr<Response>> {
    BTreeMap::from(responses.map(|(status, response)| (status.to_owned(), RefOr::T(response))))
}

/// An error that is a text, or JSON or a problem document on request. [`crate::operations`] adds the examples.
fn error(description: &str) -> Response {
    let text = ContentBuilder::new().schema(Some(<String as utoipa::PartialSchema>::schema()));
    let json = ContentBuilder::new().schema(Some(Ref::from_schema_name(ErrorBody::name())));
    let document = ContentBuilder::new().schema(Some(Ref::from_schema_name(ProblemDocument::name())));
    ResponseBuilder::new()
        .description(description)
        .content("text/plain", text.build())
        .content("application/json", json.build())
        .content("application/problem+json", document.build())
        .build()
}

fn unauthorized() -> Response {
    let body = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(UnauthorizedBody::name())))
        .build();
    ResponseBuilder::new()
        .description("No valid API key")
        .content("application/json", body)
        .build()
}
