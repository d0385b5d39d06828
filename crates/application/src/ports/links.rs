//! Files that other servers have.

use async_trait::async_trait;
use tokio::io::AsyncRead;

/// Why a file cannot be read from its link. The texts do not repeat the link, which may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// It is no `http` or `https` URL with a host.
    #[error("must be an http or https URL with a host")]
    NotALink,
    /// Its host, or one that it redirects to, has no address on the public internet.
    #[error("must lead to an address on the public internet")]
    NotPublic,
    /// It redirects too often.
    #[error("redirects too often")]
    TooManyRedirects,
    /// The other server refuses it.
    #[error("was answered with the status {0}")]
    Refused(u16),
    /// The other server cannot be reached, or does not answer in time.
    #[error("cannot be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A file on its way from another server.
pub type LinkedFile = Box<dyn AsyncRead + Send + Unpin>;

/// Opens links.
#[async_trait]
pub trait Links: Send + Sync + std::fmt::Debug {
    /// Opens the file behind a link; the name and the password of HTTP Basic may stand in it. MUST refuse links to private, loopback, link-local and other special
    /// addresses, also behind redirects and names, and MUST bound every wait.
    async fn open(&self, link: &str) -> Result<LinkedFile, LinkError>;
}
