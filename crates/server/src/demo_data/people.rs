//! Rows of people, as the systems of a shop would send them.
//!
//! Row `n` of a seed is the same in every run, and depends on no other row's being made: any number of them takes no memory.

use super::names::{LOCALES, Locale, Name};
use fastrand::Rng;

/// Of a thousand rows so many are an earlier person again, from a system that does not know the external ID.
const AGAIN: u32 = 40;
/// Of a thousand rows so many have the phone of an earlier person: families share one.
const SHARED_PHONE: u32 = 20;
/// Of a thousand rows so many have the email of an earlier person.
const SHARED_EMAIL: u32 = 10;

/// How many different phones there are behind each prefix.
const PHONES: u64 = 10_000_000;

/// A row; what is not known is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) external_id: String,
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) email: String,
    pub(super) phone: String,
    pub(super) language: &'static str,
    pub(super) town: &'static str,
}

/// The titles of the columns, in the order of [`Row::cells`]: the names that `selfsame import` knows.
pub(super) const TITLES: [&str; 7] = [
    "externalCustomerId",
    "firstName",
    "lastName",
    "email",
    "phone",
    "languageCode",
    "town",
];

impl Row {
    /// The cells, in the order of [`TITLES`].
    pub(super) fn cells(&self) -> [&str; 7] {
        [
            &self.external_id,
            &self.first_name,
            &self.last_name,
            &self.email,
            &self.phone,
            self.language,
            self.town,
        ]
    }

    /// The row of this number, from 0, of a seed.
    pub(super) fn of(seed: u64, number: u64) -> Self {
        let mut row = Self::person(seed, number);
        if number == 0 {
            return row;
        }
        let mut rng = rng(seed, number, 1);
        let earlier = Self::person(seed, rng.u64(0..number));
        match rng.u32(0..1000) {
            dice if dice < AGAIN => earlier.typed_again(&mut rng),
            dice if dice < AGAIN + SHARED_PHONE && !earlier.phone.is_empty() => Self {
                phone: earlier.phone,
                last_name: earlier.last_name,
                town: earlier.town,
                ..row
            },
            dice if dice < AGAIN + SHARED_PHONE + SHARED_EMAIL && !earlier.email.is_empty() => {
                row.email = earlier.email;
                row
            }
            _ => row,
        }
    }

    /// The person that a number stands for. All have an external ID, an email or a phone; most have all three.
    fn person(seed: u64, number: u64) -> Self {
        let mut rng = rng(seed, number, 0);
        let locale = locale(rng.u32(0..100));
        let (first_name, first): Name = pick(&mut rng, locale.first_names);
        let (last_name, last): Name = pick(&mut rng, locale.last_names);
        let (town, prefix) = (pick(&mut rng, locale.towns), pick(&mut rng, locale.phones));
        // Every number has a phone of its own: it differs in the digits behind the prefix, in an order that looks random.
        let digits = number.wrapping_mul(7_919).wrapping_add(seed) % PHONES;
        let (has_id, has_email, has_phone) = (rng.u32(0..100) < 88, rng.u32(0..100) < 92, rng.u32(0..100) < 80);
        let when = |has: bool, text: String| if has { text } else { String::new() };
        Self {
            external_id: when(has_id, format!("C-{:08}", number + 1)),
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            email: when(
                has_email || !has_phone,
                format!("{first}.{last}{}@example.com", number + 1),
            ),
            phone: when(has_phone, format!("{prefix}{digits:07}")),
            language: locale.language,
            town,
        }
    }

    /// The same person, without the external ID and in another spelling.
    fn typed_again(self, rng: &mut Rng) -> Self {
        let phone = match (self.phone.get(..6), self.phone.get(6..)) {
            (Some(head), Some(tail)) if rng.bool() => format!("{head} {}", spaced(tail)),
            _ => self.phone.clone(),
        };
        Self {
            external_id: String::new(),
            email: if rng.bool() {
                self.email.to_uppercase()
            } else {
                self.email.clone()
            },
            phone,
            ..self
        }
    }
}

/// Digits in groups of two and three.
fn spaced(digits: &str) -> String {
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place == 3 || place == 5 {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

fn rng(seed: u64, number: u64, stream: u64) -> Rng {
    // Neighbouring seeds would give generators that begin alike, so the bits are spread first.
    let mixed = (seed.rotate_left(32) ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_add(stream);
    Rng::with_seed(mixed.wrapping_mul(0xD134_2543_DE82_EF95) ^ (mixed >> 29))
}

fn pick<T: Copy>(rng: &mut Rng, all: &[T]) -> T {
    all[rng.usize(0..all.len())]
}

/// The language of a row, by a number below a hundred.
fn locale(dice: u32) -> &'static Locale {
    let mut rest = dice;
    for locale in &LOCALES {
        if rest < locale.share {
            return locale;
        }
        rest -= locale.share;
    }
    &LOCALES[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use selfsame_domain::values::{Email, Phone};
    use std::collections::{BTreeMap, BTreeSet};

    const ROWS: u64 = 5_000;

    fn rows(seed: u64) -> Vec<Row> {
        (0..ROWS).map(|number| Row::of(seed, number)).collect()
    }

    #[test]
    fn a_seed_gives_the_same_rows_again_and_another_one_others() {
        assert_eq!(rows(7), rows(7));
        assert_ne!(Row::of(7, 1), Row::of(8, 1));
    }

    #[test]
    fn every_identifier_can_be_read() {
        for row in rows(1) {
            assert!(
                row.phone.is_empty() || Phone::parse(&row.phone, None).is_ok(),
                "{row:?}"
            );
            assert!(row.email.is_empty() || Email::parse(&row.email).is_ok(), "{row:?}");
            assert!(!(row.email.is_empty() && row.phone.is_empty()), "{row:?}");
        }
    }

    #[test]
    fn people_come_again_and_share_phones_and_emails() {
        let rows = rows(1);
        let of = |read: fn(&Row) -> String| {
            let mut people: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
            for row in &rows {
                let text = read(row);
                if !text.is_empty() && !row.external_id.is_empty() {
                    people.entry(text).or_default().insert(&row.external_id);
                }
            }
            people.values().filter(|ids| ids.len() > 1).count()
        };
        assert!(of(|row| row.phone.clone()) > 20, "shared phones");
        assert!(of(|row| row.email.clone()) > 10, "shared emails");
        let known: BTreeSet<String> = rows
            .iter()
            .filter(|row| !row.external_id.is_empty())
            .map(|row| row.email.clone())
            .collect();
        let again = rows
            .iter()
            .filter(|row| row.external_id.is_empty() && known.contains(&row.email.to_lowercase()))
            .count();
        assert!(again > 50, "the same people again: {again}");
        let languages: BTreeSet<&str> = rows.iter().map(|row| row.language).collect();
        assert_eq!(languages.len(), LOCALES.len());
    }
}
