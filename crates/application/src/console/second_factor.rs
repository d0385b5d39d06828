//! Second factors: setting one up, checking its codes, turning it off, and resetting that of another person.

use super::audit::Actor;
use super::error::ConsoleError;
use super::secret;
use super::sessions::Person;
use crate::app::Application;
use crate::exports::{Owner, Vault};
use crate::ports::{SecondFactor, User};
use data_encoding::{BASE32_DNSSEC, BASE32_NOPAD};
use secrecy::{ExposeSecret, SecretString};
use selfsame_domain::console::{
    AuditAction, Permission, RECOVERY_CODES, RecoveryCode, SecondFactorCode, TOTP_SKEW, TOTP_STEP_SECONDS,
};
use selfsame_domain::{Timestamp, UserId, WorkspaceId};
use totp_rs::{Builder, Totp};

/// How many bytes the secret of a factor has: those of the hash (RFC 4226, 4, R6).
const SECRET_BYTES: usize = 20;

/// How many random bytes a recovery code has.
const RECOVERY_BYTES: usize = RecoveryCode::LENGTH * 5 / 8;

// A secret of the generator has 24 bytes: enough for each of these.
const _: () = assert!(SECRET_BYTES <= 24 && RECOVERY_BYTES <= 24);

/// The second factor of a person, as its owner sees it.
#[derive(Debug)]
pub enum SecondFactorState {
    /// There is none.
    Off,
    /// It is being set up.
    SettingUp(Enrolment),
    /// Every sign-in asks for a code.
    On {
        /// Since when.
        since: Timestamp,
        /// How many recovery codes are left.
        recovery_codes: u64,
    },
}

/// What an authenticator app needs.
#[derive(Debug)]
pub struct Enrolment {
    /// The secret, in base 32.
    pub secret: SecretString,
    /// The address in a QR code, which has the secret.
    pub address: SecretString,
}

impl Application {
    /// The second factor of the person.
    pub async fn own_second_factor(&self, person: &Person) -> Result<SecondFactorState, ConsoleError> {
        let user = &person.user;
        let Some(factor) = self.store.second_factor(user.id).await? else {
            return Ok(SecondFactorState::Off);
        };
        if let Some(since) = factor.confirmed_at {
            let recovery_codes = factor.recovery_codes;
            return Ok(SecondFactorState::On { since, recovery_codes });
        }
        match self.open_secret(user.id, &factor) {
            Ok(secret) => Ok(SecondFactorState::SettingUp(enrolment(user, secret))),
            // It was never turned on, so that it can be begun again with the present key.
            Err(ConsoleError::OtherKey) => Ok(SecondFactorState::Off),
            Err(error) => Err(error),
        }
    }

    /// Draws the secret of a factor, which counts once a code confirms it.
    pub async fn begin_second_factor(&self, person: &Person) -> Result<(), ConsoleError> {
        let user = person.user.id;
        let drawn = BASE32_NOPAD.encode(&self.draw::<SECRET_BYTES>());
        let sealed = self
            .vault()?
            .seal(Owner::SecondFactor(user), self.ids.secret(), &drawn.into());
        let sealed = sealed.map_err(|_| ConsoleError::NoKey)?;
        if self.store.begin_second_factor(user, &sealed).await? {
            Ok(())
        } else {
            Err(ConsoleError::NotNow)
        }
    }

