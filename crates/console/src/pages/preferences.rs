//! `/preferences`: language and theme of this browser. Needs no session.

use crate::browser::{Browser, Theme};
use crate::cookies;
use crate::error::{PageError, go};
use crate::fields::Fields;
use crate::state::ConsoleState;
use crate::texts::Language;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum_extra::extract::CookieJar;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/preferences", post(set))
}

/// Stores the choice in cookies. Only this browser's display changes, so no session is needed.
async fn set(
    State(state): State<ConsoleState>,
    browser: Browser,
    mut jar: CookieJar,
    fields: Fields,
) -> Result<Response, PageError> {
    if let Some(language) = Language::from_tag(fields.text("language")) {
        jar = cookies::set_choice(&state, jar, cookies::LANGUAGE, language.tag());
    }
    if let Some(theme) = Theme::from_text(fields.text("theme")) {
        jar = cookies::set_choice(&state, jar, cookies::THEME, theme.as_str());
    }
    Ok((jar, go(&browser, own_path(fields.text("back")))).into_response())
}

/// A path of this server, or the first page: a form must not send anybody elsewhere.
pub(super) fn own_path(text: &str) -> &str {
    let is_sane = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
    let is_own = text.starts_with('/') && !text.starts_with("//") && text.bytes().all(is_sane);
    if is_own { text } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn no_user_is_sent_elsewhere() {
        for own in ["/", "/contacts?q=a%20b", "/segments/7"] {
            assert_eq!(own_path(own), own);
        }
        for foreign in [
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/a\r\nb",
            "/ї",
            "x",
        ] {
            assert_eq!(own_path(foreign), "/", "{foreign:?}");
        }
    }
}
