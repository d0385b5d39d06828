//! The types of channels.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// The type of a channel through which a contact is reached (wire fact).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelType {
    /// An email address.
    Email,
    /// A phone number, for text messages.
    Sms,
    /// A phone number, for Viber.
    Viber,
    /// A push token of a mobile application.
    MobilePush,
    /// A push token of a browser.
    WebPush,
    /// The inbox inside an application or a site.
    AppInbox,
    /// A widget of a site.
    Widget,
    /// Messages inside a mobile application.
    InApp,
    /// A Telegram bot.
    Telegram,
    /// A web visitor's cookie.
    WebCookie,
}

impl ChannelType {
    /// Every type.
    pub const ALL: [Self; 10] = [
        Self::Email,
        Self::Sms,
        Self::Viber,
        Self::MobilePush,
        Self::WebPush,
        Self::AppInbox,
        Self::Widget,
        Self::InApp,
        Self::Telegram,
        Self::WebCookie,
    ];

    /// The text of the type on the wire and in storage.
    pub fn as_wire(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Viber => "viber",
            Self::MobilePush => "mobilepush",
            Self::WebPush => "webpush",
            Self::AppInbox => "appinbox",
            Self::Widget => "widget",
            Self::InApp => "inapp",
            Self::Telegram => "telegram",
            Self::WebCookie => "webcookie",
        }
    }

    /// The number of the type in storage, where a set of types is stored as the sum of their numbers. Never renumbered.
    pub fn bit(self) -> i16 {
        match self {
            Self::Email => 1,
            Self::Sms => 2,
            Self::Viber => 4,
            Self::MobilePush => 8,
            Self::WebPush => 16,
            Self::AppInbox => 32,
            Self::Widget => 64,
            Self::InApp => 128,
            Self::Telegram => 256,
            Self::WebCookie => 512,
        }
    }

    /// The sum of the numbers of a set of types.
    pub fn bits<'a>(channels: impl IntoIterator<Item = &'a Self>) -> i16 {
        channels.into_iter().fold(0, |bits, channel| bits | channel.bit())
    }

    /// Reads what [`Self::bits`] wrote.
    pub fn from_bits(bits: i16) -> Option<BTreeSet<Self>> {
        let channels: BTreeSet<Self> = Self::ALL
            .into_iter()
            .filter(|channel| bits & channel.bit() != 0)
            .collect();
        (Self::bits(&channels) == bits).then_some(channels)
    }

    /// Reads the text of a type in any case (`webPush`, wire fact), outer blanks trimmed.
    pub fn from_wire(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|channel| channel.as_wire().eq_ignore_ascii_case(text.trim()))
    }
}

impl fmt::Display for ChannelType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_wire())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_read_back_in_any_case() {
        for channel in ChannelType::ALL {
            assert_eq!(ChannelType::from_wire(channel.as_wire()), Some(channel));
            assert_eq!(ChannelType::from_wire(&channel.as_wire().to_uppercase()), Some(channel));
            assert_eq!(
                serde_json::to_value(channel).ok().as_ref().and_then(|v| v.as_str()),
                Some(channel.as_wire())
            );
        }
        let all: BTreeSet<ChannelType> = ChannelType::ALL.into();
        assert_eq!(ChannelType::from_bits(ChannelType::bits(&all)), Some(all));
        assert_eq!(ChannelType::from_bits(0), Some(BTreeSet::new()));
        assert_eq!(ChannelType::from_bits(1024), None);
        assert_eq!(ChannelType::from_wire("webPush"), Some(ChannelType::WebPush));
        assert_eq!(ChannelType::from_wire("fax"), None);
    }
}
