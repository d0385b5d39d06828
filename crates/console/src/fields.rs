//! The fields of a form.

use crate::csrf;
use crate::error::PageError;
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use axum::extract::{Form, FromRequest, FromRequestParts, Request};

/// The fields of a form, in the order of the page.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// What stands in a field, without outer blanks; blank when the form has none of the name.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// Names and values in the order of the page, for forms with a group of fields per row.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.trim()))
    }

    /// Whether a check box is set.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        !self.raw(name).is_empty()
    }

    /// What stands in a field, as it was typed: for passwords.
    pub(crate) fn raw(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = PageError;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let form = Form::<Vec<(String, String)>>::from_request(request, state).await;
        form.map(|Form(fields)| Self(fields)).map_err(|_| PageError::BadForm)
    }
}

/// A form of a signed-in user, with a valid CSRF token.
#[derive(Debug)]
pub(crate) struct Posted {
    pub(crate) signed_in: SignedIn,
    pub(crate) fields: Fields,
}

impl FromRequest<ConsoleState> for Posted {
    type Rejection = PageError;

    async fn from_request(request: Request, state: &ConsoleState) -> Result<Self, Self::Rejection> {
        let (mut parts, body) = request.into_parts();
        let signed_in = SignedIn::from_request_parts(&mut parts, state).await?;
        let fields = Fields::from_request(Request::from_parts(parts, body), state).await?;
        if csrf::is_token(&signed_in.token, fields.raw(csrf::FIELD)) {
            Ok(Self { signed_in, fields })
        } else {
            Err(PageError::Csrf)
        }
    }
}
