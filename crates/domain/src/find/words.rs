//! Texts that contain what was typed anywhere, not only at their beginning.

use crate::{AttributeKey, Contact, ContactId, IdentifierKind};
use std::collections::BTreeSet;

/// The kinds of identifiers in which words are looked for.
const KINDS: [IdentifierKind; 3] = [IdentifierKind::ExternalId, IdentifierKind::Email, IdentifierKind::Phone];

/// Three letters that follow each other in a text, in lower case: the low 63 bits are three code points of 21 bits each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Trigram(pub u64);

impl Trigram {
    /// All trigrams of a text that is in lower case; none of a text with fewer than three letters.
    fn of(text: &str) -> impl Iterator<Item = Self> {
        let next = |letter: char| u64::from(u32::from(letter));
        let letters = text.chars().zip(text.chars().skip(1)).zip(text.chars().skip(2));
        letters.map(move |((first, second), third)| Self(next(first) << 42 | next(second) << 21 | next(third)))
    }

    /// The trigrams by which a contact is found: those of its names and of its visible external IDs, emails and phones. None for a contact
    /// that is not active.
    pub fn of_contact(contact: &Contact) -> BTreeSet<Self> {
        let texts = if contact.is_active() {
            texts(contact, None)
        } else {
            Vec::new()
        };
        texts.iter().flat_map(|text| Self::of(text)).collect()
    }
}

/// Words that a contact contains, each anywhere in one of its names or visible identifiers, ignoring case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Words {
    /// The only kind of identifier in which they are looked for; none for names and all kinds.
    kind: Option<IdentifierKind>,
    /// In lower case. At least one of them has a trigram.
    words: Vec<String>,
}

impl Words {
    /// The fewest letters of a word by which contacts are looked up. Shorter words only narrow down what longer ones find.
    pub const MIN_LETTERS: usize = 3;
    /// The most trigrams of a look-up. What has all of these is compared with the whole words.
    const MAX_TRIGRAMS: usize = 24;

    /// The words of a text; none when all of them are shorter than [`Self::MIN_LETTERS`].
    pub(super) fn of(text: &str, kind: Option<IdentifierKind>) -> Option<Self> {
        let words: Vec<String> = text.to_lowercase().split_whitespace().map(str::to_owned).collect();
        let is_long = |word: &String| word.chars().count() >= Self::MIN_LETTERS;
        words.iter().any(is_long).then_some(Self { kind, words })
    }

    /// Trigrams that every contact has that contains the words; at least one.
    pub fn trigrams(&self) -> BTreeSet<Trigram> {
        let all = self.words.iter().flat_map(|word| Trigram::of(word));
        all.take(Self::MAX_TRIGRAMS).collect()
    }

    /// Whether a contact contains the words, and if so, whether each begins a word of the contact.
    pub(super) fn begin_words(&self, contact: &Contact) -> Option<bool> {
        let texts = texts(contact, self.kind);
        let mut all_begin = true;
        for word in &self.words {
            let places = || {
                texts
                    .iter()
                    .flat_map(|text| text.match_indices(word.as_str()).map(move |(at, _)| &text[..at]))
            };
            places().next()?;
            all_begin &= places().any(|before| !before.ends_with(char::is_alphanumeric));
        }
        Some(all_begin)
    }
}

/// The texts of a contact in which words are looked for, in lower case.
fn texts(contact: &Contact, kind: Option<IdentifierKind>) -> Vec<String> {
    let names = [AttributeKey::FirstName, AttributeKey::LastName].into_iter();
    let names = names
        .filter(|_| kind.is_none())
        .filter_map(|key| contact.attributes.text(key));
    let wanted = |held_kind| kind.map_or(KINDS.contains(&held_kind), |kind| kind == held_kind);
    let held = contact
        .identifiers
        .iter()
        .filter(|held| held.is_visible() && wanted(held.kind()));
    let values = held.map(|held| held.key().value.as_str());
    names.chain(values).map(str::to_lowercase).collect()
}

/// A look-up of contacts in the order of their numbers, in steps whose ranges grow: a frequent text is found in the first ranges, and a rare one
/// takes few steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FindSteps {
    next: i64,
    last: i64,
    width: i64,
}

impl FindSteps {
    /// How many numbers a block has. Ranges end with a block.
    pub const BLOCK: i64 = 1 << 15;
    /// The most contacts of a step. They are read and compared with the words before the next step.
    pub const AT_ONCE: u32 = 200;
    /// The most blocks of a range.
    const MAX_BLOCKS: i64 = 32;

    /// Steps through the numbers from `first` to `last`.
    pub fn new(first: ContactId, last: ContactId) -> Self {
        Self {
            next: first.0.max(0),
            last: last.0,
            width: 1,
        }
    }

    /// The first and the last number of the next step; none after the last one.
    pub fn range(&self) -> Option<(ContactId, ContactId)> {
        let block = self.next / Self::BLOCK + self.width;
        let end = block.checked_mul(Self::BLOCK).map_or(i64::MAX, |end| end - 1);
        (self.next <= self.last).then_some((ContactId(self.next), ContactId(end.min(self.last))))
    }

    /// Ends a step that found these numbers, ascending. As many as [`Self::AT_ONCE`] may be the first of more in the same range.
    pub fn advance(&mut self, found: &[ContactId]) {
        let Some((_, end)) = self.range() else { return };
        match found.last() {
            Some(last) if found.len() >= Self::AT_ONCE as usize => self.next = last.0.saturating_add(1),
            _ => {
                self.next = end.0.saturating_add(1);
                self.width = (self.width * 2).min(Self::MAX_BLOCKS);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_by_its_trigrams() {
        let trigrams = |text: &str| Trigram::of(text).collect::<BTreeSet<_>>();
        assert!(trigrams("olena.shevchenko@example.com").is_superset(&trigrams("chenko@ex")));
        assert!(!trigrams("olena").is_superset(&trigrams("elena")));
        assert_eq!(trigrams("їжак").len(), 2);
        assert_eq!(trigrams("їж"), BTreeSet::new());
        assert_eq!(Words::of("a bc", None), None);
        let words = Words::of("Ann  Їжак", None).unwrap();
        assert_eq!(words.words, ["ann", "їжак"]);
        assert_eq!(words.trigrams(), &trigrams("ann") | &trigrams("їжак"));
        assert_eq!(Words::of(&"0123456789".repeat(20), None).unwrap().trigrams().len(), 10);
    }

    #[test]
    fn steps_cover_all_numbers_once() {
        let mut steps = FindSteps::new(ContactId(5), ContactId(10 * FindSteps::BLOCK));
        let mut ranges = Vec::new();
        while let Some((from, to)) = steps.range() {
            ranges.push((from.0, to.0));
            steps.advance(&[]);
        }
        let block = FindSteps::BLOCK;
        assert_eq!(
            ranges,
            [
                (5, block - 1),
                (block, 3 * block - 1),
                (3 * block, 7 * block - 1),
                (7 * block, 10 * block)
            ]
        );
        let mut steps = FindSteps::new(ContactId(1), ContactId(1000));
        let full: Vec<ContactId> = (1..=i64::from(FindSteps::AT_ONCE)).map(ContactId).collect();
        steps.advance(&full);
        assert_eq!(steps.range(), Some((ContactId(201), ContactId(1000))));
        steps.advance(&[ContactId(900)]);
        assert_eq!(steps.range(), None);
        assert_eq!(
            FindSteps::new(ContactId(i64::MAX), ContactId(i64::MAX)).range(),
            Some((ContactId(i64::MAX), ContactId(i64::MAX)))
        );
    }
}
