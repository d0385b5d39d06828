//! What the pages say, in the languages that there are.

use chrono::{Datelike, Timelike};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_langneg::{NegotiationStrategy, accepted_languages, negotiate_languages};
use selfsame_domain::Timestamp;
use std::sync::LazyLock;
use unic_langid::LanguageIdentifier;

/// A language of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Ukrainian,
}

impl Language {
    pub(crate) const ALL: [Self; 2] = [Self::English, Self::Ukrainian];

    /// Its tag (BCP 47).
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Ukrainian => "uk",
        }
    }

    /// What it calls itself.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Ukrainian => "Українська",
        }
    }

    pub(crate) fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// The one that a browser likes best, by its `Accept-Language` (RFC 9110, 12.5.4); English without one.
    pub(crate) fn accepted(header: &str) -> Self {
        let wanted = accepted_languages::parse(header);
        let known = Self::ALL.map(Self::identifier);
        let found = negotiate_languages(&wanted, &known, None, NegotiationStrategy::Filtering);
        let tag = found.first().map(|language| language.language.as_str());
        tag.and_then(Self::from_tag).unwrap_or(Self::English)
    }

    /// Its tag as libraries take it; a tag of two letters always is one.
    fn identifier(self) -> LanguageIdentifier {
        self.tag().parse().unwrap_or_default()
    }

    fn source(self) -> &'static str {
        match self {
            Self::English => include_str!("../locales/en.ftl"),
            Self::Ukrainian => include_str!("../locales/uk.ftl"),
        }
    }
}

type Bundle = FluentBundle<FluentResource>;

static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::English));
static UKRAINIAN: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::Ukrainian));

/// A message that is wrong is left out, which the tests find.
fn bundle(language: Language) -> Bundle {
    let resource = FluentResource::try_new(language.source().to_owned()).unwrap_or_else(|(resource, errors)| {
        tracing::error!(?errors, "a text of the console is wrong");
        resource
    });
    let mut bundle = FluentBundle::new_concurrent(vec![language.identifier()]);
    // Pages mark up what they put into a text themselves.
    bundle.set_use_isolating(false);
    if let Err(errors) = bundle.add_resource(resource) {
        tracing::error!(?errors, "a text of the console is there twice");
    }
    bundle
}

/// The texts of one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Texts(pub(crate) Language);

/// A point in time as pages show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct When {
    /// For machines (RFC 3339).
    pub(crate) iso: String,
    /// For people, in UTC.
    pub(crate) text: String,
}

