//! Why something that a person asked for was not done.

use crate::exports::ExportError;
use crate::ports::{ProviderError, StorageError};
use crate::segments::SegmentError;
use crate::submit::SubmitError;
use crate::webhooks::WebhookError;
use selfsame_domain::console::PasswordProblem;
use selfsame_domain::values::ValueError;
use selfsame_domain::{PolicyProblem, Rejection};

/// Why something that a person asked for was not done. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// Address and password do not belong together. Which of them is wrong is not said.
    #[error("the email or the password is wrong")]
    WrongCredentials,
    /// The code of the second factor is wrong, or was used before. Which of them is not said.
    #[error("the code is wrong or was used before")]
    WrongCode,
    /// The first step of the sign-in was too long ago, or the account changed since.
    #[error("the sign-in took too long")]
    SignInOver,
    /// The identity provider did not say who it is.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The identity provider does not say that the email address is the person's.
    #[error("the identity provider gave no verified email address")]
    EmailNotVerified,
    /// No person has the email address of the identity provider's account.
    #[error("nobody here has the email address of this account")]
    UnknownAccount,
    /// The person signed in with another account of the identity provider before.
    #[error("the person signs in with another account of the identity provider")]
    OtherAccount,
    /// The server has no key to encrypt secrets with.
    #[error("this server has no key to encrypt secrets with: set SELFSAME_SECRET_KEY")]
    NoKey,
    /// The secret of the second factor was encrypted with another key.
    #[error("the secret of the second factor was encrypted with another SELFSAME_SECRET_KEY")]
    OtherKey,
    /// The secret of a second factor is none.
    #[error("the secret of the second factor is unusable")]
    UnusableSecret,
    /// The person is a member of no workspace any more.
    #[error("the account belongs to no workspace")]
    NoWorkspace,
    /// There is no such session, or it is over.
    #[error("the session is over")]
    NoSession,
    /// The person's role does not permit it.
    #[error("the role does not permit it")]
    Forbidden,
    /// There is no such thing in the workspace.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The workspace would have no admin left.
    #[error("a workspace needs an admin")]
    LastAdmin,
    /// There is no such invitation, it was accepted, or it is past its time.
    #[error("the invitation is unknown, was accepted, or has expired")]
    NoInvitation,
    /// The password may not be set.
    #[error("the password {0}")]
    WeakPassword(#[from] PasswordProblem),
    /// Too many passwords are being checked.
    #[error("the server is busy")]
    Busy,
    /// The command was refused.
    #[error(transparent)]
    Rejected(Rejection),
    /// A password could not be hashed, or a stored hash cannot be read.
    #[error("the password cannot be checked")]
    Hash,
    /// The segment or its formula is not answered.
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// The command has no decision.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// The state of the thing does not allow it now.
    #[error("not possible in its present state")]
    NotNow,
    /// What is to be stored cannot be written as text.
    #[error("options that cannot be written")]
    Unwritable,
    /// A connector or an export was refused.
    #[error(transparent)]
    Export(ExportError),
    /// A text is not the value that it stands for.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// A member of the policy is out of its bounds.
    #[error(transparent)]
    Policy(#[from] PolicyProblem),
    /// A webhook was refused.
    #[error(transparent)]
    Webhook(WebhookError),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<WebhookError> for ConsoleError {
    fn from(error: WebhookError) -> Self {
        match error {
            WebhookError::NotFound => Self::NotFound("webhook"),
            WebhookError::Storage(error) => Self::Storage(error),
            other => Self::Webhook(other),
        }
    }
}

impl From<ExportError> for ConsoleError {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::NotFound(what) => Self::NotFound(what),
            ExportError::Storage(error) => Self::Storage(error),
            other => Self::Export(other),
        }
    }
}