    /// Turns the factor on that is being set up. Returns its recovery codes, of which only digests are stored.
    pub async fn confirm_second_factor(&self, person: &Person, code: &str) -> Result<Vec<RecoveryCode>, ConsoleError> {
        let user = person.user.id;
        let found = self.store.second_factor(user).await?;
        let factor = found.filter(|factor| factor.confirmed_at.is_none());
        let factor = factor.ok_or(ConsoleError::NotNow)?;
        let Some(SecondFactorCode::Totp(digits)) = SecondFactorCode::parse(code) else {
            return Err(ConsoleError::WrongCode);
        };
        let now = self.clock.now();
        let step = matching_step(&self.open_secret(user, &factor)?, &digits, now)?;
        let step = step.ok_or(ConsoleError::WrongCode)?;
        let codes: Vec<RecoveryCode> = (0..RECOVERY_CODES).filter_map(|_| self.draw_recovery_code()).collect();
        let digests: Vec<Vec<u8>> = codes.iter().map(recovery_digest).collect();
        self.note(
            person.workspace.id,
            person.actor(),
            AuditAction::SecondFactorEnabled,
            "",
        )
        .await?;
        let confirmed = self
            .store
            .confirm_second_factor(user, &factor.secret, now, step, &digests);
        if confirmed.await? {
            Ok(codes)
        } else {
            Err(ConsoleError::NotNow)
        }
    }

    /// Turns the person's factor off.
    pub async fn turn_off_second_factor(
        &self,
        person: &Person,
        password: SecretString,
        code: &str,
    ) -> Result<(), ConsoleError> {
        let user = &person.user;
        self.check_password(&user.email, password).await?;
        self.check_code(user, person.workspace.id, code).await?;
        self.note(
            person.workspace.id,
            person.actor(),
            AuditAction::SecondFactorDisabled,
            "",
        )
        .await?;
        if self.store.remove_second_factor(user.id).await? {
            Ok(())
        } else {
            Err(ConsoleError::NotNow)
        }
    }

    /// Deletes the second factor of another member, for example after the loss of a phone. A user has one factor for all workspaces, so the audit
    /// log of every workspace of that user gets an entry.
    pub async fn reset_second_factor(&self, person: &Person, user: UserId) -> Result<(), ConsoleError> {
        let members = self.people(person).await?;
        let member = members.iter().find(|member| member.user.id == user);
        let member = member.ok_or(ConsoleError::NotFound("member"))?;
        if user == person.user.id {
            return Err(ConsoleError::Forbidden);
        }
        let email = member.user.email.as_typed();
        for works in self.store.works_in(user).await? {
            self.note(works.workspace, person.actor(), AuditAction::SecondFactorReset, email)
                .await?;
        }
        if self.store.remove_second_factor(user).await? {
            Ok(())
        } else {
            Err(ConsoleError::NotNow)
        }
    }

    /// The members of the workspace who have a second factor.
    pub async fn people_with_second_factor(&self, person: &Person) -> Result<Vec<UserId>, ConsoleError> {
        person.require(Permission::ManagePeople)?;
        Ok(self.store.users_with_second_factor(person.workspace.id).await?)
    }

    /// Takes a code of a person's factor, which works once. A used recovery code is written into the audit log of the workspace.
    pub(super) async fn check_code(&self, user: &User, workspace: WorkspaceId, code: &str) -> Result<(), ConsoleError> {
        let found = self.store.second_factor(user.id).await?;
        let factor = found.filter(|factor| factor.confirmed_at.is_some());
        let factor = factor.ok_or(ConsoleError::SignInOver)?;
        let taken = match SecondFactorCode::parse(code).ok_or(ConsoleError::WrongCode)? {
            SecondFactorCode::Totp(digits) => {
                let secret = self.open_secret(user.id, &factor)?;
                match matching_step(&secret, &digits, self.clock.now())? {
                    Some(step) => self.store.take_totp_step(user.id, step).await?,
                    None => false,
                }
            }
            SecondFactorCode::Recovery(code) => {
                let taken = self.store.take_recovery_code(user.id, &recovery_digest(&code)).await?;
                if taken {
                    // After the deed: whether the code is one is known only then.
                    self.note(workspace, Actor::User(user), AuditAction::RecoveryCodeUsed, "")
                        .await?;
                }
                taken
            }
        };
        if taken { Ok(()) } else { Err(ConsoleError::WrongCode) }
    }

