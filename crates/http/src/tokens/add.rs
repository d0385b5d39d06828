//! `POST apps/{uuid}/tokens`.

use super::mute::app_uuid;
use crate::auth::{May, right};
use crate::body::{Incoming, members};
use crate::contacts::request::{refuse_unreadable, skipped};
use crate::error::ApiError;
use crate::fields::{Fields, MAX_ENTRIES, Problems, why};
use crate::named::{self, Parts};
use crate::paths::ApiPath;
use crate::reply::{self, AllDecided, Repeated, submit_all};
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_domain::values::{AppId, ChannelType, Source, Token};
use selfsame_domain::{
    Call, ChannelDetails, ChannelInput, Command, ContactId, ContactRequest, Decision, Identifier, IdentifierKind,
    Policy,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

members! {
    /// Tokens and whom they belong to.
    pub(crate) struct TokensInput {
        /// 1 to 500.
        #[schema(min_items = 1, max_items = 500)]
        tokens: Vec<TokenInput>,
    }
}

members! {
    /// A token and whom it belongs to: at least one identifier.
    pub(crate) struct TokenInput {
        #[schema(max_length = 4096)]
        token: String,
        contact_id: Option<i64>,
        #[schema(max_length = 100)]
        external_customer_id: Option<String>,
        phone: Option<String>,
        email: Option<String>,
    }
}

/// What became of tokens.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct TokensBody {
    /// One entry for every token, in their order.
    results: Vec<TokenResult>,
}

/// What became of a token.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenResult {
    /// The contact that holds it now; missing when it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_id: Option<i64>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl From<&Decision> for TokenResult {
    fn from(decision: &Decision) -> Self {
        Self {
            contact_id: decision.contact.map(|id| id.0),
            error: decision.rejection.as_ref().map(ToString::to_string),
        }
    }
}

/// Give tokens of an app to contacts.
///
/// Searches by `contactId`, then `externalCustomerId`, phone, email. A contact that is found gets the token and keeps everything
/// else as it is; without one a contact is made with everything that was sent. Entries are judged one by one: one that cannot be read has
/// an `error` in its result, and 400 is for when none can be read.
#[utoipa::path(
    post,
    path = "/api/v1/apps/{app}/tokens",
    operation_id = "addAppTokens",
    tag = "tokens",
    params(("app" = Uuid, Path, description = "The app"), crate::docs::IdempotencyKey),
    request_body(content = TokensInput, content_type = "application/json",
        example = json!({"tokens": [{"token": "t-1", "phone": "+380501234567"}]})),
    responses(
        (status = 200, body = TokensBody, description = "With the headers of the decision where it is a single one",
            example = json!({"results": [{"contactId": 564_407_320}]})),
        crate::docs::WriteErrors,
    )
)]
pub(crate) async fn add(
    State(state): State<HttpState>,
    auth: May<right::Write>,
    ApiPath(app): ApiPath<String>,
    incoming: Incoming,
) -> Result<AllDecided<Json<TokensBody>>, ApiError> {
    let app = app_uuid(&app)?;
    let read = read(&incoming.object()?.fields(), &app, &auth.0.workspace.policy)?;
    let commands = read
        .iter()
        .filter_map(|request| request.as_ref().ok())
        .map(|request| Command::Contact(Call::AppToken, Box::new(request.clone())))
        .collect();
    let decisions = submit_all(&state, &auth, &incoming, commands, Repeated::Accepted).await?;
    if let ([decision], [Ok(_)]) = (decisions.as_slice(), read.as_slice()) {
        reply::accepted(decision.clone())?;
    }
    let mut decided = decisions.iter();
    let result = |request: Result<ContactRequest, ApiError>| match request {
        Ok(_) => decided
            .next()
            .map(TokenResult::from)
            .ok_or(ApiError::Internal("a token without decision")),
        Err(error) => Ok(TokenResult {
            contact_id: None,
            error: Some(error.detail()),
        }),
    };
    let results = read.into_iter().map(result).collect::<Result<Vec<_>, _>>()?;
    Ok(AllDecided(decisions, Json(TokensBody { results })))
}

/// Reads the body: each token, or its error. A body without a readable token is refused.
pub(crate) fn read(
    fields: &Fields<'_>,
    app: &AppId,
    policy: &Policy,
) -> Result<Vec<Result<ContactRequest, ApiError>>, ApiError> {
    let mut problems = Problems::default();
    let sent = TokensInput::of(fields);
    let tokens = sent.tokens.list(MAX_ENTRIES, &mut problems);
    if tokens.is_empty() && problems.is_empty() {
        problems.add(sent.tokens.pointer(), "must have at least one entry");
    }
    problems.finish()?;
    let read: Vec<_> = tokens
        .into_iter()
        .map(|(pointer, value)| match value {
            Value::Object(token) => read_one(&Fields::of(Some(token), pointer), app, policy),
            other => Err(ApiError::invalid(pointer, why(other, "must be an object"))),
        })
        .collect();
    if read.iter().any(Result::is_ok) {
        return Ok(read);
    }
    let wrong = read.into_iter().filter_map(Result::err);
    Err(ApiError::Invalid(wrong.flat_map(|error| error.problems()).collect()))
}

fn read_one(fields: &Fields<'_>, app: &AppId, policy: &Policy) -> Result<ContactRequest, ApiError> {
    let sent = TokenInput::of(fields);
    let mut request = ContactRequest::new(Source::App);
    let mut wrong = Problems::default();
    request.contact_id = sent.contact_id.integer(&mut wrong).value().map(ContactId);
    for problem in wrong.all() {
        let skipped = skipped(&problem.pointer, problem.reason);
        request.note_unreadable(policy, None, None, skipped);
    }
    let mut parts = Parts {
        policy,
        request: &mut request,
    };
    let (id, phone, email) = (sent.external_customer_id, sent.phone, sent.email);
    named::external_id(&mut parts, &id.pointer(), id.sent().value());
    named::phone(&mut parts, &phone.pointer(), phone.sent().value());
    named::email(&mut parts, &email.pointer(), email.sent().value());
    let mut problems = Problems::default();
    if request.contact_id.is_none() && request.identifiers().next().is_none() && request.unreadable.is_empty() {
        problems.add(fields.here(), "must have contactId, externalCustomerId, phone or email");
    }
    refuse_unreadable(&request, Call::AppToken, policy, &mut problems);
    let token = sent.token.text(&mut problems).value().unwrap_or_default();
    let token = sent.token.check(&mut problems, Token::parse(&token));
    problems.finish()?;
    let token = token.ok_or(ApiError::Internal("a token without problems and without value"))?;
    request.channels.push(ChannelInput {
        channel: ChannelType::Telegram,
        identifier: Identifier::token(IdentifierKind::Telegram, Some(app), &token),
        details: ChannelDetails {
            app: Some(app.as_str().to_owned()),
            ..ChannelDetails::default()
        },
    });
    Ok(request)
}
