//! The second step of a sign-in: codes of an authenticator app (RFC 6238), and recovery codes.

use chrono::TimeDelta;

/// How many recovery codes are made when a second factor is turned on.
pub const RECOVERY_CODES: usize = 10;

/// How long a code of an authenticator app is shown, in seconds (RFC 6238, 5.2).
pub const TOTP_STEP_SECONDS: u64 = 30;

/// How many time steps before and after the present one are accepted, because clocks differ (RFC 6238, 5.2).
pub const TOTP_SKEW: u16 = 1;

/// How long after its first step a sign-in can be completed.
pub const SIGN_IN_LIFETIME: TimeDelta = TimeDelta::minutes(10);

/// A code that a person typed as the second step of a sign-in.
#[derive(Clone, PartialEq, Eq)]
pub enum SecondFactorCode {
    /// Six digits of an authenticator app.
    Totp(String),
    /// A recovery code.
    Recovery(RecoveryCode),
}

/// A recovery code in the form that is compared: [`Self::LENGTH`] small letters and digits.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode(String);

impl SecondFactorCode {
    /// How many digits a code of an authenticator app has.
    pub const DIGITS: usize = 6;

    /// Reads what was typed. Blanks and hyphens are ignored. `None` when it is neither kind of code.
    pub fn parse(text: &str) -> Option<Self> {
        let typed: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        if typed.len() == Self::DIGITS && typed.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Self::Totp(typed));
        }
        RecoveryCode::new(&typed.to_ascii_lowercase()).map(Self::Recovery)
    }
}

impl RecoveryCode {
    /// How many letters and digits it has, of five bits each.
    pub const LENGTH: usize = 16;
    /// How many of them stand together when it is shown.
    const GROUP: usize = 4;

    /// A code of small letters and digits. `None` for any other text.
    pub fn new(text: &str) -> Option<Self> {
        let is_code = text.len() == Self::LENGTH
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        is_code.then(|| Self(text.to_owned()))
    }

    /// The code itself: to compare its digest, and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// As people copy it: in groups of four.
    pub fn shown(&self) -> String {
        let characters: Vec<char> = self.0.chars().collect();
        let groups: Vec<String> = characters
            .chunks(Self::GROUP)
            .map(|group| group.iter().collect())
            .collect();
        groups.join("-")
    }
}

impl std::fmt::Debug for SecondFactorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecondFactorCode")
    }
}

impl std::fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryCode")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_however_they_are_grouped() {
        for typed in ["123456", " 123 456 ", "123-456"] {
            assert_eq!(
                SecondFactorCode::parse(typed),
                Some(SecondFactorCode::Totp("123456".into()))
            );
        }
        let code = RecoveryCode::new("abcd0123efgh4567").unwrap();
        assert_eq!(code.shown(), "abcd-0123-efgh-4567");
        for typed in ["abcd-0123-efgh-4567", "ABCD 0123 EFGH 4567"] {
            let parsed = SecondFactorCode::parse(typed);
            assert_eq!(parsed, Some(SecondFactorCode::Recovery(code.clone())));
        }
        for wrong in [
            "",
            "12345",
            "1234567",
            "١٢٣٤٥٦",
            "abcd-0123-efgh-456",
            "абвг-0123-efgh-4567",
        ] {
            assert_eq!(SecondFactorCode::parse(wrong), None, "{wrong}");
        }
        assert_eq!(format!("{code:?}"), "RecoveryCode");
    }
}
