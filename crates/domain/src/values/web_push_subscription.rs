//! What is known of the browser behind a web push token.

use super::field_problem::checked;
use super::{AppId, FieldProblem};
use serde::{Deserialize, Serialize};

/// The greatest length of the user agent, in characters.
const MAX_USER_AGENT: usize = 1_024;

/// The greatest length of the page's address, in characters.
const MAX_PAGE: usize = 2_048;

/// The greatest length of the other texts, in characters.
const MAX_SHORT: usize = 100;

/// The browser behind a web push token, as the site describes it (wire fact). Described, not identified: no member is
/// evidence of identity but the application, which qualifies the token.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct WebPushSubscription {
    /// The application of the token: the text of a 32-bit integer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_id: Option<AppId>,
    /// User agent, at most 1,024 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Version of the user agent, at most 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent_version: Option<String>,
    /// Language of the user agent, at most 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent_language: Option<String>,
    /// Operating system, at most 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    /// Network address as sent, at most 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// Address of the page where the visitor subscribed, at most 2,048 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscription_page: Option<String>,
    /// Version of the active service worker, at most 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sw_active_version: Option<String>,
}

impl WebPushSubscription {
    /// The same subscription with outer blanks trimmed and blank members left out.
    ///
    /// # Errors
    ///
    /// The first member that is too long or holds control characters.
    pub fn checked(self) -> Result<Self, FieldProblem> {
        Ok(Self {
            app_id: self.app_id,
            user_agent: checked("userAgent", self.user_agent, MAX_USER_AGENT)?,
            user_agent_version: checked("userAgentVersion", self.user_agent_version, MAX_SHORT)?,
            user_agent_language: checked("userAgentLanguage", self.user_agent_language, MAX_SHORT)?,
            os: checked("os", self.os, MAX_SHORT)?,
            ip: checked("ip", self.ip, MAX_SHORT)?,
            subscription_page: checked("subscriptionPage", self.subscription_page, MAX_PAGE)?,
            sw_active_version: checked("swActiveVersion", self.sw_active_version, MAX_SHORT)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::ValueError;

    #[test]
    fn limits_are_reported_by_member() {
        let page = |length| WebPushSubscription {
            subscription_page: Some("p".repeat(length)),
            ..Default::default()
        };
        assert!(page(2_048).checked().is_ok());
        let error = ValueError::TooLong {
            max: 2_048,
            actual: 2_049,
        };
        assert_eq!(
            page(2_049).checked(),
            Err(FieldProblem {
                member: "subscriptionPage",
                error
            })
        );
        let agent = WebPushSubscription {
            user_agent: Some("a\0".to_owned()),
            ..Default::default()
        };
        let error = ValueError::ControlCharacter;
        assert_eq!(
            agent.checked(),
            Err(FieldProblem {
                member: "userAgent",
                error
            })
        );
    }

    #[test]
    fn members_that_are_not_there_are_not_written() {
        let json = serde_json::to_string(&WebPushSubscription::default()).ok();
        assert_eq!(json.as_deref(), Some("{}"));
        assert_eq!(serde_json::from_str("{}").ok(), Some(WebPushSubscription::default()));
    }
}
