//! What every request brings, whoever sent it: language, theme, and whether a script asks.

use crate::cookies;
use crate::texts::{Language, Texts};
use axum::extract::FromRequestParts;
use axum_extra::extract::CookieJar;
use http::HeaderMap;
use http::header::{ACCEPT_LANGUAGE, USER_AGENT};
use http::request::Parts;
use std::convert::Infallible;

/// Which colours a page has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the system has it.
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub(crate) const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub(crate) fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == text)
    }
}

/// What a request brings.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    /// What its pages say.
    pub(crate) texts: Texts,
    pub(crate) theme: Theme,
    /// Path and query of the page.
    pub(crate) here: String,
    /// Whether htmx asks, which goes to another page by a header.
    pub(crate) is_script: bool,
    /// What the browser calls itself.
    pub(crate) agent: String,
}

impl Browser {
    pub(crate) fn of(parts: &Parts) -> Self {
        let jar = CookieJar::from_headers(&parts.headers);
        let cookie = |name: &str| jar.get(name).map(|cookie| cookie.value().to_owned());
        let chosen = cookie(cookies::LANGUAGE).and_then(|tag| Language::from_tag(&tag));
        let language = chosen.unwrap_or_else(|| Language::accepted(header(&parts.headers, ACCEPT_LANGUAGE.as_str())));
        let theme = cookie(cookies::THEME).and_then(|text| Theme::from_text(&text));
        let here = parts.uri.path_and_query().map_or("/", |here| here.as_str());
        Self {
            texts: Texts(language),
            theme: theme.unwrap_or(Theme::Auto),
            here: here.to_owned(),
            is_script: parts.headers.contains_key("hx-request"),
            agent: header(&parts.headers, USER_AGENT.as_str()).to_owned(),
        }
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

impl<S: Sync> FromRequestParts<S> for Browser {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(parts))
    }
}
