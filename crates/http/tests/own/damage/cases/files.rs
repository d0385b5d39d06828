//! What else is wrong with cells and files, and files that are sound.

use super::super::mangle::{XlsxCell, delimited, grouped, xlsx};
use super::{
    BY_ID, CARDS, CODES, Case, Expected, PADDED, PHONES, WITH_NAME, WITH_PHONE, XLSX, csv, ids, people, phones, texts,
};
use encoding_rs::{Encoding, KOI8_U, WINDOWS_1251};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

#[expect(clippy::too_many_lines, reason = "a table of cases")]
pub(super) fn value_cases() -> Vec<Case> {
    let with = |value: &str| {
        let mut rows = ids(&["C-1", "C-2", "C-3"], str::to_owned);
        value.clone_into(&mut rows[1][0]);
        csv(&WITH_NAME, &rows)
    };
    let truth = || texts(["C-1", "C-2", "C-3"]);
    let error = |name, value: &str| {
        Case::text(
            name,
            BY_ID,
            with(value),
            truth(),
            Expected::Stops("externalCustomerId", "error_values"),
        )
    };
    let id = |kind| Expected::Stops("externalCustomerId", kind);
    let phone = |kind| Expected::Stops("phone", kind);
    let numbers = ["1001", "1002", "20417"];
    let of_numbers = |mangle: &dyn Fn(&str) -> String| csv(&WITH_NAME, &ids(&numbers, mangle));
    let millions = ["1234567", "7654321", "1000001"];
    vec![
        error("a value that was not found", "#N/A"),
        error("a value that was not found, in Russian", "#Н/Д"),
        error("a lost reference", "#REF!"),
        error("a lost reference, in Ukrainian", "#ПОСИЛАННЯ!"),
        error("a value that was too wide", "########"),
        error("an error of another program", "Err:502"),
        Case::text(
            "a formula for an ID",
            BY_ID,
            with("=VLOOKUP(B2;Sheet2!A:B;2;0)"),
            truth(),
            id("formulas"),
        ),
        Case::text(
            "formulas for names",
            BY_ID,
            "externalCustomerId,firstName\nC-1,=B7\nC-2,Eve\n",
            texts(["C-1", "C-2"]),
            Expected::Stops("firstName", "formulas"),
        ),
        Case::text(
            "phones as decimal numbers",
            BY_ID,
            csv(&WITH_PHONE, &phones(|phone| format!("{phone}.0"))),
            people(),
            phone("empty_fractions"),
        ),
        Case::text(
            "IDs as decimal numbers",
            BY_ID,
            of_numbers(&|id| format!("{id}.0")),
            texts(numbers),
            id("empty_fractions"),
        ),
        Case::text(
            "IDs with a comma and two places",
            BY_ID,
            delimited(&WITH_NAME, &ids(&numbers, |id| format!("{id},00")), ';', "\r\n"),
            texts(numbers),
            id("empty_fractions"),
        ),
        Case::text(
            "IDs with blanks between thousands",
            BY_ID,
            csv(&WITH_NAME, &ids(&millions, |id| grouped(id, '\u{a0}'))),
            texts(millions),
            id("grouped"),
        ),
        Case::text(
            "IDs with commas between thousands",
            BY_ID,
            csv(&WITH_NAME, &ids(&millions, |id| grouped(id, ','))),
            texts(millions),
            id("grouped"),
        ),
        Case::text(
            "IDs with the mark of a text",
            BY_ID,
            csv(&WITH_NAME, &ids(&PADDED, |id| format!("'{id}"))),
            texts(PADDED),
            id("text_marks"),
        ),
        Case::text(
            "phones that were subtracted",
            BY_ID,
            csv(&WITH_PHONE, &phones(|phone| format!("-{phone}"))),
            people(),
            phone("negative"),
        ),
    ]
}

