//! New IDs and secrets.

use selfsame_domain::Timestamp;
use uuid::Uuid;

/// Generates unique IDs and secrets. A port, so that tests can predict them.
pub trait Ids: Send + Sync + std::fmt::Debug {
    /// A new ID. MUST be unique, and MUST order by the given time, then by the order of the calls: see
    /// [`selfsame_domain::ordered_uuid`].
    fn uuid(&self, at: Timestamp) -> Uuid;

    /// 24 secret bytes (192 bits). MUST come from the operating system's generator.
    fn secret(&self) -> [u8; 24];
}
