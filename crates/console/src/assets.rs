//! Style sheets and scripts, embedded in the binary. Their addresses contain their digests, so that browsers keep them for good.

use crate::error::PageError;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use rust_embed::RustEmbed;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The files of `assets/`.
#[derive(RustEmbed)]
#[folder = "assets"]
struct Files;

/// How many digits of a digest stand in an address.
const DIGITS: usize = 16;

/// The address of every file, by its name below `assets/`.
static ADDRESSES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let address = |name: std::borrow::Cow<'static, str>| {
        let file = Files::get(&name)?;
        let digest = HEXLOWER.encode(&file.metadata.sha256_hash());
        let digest = digest.get(..DIGITS)?;
        Some((name.to_string(), format!("/assets/{digest}/{name}")))
    };
    Files::iter().filter_map(address).collect()
});

/// The address of a file; that of no file when there is none of the name, which a test over the templates finds.
pub(crate) fn address(name: &str) -> &'static str {
    ADDRESSES.get(name).map_or("/assets/missing", String::as_str)
}

/// Answers a file. An address with another digest is that of another release, and not found.
pub(crate) async fn get(Path((digest, name)): Path<(String, String)>) -> Result<Response, PageError> {
    let wanted = format!("/assets/{digest}/{name}");
    let is_known = ADDRESSES.get(&name).is_some_and(|known| *known == wanted);
    let file = Files::get(&name).filter(|_| is_known).ok_or(PageError::NotFound)?;
    let kind = match name.rsplit_once('.') {
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "js")) => "text/javascript; charset=utf-8",
        Some((_, "svg")) => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    };
    let headers = [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, file.data.into_owned()).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_that_pages_name_is_there() {
        for name in ["console.css", "icon.svg", "vendor/pico.min.css", "vendor/htmx.min.js"] {
            assert!(ADDRESSES.contains_key(name), "{name}");
        }
    }
}
