//! What a person types at a search box.

mod words;

pub use words::{FindSteps, Trigram, Words};

use crate::values::{Email, Phone, Region, ValueError, text};
use crate::{AttributeKey, Contact, ContactId, IdentifierKind};
use std::collections::BTreeSet;
use std::time::Duration;

/// How well a contact fits what was typed; the lower, the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindRank {
    /// It has the contact ID.
    ContactId,
    /// It has an identifier that is what was typed.
    Identifier,
    /// It has an identifier that begins with it.
    IdentifierPrefix,
    /// Its names begin with the words.
    Names,
    /// Each word begins a word of its names or identifiers.
    WordStarts,
    /// Its names or identifiers contain the words.
    Substring,
}

impl FindRank {
    /// The number by which storages order.
    pub fn code(self) -> i16 {
        match self {
            Self::ContactId => 0,
            Self::Identifier => 1,
            Self::IdentifierPrefix => 2,
            Self::Names => 3,
            Self::WordStarts => 4,
            Self::Substring => 5,
        }
    }
}

/// Texts that begin alike, as a range in the order of code points: at least `from`, and less than `below`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Prefix {
    /// What they begin with, which is the first of them.
    pub from: String,
    /// The first text behind all of them.
    pub below: String,
}

impl Prefix {
    /// Texts that begin with this one; none for an empty text, with which all begin.
    pub fn of(start: &str) -> Option<Self> {
        let mut letters: Vec<char> = start.chars().collect();
        // Nothing comes behind the last code point; no text has it.
        let mut below = format!("{start}{}", char::MAX);
        while let Some(last) = letters.pop() {
            if let Some(next) = successor(last) {
                letters.push(next);
                below = letters.iter().collect();
                break;
            }
        }
        (!start.is_empty()).then(|| Self {
            from: start.to_owned(),
            below,
        })
    }

    /// Whether a text begins so.
    pub fn covers(&self, text: &str) -> bool {
        text.starts_with(&self.from)
    }
}

/// The next code point that a text may have.
fn successor(letter: char) -> Option<char> {
    let next = u32::from(letter) + 1;
    // The surrogates lie between.
    char::from_u32(if next == 0xD800 { 0xE000 } else { next })
}

/// Names that begin so, in lower case. At least one is given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamePrefixes {
    /// How the first name begins.
    pub first: Option<Prefix>,
    /// How the last name begins.
    pub last: Option<Prefix>,
}

/// What a person typed at a search box, read in every way that it can be meant. A contact is found by any one of them.
///
/// `id:` and `extid:` before the text say that it is a contact ID or an external ID, and nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FindQuery {
    /// The contact ID that it may be.
    pub contact: Option<ContactId>,
    /// The identifiers that may begin with it: kinds, and matching forms.
    pub identifiers: BTreeSet<(IdentifierKind, Prefix)>,
    /// The names that may be meant.
    pub names: BTreeSet<NamePrefixes>,
    /// The words that its texts may contain.
    pub words: BTreeSet<Words>,
}

impl FindQuery {
    /// How long substrings are looked for, so that the first results come within 50 ms.
    pub const SUBSTRING_TIME: Duration = Duration::from_millis(35);
    /// The greatest length, in characters.
    pub const MAX_CHARS: usize = 254;
    /// The fewest digits that are looked for in phones: fewer are in too many.
    const MIN_DIGITS: usize = 3;

    /// Reads what was typed. `region` is the one in which phones without country code are read.
    ///
    /// # Errors
    ///
    /// [`ValueError::Empty`] without anything to look for, and those of [`text::clean`].
    pub fn parse(typed: &str, region: Option<&Region>) -> Result<Self, ValueError> {
        let typed = text::clean(typed, Self::MAX_CHARS)?;
        let mut query = Self::default();
        if let Some(rest) = after(&typed, "id:") {
            query.contact = contact_id(rest);
        } else if let Some(rest) = after(&typed, "extid:") {
            query.add(IdentifierKind::ExternalId, rest);
            query.words.extend(Words::of(rest, Some(IdentifierKind::ExternalId)));
        } else {
            query.contact = contact_id(&typed);
            query.add(IdentifierKind::ExternalId, &typed);
            if !typed.contains(char::is_whitespace) {
                let email =
                    Email::parse(&typed).map_or_else(|_| typed.to_lowercase(), |email| email.matching().to_owned());
                query.add(IdentifierKind::Email, &email);
            }
            query.add_phones(&typed, region);
            query.add_names(&typed.to_lowercase());
            query.words.extend(Words::of(&typed, None));
        }
        if query == Self::default() {
            return Err(ValueError::Empty);
        }
        Ok(query)
    }

