//! From a page's request to commands.

use super::DEPTH;
use crate::error::ApiError;
use crate::fields::{Fields, Problems};
use crate::operations::BOTS;
use chrono::{DateTime, TimeDelta};
use http::HeaderMap;
use http::header::{ORIGIN, USER_AGENT};
use isbot::Bots;
use metrics::counter;
use selfsame_domain::values::{Cookie, EventTypeKey};
use selfsame_domain::{
    Command, ContactRequest, EventId, EventParams, EventRequest, Identifier, Origin, Timestamp, to_micros,
};
use std::sync::LazyLock;

/// The patterns of the library, compiled once.
static AGENTS: LazyLock<Bots> = LazyLock::new(Bots::default);

/// Whether the request comes from a bot, which has no visitor's history. Counts bots. A request without `Origin` comes from an app or a
/// server: it is never a bot, although the patterns would match its HTTP library.
pub(crate) fn is_bot(headers: &HeaderMap) -> bool {
    let page = headers.contains_key(ORIGIN);
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    let is_bot = page && agent.is_some_and(|agent| AGENTS.is_bot(agent));
    if is_bot {
        counter!(BOTS).increment(1);
    }
    is_bot
}

/// The public key of the site that a request names.
pub(crate) fn site(fields: &Fields<'_>, name: &str) -> Result<String, ApiError> {
    let mut problems = Problems::default();
    let key = fields.text(name, &mut problems).value();
    problems.finish()?;
    let key = key.ok_or_else(|| ApiError::invalid(fields.pointer(name), "must be the public key of a site"))?;
    Ok(key.trim().to_owned())
}

/// The visitor's cookie.
pub(crate) fn cookie(fields: &Fields<'_>, name: &str) -> Result<Identifier, ApiError> {
    let mut problems = Problems::default();
    let text = fields.text(name, &mut problems).value();
    problems.finish()?;
    let read = Cookie::parse(&text.unwrap_or_default());
    let cookie = read.map_err(|error| ApiError::invalid(fields.pointer(name), error))?;
    Ok(Identifier::cookie(&cookie))
}

/// The greatest error of a browser's clock that is not corrected.
const TOLERANCE: TimeDelta = TimeDelta::seconds(10);

/// Converts times of a browser's clock to the server's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    now: Timestamp,
    /// How far the browser's clock is behind the server's.
    behind: TimeDelta,
}

impl Clock {
    /// The clock of a browser, by the time at which it sent the request. A small difference is not corrected: it may be the duration of the
    /// request, and a correction by it could reorder events of different requests.
    pub(crate) fn new(now: Timestamp, sent_at: Option<i64>) -> Self {
        let sent_at = sent_at.and_then(DateTime::from_timestamp_millis);
        let behind = sent_at.map_or(TimeDelta::zero(), |sent_at| now - sent_at);
        let is_right = behind.abs() <= TOLERANCE;
        Self {
            now,
            behind: if is_right { TimeDelta::zero() } else { behind },
        }
    }

    /// Reads a time of the browser, in milliseconds since 1970. A time in the future counts as now, because the clock is wrong.
    pub(crate) fn read(self, millis: i64) -> Result<Timestamp, String> {
        let said = DateTime::from_timestamp_millis(millis).and_then(|at| at.checked_add_signed(self.behind));
        let at = said.ok_or("must be milliseconds since 1970")?.min(self.now);
        if at < self.now - DEPTH {
            return Err(format!("must not be more than {} days ago", DEPTH.num_days()));
        }
        Ok(to_micros(at))
    }
}

/// An event of a page, parsed.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) type_key: EventTypeKey,
    pub(crate) params: EventParams,
    pub(crate) occurred_at: Option<Timestamp>,
    /// The event ID, unique within the site and the visitor.
    pub(crate) id: Option<String>,
}

impl Told {
    /// The command that records the event for the named contact, else for the visitor behind the cookie. The event ID is unique within the place
    /// and the cookie, so that a sender cannot occupy the IDs of other visitors' events.
    pub(crate) fn keep(self, place: &str, cookie: Option<&Identifier>, named: &ContactRequest) -> Command {
        let cookie = cookie.map_or("", |cookie| cookie.key.value.as_str());
        let id = self.id.map(|id| EventId::sent(&format!("{place} {cookie} {id}")));
        Command::Event(Box::new(EventRequest {
            contact: named.clone(),
            id,
            type_key: self.type_key,
            key_value: None,
            occurred_at: self.occurred_at,
            origin: Origin::Web,
            params: self.params,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn at(seconds: i64) -> Timestamp {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn a_wrong_clock_is_put_right() {
        let now = at(1_000_000_000);
        let clock = Clock::new(now, Some(2_000_000_000_000));
        assert_eq!(clock.read(1_999_999_990_000), Ok(at(999_999_990)));
        assert_eq!(clock.read(2_000_000_005_000), Ok(now), "the future is now");
        assert_eq!(Clock::new(now, None).read(999_999_990_000), Ok(at(999_999_990)));
    }

    #[test]
    fn requests_take_their_time() {
        let now = at(1_000_000_000);
        for seconds in -10..=10 {
            let clock = Clock::new(now, Some((1_000_000_000 + seconds) * 1_000));
            assert_eq!(clock.read(999_999_990_000), Ok(at(999_999_990)), "{seconds}");
        }
        assert_eq!(
            Clock::new(now, Some(999_999_989_000)).read(999_999_980_000),
            Ok(at(999_999_991))
        );
    }

    #[test]
    fn what_is_too_long_ago_is_refused() {
        let now = at(1_000_000_000);
        let oldest = (now - DEPTH).timestamp_millis();
        assert!(Clock::new(now, None).read(oldest).is_ok());
        assert!(Clock::new(now, None).read(oldest - 1).is_err());
        assert!(Clock::new(now, Some(i64::MAX)).read(i64::MIN).is_err());
    }

    #[test]
    fn programs_that_read_pages_are_told_from_people() {
        let bot = |agent: &'static str| {
            let page = (ORIGIN, HeaderValue::from_static("https://shop.example"));
            is_bot(&HeaderMap::from_iter([
                page,
                (USER_AGENT, HeaderValue::from_static(agent)),
            ]))
        };
        assert!(bot(
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
        ));
        assert!(bot("curl/8.5.0"));
        assert!(!bot(
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
        ));
        for agent in ["WordPress/6.4; https://shop.example", "okhttp/4.12.0", "curl/8.5.0"] {
            let server = HeaderMap::from_iter([(USER_AGENT, HeaderValue::from_static(agent))]);
            assert!(!is_bot(&server), "{agent}");
        }
    }
}
