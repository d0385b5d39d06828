//! Identity tokens. The customer's server signs one to vouch for the identity of a caller that uses a public key
//! (identity rules, "Trust").
//!
//! `v1.ID.EXPIRY.SIGNATURE`, where ID is the external ID in base64url without padding (RFC 4648), EXPIRY the expiry
//! time in whole seconds since 1970 or 0 for none, and SIGNATURE the HMAC-SHA-256 (RFC 2104) of `v1.ID.EXPIRY` under
//! the signing secret's text, in lower-case hexadecimal digits.

use super::signature;
use crate::ports::SigningSecret;
use data_encoding::BASE64URL_NOPAD;
use selfsame_domain::Timestamp;
use selfsame_domain::values::ExternalId;

/// The version of the token format.
const VERSION: &str = "v1";

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It does not have the form of a token.
    #[error("is no identity token: it must have the form v1.ID.EXPIRY.SIGNATURE")]
    Malformed,
    /// No live secret of the workspace made its signature.
    #[error("is an identity token with a wrong signature")]
    WrongSignature,
    /// It has expired.
    #[error("is an identity token that has expired")]
    Expired,
}

/// Signs a token.
pub(super) fn sign(secret: &SigningSecret, id: &ExternalId, expires_at: Option<Timestamp>) -> Option<String> {
    let id = BASE64URL_NOPAD.encode(id.as_str().as_bytes());
    let expiry = expires_at.map_or(0, |end| end.timestamp());
    signature::sign(secret, &format!("{VERSION}.{id}.{expiry}"))
}

/// Returns the external ID that a token vouches for. The signature is checked before any content is trusted.
pub(super) fn verify(token: &str, secrets: &[SigningSecret], now: Timestamp) -> Result<ExternalId, TokenError> {
    let (signed, signature) = signature::split(token).ok_or(TokenError::Malformed)?;
    let mut parts = signed.split('.');
    let (Some(VERSION), Some(id), Some(expiry), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(TokenError::Malformed);
    };
    let expiry: i64 = expiry.parse().map_err(|_| TokenError::Malformed)?;
    if !signature::is_signed(signed, &signature, secrets) {
        return Err(TokenError::WrongSignature);
    }
    if expiry != 0 && expiry <= now.timestamp() {
        return Err(TokenError::Expired);
    }
    let id = BASE64URL_NOPAD.decode(id.as_bytes()).ok();
    id.and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| ExternalId::parse(&text).ok())
        .ok_or(TokenError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secret(text: &str) -> SigningSecret {
        SigningSecret {
            secret: text.into(),
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(seconds, 0).unwrap()
    }

    /// The token that the documentation's example makes: `printf v1.Qy0xMDAx.0 | openssl dgst -sha256 -hmac SECRET`.
    const TOKEN: &str = "v1.Qy0xMDAx.0.3194bedab7a987a43d1b1c044f50840a03c86c3d479aafa00b9355945cc75b97";

    #[test]
    fn has_the_form_that_the_documents_say() {
        let id = ExternalId::parse("C-1001").unwrap();
        assert_eq!(sign(&secret("SECRET"), &id, None).as_deref(), Some(TOKEN));
        assert_eq!(verify(TOKEN, &[secret("SECRET")], at(0)), Ok(id));
    }

    #[test]
    fn either_live_secret_is_taken_and_no_other() {
        let secrets = [secret("new"), secret("SECRET")];
        assert!(verify(TOKEN, &secrets, at(0)).is_ok());
        assert_eq!(verify(TOKEN, &secrets[..1], at(0)), Err(TokenError::WrongSignature));
        assert_eq!(verify(TOKEN, &[], at(0)), Err(TokenError::WrongSignature));
    }

    #[test]
    fn ends_with_its_second() {
        let id = ExternalId::parse("C-1001").unwrap();
        let token = sign(&secret("s"), &id, Some(at(100))).unwrap();
        assert_eq!(verify(&token, &[secret("s")], at(99)), Ok(id));
        assert_eq!(verify(&token, &[secret("s")], at(100)), Err(TokenError::Expired));
        let later = token.replace(".100.", ".200.");
        assert_eq!(verify(&later, &[secret("s")], at(99)), Err(TokenError::WrongSignature));
    }

    proptest! {
        #[test]
        fn any_external_id_reads_back(text in "\\PC{1,100}") {
            prop_assume!(ExternalId::parse(&text).is_ok());
            let id = ExternalId::parse(&text).unwrap();
            let token = sign(&secret("s"), &id, None).unwrap();
            prop_assert_eq!(verify(&token, &[secret("s")], at(0)), Ok(id));
        }

        #[test]
        fn nothing_else_vouches(text in "\\PC{0,200}|v1\\.[A-Za-z0-9_-]{0,20}\\.[0-9-]{0,12}\\.[0-9a-f]{64}") {
            prop_assert!(verify(&text, &[secret("s")], at(0)).is_err());
        }
    }
}
