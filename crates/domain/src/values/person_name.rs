//! The rules that first and last names share (wire fact).

use super::marks::is_mark;
use super::{NameProblem, ValueError, text};

/// The most digits of a name.
const MAX_DIGITS: usize = 3;

/// A word of at most this many characters is a short one, and may end with a dot.
const SHORT: usize = 3;

/// The most short words, and the most long ones, where words are counted.
const MAX_WORDS: usize = 3;

/// Characters that are used as apostrophes. Many of them are letters in Unicode, so they are matched first.
#[rustfmt::skip]
const APOSTROPHES: [char; 23] = [
    '\'', '\u{2019}', '\u{2bc}', '`', '\u{b4}', '\u{2b9}', '\u{2bb}', '\u{2bd}', '\u{2be}', '\u{2bf}', '\u{2c8}',
    '\u{2ca}', '\u{2ee}', '\u{384}', '\u{55a}', '\u{1fbd}', '\u{1fbf}', '\u{201b}', '\u{2032}', '\u{2035}',
    '\u{a78b}', '\u{a78c}', '\u{ff07}',
];

/// Whether a name may have any number of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    /// At most three long and three short ones.
    Counted,
    /// Any number.
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter,
    Mark,
    Digit,
    Apostrophe,
    Hyphen,
    Dot,
    Blank,
}

impl Class {
    fn of(c: char) -> Option<Self> {
        Some(match c {
            c if APOSTROPHES.contains(&c) => Self::Apostrophe,
            '-' | '\u{2010}' | '\u{2011}' => Self::Hyphen,
            '.' => Self::Dot,
            c if c.is_ascii_digit() => Self::Digit,
            c if c.is_whitespace() => Self::Blank,
            c if c.is_alphabetic() => Self::Letter,
            c if is_mark(c) => Self::Mark,
            _ => return None,
        })
    }

    fn ends_a_word(self) -> bool {
        matches!(self, Self::Letter | Self::Mark | Self::Digit)
    }

    fn begins_a_word(self) -> bool {
        matches!(self, Self::Letter | Self::Digit)
    }
}

/// Checks a name; gives it as typed, outer blanks trimmed.
pub(super) fn clean(text: &str, max_chars: usize, words: Words) -> Result<String, ValueError> {
    let name = text::clean(text, max_chars)?;
    let classes = name
        .chars()
        .map(|c| Class::of(c).ok_or(c))
        .collect::<Result<Vec<_>, char>>();
    let classes = classes.map_err(ValueError::ForbiddenCharacter)?;
    if let Some(c) = loose_mark(&name, &classes) {
        return Err(ValueError::ForbiddenCharacter(c));
    }
    match content_problem(&classes)
        .or_else(|| punctuation_problem(&classes))
        .or_else(|| word_problem(&classes, words))
    {
        Some(problem) => Err(ValueError::BadName(problem)),
        None => Ok(name),
    }
}

/// A combining mark without a letter to combine with.
fn loose_mark(name: &str, classes: &[Class]) -> Option<char> {
    let mut before = None;
    for (c, class) in name.chars().zip(classes) {
        if *class == Class::Mark && !matches!(before, Some(Class::Letter | Class::Mark)) {
            return Some(c);
        }
        before = Some(*class);
    }
    None
}

fn content_problem(classes: &[Class]) -> Option<NameProblem> {
    let count = |wanted: Class| classes.iter().filter(|class| **class == wanted).count();
    if count(Class::Letter) == 0 {
        Some(NameProblem::NoLetter)
    } else if count(Class::Digit) > MAX_DIGITS {
        Some(NameProblem::TooManyDigits)
    } else {
        None
    }
}

fn punctuation_problem(classes: &[Class]) -> Option<NameProblem> {
    classes.iter().enumerate().find_map(|(at, class)| {
        let (before, rest) = classes.split_at(at);
        let after = rest.get(1..).unwrap_or_default();
        match class {
            Class::Apostrophe if !is_inside_word(before, after) => Some(NameProblem::ApostropheOutsideWord),
            Class::Hyphen if !is_inside_or_between(before, after) => Some(NameProblem::HyphenOutsideWord),
            Class::Dot if !ends_short_word(before, after) => Some(NameProblem::MisplacedDot),
            _ => None,
        }
    })
}

fn is_inside_word(before: &[Class], after: &[Class]) -> bool {
    before.last().is_some_and(|class| class.ends_a_word()) && after.first().is_some_and(|class| class.begins_a_word())
}

fn is_inside_or_between(before: &[Class], after: &[Class]) -> bool {
    let left = before.iter().rev().find(|class| **class != Class::Blank);
    let right = after.iter().find(|class| **class != Class::Blank);
    left.is_some_and(|class| class.ends_a_word() || *class == Class::Dot)
        && right.is_some_and(|class| class.begins_a_word())
}

fn ends_short_word(before: &[Class], after: &[Class]) -> bool {
    let word: Vec<_> = before
        .iter()
        .rev()
        .take_while(|class| **class != Class::Blank)
        .collect();
    (1..=SHORT).contains(&word.len())
        && word.first().is_some_and(|class| class.ends_a_word())
        && !word.contains(&&Class::Dot)
        && after.first().is_none_or(|class| *class == Class::Blank)
}

