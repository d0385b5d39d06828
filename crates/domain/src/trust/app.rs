//! The user of an app on a device, as far as the request is trusted (identity rules, "Trust").

use super::{TOKEN_DIFFERS, Warrant};
use crate::values::{ExternalId, Source};
use crate::{AttributeKey, ContactRequest, Identifier};

/// The user of an app on a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppUser {
    device: Identifier,
    /// The external ID that the request names.
    named: Option<ExternalId>,
    warrant: Warrant,
    is_named: bool,
}

impl AppUser {
    /// The user of a request with this device, this external ID, and this warrant; no warrant if the identity token is invalid.
    ///
    /// Returns with it why the identity token does not count, if the request names another user than the token. Without a valid token the
    /// request is trusted as far as the public key alone: its data is recorded for the device.
    pub fn new(
        device: Identifier,
        named: Option<ExternalId>,
        warrant: Option<Warrant>,
    ) -> (Self, Option<&'static str>) {
        let differs = matches!((&warrant, &named), (Some(Warrant::Token(vouched)), Some(named)) if vouched != named);
        let has_token = matches!(warrant, None | Some(Warrant::Token(_)));
        let user = Self {
            device,
            is_named: named.is_some() || has_token,
            named: named.filter(|_| !differs),
            warrant: warrant.filter(|_| !differs).unwrap_or(Warrant::PublicKey),
        };
        (user, differs.then_some(TOKEN_DIFFERS))
    }

    /// The device.
    pub fn device(&self) -> &Identifier {
        &self.device
    }

    /// The external ID, if it is trusted.
    pub fn external_id(&self) -> Option<Identifier> {
        match &self.warrant {
            Warrant::Token(id) => Some(Identifier::external_id(id)),
            Warrant::SecretKey(_) | Warrant::Unsigned => self.named.as_ref().map(Identifier::external_id),
            Warrant::PublicKey => None,
        }
    }

    /// Whether the request names a user, trusted or not.
    pub fn is_named(&self) -> bool {
        self.is_named
    }

    /// A request about the user on the device, before [`Self::allowed`].
    pub fn request(&self) -> ContactRequest {
        let mut request = ContactRequest::new(Source::App);
        request.device_id = Some(self.device.clone());
        let named = self.named.as_ref().map(Identifier::external_id);
        request.external_id = self.external_id().or(named);
        request
    }

    /// The identifiers of an event: the trusted external ID, else the device. An event of a user does not claim the device: another user may
    /// have it now.
    pub fn event_request(&self) -> ContactRequest {
        let mut request = ContactRequest::new(Source::App);
        request.external_id = self.external_id();
        if request.external_id.is_none() {
            request.device_id = Some(self.device.clone());
        }
        request
    }

    /// The request without members that the app may not set.
    pub fn allowed(&self, request: ContactRequest) -> ContactRequest {
        match self.warrant {
            Warrant::PublicKey => request.by_public_key(),
            Warrant::SecretKey(_) | Warrant::Token(_) | Warrant::Unsigned => request,
        }
    }

    /// Whether an attribute describes a user with an external ID only, not a device.
    pub fn is_of_user(key: AttributeKey) -> bool {
        matches!(key, AttributeKey::Language | AttributeKey::TimeZone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::DeviceId;

    fn user(named: Option<&str>, warrant: Option<Warrant>) -> (AppUser, Option<&'static str>) {
        let device = Identifier::device_id(&DeviceId::parse("d").unwrap());
        AppUser::new(device, named.map(id), warrant)
    }

    fn id(text: &str) -> ExternalId {
        ExternalId::parse(text).unwrap()
    }

    #[test]
    fn an_external_id_is_trusted_as_far_as_its_warrant() {
        let trusted = Some(Identifier::external_id(&id("A")));
        for (named, warrant, expected, is_named) in [
            (Some("A"), Some(Warrant::Unsigned), trusted.clone(), true),
            (None, Some(Warrant::Token(id("A"))), trusted.clone(), true),
            (Some("A"), Some(Warrant::Token(id("A"))), trusted, true),
            (Some("A"), Some(Warrant::PublicKey), None, true),
            (None, Some(Warrant::PublicKey), None, false),
            (None, None, None, true),
        ] {
            let (user, error) = user(named, warrant.clone());
            assert_eq!(error, None, "{named:?} {warrant:?}");
            assert_eq!(user.external_id(), expected, "{named:?} {warrant:?}");
            assert_eq!(user.is_named(), is_named, "{named:?} {warrant:?}");
        }
    }

    #[test]
    fn a_token_of_another_user_counts_for_nothing() {
        let (user, error) = user(Some("B"), Some(Warrant::Token(id("A"))));
        assert_eq!(error, Some(TOKEN_DIFFERS));
        assert!(user.is_named());
        assert_eq!(user.request().external_id, None);
        assert_eq!(user.event_request().device_id, user.request().device_id);
    }

    #[test]
    fn an_event_of_a_user_does_not_claim_the_device() {
        let (user, _) = user(Some("A"), Some(Warrant::Unsigned));
        assert_eq!(user.event_request().device_id, None);
        assert_eq!(user.request().device_id.as_ref(), Some(user.device()));
    }
}
