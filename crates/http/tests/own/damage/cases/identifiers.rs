//! Identifiers that a program took for numbers and dates.

use super::super::mangle::{as_day, delimited, fifteen_digits, general, reopened, scientific};
use super::{
    BY_ID, BY_ID_UA, CARDS, CODES, Case, Expected, PADDED, PHONES, WITH_NAME, WITH_PHONE, csv, ids, people, phones,
    texts,
};
use std::collections::BTreeSet;

pub(super) fn scientific_cases() -> Vec<Case> {
    let id_damage = || Expected::Stops("externalCustomerId", "scientific");
    let phone_damage = || Expected::Stops("phone", "scientific");
    let one = |rows: Vec<Vec<String>>| csv(&WITH_PHONE, &rows);
    let with_one = {
        let mut rows = phones(|phone| format!("+{phone}"));
        rows[3][1] = scientific(PHONES[3]);
        rows
    };
    let small = ["1E5", "2E3", "7E1"];
    vec![
        Case::text(
            "phones in scientific notation",
            BY_ID,
            one(phones(general)),
            people(),
            phone_damage(),
        ),
        Case::text(
            "phones in scientific notation with a comma",
            BY_ID,
            delimited(
                &WITH_PHONE,
                &phones(|phone| general(phone).replace('.', ",")),
                ';',
                "\r\n",
            ),
            people(),
            phone_damage(),
        ),
        Case::text(
            "one phone in scientific notation",
            BY_ID,
            one(with_one),
            people(),
            phone_damage(),
        ),
        Case::text(
            "cards in scientific notation",
            BY_ID,
            csv(&WITH_NAME, &ids(&CARDS, general)),
            texts(CARDS),
            id_damage(),
        ),
        Case::text(
            "codes with an E that became numbers",
            BY_ID,
            csv(
                &WITH_NAME,
                &ids(&small, |code| {
                    scientific(&code.parse::<f64>().expect("a number").to_string())
                }),
            ),
            texts(small),
            id_damage(),
        ),
    ]
}