    fn add(&mut self, kind: IdentifierKind, start: &str) {
        self.identifiers.extend(Prefix::of(start).map(|prefix| (kind, prefix)));
    }

    /// A whole number in any notation, and the beginning of one: with the country code, or as it is dialled in the region.
    fn add_phones(&mut self, typed: &str, region: Option<&Region>) {
        let is_phone = |letter: char| letter.is_ascii_digit() || letter.is_whitespace() || "+-().".contains(letter);
        if !typed.chars().all(is_phone) {
            return;
        }
        let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
        if digits.len() < Self::MIN_DIGITS {
            return;
        }
        if let Ok(phone) = Phone::parse(typed, region) {
            self.add(IdentifierKind::Phone, phone.matching());
        }
        self.words.extend(Words::of(&digits, Some(IdentifierKind::Phone)));
        self.add(IdentifierKind::Phone, &format!("+{}", digits.trim_start_matches("00")));
        let inside = region.filter(|_| !typed.starts_with('+')).and_then(|region| {
            let national = digits.strip_prefix('0').unwrap_or(&digits);
            region.calling_code().map(|code| format!("+{code}{national}"))
        });
        if let Some(inside) = inside {
            self.add(IdentifierKind::Phone, &inside);
        }
    }

    /// One word begins a name; of more, the first begins one name and the others the other, in either order.
    fn add_names(&mut self, lower: &str) {
        let words: Vec<&str> = lower.split_whitespace().collect();
        let mut add = |first: &str, last: &str| {
            let (first, last) = (Prefix::of(first), Prefix::of(last));
            if first.is_some() || last.is_some() {
                self.names.insert(NamePrefixes { first, last });
            }
        };
        add(&words.join(" "), "");
        add("", &words.join(" "));
        for place in 1..words.len() {
            let (before, behind) = words.split_at(place);
            add(&before.join(" "), &behind.join(" "));
            add(&behind.join(" "), &before.join(" "));
        }
    }

    /// How well a contact fits; none when it does not.
    pub fn rank(&self, contact: &Contact) -> Option<FindRank> {
        if self.contact == Some(contact.id) {
            return Some(FindRank::ContactId);
        }
        let shown = || contact.identifiers.iter().filter(|held| held.is_visible());
        let fits = |exactly: bool| {
            self.identifiers.iter().any(|(kind, prefix)| {
                shown().any(|held| {
                    let value = &held.key().value;
                    held.kind() == *kind
                        && if exactly {
                            *value == prefix.from
                        } else {
                            prefix.covers(value)
                        }
                })
            })
        };
        let name = |key: AttributeKey| contact.attributes.text(key).map(str::to_lowercase);
        let (first, last) = (name(AttributeKey::FirstName), name(AttributeKey::LastName));
        let begins = |prefix: &Option<Prefix>, name: &Option<String>| {
            prefix
                .as_ref()
                .is_none_or(|prefix| name.as_ref().is_some_and(|name| prefix.covers(name)))
        };
        let named = |names: &NamePrefixes| begins(&names.first, &first) && begins(&names.last, &last);
        if fits(true) {
            Some(FindRank::Identifier)
        } else if fits(false) {
            Some(FindRank::IdentifierPrefix)
        } else if self.names.iter().any(named) {
            Some(FindRank::Names)
        } else {
            let words = self.words.iter().filter_map(|words| words.begin_words(contact));
            words.max().map(|begin| {
                if begin {
                    FindRank::WordStarts
                } else {
                    FindRank::Substring
                }
            })
        }
    }
}

/// What follows a mark, in any case.
fn after<'a>(typed: &'a str, mark: &str) -> Option<&'a str> {
    let head = typed.get(..mark.len())?;
    let rest = typed.get(mark.len()..)?;
    head.eq_ignore_ascii_case(mark).then(|| rest.trim())
}

