//! An email address.

use super::{ValueError, text};
use email_address::{EmailAddress, Options};
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Greatest length of a whole address: a path of RFC 5321 is 256 octets with its angle brackets.
const MAX_OCTETS: usize = 254;

/// An email address (RFC 5321) with a domain of at least two labels: a local part of at most 64 octets, at most 254
/// octets in all. No display name, no comment, no address literal.
///
/// Dots may stand anywhere in the local part (`a..b@docomo.ne.jp`, `.x@…`): RFC 5321 forbids it, and some mail systems gave out such
/// addresses to millions of people.
///
/// Kept as typed (outer blanks trimmed) and in the form by which it is compared: local part in lower case, domain in
/// lower case and IDNA ASCII form (identity rules, table of kinds). `==` and order compare the text as typed first;
/// whether two addresses are the same one is a question for [`Self::matching`]. Serialized as typed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email {
    typed: String,
    matching: String,
}

impl Email {
    /// The greatest length, in characters.
    pub const MAX_CHARS: usize = MAX_OCTETS;

    /// Reads an address.
    ///
    /// # Errors
    ///
    /// [`ValueError::NotAnEmail`], and those of [`text::clean`].
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let typed = text::clean(text, Self::MAX_CHARS)?;
        let (local, domain) = typed.rsplit_once('@').ok_or(ValueError::NotAnEmail)?;
        let domain = ascii_domain(domain).ok_or(ValueError::NotAnEmail)?;
        let folded = local.to_lowercase();
        // Lower case may be longer in octets, so both forms are checked against the limits.
        if !is_address(local, &domain) || (folded != local && !is_address(&folded, &domain)) {
            return Err(ValueError::NotAnEmail);
        }
        let matching = format!("{folded}@{domain}");
        // Characters were counted above; octets of other alphabets and of the ASCII form are more.
        if matching.len() > MAX_OCTETS {
            return Err(ValueError::NotAnEmail);
        }
        Ok(Self { typed, matching })
    }

    /// As typed, outer blanks trimmed; what clients read back.
    pub fn as_typed(&self) -> &str {
        &self.typed
    }

    /// The form by which addresses are compared, itself an address.
    pub fn matching(&self) -> &str {
        &self.matching
    }

    /// The domain in lower case and IDNA ASCII form.
    pub fn domain(&self) -> &str {
        self.matching.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

/// The domain in IDNA ASCII form (UTS 46), if it is a host name of at least two labels that is no address of numbers.
fn ascii_domain(domain: &str) -> Option<String> {
    let ascii = Uts46::new()
        .to_ascii(
            domain.as_bytes(),
            AsciiDenyList::STD3,
            Hyphens::CheckFirstLast,
            DnsLength::Verify,
        )
        .ok()?;
    let (_, top) = ascii.rsplit_once('.')?;
    let named = top.contains(|c: char| !c.is_ascii_digit());
    named.then(|| ascii.into_owned())
}

/// The greatest length of a local part (RFC 5321).
const MAX_LOCAL_OCTETS: usize = 64;

fn is_address(local: &str, domain: &str) -> bool {
    if local.len() > MAX_LOCAL_OCTETS {
        return false;
    }
    let mut words = local.split('.').filter(|word| !word.is_empty()).peekable();
    let quoted = local.starts_with('"');
    let local = if quoted || words.peek().is_none() {
        local.to_owned()
    } else {
        words.collect::<Vec<_>>().join(".")
    };
    let options = Options::default()
        .with_required_tld()
        .without_domain_literal()
        .without_display_text();
    EmailAddress::parse_with_options(&format!("{local}@{domain}"), options).is_ok()
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.typed)
    }
}

impl TryFrom<String> for Email {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.typed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matching(text: &str) -> Option<String> {
        Email::parse(text).ok().map(|email| email.matching)
    }