impl Texts {
    fn bundle(self) -> &'static Bundle {
        match self.0 {
            Language::English => &ENGLISH,
            Language::Ukrainian => &UKRAINIAN,
        }
    }

    /// Whether there is a text of this name.
    #[cfg(test)]
    pub(crate) fn has(self, name: &str) -> bool {
        self.bundle().has_message(name)
    }

    /// A text without parts that vary.
    pub(crate) fn get(self, name: &str) -> String {
        self.format(name, None)
    }

    /// A text with one part that varies.
    pub(crate) fn with(self, name: &str, part: &str, value: &str) -> String {
        self.with_all(name, &[(part, value)])
    }

    /// A text with parts that vary.
    pub(crate) fn with_all(self, name: &str, parts: &[(&str, &str)]) -> String {
        let mut args = FluentArgs::new();
        for (part, value) in parts {
            args.set(*part, FluentValue::from(*value));
        }
        self.format(name, Some(&args))
    }

    /// A text about a number: `count` chooses its form, `shown` is the number in digits.
    pub(crate) fn count(self, name: &str, count: u64) -> String {
        let mut args = FluentArgs::new();
        args.set("count", FluentValue::from(count));
        args.set("shown", FluentValue::from(self.number(count)));
        self.format(name, Some(&args))
    }

    /// A text that is missing shows as its name, which the tests find.
    fn format(self, name: &str, args: Option<&FluentArgs<'_>>) -> String {
        let bundle = self.bundle();
        let Some(pattern) = bundle.get_message(name).and_then(|message| message.value()) else {
            tracing::error!(name, language = self.0.tag(), "a text of the console is missing");
            return name.to_owned();
        };
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, args, &mut errors).into_owned();
        if !errors.is_empty() {
            tracing::error!(
                name,
                language = self.0.tag(),
                ?errors,
                "a text of the console lacks a part"
            );
        }
        text
    }

    /// A number in digits, in groups of three.
    pub(crate) fn number(self, number: u64) -> String {
        let separator = self.get("number-separator");
        let digits = number.to_string();
        let groups = digits.as_bytes().rchunks(3).rev();
        let groups: Vec<String> = groups
            .map(|group| String::from_utf8_lossy(group).into_owned())
            .collect();
        groups.join(&separator)
    }

    /// A day without its year, in UTC.
    pub(crate) fn day(self, at: Timestamp) -> String {
        let month = self.get(&format!("month-{}", at.month()));
        self.with_all("date-day", &[("day", &at.day().to_string()), ("month", &month)])
    }

    /// A point in time, in UTC and to the minute.
    pub(crate) fn when(self, at: Timestamp) -> When {
        let month = self.get(&format!("month-{}", at.month()));
        let (day, year) = (at.day().to_string(), at.year().to_string());
        let time = format!("{:02}:{:02}", at.hour(), at.minute());
        let parts = [
            ("day", day.as_str()),
            ("month", &month),
            ("year", &year),
            ("time", &time),
        ];
        When {
            iso: at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            text: self.with_all("date-time", &parts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The names of the messages of a language, which begin at the margin.
    fn names(language: Language) -> BTreeSet<&'static str> {
        let lines = language.source().lines();
        let names = lines.filter_map(|line| line.split_once(" ="));
        names
            .map(|(name, _)| name)
            .filter(|name| !name.starts_with([' ', '#']))
            .collect()
    }

    #[test]
    fn every_text_is_there_in_every_language_once() {
        for language in Language::ALL {
            assert!(
                FluentResource::try_new(language.source().to_owned()).is_ok(),
                "{language:?}"
            );
            let counted = language
                .source()
                .lines()
                .filter(|line| !line.starts_with([' ', '#']) && line.contains(" ="));
            assert_eq!(
                counted.count(),
                names(language).len(),
                "a name is there twice: {language:?}"
            );
            let bundle = Texts(language).bundle();
            assert!(names(language).iter().all(|name| bundle.has_message(name)));
        }
        assert_eq!(names(Language::English), names(Language::Ukrainian));
    }

    #[test]
    fn browsers_get_the_language_that_they_like_best() {
        for (header, expected) in [
            ("", Language::English),
            ("uk", Language::Ukrainian),
            ("uk-UA,uk;q=0.9,en;q=0.8", Language::Ukrainian),
            ("en-US,en;q=0.9,uk;q=0.8", Language::English),
            ("de, uk;q=0.5", Language::Ukrainian),
            ("de", Language::English),
            ("\u{1f994};;q", Language::English),
        ] {
            assert_eq!(Language::accepted(header), expected, "{header}");
        }
    }

    #[test]
    fn numbers_and_times_are_written_as_the_language_writes_them() {
        let (english, ukrainian) = (Texts(Language::English), Texts(Language::Ukrainian));
        assert_eq!(english.number(1_234_567), "1,234,567");
        assert_eq!(ukrainian.number(1_234_567), "1\u{a0}234\u{a0}567");
        assert_eq!(english.number(0), "0");
        assert_eq!(ukrainian.number(999), "999");
        let at: Timestamp = "2026-11-24T09:05:59Z".parse().expect("a time");
        assert_eq!(english.when(at).text, "24 November 2026, 09:05 UTC");
        assert_eq!(ukrainian.when(at).text, "24 листопада 2026 р., 09:05 UTC");
        assert_eq!(
            (english.day(at), ukrainian.day(at)),
            ("24 November".to_owned(), "24 листопада".to_owned())
        );
        assert_eq!(english.when(at).iso, "2026-11-24T09:05:59Z");
        assert_eq!(english.count("contacts-count", 1), "1 contact");
        assert_eq!(ukrainian.count("contacts-count", 1_022), "1\u{a0}022 контакти");
    }
}