/// A number with a leading zero is more likely the beginning of a phone.
fn contact_id(text: &str) -> Option<ContactId> {
    let is_number = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = is_number.then(|| text.parse().ok())?;
    number.filter(|number: &i64| *number > 0).map(ContactId)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(typed: &str) -> FindQuery {
        FindQuery::parse(typed, Some(&Region::parse("UA").unwrap())).unwrap()
    }

    fn starts(query: &FindQuery, kind: IdentifierKind) -> Vec<&str> {
        let of_kind = query.identifiers.iter().filter(|(own, _)| *own == kind);
        of_kind.map(|(_, prefix)| prefix.from.as_str()).collect()
    }

    #[test]
    fn a_phone_is_found_in_any_spelling() {
        for typed in [
            "+380 50 123-45-67",
            "0501234567",
            "(050) 123 45 67",
            "380501234567",
            "00380501234567",
        ] {
            assert!(
                starts(&query(typed), IdentifierKind::Phone).contains(&"+380501234567"),
                "{typed}"
            );
        }
        assert!(starts(&query("050 12"), IdentifierKind::Phone).contains(&"+3805012"));
        assert!(starts(&query("+38050"), IdentifierKind::Phone).contains(&"+38050"));
        assert!(starts(&query("05"), IdentifierKind::Phone).is_empty());
        assert!(starts(&query("order 0501234567"), IdentifierKind::Phone).is_empty());
    }

    #[test]
    fn marks_say_what_is_meant() {
        let by_id = query("ID: 17");
        assert_eq!(
            (by_id.contact, by_id.identifiers.len(), by_id.names.len()),
            (Some(ContactId(17)), 0, 0)
        );
        let by_external_id = query("extid:17");
        assert_eq!(by_external_id.contact, None);
        assert_eq!(starts(&by_external_id, IdentifierKind::ExternalId), ["17"]);
        assert!(by_external_id.names.is_empty());
        assert_eq!(query("17").contact, Some(ContactId(17)));
        assert_eq!(query("050").contact, None);
        for typed in ["", " ", "id:", "id:x", "extid: ", "id:0"] {
            assert_eq!(FindQuery::parse(typed, None), Err(ValueError::Empty), "{typed:?}");
        }
    }

    #[test]
    fn words_are_names_in_either_order() {
        let names = query("Ann Smith").names;
        let pair = |first: &str, last: &str| NamePrefixes {
            first: Prefix::of(first),
            last: Prefix::of(last),
        };
        for expected in [
            pair("ann", "smith"),
            pair("smith", "ann"),
            pair("ann smith", ""),
            pair("", "ann smith"),
        ] {
            assert!(names.contains(&expected), "{expected:?}");
        }
        assert_eq!(starts(&query("Ann Smith"), IdentifierKind::Email), Vec::<&str>::new());
        assert_eq!(starts(&query("Ann.S@Ex"), IdentifierKind::Email), ["ann.s@ex"]);
    }

    #[test]
    fn words_are_looked_for_in_texts_and_digits_in_phones() {
        let words = |typed: &str| query(typed).words;
        assert_eq!(words("id:123"), BTreeSet::new());
        assert_eq!(words("ab c"), BTreeSet::new());
        assert_eq!(
            words("Ann S").into_iter().collect::<Vec<_>>(),
            [Words::of("ann s", None).unwrap()]
        );
        let digits = Words::of("1234567", Some(IdentifierKind::Phone)).unwrap();
        assert!(words("123-45-67").contains(&digits));
        let external = Words::of("1234567", Some(IdentifierKind::ExternalId)).unwrap();
        assert_eq!(words("extid:1234567").into_iter().collect::<Vec<_>>(), [external]);
    }

    #[test]
    fn a_prefix_is_a_range_of_code_points() {
        let prefix = Prefix::of("aя").unwrap();
        assert_eq!(prefix.below, "aѐ");
        for (text, inside) in [("aя", true), ("aяя", true), ("aѐ", false), ("aю", false)] {
            let is_in_range = (prefix.from.as_str()..prefix.below.as_str()).contains(&text);
            assert_eq!((prefix.covers(text), is_in_range), (inside, inside), "{text}");
        }
        assert_eq!(Prefix::of("a\u{D7FF}").unwrap().below, "a\u{E000}");
        assert_eq!(Prefix::of("a\u{10FFFF}").unwrap().below, "b");
        assert!(Prefix::of("\u{10FFFF}").unwrap().below.as_str() > "\u{10FFFF}");
        assert_eq!(Prefix::of(""), None);
    }
}
