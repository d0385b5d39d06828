//! Conditions on dates and times.

use super::common::{NOW, at, contact, is_in, put, standing, zoned};
use crate::Contact;
use crate::values::FieldType;
use serde_json::json;

#[test]
fn a_day_is_that_of_the_contact_s_own_calendar() {
    // 22:30 in London, and the next day in Kyiv.
    let mut ann = contact();
    ann.created_at = at("2026-01-09T22:30:00Z");
    let on = |contact: &Contact, day: &str| {
        is_in(
            contact,
            &json!({"field": "createdAt", "op": "equals", "value": day}),
            NOW,
        )
    };
    assert!(
        on(&ann, "2026-01-09") && !on(&ann, "2026-01-10"),
        "without a zone by UTC"
    );
    zoned(&mut ann, "Europe/Kyiv");
    assert!(on(&ann, "2026-01-10") && !on(&ann, "2026-01-09"));
    let yes = |op: &str, value: &str| is_in(&ann, &json!({"field": "createdAt", "op": op, "value": value}), NOW);
    assert!(yes("after", "2026-01-09") && !yes("before", "2026-01-10"));
    assert!(
        yes("equals", "2026-01-10T00:30"),
        "minutes are of the contact's own clock"
    );
    assert!(yes("equals", "2026-01-09T22:30:00Z") && yes("before", "2026-01-09T22:30:01Z"));
    assert!(!yes("after", "2026-01-09T22:30:00Z"));
}

#[test]
fn days_end_and_begin_with_the_contact_s_own_midnight() {
    let mut ann = contact();
    zoned(&mut ann, "Asia/Tokyo");
    put(&mut ann, 4, FieldType::Date, "2026-03-11");
    // In Tokyo it is the 11th from 15:00 UTC on.
    let today = json!({"field": "custom:P.date", "op": "in_last_days", "value": 0});
    assert!(!is_in(&ann, &today, "2026-03-10T14:59:59Z"));
    assert!(is_in(&ann, &today, "2026-03-10T15:00:00Z"));
    let soon = json!({"field": "custom:P.date", "op": "in_next_days", "value": 1});
    let joined = standing(&ann, &soon, "2026-03-10T14:00:00Z");
    assert!(joined.is_member);
    assert_eq!(joined.until, Some(at("2026-03-11T15:00:00Z")), "the 12th in Tokyo");
    let until = standing(&ann, &today, "2026-03-10T00:00:00Z").until;
    assert_eq!(until, Some(at("2026-03-10T15:00:00Z")));
}

#[test]
fn days_back_keep_the_time_of_day_when_clocks_change() {
    // Berlin goes from UTC+1 to UTC+2 on 29 March 2026.
    let mut ann = contact();
    zoned(&mut ann, "Europe/Berlin");
    ann.created_at = at("2026-03-28T11:00:00Z");
    let last_day = json!({"field": "createdAt", "op": "in_last_days", "value": 1});
    assert!(
        is_in(&ann, &last_day, "2026-03-29T10:00:00Z"),
        "23 hours later, the same time of day"
    );
    assert!(!is_in(&ann, &last_day, "2026-03-29T10:00:01Z"));
    let until = standing(&ann, &last_day, "2026-03-28T12:00:00Z").until;
    assert_eq!(until, Some(at("2026-03-29T10:00:00.000001Z")));
    // 02:30 is passed over on that day: it is 03:00.
    let gap = json!({"field": "createdAt", "op": "before", "value": "2026-03-29T02:30"});
    ann.created_at = at("2026-03-29T00:59:59Z");
    assert!(is_in(&ann, &gap, NOW));
    ann.created_at = at("2026-03-29T01:00:00Z");
    assert!(!is_in(&ann, &gap, NOW));
}

#[test]
fn a_leap_day_has_an_anniversary_every_year() {
    let mut ann = contact();
    put(&mut ann, 4, FieldType::Date, "2004-02-29");
    let on = |contact: &Contact, days: u32, now: &str| {
        let json = json!({"field": "custom:P.date", "op": "anniversary_within_days", "value": days});
        is_in(contact, &json, now)
    };
    assert!(on(&ann, 0, "2027-02-28T12:00:00Z") && !on(&ann, 0, "2027-03-01T12:00:00Z"));
    assert!(on(&ann, 0, "2028-02-29T12:00:00Z") && !on(&ann, 0, "2028-02-28T12:00:00Z"));
    assert!(on(&ann, 1, "2027-03-01T12:00:00Z") && on(&ann, 1, "2027-02-27T12:00:00Z"));
    assert!(!on(&ann, 1, "2027-02-26T12:00:00Z"));
    // Around the turn of the year.
    put(&mut ann, 4, FieldType::Date, "1990-12-31");
    assert!(on(&ann, 3, "2026-01-03T12:00:00Z") && !on(&ann, 3, "2026-01-04T12:00:00Z"));
    assert!(on(&ann, 3, "2026-12-28T12:00:00Z") && !on(&ann, 3, "2026-12-27T12:00:00Z"));
    let json = json!({"field": "custom:P.date", "op": "anniversary_within_days", "value": 3});
    let until = standing(&ann, &json, "2026-01-02T12:00:00Z").until;
    assert_eq!(until, Some(at("2026-01-04T00:00:00Z")));
}

#[test]
fn times_without_zone_are_of_the_contact_s_own_clock() {
    let mut ann = contact();
    zoned(&mut ann, "America/New_York");
    put(&mut ann, 5, FieldType::DateTime, "2026-03-10T08:00");
    // 08:00 in New York is 12:00 UTC (summer time since the 8th).
    let last = json!({"field": "custom:P.time", "op": "in_last_days", "value": 2});
    assert!(!is_in(&ann, &last, "2026-03-10T11:59:59Z"));
    assert!(is_in(&ann, &last, "2026-03-10T12:00:00Z"));
    assert!(is_in(&ann, &last, "2026-03-12T12:00:00Z") && !is_in(&ann, &last, "2026-03-12T12:00:01Z"));
    assert!(is_in(
        &ann,
        &json!({"field": "custom:P.time", "op": "equals", "value": "2026-03-10"}),
        NOW
    ));
    assert!(is_in(
        &ann,
        &json!({"field": "custom:P.time", "op": "after", "value": "2026-03-09"}),
        NOW
    ));
}
