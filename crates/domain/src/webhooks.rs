//! The rules of webhooks: which changes are sent, when a failed message is tried again, when an endpoint is paused, and what a signature covers.

use crate::{ChangeKind, MessageId, Revision, Timestamp, WebhookId};
use chrono::TimeDelta;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// How many messages of a webhook wait at the most, apart from the changes of one page. No more changes are read from the feed until there are fewer.
pub const MAX_PENDING: u32 = 1_000;

/// For how long the previous secret signs beside the new one, so that a receiver can be changed without loss.
pub const OLD_SECRET: TimeDelta = TimeDelta::hours(24);

/// The greatest length of a URL, in bytes.
const MAX_URL: usize = 2_048;

/// How much of an answer is kept, in characters.
const MAX_DETAIL: usize = 500;

/// The pauses between the attempts at a message, in seconds: ten attempts in about sixteen hours.
const PAUSES: [i64; 9] = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800];

/// After how many failed attempts in a row an endpoint is paused.
const MAX_FAILURES: u32 = 5;

/// The first pause of an endpoint, and the longest one, in seconds. Each failed probe doubles it.
const FIRST_PAUSE: i64 = 60;
const LONGEST_PAUSE: i64 = 3_600;

/// The status by which an endpoint says that it wants no more messages (Standard Webhooks).
const GONE: u16 = 410;

/// Where messages are sent: an `http` or `https` URL with a host and without credentials or a fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookUrl(String);

/// A text is no URL of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be an http or https URL with a host and without a user name, password or fragment, of at most {MAX_URL} bytes"
)]
pub struct NotAWebhookUrl;

impl WebhookUrl {
    /// Reads a URL.
    pub fn parse(text: &str) -> Result<Self, NotAWebhookUrl> {
        let url = url::Url::parse(text.trim()).map_err(|_| NotAWebhookUrl)?;
        let is_bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        let leads_somewhere = matches!(url.scheme(), "http" | "https") && url.host_str().is_some();
        let text = url.to_string();
        if is_bare && leads_somewhere && text.len() <= MAX_URL {
            Ok(Self(text))
        } else {
            Err(NotAWebhookUrl)
        }
    }

    /// The URL as text, as stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host and the port.
    pub fn host(&self) -> Option<(String, u16)> {
        let url = url::Url::parse(&self.0).ok()?;
        Some((url.host_str()?.to_owned(), url.port_or_known_default()?))
    }
}

/// Which changes a webhook sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WantedKinds {
    /// All, kinds of later releases included.
    All,
    /// Some, at least one.
    Some(BTreeSet<ChangeKind>),
}

impl WantedKinds {
    /// Whether a change of this kind is sent.
    pub fn wants(&self, kind: ChangeKind) -> bool {
        match self {
            Self::All => true,
            Self::Some(kinds) => kinds.contains(&kind),
        }
    }

    /// The stable text, as stored: the kinds with commas between them; none for all.
    pub fn to_text(&self) -> Option<String> {
        match self {
            Self::All => None,
            Self::Some(kinds) => {
                let names: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
                Some(names.join(","))
            }
        }
    }

    /// Reads what [`Self::to_text`] wrote.
    pub fn from_text(text: Option<&str>) -> Option<Self> {
        let Some(text) = text else { return Some(Self::All) };
        text.split(',')
            .map(ChangeKind::from_text)
            .collect::<Option<_>>()
            .map(Self::Some)
    }
}

impl MessageId {
    /// The ID of a message. A body with the same revision is the same message.
    pub fn of(webhook: WebhookId, revision: Revision, body: &str) -> Self {
        let mut digest = Sha256::new();
        digest.update(webhook.0.as_bytes());
        digest.update(revision.0.to_be_bytes());
        digest.update(body.as_bytes());
        let digest: [u8; 32] = digest.finalize().into();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// The value of the header `webhook-id`.
    pub fn to_header(self) -> String {
        format!("msg_{}", self.0.simple())
    }

    /// Reads what [`Self::to_header`] wrote.
    pub fn from_header(text: &str) -> Option<Self> {
        uuid::Uuid::try_parse(text.strip_prefix("msg_")?).ok().map(Self)
    }
}

/// The text that a signature covers: ID, time in seconds since 1970 and body, with full stops between them (Standard Webhooks).
pub fn signed_content(id: &str, seconds: i64, body: &str) -> String {
    format!("{id}.{seconds}.{body}")
}

/// What an endpoint answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointAnswer {
    /// The status; none when there was no answer.
    pub status: Option<u16>,
    /// The beginning of the body, or why there was no answer. At most 500 characters, none of them a control character.
    pub detail: String,
}

