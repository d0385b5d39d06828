//! `POST apps/{uuid}/tokens`.

use super::mute::app_uuid;
use crate::auth::Authenticated;
use crate::body::Incoming;
use crate::error::ApiError;
use crate::fields::{Fields, MAX_ENTRIES, Problems};
use crate::paths::ApiPath;
use crate::reply::{self, AllDecided, Repeated, submit_all};
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_domain::values::{AppId, ChannelType, Email, ExternalId, Phone, Source, Token};
use selfsame_domain::{
    Action, Call, ChannelDetails, ChannelInput, Command, ContactId, ContactRequest, Decision, Identifier,
    IdentifierKind, Policy,
};
use serde::Serialize;
use utoipa::ToSchema;

/// Tokens and whom they belong to.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what read() reads")]
pub(crate) struct TokensInput {
    /// 1 to 500.
    #[schema(min_items = 1, max_items = 500)]
    tokens: Vec<TokenInput>,
}

/// A token and whom it belongs to: at least one identifier.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what read_one() reads")]
pub(crate) struct TokenInput {
    #[schema(max_length = 4096)]
    token: String,
    #[schema(rename = "contactId")]
    contact_id: Option<i64>,
    #[schema(rename = "externalCustomerId", max_length = 100)]
    external_customer_id: Option<String>,
    phone: Option<String>,
    email: Option<String>,
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
/// else as it is; without one a contact is made with everything that was sent.
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
    auth: Authenticated,
    ApiPath(app): ApiPath<String>,
    incoming: Incoming,
) -> Result<AllDecided<Json<TokensBody>>, ApiError> {
    auth.allow(Action::Write)?;
    let app = app_uuid(&app)?;
    let requests = read(&incoming.object()?.fields(), &app, &auth.0.workspace.policy)?;
    let commands = requests
        .into_iter()
        .map(|request| Command::Contact(Call::AppToken, Box::new(request)))
        .collect();
    let decisions = submit_all(&state, &auth, &incoming, commands, Repeated::Taken).await?;
    let results = decisions.iter().map(TokenResult::from).collect();
    if let [decision] = decisions.as_slice() {
        reply::accepted(decision.clone())?;
    }
    Ok(AllDecided(decisions, Json(TokensBody { results })))
}

/// Reads the body, or says what is wrong with it.
pub(crate) fn read(fields: &Fields<'_>, app: &AppId, policy: &Policy) -> Result<Vec<ContactRequest>, ApiError> {
    let mut problems = Problems::default();
    let tokens = fields.objects("tokens", MAX_ENTRIES, &mut problems);
    if tokens.is_empty() && problems.is_empty() {
        problems.add(fields.pointer("tokens"), "must have at least one entry");
    }
    let requests = tokens
        .iter()
        .filter_map(|token| read_one(token, app, policy, &mut problems))
        .collect();
    problems.finish().map(|()| requests)
}

fn read_one(fields: &Fields<'_>, app: &AppId, policy: &Policy, problems: &mut Problems) -> Option<ContactRequest> {
    let mut request = ContactRequest::new(Source::App);
    let text = |name, problems: &mut Problems| fields.text(name, problems).value();
    let (external_id, phone, email) = (
        text("externalCustomerId", problems),
        text("phone", problems),
        text("email", problems),
    );
    request.contact_id = fields.integer("contactId", problems).value().map(ContactId);
    request.external_id = external_id.and_then(|text| {
        let id = problems.check(&fields.pointer("externalCustomerId"), ExternalId::parse(&text))?;
        Some(Identifier::external_id(&id))
    });
    if let Some(text) = phone {
        let phone = Phone::parse(&text, policy.default_phone_region.as_ref());
        let phone = problems
            .check(&fields.pointer("phone"), phone)
            .map(|phone| Identifier::phone(&phone));
        request
            .channels
            .extend(phone.map(|identifier| channel(ChannelType::Sms, identifier)));
    }
    if let Some(text) = email {
        let email = problems.check(&fields.pointer("email"), Email::parse(&text));
        let email = email.map(|email| Identifier::email(&email));
        request
            .channels
            .extend(email.map(|identifier| channel(ChannelType::Email, identifier)));
    }
    if request.contact_id.is_none() && request.identifiers().next().is_none() {
        problems.add(fields.here(), "must have contactId, externalCustomerId, phone or email");
    }
    let token = fields.text("token", problems).value().unwrap_or_default();
    let token = problems.check(&fields.pointer("token"), Token::parse(&token))?;
    let identifier = Identifier::token(IdentifierKind::Telegram, Some(app), &token);
    let mut token = channel(ChannelType::Telegram, identifier);
    token.details.app = Some(app.as_str().to_owned());
    request.channels.push(token);
    Some(request)
}

fn channel(channel: ChannelType, identifier: Identifier) -> ChannelInput {
    ChannelInput {
        channel,
        identifier,
        details: ChannelDetails::default(),
    }
}
