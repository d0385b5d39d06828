//! New identities and secrets, from the operating system's generator.

use selfsame_application::ports::Ids;
use uuid::Uuid;

/// UUIDs of version 7, and secrets of the operating system.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemIds;

impl Ids for SystemIds {
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the adapter behind the port that all others must use"
    )]
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn secret(&self) -> [u8; 24] {
        let mut secret = [0; 24];
        if let Err(error) = getrandom::fill(&mut secret) {
            // A key that can be guessed is worse than none, and no caller can do better than to stop.
            panic!("the operating system gives no randomness: {error}");
        }
        secret
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_order_by_time_and_secrets_differ() {
        let (first, second) = (SystemIds.uuid(), SystemIds.uuid());
        assert!(first < second);
        assert_eq!(first.get_version_num(), 7);
        assert_ne!(SystemIds.secret(), SystemIds.secret());
    }
}
