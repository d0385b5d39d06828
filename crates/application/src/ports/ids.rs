//! New identities and secrets.

use uuid::Uuid;

/// Draws what must be unique or secret. A port, so that tests can foretell it.
pub trait Ids: Send + Sync + std::fmt::Debug {
    /// A new identity. MUST be unique, and SHOULD order by time (RFC 9562, version 7).
    fn uuid(&self) -> Uuid;

    /// 24 secret bytes (192 bits). MUST come from the operating system's generator.
    fn secret(&self) -> [u8; 24];
}
