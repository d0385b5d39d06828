//! What is known of the device behind a mobile push token.

use super::field_problem::checked;
use super::{AppId, FieldProblem};
use serde::{Deserialize, Serialize};

/// The greatest length of the device model, in characters (wire fact).
const MAX_MODEL: usize = 50;

/// The greatest length of the other texts, in characters.
const MAX_SHORT: usize = 100;

/// The device behind a mobile push token, as its application describes it (wire fact). Described, not identified: no
/// member is evidence of identity but the application, which qualifies the token.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Device {
    /// The application of the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_id: Option<AppId>,
    /// Model, at most 50 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_model: Option<String>,
    /// Operating system, at most 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    /// Locale as the device says it (`uk-UA`, `en_UK`), at most 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Which client library sent it, at most 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_version: Option<String>,
    /// Version of the application, at most 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_version: Option<String>,
    /// Whether the token takes messages. True unless said otherwise.
    pub active: bool,
}

impl Default for Device {
    fn default() -> Self {
        Self {
            app_id: None,
            device_model: None,
            os: None,
            locale: None,
            client_version: None,
            app_version: None,
            active: true,
        }
    }
}

impl Device {
    /// The same device with outer blanks trimmed and blank members left out.
    ///
    /// # Errors
    ///
    /// The first member that is too long or holds control characters.
    pub fn checked(self) -> Result<Self, FieldProblem> {
        Ok(Self {
            app_id: self.app_id,
            device_model: checked("deviceModel", self.device_model, MAX_MODEL)?,
            os: checked("os", self.os, MAX_SHORT)?,
            locale: checked("locale", self.locale, MAX_SHORT)?,
            client_version: checked("clientVersion", self.client_version, MAX_SHORT)?,
            app_version: checked("appVersion", self.app_version, MAX_SHORT)?,
            active: self.active,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::ValueError;

    #[test]
    fn is_active_unless_said_otherwise() {
        assert_eq!(serde_json::from_str::<Device>("{}").ok(), Some(Device::default()));
        assert!(Device::default().active);
        let device = Device {
            app_id: AppId::parse("1").ok(),
            active: false,
            ..Device::default()
        };
        let json = serde_json::to_string(&device).ok();
        assert_eq!(json.as_deref(), Some(r#"{"app_id":"1","active":false}"#));
        assert_eq!(json.and_then(|json| serde_json::from_str(&json).ok()), Some(device));
    }

    #[test]
    fn limits_are_reported_by_member() {
        let with_model = |length| Device {
            device_model: Some("m".repeat(length)),
            ..Device::default()
        };
        assert!(with_model(50).checked().is_ok());
        let error = ValueError::TooLong { max: 50, actual: 51 };
        assert_eq!(
            with_model(51).checked(),
            Err(FieldProblem {
                member: "deviceModel",
                error
            })
        );
        let blank = Device {
            os: Some(" ".to_owned()),
            locale: Some(" uk-UA ".to_owned()),
            ..Device::default()
        };
        let expected = Device {
            locale: Some("uk-UA".to_owned()),
            ..Device::default()
        };
        assert_eq!(blank.checked(), Ok(expected));
    }
}