fn word_problem(classes: &[Class], words: Words) -> Option<NameProblem> {
    if words == Words::Any {
        return None;
    }
    let lengths: Vec<_> = classes
        .split(|class| *class == Class::Blank)
        .map(word_length)
        .filter(|length| *length > 0)
        .collect();
    let short = lengths.iter().filter(|length| **length <= SHORT).count();
    if lengths.len() - short > MAX_WORDS {
        Some(NameProblem::TooManyLongWords)
    } else if short > MAX_WORDS {
        Some(NameProblem::TooManyShortWords)
    } else {
        None
    }
}

/// Characters of a word, without hyphens around it and a dot after it; a hyphen that stands alone is no word.
fn word_length(word: &[Class]) -> usize {
    let is_edge = |class: &&Class| matches!(class, Class::Hyphen | Class::Dot);
    let leading = word.iter().take_while(is_edge).count();
    let trailing = word.iter().rev().take_while(is_edge).count();
    word.len().saturating_sub(leading + trailing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn problem(text: &str) -> Option<ValueError> {
        clean(text, 40, Words::Counted).err()
    }

    #[test]
    fn names_of_many_alphabets() {
        for name in [
            "Anna",
            "Ім'я",
            "О’Коннор",
            "D\u{2bc}Artagnan",
            "Anna-Maria",
            "Anna - Maria",
            "Ann Mary van der Smith",
            "Jr. Martin",
            "St. John",
            "John 2",
            "Nguyễn",
            "Nguye\u{302}\u{303}n",
            "नरेन्द्र",
            "மணிவண்ணன்",
            "محمد",
            "陳大文",
            "José María",
            "Ⅳ",
            "a1b2c3",
            "Zoe\u{308}'s",
        ] {
            assert_eq!(problem(name), None, "{name}");
        }
        assert_eq!(
            clean("  Anna  Maria ", 40, Words::Counted).as_deref(),
            Ok("Anna  Maria")
        );
    }

    #[test]
    fn every_listed_apostrophe_inside_a_word_only() {
        for c in APOSTROPHES {
            assert_eq!(problem(&format!("Mar{c}yana")), None, "{c:?}");
            for outside in [
                format!("{c}Anna"),
                format!("Anna{c}"),
                format!("An{c}{c}na"),
                format!("An {c} na"),
            ] {
                assert_eq!(
                    problem(&outside),
                    Some(ValueError::BadName(NameProblem::ApostropheOutsideWord)),
                    "{outside}"
                );
            }
        }
    }

    #[test]
    fn hyphens_and_dots() {
        for text in ["-Anna", "Anna-", "An--na", "Anna - ", "Anna - - Maria"] {
            assert_eq!(
                problem(text),
                Some(ValueError::BadName(NameProblem::HyphenOutsideWord)),
                "{text}"
            );
        }
        for text in ["Anna.", ".An", "An..", "A.B", "A.B.", "An .", "J.-P."] {
            assert_eq!(
                problem(text),
                Some(ValueError::BadName(NameProblem::MisplacedDot)),
                "{text}"
            );
        }
    }

    #[test]
    fn letters_digits_and_others() {
        for text in ["123", "1-2", "1 2 3"] {
            assert_eq!(
                problem(text),
                Some(ValueError::BadName(NameProblem::NoLetter)),
                "{text}"
            );
        }
        assert_eq!(
            problem("Anna1234"),
            Some(ValueError::BadName(NameProblem::TooManyDigits))
        );
        for (text, c) in [
            ("Anna@", '@'),
            ("An<na", '<'),
            ("Anna, Maria", ','),
            ("Anna 🙂", '🙂'),
            ("\u{301}A", '\u{301}'),
        ] {
            assert_eq!(problem(text), Some(ValueError::ForbiddenCharacter(c)), "{text}");
        }
        assert_eq!(problem(""), Some(ValueError::Empty));
        assert_eq!(
            problem(&"я".repeat(41)),
            Some(ValueError::TooLong { max: 40, actual: 41 })
        );
    }

    #[test]
    fn words_are_counted() {
        assert_eq!(problem("Anna Mary Jane de la St."), None);
        assert_eq!(
            problem("Anna Mary Jane Rose"),
            Some(ValueError::BadName(NameProblem::TooManyLongWords))
        );
        assert_eq!(
            problem("a b c d"),
            Some(ValueError::BadName(NameProblem::TooManyShortWords))
        );
        assert_eq!(problem("Anna - Mary - Jane"), None);
        assert_eq!(
            clean("Anna Mary Jane Rose", 40, Words::Any).as_deref(),
            Ok("Anna Mary Jane Rose")
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn never_panics_and_cleaning_twice_changes_nothing(text in any::<String>(), name in "[\\w '.-]{0,20}") {
            for text in [text, name] {
                if let Ok(once) = clean(&text, 40, Words::Counted) {
                    prop_assert_eq!(clean(&once, 40, Words::Counted), Ok(once));
                }
            }
        }
    }
}