impl EndpointAnswer {
    /// An answer with the beginning of its body.
    pub fn new(status: u16, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let shown = text.chars().map(|c| if c.is_control() { ' ' } else { c });
        Self {
            status: Some(status),
            detail: shown.take(MAX_DETAIL).collect(),
        }
    }

    /// No answer, and why.
    pub fn none(problem: &str) -> Self {
        Self {
            status: None,
            detail: problem.to_owned(),
        }
    }

    /// Whether the endpoint accepted the message.
    pub fn is_success(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// Whether the endpoint wants no more messages.
    pub fn is_gone(&self) -> bool {
        self.status == Some(GONE)
    }

    /// The answer in one line, without its body.
    pub fn summary(&self) -> String {
        self.status.map_or_else(
            || self.detail.clone(),
            |status| format!("the endpoint answered {status}"),
        )
    }
}

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeliveryStatus {
    /// It waits for an attempt.
    Pending,
    /// The endpoint accepted it.
    Delivered,
    /// Every attempt failed. It is sent again on request alone.
    Dead,
}

impl DeliveryStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Delivered, Self::Dead];

    /// The stable text of the status.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// The progress of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryState {
    /// What became of it.
    pub status: DeliveryStatus,
    /// How many attempts were made since it was stored or revived.
    pub attempts: u32,
    /// The earliest time of the next attempt; of a message that is not pending, the time of the last one.
    pub next_try_at: Timestamp,
    /// The last answer, and its time.
    pub last: Option<(EndpointAnswer, Timestamp)>,
}

impl DeliveryState {
    /// A message without attempts.
    pub fn new(now: Timestamp) -> Self {
        Self {
            status: DeliveryStatus::Pending,
            attempts: 0,
            next_try_at: now,
            last: None,
        }
    }

    /// The state after one more attempt.
    #[must_use]
    pub fn after(&self, answer: EndpointAnswer, now: Timestamp) -> Self {
        let pause = PAUSES.get(usize::try_from(self.attempts).unwrap_or(usize::MAX));
        let (status, next_try_at) = match pause {
            _ if answer.is_success() => (DeliveryStatus::Delivered, now),
            Some(pause) => (DeliveryStatus::Pending, later(now, *pause)),
            None => (DeliveryStatus::Dead, now),
        };
        Self {
            status,
            attempts: self.attempts.saturating_add(1),
            next_try_at,
            last: Some((answer, now)),
        }
    }
}

/// How many messages may be sent to an endpoint now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// As many as there are.
    Many,
    /// One, to see whether the endpoint works again.
    Probe,
    /// None.
    Nothing,
}

/// Whether an endpoint works: a circuit breaker.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointHealth {
    /// How many attempts in a row failed.
    pub failures: u32,
    /// Until when nothing is sent.
    pub paused_until: Option<Timestamp>,
    /// Why the endpoint is paused, or why the server disabled the webhook.
    pub problem: Option<String>,
}

impl EndpointHealth {
    /// How many messages may be sent now.
    pub fn allowance(&self, now: Timestamp) -> Allowance {
        match self.paused_until {
            None => Allowance::Many,
            Some(until) if until <= now => Allowance::Probe,
            Some(_) => Allowance::Nothing,
        }
    }

    /// The health after one more attempt.
    #[must_use]
    pub fn after(&self, answer: &EndpointAnswer, now: Timestamp) -> Self {
        if answer.is_success() {
            return Self::default();
        }
        let failures = self.failures.saturating_add(1);
        if failures < MAX_FAILURES {
            return Self {
                failures,
                ..Self::default()
            };
        }
        let doublings = (failures - MAX_FAILURES).min(16);
        let pause = (FIRST_PAUSE << doublings).min(LONGEST_PAUSE);
        Self {
            failures,
            paused_until: Some(later(now, pause)),
            problem: Some(format!("{failures} attempts in a row failed; {}", answer.summary())),
        }
    }

    /// An endpoint to which nothing can be sent for a reason of this server.
    #[must_use]
    pub fn paused(&self, problem: String, now: Timestamp) -> Self {
        Self {
            failures: self.failures,
            paused_until: Some(later(now, LONGEST_PAUSE)),
            problem: Some(problem),
        }
    }
}

fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add_signed(TimeDelta::seconds(seconds))
        .unwrap_or(Timestamp::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn a_url_leads_somewhere_and_has_no_secret() {
        let url = WebhookUrl::parse(" https://crm.example.com:8443/in?a=b ").expect("a URL");
        assert_eq!(url.as_str(), "https://crm.example.com:8443/in?a=b");
        assert_eq!(url.host(), Some(("crm.example.com".to_owned(), 8_443)));
        let long = format!("https://a.example/{}", "x".repeat(MAX_URL));
        for text in [
            "",
            "a.example",
            "ftp://a.example",
            "https://u:p@a.example",
            "https://a.example/#x",
            "file:///etc",
            &long,
        ] {
            assert_eq!(WebhookUrl::parse(text), Err(NotAWebhookUrl), "{text}");
        }
    }

    #[test]
    fn kinds_are_all_or_some() {
        let some = WantedKinds::Some([ChangeKind::Merged, ChangeKind::Created].into());
        for kinds in [WantedKinds::All, some.clone()] {
            assert_eq!(WantedKinds::from_text(kinds.to_text().as_deref()), Some(kinds));
        }
        assert!(WantedKinds::All.wants(ChangeKind::Erased));
        assert!(some.wants(ChangeKind::Merged) && !some.wants(ChangeKind::Erased));
        assert_eq!(WantedKinds::from_text(Some("created,nonsense")), None);
    }

    #[test]
    fn one_change_has_one_message() {
        let id = |webhook, revision, body| MessageId::of(WebhookId(Uuid::from_u128(webhook)), Revision(revision), body);
        let first = id(1, 1, "{}");
        assert_eq!(first, id(1, 1, "{}"));
        for other in [id(2, 1, "{}"), id(1, 2, "{}"), id(1, 1, "[]")] {
            assert_ne!(first, other);
        }
        assert_eq!(MessageId::from_header(&first.to_header()), Some(first));
        assert_eq!(MessageId::from_header("1"), None);
    }

    #[test]
    fn a_signature_covers_id_time_and_body() {
        assert_eq!(signed_content("msg_1", 7, r#"{"a":1}"#), r#"msg_1.7.{"a":1}"#);
    }

    #[test]
    fn a_message_is_tried_ten_times_over_hours() {
        let mut state = DeliveryState::new(NOW);
        let mut now = NOW;
        let mut pauses = Vec::new();
        while state.status == DeliveryStatus::Pending {
            state = state.after(EndpointAnswer::new(500, b""), now);
            pauses.push((state.next_try_at - now).num_seconds());
            now = state.next_try_at;
        }
        assert_eq!(pauses, [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 0]);
        assert_eq!((state.status, state.attempts), (DeliveryStatus::Dead, 10));
        let delivered = DeliveryState::new(NOW).after(EndpointAnswer::new(204, b""), NOW);
        assert_eq!((delivered.status, delivered.attempts), (DeliveryStatus::Delivered, 1));
    }

    #[test]
    fn an_endpoint_that_fails_in_a_row_is_paused_and_probed() {
        let (bad, good) = (EndpointAnswer::none("cannot be reached"), EndpointAnswer::new(200, b""));
        let mut health = EndpointHealth::default();
        for _ in 0..4 {
            health = health.after(&bad, NOW);
            assert_eq!(health.allowance(NOW), Allowance::Many);
        }
        assert_eq!(health.after(&good, NOW), EndpointHealth::default());
        let mut pauses = Vec::new();
        for _ in 0..8 {
            health = health.after(&bad, NOW);
            pauses.push(health.paused_until.map(|until| (until - NOW).num_seconds()));
        }
        assert_eq!(pauses, [60, 120, 240, 480, 960, 1_920, 3_600, 3_600].map(Some));
        assert_eq!(health.allowance(NOW), Allowance::Nothing);
        assert_eq!(health.allowance(NOW + TimeDelta::hours(1)), Allowance::Probe);
        assert_eq!(
            health.problem.as_deref(),
            Some("12 attempts in a row failed; cannot be reached")
        );
        assert_eq!(health.after(&good, NOW), EndpointHealth::default());
    }

    #[test]
    fn an_answer_is_shown_in_one_bounded_line() {
        let answer = EndpointAnswer::new(500, &[b"a\0b\n\xff".as_slice(), &[b'x'; 600]].concat());
        assert!(answer.detail.starts_with("a b \u{fffd}x"));
        assert_eq!(answer.detail.chars().count(), MAX_DETAIL);
        assert!(!answer.is_success() && !answer.is_gone() && EndpointAnswer::new(410, b"").is_gone());
    }
}
