//! Conditions of dynamic segments on dates and times, and common errors.

use super::fields::{create, field};
use super::segment_fields::{all_of, condition, travel, who, zone};
use crate::{Backend, FieldType, Fixture, api_call};
use selfsame_domain::{ContactId, FieldId};
use serde_json::{Value, json};

/// A contact with a date, and one with a time.
async fn dated(f: &Fixture<'_>, zone_name: Option<&str>, date: &str, time: &str) -> (FieldId, FieldId, ContactId) {
    let day = create(f, field("date", FieldType::Date)).await;
    let moment = create(f, field("time", FieldType::DateTime)).await;
    let builder = api_call()
        .external("ann")
        .field(day, Some(date))
        .field(moment, Some(time));
    let builder = match zone_name {
        Some(name) => builder.attribute(zone(name)),
        None => builder,
    };
    (day, moment, f.id(builder.upsert()).await)
}

#[expect(clippy::too_many_lines, reason = "a list of conditions and whom each chooses")]
pub async fn dates_and_times(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let (_, _, ann) = dated(&f, None, "2026-01-10", "2026-01-10T08:30").await;
    let bob = f.id(api_call().external("bob").upsert()).await;
    let day = |day: &str| json!(day);
    for field in ["custom:personal.date", "custom:personal.time"] {
        all_of(
            &f,
            field,
            &[
                ("is_empty", Value::Null, &[bob]),
                ("equals", day("2026-01-10"), &[ann]),
                ("one_of", json!(["2026-01-09", "2026-01-10"]), &[ann]),
                ("before", day("2026-01-11"), &[ann]),
                ("before", day("2026-01-10"), &[]),
                ("after", day("2026-01-09"), &[ann]),
                ("after", day("2026-01-10"), &[]),
                ("between", json!(["2026-01-10", "2026-01-10"]), &[ann]),
                ("between", json!({"from": "2026-01-11", "to": "2026-01-12"}), &[]),
            ],
        )
        .await;
    }
    all_of(
        &f,
        "custom:personal.time",
        &[
            ("equals", day("2026-01-10T08:30"), &[ann]),
            ("after", day("2026-01-10T08:29"), &[ann]),
            ("after", day("2026-01-10T08:30"), &[]),
            ("before", day("2026-01-10T08:31"), &[ann]),
        ],
    )
    .await;
    travel(&f, "2026-01-12T09:00:00Z");
    for (op, days, is_in) in [
        ("in_last_days", 1, false),
        ("in_last_days", 2, true),
        ("in_next_days", 9, false),
    ] {
        let expected: &[ContactId] = if is_in { &[ann] } else { &[] };
        assert_eq!(
            who(&f, &condition("custom:personal.date", op, json!(days))).await,
            expected,
            "{op} {days}"
        );
    }
    travel(&f, "2026-01-08T08:00:00Z");
    assert_eq!(
        who(&f, &condition("custom:personal.date", "in_next_days", json!(2))).await,
        [ann]
    );
    assert_eq!(
        who(&f, &condition("custom:personal.time", "in_next_days", json!(2))).await,
        []
    );
    travel(&f, "2026-01-08T08:30:00Z");
    assert_eq!(
        who(&f, &condition("custom:personal.time", "in_next_days", json!(2))).await,
        [ann]
    );
}

pub async fn created_and_updated(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let ann = f.id(api_call().external("ann").upsert()).await;
    let at = f.contact(ann).await.created_at;
    let text = at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let day = at.format("%Y-%m-%d").to_string();
    f.clock().advance_seconds(1);
    for field in ["createdAt", "updatedAt"] {
        all_of(
            &f,
            field,
            &[
                ("equals", json!(text), &[ann]),
                ("after", json!(text), &[]),
                ("before", json!(text), &[]),
                ("between", json!([text, text]), &[ann]),
                ("equals", json!(day), &[ann]),
                ("in_last_days", json!(0), &[]),
                ("in_last_days", json!(1), &[ann]),
                ("is_empty", Value::Null, &[]),
            ],
        )
        .await;
    }
}

pub async fn midnight_is_that_of_the_contact(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    travel(&f, "2026-01-09T22:29:59Z");
    let kyiv = f
        .id(api_call().external("kyiv").attribute(zone("Europe/Kyiv")).upsert())
        .await;
    travel(&f, "2026-01-09T22:29:59Z");
    let utc = f.id(api_call().external("utc").upsert()).await;
    let on = |day: &str| condition("createdAt", "equals", json!(day));
    assert_eq!(who(&f, &on("2026-01-09")).await, [utc]);
    assert_eq!(who(&f, &on("2026-01-10")).await, [kyiv]);
    assert_eq!(
        who(&f, &condition("createdAt", "before", json!("2026-01-10"))).await,
        [utc]
    );
    assert_eq!(
        who(&f, &condition("createdAt", "equals", json!("2026-01-10T00:30"))).await,
        [kyiv]
    );
}

pub async fn today_is_that_of_the_contact(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let (_, _, ann) = dated(&f, Some("Asia/Tokyo"), "2026-03-11", "2026-03-11T00:00").await;
    let today = condition("custom:personal.date", "in_last_days", json!(0));
    travel(&f, "2026-03-10T14:59:59Z");
    assert_eq!(who(&f, &today).await, []);
    travel(&f, "2026-03-10T15:00:00Z");
    assert_eq!(who(&f, &today).await, [ann]);
    assert_eq!(
        who(&f, &condition("custom:personal.time", "in_last_days", json!(0))).await,
        [ann]
    );
    travel(&f, "2026-03-11T15:00:00Z");
    assert_eq!(who(&f, &today).await, []);
}

pub async fn days_back_keep_the_time_of_day_when_clocks_change(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    travel(&f, "2026-03-28T10:59:59Z");
    let ann = f
        .id(api_call().external("ann").attribute(zone("Europe/Berlin")).upsert())
        .await;
    let last_day = condition("createdAt", "in_last_days", json!(1));
    travel(&f, "2026-03-29T10:00:00Z");
    assert_eq!(who(&f, &last_day).await, [ann], "23 hours later, the same time of day");
    travel(&f, "2026-03-29T10:00:01Z");
    assert_eq!(who(&f, &last_day).await, []);
}

pub async fn leap_days_and_the_turn_of_the_year(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let (day, moment, ann) = dated(&f, Some("Europe/Kyiv"), "2004-02-29", "1990-12-31T23:00").await;
    let near = |key: &str, days: u32| {
        condition(
            &format!("custom:personal.{key}"),
            "anniversary_within_days",
            json!(days),
        )
    };
    for (time, key, days, is_in) in [
        ("2027-02-28T12:00:00Z", "date", 0, true),
        ("2027-03-01T12:00:00Z", "date", 0, false),
        ("2027-03-01T12:00:00Z", "date", 1, true),
        ("2028-02-28T12:00:00Z", "date", 0, false),
        ("2028-02-29T12:00:00Z", "date", 0, true),
        ("2027-02-27T21:59:59Z", "date", 0, false),
        ("2027-02-27T22:00:00Z", "date", 0, true),
        ("2026-01-03T12:00:00Z", "time", 3, true),
        ("2026-01-04T12:00:00Z", "time", 3, false),
        ("2026-12-28T12:00:00Z", "time", 3, true),
        ("2026-06-30T12:00:00Z", "time", 182, true),
    ] {
        travel(&f, time);
        let expected: &[ContactId] = if is_in { &[ann] } else { &[] };
        assert_eq!(who(&f, &near(key, days)).await, expected, "{time} {key} {days}");
    }
    assert!(day != moment);
}
