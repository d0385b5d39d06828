//! Log entries of shop plug-ins. They are meant for the maker of the plug-in, so they are answered 200 and dropped.

use super::answer::{CollectedBody, RefusedPart};
use crate::fields::Fields;
use crate::operations::PLUGIN_LOGS;
use http::StatusCode;
use metrics::counter;

/// Whether a body of the tracker is a log entry (wire fact: it has a level and no event).
pub(crate) fn is_entry(fields: &Fields<'_>) -> bool {
    fields.member("log_level").is_some() && fields.member("webId").is_none()
}

/// Counts a log entry, and returns its answer.
pub(crate) fn drop_entry() -> CollectedBody {
    counter!(PLUGIN_LOGS).increment(1);
    let refused = vec![RefusedPart {
        field: "log_level".to_owned(),
        reason: "is of a log entry: nothing is stored".to_owned(),
    }];
    CollectedBody { stored: 0, refused }
}

/// Take a log entry of a shop plug-in.
///
/// It is counted and dropped, whatever it says. The body is not read.
#[utoipa::path(
    post,
    path = "/logs/v1/plugin",
    operation_id = "dropPluginLog",
    tag = "tracker",
    security(()),
    responses((status = 200, description = "It was dropped; the body is empty"))
)]
pub(crate) async fn plugin_log() -> StatusCode {
    counter!(PLUGIN_LOGS).increment(1);
    StatusCode::OK
}
