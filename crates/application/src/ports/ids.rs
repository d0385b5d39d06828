//! New identities and secrets.

use selfsame_domain::Timestamp;
use uuid::Uuid;

/// Draws what must be unique or secret. A port, so that tests can foretell it.
pub trait Ids: Send + Sync + std::fmt::Debug {
    /// A new identity. MUST be unique, and MUST order by the given time, then as they are drawn: see [`selfsame_domain::ordered_uuid`].
    fn uuid(&self, at: Timestamp) -> Uuid;

    /// 24 secret bytes (192 bits). MUST come from the operating system's generator.
    fn secret(&self) -> [u8; 24];
}
