//! Errors of the export use cases.

use crate::egress::EgressError;
use crate::ports::StorageError;
use selfsame_domain::export::PlanProblem;

/// Why a use case of exports fails.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The workspace has no such resource.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The connector of the export does not exist.
    #[error("names no connector of this workspace")]
    NoConnector,
    /// The static segment of the export does not exist.
    #[error("names no segment of this workspace")]
    NoSegment,
    /// The host of a connector may not be connected to.
    #[error(transparent)]
    Egress(#[from] EgressError),
    /// Credentials cannot be stored, because the server has no key to encrypt them with.
    #[error("this server has no key to encrypt credentials with: set SELFSAME_SECRET_KEY")]
    NoKey,
    /// Credentials were encrypted with another key.
    #[error(
        "the credentials of the connector were encrypted with another SELFSAME_SECRET_KEY: set that key, or give the credentials again"
    )]
    OtherKey,
    /// The server has no destinations of this kind.
    #[error("this server has no destinations of this kind")]
    KindUnavailable,
    /// A destination of this kind keeps no rows that can be compared.
    #[error("every run writes all files of this destination anew: there is nothing to verify")]
    NotCompared,
    /// No run of the export has finished, so there is nothing to verify.
    #[error("no run of the export has finished yet: run it first")]
    NeverRan,
    /// Another run of the export is queued and has not begun.
    #[error("another run of the export is queued: wait for its end, or cancel it")]
    AlreadyQueued,
    /// An export uses the connector.
    #[error("an export uses the connector")]
    InUse,
    /// Where the connector leads changes, and the credentials do not come along.
    #[error("is needed again when the connector leads elsewhere")]
    CredentialsNeeded,
    /// Concurrent changes of the same export won every attempt.
    #[error("the export is being changed by others")]
    Contended,
    /// The export was created by a newer release.
    #[error(transparent)]
    Plan(#[from] PlanProblem),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}