pub(super) fn rounded_cases() -> Vec<Case> {
    let id_damage = || Expected::Stops("externalCustomerId", "rounded");
    let long: Vec<String> = CARDS.iter().map(|card| format!("{card}777")).collect();
    let long: Vec<&str> = long.iter().map(String::as_str).collect();
    let mut partly = ids(&CARDS, str::to_owned);
    for (row, card) in partly.iter_mut().zip(&long).take(4) {
        row[0] = fifteen_digits(card);
    }
    let truth: BTreeSet<String> = texts(CARDS).into_iter().chain(texts(long.clone())).collect();
    vec![
        Case::text(
            "cards with fifteen digits kept",
            BY_ID,
            csv(&WITH_NAME, &ids(&CARDS, fifteen_digits)),
            texts(CARDS),
            id_damage(),
        ),
        Case::text(
            "IDs of nineteen digits with fifteen kept",
            BY_ID,
            csv(&WITH_NAME, &ids(&long, fifteen_digits)),
            truth.clone(),
            id_damage(),
        ),
        Case::text(
            "one ID of nineteen digits with fifteen kept",
            BY_ID,
            csv(&WITH_NAME, &ids(&long[..1], fifteen_digits)),
            truth.clone(),
            id_damage(),
        ),
        Case::text(
            "some IDs with fifteen digits kept",
            BY_ID,
            csv(&WITH_NAME, &partly),
            truth,
            id_damage(),
        ),
        Case::text(
            "phones that were shown as whole numbers again",
            BY_ID,
            csv(&WITH_PHONE, &phones(reopened)),
            people(),
            Expected::Stops("phone", "rounded"),
        ),
        Case::text(
            "IDs that were shown as whole numbers again",
            BY_ID,
            csv(&WITH_NAME, &ids(&PHONES, reopened)),
            texts(PHONES),
            id_damage(),
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of cases")]
pub(super) fn zero_cases() -> Vec<Case> {
    let lost = || Expected::Stops("externalCustomerId", "lost_zeros");
    let mixed: Vec<Vec<String>> = (0..)
        .zip(PADDED)
        .map(|(place, id)| vec![if place < 2 { id.to_owned() } else { general(id) }, "Ann".to_owned()])
        .collect();
    // As a generator of customer numbers draws them.
    let drawn: Vec<String> = (1..=200_u64)
        .map(|number| format!("{:08}", number * 48_271 % 99_999_989))
        .collect();
    let drawn_refs: Vec<&str> = drawn.iter().map(String::as_str).collect();
    let shuffled: Vec<String> = (1..=200_u64)
        .map(|number| format!("{:08}", (number * 7_919_317 + 1_234_567) % 100_000_000))
        .collect();
    let shuffled_refs: Vec<&str> = shuffled.iter().map(String::as_str).collect();
    let national = |phone: &str| phone.trim_start_matches("38").to_owned();
    vec![
        Case::text(
            "some IDs lost their zeros",
            BY_ID,
            csv(&WITH_NAME, &mixed),
            texts(PADDED),
            lost(),
        ),
        Case::text(
            "random IDs lost their zeros",
            BY_ID,
            csv(&WITH_NAME, &ids(&shuffled_refs, general)),
            texts(shuffled_refs.iter().copied()),
            lost(),
        ),
        Case::text(
            "IDs with all their zeros",
            BY_ID,
            csv(&WITH_NAME, &ids(&drawn_refs, str::to_owned)),
            texts(drawn_refs.iter().copied()),
            Expected::Imports(200),
        ),
        Case::text(
            "phones that lost their zero, in their country",
            BY_ID_UA,
            csv(&WITH_PHONE, &phones(|phone| general(&national(phone)))),
            people(),
            Expected::Imports(6),
        ),
        Case::text(
            "phones that lost their zero",
            BY_ID,
            csv(&WITH_PHONE, &phones(|phone| general(&national(phone)))),
            people(),
            Expected::Stops("phone", "no_country"),
        ),
        Case::text(
            "national phones",
            BY_ID,
            csv(&WITH_PHONE, &phones(national)),
            people(),
            Expected::Stops("phone", "no_country"),
        ),
        Case::text(
            "phones that lost their plus",
            BY_ID,
            csv(&WITH_PHONE, &phones(str::to_owned)),
            people(),
            Expected::Imports(6),
        ),
    ]
}

pub(super) fn date_cases() -> Vec<Case> {
    let dates = || Expected::Stops("externalCustomerId", "dates");
    let day = |code: &str, format: &str| {
        let (month, day) = code.split_once('-').expect("a code");
        format
            .replace("MM", &format!("{month:0>2}"))
            .replace("DD", &format!("{day:0>2}"))
    };
    let mut one = phones(|phone| format!("+{phone}"));
    "12.05.2024".clone_into(&mut one[2][1]);
    let mangled = |format: &'static str| csv(&WITH_NAME, &ids(&CODES, |code| day(code, format)));
    vec![
        Case::text(
            "codes that became days",
            BY_ID,
            csv(&WITH_NAME, &ids(&CODES, as_day)),
            texts(CODES),
            dates(),
        ),
        Case::text(
            "codes that became dates with points",
            BY_ID,
            mangled("DD.MM.2024"),
            texts(CODES),
            dates(),
        ),
        Case::text(
            "codes that became ISO dates",
            BY_ID,
            mangled("2024-MM-DD"),
            texts(CODES),
            dates(),
        ),
        Case::text(
            "codes that became American dates",
            BY_ID,
            mangled("MM/DD/24"),
            texts(CODES),
            dates(),
        ),
        Case::text(
            "codes that became times",
            BY_ID,
            mangled("2024-MM-DD 00:00:00"),
            texts(CODES),
            dates(),
        ),
        Case::text(
            "a date among phones",
            BY_ID,
            csv(&WITH_PHONE, &one),
            people(),
            Expected::Stops("phone", "dates"),
        ),
    ]
}
