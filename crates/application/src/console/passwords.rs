//! Hashing passwords: argon2id (RFC 9106), a few at a time.

use super::error::ConsoleError;
use argon2::password_hash::{self, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// How many passwords are hashed at the same time. Each takes a processor and some memory meanwhile.
const AT_ONCE: usize = 2;
/// How many wait for that at the most; more are refused.
const WAITING: usize = 32;

/// How much work a hash is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory, in KiB; at least 8.
    pub memory: u32,
    /// Passes over it; at least 1.
    pub passes: u32,
}

impl Default for PasswordCost {
    /// 19 MiB and two passes: what OWASP recommends as the least.
    fn default() -> Self {
        Self {
            memory: 19 * 1024,
            passes: 2,
        }
    }
}

/// Hashes and checks passwords on threads that may block. Cloning shares the bounds.
#[derive(Debug, Clone)]
pub struct Passwords {
    cost: PasswordCost,
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new(PasswordCost::default())
    }
}

impl Passwords {
    /// Hashes at this cost. What was hashed at another one is checked at that.
    pub fn new(cost: PasswordCost) -> Self {
        Self {
            cost,
            places: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// The hash of a password, in the PHC string format. The salt must be drawn anew every time.
    pub(super) async fn hash(&self, password: SecretString, salt: [u8; 24]) -> Result<SecretString, ConsoleError> {
        let cost = self.cost;
        let hashed = move || {
            let hash = argon2(cost)?.hash_password_with_salt(password.expose_secret().as_bytes(), &salt[..16]);
            Ok(SecretString::from(hash.map_err(|_| ConsoleError::Hash)?.to_string()))
        };
        self.in_turn(hashed).await
    }

    /// Whether a password is the one of a hash. Without a hash it takes as long, and is not.
    pub(super) async fn verify(
        &self,
        password: SecretString,
        hash: Option<SecretString>,
    ) -> Result<bool, ConsoleError> {
        let cost = self.cost;
        let verified = move || {
            let password = password.expose_secret().as_bytes();
            let Some(hash) = hash else {
                let spent = argon2(cost)?.hash_password_with_salt(password, &[0; 16]);
                return spent.map(|_| false).map_err(|_| ConsoleError::Hash);
            };
            match argon2(cost)?.verify_password(password, hash.expose_secret()) {
                Ok(()) => Ok(true),
                Err(password_hash::Error::PasswordInvalid) => Ok(false),
                Err(_) => Err(ConsoleError::Hash),
            }
        };
        self.in_turn(verified).await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, ConsoleError> + Send + 'static,
    ) -> Result<T, ConsoleError> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| ConsoleError::Busy)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|_| ConsoleError::Busy)?;
        // The thread holds both, so that callers who go away do not make room for more work than there may be.
        let held = move || {
            let done = work();
            drop((place, turn));
            done
        };
        let done = tokio::task::spawn_blocking(held).await;
        done.map_err(|_| ConsoleError::Hash)?
    }
}

fn argon2(cost: PasswordCost) -> Result<Argon2<'static>, ConsoleError> {
    let params = Params::new(cost.memory, cost.passes, 1, None).map_err(|_| ConsoleError::Hash)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: PasswordCost = PasswordCost { memory: 8, passes: 1 };

    async fn hash(cost: PasswordCost, salt: u8) -> SecretString {
        let hashed = Passwords::new(cost).hash("correct horse".into(), [salt; 24]).await;
        hashed.expect("a hash")
    }

    #[tokio::test]
    async fn a_password_is_the_one_of_its_hash_at_whatever_cost() {
        let passwords = Passwords::new(CHEAP);
        let costlier = PasswordCost { memory: 16, passes: 2 };
        for hash in [hash(CHEAP, 1).await, hash(costlier, 2).await] {
            let is_it = async |text: &str| {
                let verified = passwords.verify(text.into(), Some(hash.clone())).await;
                verified.expect("a comparison")
            };
            assert!(is_it("correct horse").await);
            assert!(!is_it("correct horse ").await);
        }
        assert!(
            !passwords
                .verify("correct horse".into(), None)
                .await
                .expect("a comparison")
        );
        let unreadable = passwords.verify("x".into(), Some("no hash".into())).await;
        assert!(matches!(unreadable, Err(ConsoleError::Hash)));
    }

    #[tokio::test]
    async fn a_hash_says_how_it_was_made_and_depends_on_its_salt() {
        let hash_of = async |salt: u8| hash(CHEAP, salt).await.expose_secret().to_owned();
        let one = hash_of(1).await;
        assert!(one.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{one}");
        assert_ne!(one, hash_of(2).await);
    }

    #[tokio::test]
    async fn more_than_can_wait_are_refused() {
        let passwords = Passwords::new(CHEAP);
        let all =
            Arc::clone(&passwords.places).try_acquire_many_owned(u32::try_from(AT_ONCE + WAITING).expect("a number"));
        let held = all.expect("all places");
        assert!(matches!(
            passwords.verify("x".into(), None).await,
            Err(ConsoleError::Busy)
        ));
        drop(held);
        assert!(passwords.verify("x".into(), None).await.is_ok());
    }
}
