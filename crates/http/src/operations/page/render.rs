//! The page's HTML, and its content security policy.

use super::model::Page;
use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("../../../templates/api.css");

#[derive(Template)]
#[template(path = "api.html")]
struct Html<'a> {
    page: &'a Page,
    style: &'a str,
}

/// The page as it is sent.
#[derive(Debug, Clone)]
pub(in crate::operations) struct ApiPage {
    /// The HTML.
    pub(in crate::operations) html: String,
    /// The value of `Content-Security-Policy`: it allows only the page's own style, by its digest.
    pub(in crate::operations) policy: String,
}

/// Makes the page.
pub(in crate::operations) fn render(document: &Value) -> Result<ApiPage, askama::Error> {
    let html = Html {
        page: &Page::of(document),
        style: STYLE,
    }
    .render()?;
    let digest = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    Ok(ApiPage { html, policy })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_are_escaped() {
        let nasty = "<script>alert(1)</script>&\"'";
        let document = json!({
            "info": {"title": nasty, "version": nasty, "description": nasty},
            "paths": {"/a": {"get": {
                "tags": [nasty], "summary": nasty, "description": format!("`{nasty}`"),
                "parameters": [{"name": nasty, "in": "query", "description": nasty, "schema": {"type": "string", "enum": [nasty]}}],
                "responses": {"200": {"description": nasty, "content": {"text/plain": {"schema": {}, "example": nasty}}}},
            }}},
            "components": {"schemas": {nasty: {"type": "object", "description": nasty, "properties": {nasty: {}}}}},
        });
        let page = render(&document).unwrap();
        assert!(!page.html.contains("<script"), "{}", page.html);
        assert!(page.html.contains("&#60;script&#62;") || page.html.contains("&lt;script&gt;"));
    }

    #[test]
    fn the_style_is_the_one_that_the_policy_admits() {
        let page = render(&json!({})).unwrap();
        let style = page
            .html
            .split("<style>")
            .nth(1)
            .and_then(|rest| rest.split("</style>").next())
            .unwrap();
        let digest = STANDARD.encode(Sha256::digest(style.as_bytes()));
        assert!(page.policy.contains(&format!("'sha256-{digest}'")));
        assert!(!page.policy.contains("unsafe"));
        for outside in ["http://", "https://", "<script", "style=", "onclick"] {
            assert!(!page.html.contains(outside), "{outside}");
        }
    }
}
