//! Conditional requests on a contact (RFC 9110, section 13): the entity tag is the contact's revision.

use crate::error::ApiError;
use http::header::IF_MATCH;
use http::{HeaderMap, HeaderValue};
use selfsame_domain::{Command, ContactId, Revision};

/// How many entity tags `If-Match` may list.
const MAX_TAGS: usize = 100;

/// The entity tag of a contact of this revision.
pub(super) fn entity_tag(revision: Revision) -> Result<HeaderValue, ApiError> {
    HeaderValue::from_str(&format!("\"{}\"", revision.0))
        .map_err(|_| ApiError::Internal("a revision that fits into no header"))
}

/// Adds the condition of `If-Match` to the command: the contact must have one of the entity tags. `*` adds no condition, since a missing
/// contact is 404 anyway.
pub(super) fn if_match(headers: &HeaderMap, contact: ContactId, command: Command) -> Result<Command, ApiError> {
    let invalid = |reason: &str| ApiError::invalid("If-Match", reason);
    let mut revisions = Vec::new();
    let (mut is_sent, mut count) = (false, 0);
    for line in headers.get_all(IF_MATCH) {
        is_sent = true;
        let line = line.to_str().map_err(|_| invalid("must be visible ASCII characters"))?;
        for tag in line.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
            if tag == "*" {
                return Ok(command);
            }
            count += 1;
            // A weak tag never matches (RFC 9110, 13.1.1), nor does a tag that this server did not issue.
            revisions.extend(read_tag(tag)?);
        }
    }
    if count > MAX_TAGS {
        return Err(invalid("must list at most 100 entity tags"));
    }
    if !is_sent {
        return Ok(command);
    }
    Ok(Command::IfUnchanged {
        contact,
        revisions,
        command: Box::new(command),
    })
}

/// The revision of an entity tag; none when the tag can match no revision.
fn read_tag(tag: &str) -> Result<Option<Revision>, ApiError> {
    let strong = tag.strip_prefix("W/").unwrap_or(tag);
    let quoted = strong.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let Some(text) = quoted else {
        return Err(ApiError::invalid("If-Match", "must be a list of entity tags in quotes"));
    };
    let revision = text.parse().ok().map(Revision);
    Ok(revision.filter(|_| strong.len() == tag.len()))
}