    /// What secrets of people are encrypted with: the key of connectors and webhooks.
    pub(super) fn vault(&self) -> Result<&Vault, ConsoleError> {
        let vault = self.outlets.as_ref().and_then(|outlets| outlets.vault.as_ref());
        vault.ok_or(ConsoleError::NoKey)
    }

    fn open_secret(&self, user: UserId, factor: &SecondFactor) -> Result<SecretString, ConsoleError> {
        let opened = self.vault()?.open(Owner::SecondFactor(user), &factor.secret);
        opened.map_err(|_| ConsoleError::OtherKey)
    }

    fn draw_recovery_code(&self) -> Option<RecoveryCode> {
        RecoveryCode::new(&BASE32_DNSSEC.encode(&self.draw::<RECOVERY_BYTES>()))
    }

    /// Random bytes, at most 24.
    fn draw<const N: usize>(&self) -> [u8; N] {
        let secret = self.ids.secret();
        std::array::from_fn(|index| secret[secret.len() - N + index])
    }
}

/// A code has 80 bits, too many to be guessed, so that its digest needs no salt and no stretching.
fn recovery_digest(code: &RecoveryCode) -> Vec<u8> {
    secret::digest(&code.expose().into())
}

/// The time step whose code these digits are, of those that are accepted now.
fn matching_step(secret: &SecretString, digits: &str, now: Timestamp) -> Result<Option<i64>, ConsoleError> {
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    let step = generator(secret)?.check(digits, seconds);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// SHA-1, six digits and 30 seconds: what every authenticator app can do.
fn generator(secret: &SecretString) -> Result<Totp, ConsoleError> {
    let bytes = BASE32_NOPAD.decode(secret.expose_secret().as_bytes());
    let bytes: Result<[u8; SECRET_BYTES], _> = bytes.unwrap_or_default().try_into();
    let builder = Builder::new()
        .with_secret(bytes.map_err(|_| ConsoleError::UnusableSecret)?)
        .with_skew(TOTP_SKEW)
        .with_step_duration(TOTP_STEP_SECONDS);
    builder.build().map_err(|_| ConsoleError::UnusableSecret)
}

/// The address has the form of <https://github.com/google/google-authenticator/wiki/Key-Uri-Format>; apps take the defaults for the rest.
fn enrolment(user: &User, secret: SecretString) -> Enrolment {
    let label: String = user.email.as_typed().bytes().map(escaped).collect();
    let address = format!(
        "otpauth://totp/Selfsame:{label}?secret={}&issuer=Selfsame",
        secret.expose_secret()
    );
    Enrolment {
        secret,
        address: address.into(),
    }
}

/// A byte of a path segment (RFC 3986, 2.3).
fn escaped(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    /// The secret of RFC 6238, appendix B, whose codes there have eight digits: the last six are these.
    #[test]
    fn codes_are_those_of_the_standard_within_one_step() {
        let secret = SecretString::from(BASE32_NOPAD.encode(b"12345678901234567890"));
        let step = |digits: &str, seconds: i64| {
            let at = DateTime::from_timestamp(seconds, 0).unwrap();
            matching_step(&secret, digits, at).unwrap()
        };
        assert_eq!(step("287082", 59), Some(1));
        assert_eq!(step("081804", 1_111_111_109), Some(37_037_036));
        assert_eq!(step("353130", 20_000_000_000), Some(666_666_666));
        assert_eq!(step("287082", 30 + 59), Some(1), "the step before");
        assert_eq!(step("287082", 0), Some(1), "the step after");
        assert_eq!(step("287082", 30 + 60), None);
        assert_eq!(step("287083", 59), None);
    }

    #[test]
    fn a_secret_of_another_length_is_unusable() {
        for wrong in ["", "AAAA", "not base 32"] {
            let refused = matching_step(&wrong.into(), "000000", Timestamp::UNIX_EPOCH);
            assert!(matches!(refused, Err(ConsoleError::UnusableSecret)), "{wrong}");
        }
    }
}