    #[test]
    fn is_kept_as_typed_and_compared_without_case() {
        let email = Email::parse(" Ann.O'Hara+News@Example.COM ").ok();
        assert_eq!(email.as_ref().map(Email::as_typed), Some("Ann.O'Hara+News@Example.COM"));
        assert_eq!(email.as_ref().map(Email::matching), Some("ann.o'hara+news@example.com"));
        assert_eq!(email.as_ref().map(Email::domain), Some("example.com"));
        assert_eq!(
            email.map(|email| email.to_string()).as_deref(),
            Some("Ann.O'Hara+News@Example.COM")
        );
    }

    #[test]
    fn international_addresses() {
        for text in [
            "Марія@Приклад.укр",
            "марія@приклад.укр",
            "марія@xn--80aikifvh.xn--j1amh",
        ] {
            assert_eq!(
                matching(text).as_deref(),
                Some("марія@xn--80aikifvh.xn--j1amh"),
                "{text}"
            );
        }
        assert_eq!(matching("a@bücher.example").as_deref(), Some("a@xn--bcher-kva.example"));
        assert_eq!(matching("a@bu\u{308}cher.example"), matching("a@bücher.example"));
    }

    #[test]
    fn unusual_but_right() {
        for text in [
            "\"a b\"@example.com",
            "a..b@docomo.ne.jp",
            ".ann@example.com",
            "ann.@example.com",
            "..a...b..@example.com",
            "a@1.example.com",
            "a@r3---sn.example.com",
            "_@example.co",
            "a@b--c.de",
        ] {
            assert!(Email::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_address() {
        for text in [
            "ann",
            "ann@",
            "@example.com",
            "ann@localhost",
            "ann@example..com",
            "ann@.example.com",
            "ann@example.com.",
            "a nn@example.com",
            "...@example.com",
            "a..(b)@example.com",
            "ann@exam ple.com",
            "ann@exa_mple.com",
            "ann@-example.com",
            "ann@127.0.0.1",
            "ann@[127.0.0.1]",
            "Ann <ann@example.com>",
            "ann@example.com, bob@example.com",
            "ann@bob@example.com",
            "null",
        ] {
            assert_eq!(Email::parse(text), Err(ValueError::NotAnEmail), "{text}");
        }
        assert_eq!(Email::parse(" "), Err(ValueError::Empty));
        assert_eq!(Email::parse("a\0@example.com"), Err(ValueError::ControlCharacter));
    }

    #[test]
    fn lengths() {
        assert!(Email::parse(&format!("{}@example.com", "a".repeat(64))).is_ok());
        assert!(Email::parse(&format!("{}@example.com", "a".repeat(65))).is_err());
        assert!(Email::parse(&format!("a@{}.com", "b".repeat(63))).is_ok());
        assert!(Email::parse(&format!("a@{}.com", "b".repeat(64))).is_err());
        let domain = [63, 63, 60, 63].map(|length| "d".repeat(length)).join(".");
        assert!(Email::parse(&format!("a@{domain}")).is_ok());
        assert_eq!(
            Email::parse(&format!("ab@{domain}")),
            Err(ValueError::TooLong { max: 254, actual: 255 })
        );
        assert_eq!(Email::parse(&format!("я@{domain}")), Err(ValueError::NotAnEmail));
    }

    #[test]
    fn serialized_as_typed() {
        let email = Email::parse("Ann@Example.com").ok();
        let json = serde_json::to_string(&email).ok();
        assert_eq!(json.as_deref(), Some("\"Ann@Example.com\""));
        assert_eq!(json.and_then(|json| serde_json::from_str(&json).ok()), email);
        assert!(serde_json::from_str::<Email>("\"ann\"").is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn never_panics(text in any::<String>(), local in any::<String>(), domain in any::<String>()) {
            let _ = Email::parse(&text);
            let _ = Email::parse(&format!("{local}@{domain}.com"));
        }

        #[test]
        fn matching_is_its_own_matching(local in "[\\w.+\"]{1,12}", domain in "[\\w-]{1,8}", top in "\\w{2,4}") {
            if let Ok(email) = Email::parse(&format!("{local}@{domain}.{top}")) {
                let again = Email::parse(email.matching());
                prop_assert_eq!(again.as_ref().map(Email::matching), Ok(email.matching()));
            }
        }
    }
}
