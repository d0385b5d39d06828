//! `GET contact/token/{app}/{token}/contactId`.

use crate::auth::{Authenticated, May, right};
use crate::contacts::response::ContactIdBody;
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paths::ApiPath;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_application::ports::TokenOwner;
use selfsame_domain::values::{AppId, Token};
use selfsame_domain::{Identifier, IdentifierKind};

/// Find the contact that holds a token.
#[utoipa::path(
    get,
    path = "/api/v1/contact/token/{app}/{token}/contactId",
    operation_id = "getTokenContact",
    tag = "tokens",
    params(("app" = String, Path, description = "The app"), ("token" = String, Path, description = "The token")),
    responses(
        (status = 200, description = "The contact's number", body = ContactIdBody),
        crate::docs::ReadErrors,
        (status = 404, description = "No contact holds the token", body = String, content_type = "text/plain", example = json!("token not found")),
    )
)]
pub(crate) async fn contact_id(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    ApiPath((app, token)): ApiPath<(String, String)>,
) -> Result<Json<ContactIdBody>, ApiError> {
    let (app, token) = read(&app, &token)?;
    let owner = find(&state, &auth, &app, &token).await?;
    Ok(Json(ContactIdBody { id: owner.contact.0 }))
}

/// Reads the path's app and token.
pub(super) fn read(app: &str, token: &str) -> Result<(AppId, Token), ApiError> {
    let mut problems = Problems::default();
    let app = problems.check("app", AppId::parse(app));
    let token = problems.check("token", Token::parse(token));
    problems.finish()?;
    app.zip(token)
        .ok_or(ApiError::Internal("a token without problems and without value"))
}

/// The holder of a token of any kind.
pub(super) async fn find(
    state: &HttpState,
    auth: &Authenticated,
    app: &AppId,
    token: &Token,
) -> Result<TokenOwner, ApiError> {
    let kinds = [
        IdentifierKind::MobilePush,
        IdentifierKind::WebPush,
        IdentifierKind::Telegram,
    ];
    // First the app's own token, then one that was first sent without its app, which is found with any app.
    let keys: Vec<_> = [Some(app), None]
        .into_iter()
        .flat_map(|app| kinds.map(|kind| Identifier::token(kind, app, token).key))
        .collect();
    let found = state.app.store().token_owner(auth.workspace(), &keys).await?;
    found.ok_or(ApiError::NotFound("token"))
}