pub(super) fn shape_cases() -> Vec<Case> {
    let rows = "C-1,Ann,+380501234567\nC-2,Eve,+380671112233\nC-3,Joe,+380931234568\nC-5,Max,+380502345678\n";
    let header = "externalCustomerId,firstName,phone\n";
    let truth = || people().into_iter().chain(texts(["C-4", "C-5", "C-7"])).collect();
    let shifted = |line: &str| format!("{header}{rows}{line}\n");
    vec![
        Case::text(
            "a row without its first cell",
            BY_ID,
            shifted("Liz,+380669876543"),
            truth(),
            Expected::Stops("firstName", "shifted"),
        ),
        Case::text(
            "a row with a cell too many",
            BY_ID,
            shifted("C-7,Lee, Ann,+380669876543"),
            truth(),
            Expected::Stops("phone", "shifted"),
        ),
        Case::text(
            "a row that ends early",
            BY_ID,
            shifted("C-4,Liz"),
            truth(),
            Expected::Imports(4),
        ),
        Case::text(
            "a row of names alone",
            BY_ID,
            shifted("Liz,Lee"),
            truth(),
            Expected::Imports(4),
        ),
        Case::text(
            "rows with empty cells behind the last",
            BY_ID,
            format!("{header}{}", rows.replace('\n', ",,\n")),
            truth(),
            Expected::Imports(4),
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of cases")]
pub(super) fn sheet_cases() -> Vec<Case> {
    let text = |text: &str| XlsxCell::Text(text.to_owned());
    let number = |digits: &str| XlsxCell::Number(digits.parse().expect("a number"));
    let sheet = |name, header: &[&str], rows: &[Vec<XlsxCell>], truth, expected| Case {
        name,
        media: XLSX,
        query: BY_ID,
        bytes: xlsx(header, rows),
        truth,
        expected,
    };
    let of_ids = |cells: Vec<XlsxCell>| -> Vec<Vec<XlsxCell>> {
        cells
            .into_iter()
            .map(|cell| vec![cell, XlsxCell::Text("Ann".to_owned())])
            .collect()
    };
    let phone_rows: Vec<Vec<XlsxCell>> = (1..)
        .zip(PHONES)
        .map(|(place, phone)| vec![text(&format!("C-{place}")), number(phone)])
        .collect();
    let mixed = (0..)
        .zip(PADDED)
        .map(|(place, id)| if place < 2 { text(id) } else { number(id) });
    let days = [45_323.0, 45_400.0, 45_500.0, 45_501.0].map(XlsxCell::Date).to_vec();
    let id = |kind| Expected::Stops("externalCustomerId", kind);
    vec![
        sheet(
            "a sheet with phones as numbers",
            &WITH_PHONE,
            &phone_rows,
            people(),
            Expected::Imports(6),
        ),
        sheet(
            "a sheet with cards as numbers",
            &WITH_NAME,
            &of_ids(CARDS.map(number).to_vec()),
            texts(CARDS),
            id("rounded"),
        ),
        sheet(
            "a sheet with some zeros lost",
            &WITH_NAME,
            &of_ids(mixed.collect()),
            texts(PADDED),
            id("lost_zeros"),
        ),
        sheet(
            "a sheet with codes as dates",
            &WITH_NAME,
            &of_ids(days),
            texts(CODES),
            id("dates"),
        ),
        sheet(
            "a sheet with texts",
            &WITH_NAME,
            &of_ids(PADDED.map(text).to_vec()),
            texts(PADDED),
            Expected::Imports(6),
        ),
        sheet(
            "a sheet with formulas that have results",
            &WITH_NAME,
            &of_ids(vec![
                XlsxCell::Formula("=\"C-\"&1", "C-1"),
                XlsxCell::Formula("=\"C-\"&2", "C-2"),
            ]),
            people(),
            Expected::Imports(2),
        ),
        sheet(
            "a sheet with a formula that failed",
            &WITH_NAME,
            &of_ids(vec![text("C-1"), XlsxCell::Formula("=NA()", "#N/A"), text("C-3")]),
            people(),
            id("error_values"),
        ),
    ]
}

/// Files that are as they were written, and only look damaged.
#[expect(clippy::too_many_lines, reason = "a table of cases")]
pub(super) fn sound_cases() -> Vec<Case> {
    let plain = || csv(&WITH_PHONE, &phones(|phone| format!("+{phone}")));
    let ukrainian =
        "Зовнішній ID;Ім'я;Телефон\r\nC-1;Ґанна;+380501234567\r\nC-2;Євген;+380671112233\r\nC-3;Їжак;+380931234568\r\n";
    let encoded = |encoding: &'static Encoding| encoding.encode(ukrainian).0.into_owned();
    let tabs = format!("\u{feff}{}", ukrainian.replace(';', "\t"));
    let unicode: Vec<u8> = tabs.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(plain().as_bytes()).expect("write");
    let codes = ["12-34-56", "99-10-77", "10-11-12", "01-02-03"];
    let lettered = ["12E3", "5E10", "A1E5", "7E99X"];
    let counted: Vec<String> = (1..=40).map(|number| number.to_string()).collect();
    let counted: Vec<&str> = counted.iter().map(String::as_str).collect();
    let sound = |name, bytes: Vec<u8>, truth, made| Case::text(name, BY_ID, bytes, truth, Expected::Imports(made));
    vec![
        sound("a plain file", plain().into(), people(), 6),
        sound("a packed file", packed.finish().expect("finish"), people(), 6),
        sound("the encoding of Windows", encoded(WINDOWS_1251), people(), 3),
        sound("the encoding of Unix", encoded(KOI8_U), people(), 3),
        sound("Unicode text with tabulators", unicode, people(), 3),
        sound(
            "a byte order mark and sep=",
            format!("\u{feff}sep=;\r\n{ukrainian}").into(),
            people(),
            3,
        ),
        sound(
            "digits that are kept as a text",
            csv(&WITH_NAME, &ids(&PADDED, |id| format!("=\"{id}\""))).into(),
            texts(PADDED),
            6,
        ),
        sound(
            "line ends in quotes",
            "externalCustomerId,address\nC-1,\"a\nb\"\n\nC-2,\"x\"\"y\"\n,,\n".into(),
            people(),
            2,
        ),
        sound(
            "codes in the form of dates",
            csv(&WITH_NAME, &ids(&codes, str::to_owned)).into(),
            texts(codes),
            4,
        ),
        sound(
            "codes with an E",
            csv(&WITH_NAME, &ids(&lettered, str::to_owned)).into(),
            texts(lettered),
            4,
        ),
        sound(
            "IDs that were counted",
            csv(&WITH_NAME, &ids(&counted, str::to_owned)).into(),
            texts(counted.iter().copied()),
            40,
        ),
        sound(
            "cards as they are",
            csv(&WITH_NAME, &ids(&CARDS, str::to_owned)).into(),
            texts(CARDS),
            6,
        ),
    ]
}
