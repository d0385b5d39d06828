//! Random contacts and random formulas: a storage chooses whom the evaluator of the domain chooses.

use super::fields::{create, field};
use super::segment_fields::{condition, formula, unsubscribe, zone};
use crate::{Backend, FieldType, Fixture, api_call, force_merge, keep, keep_order};
use chrono::TimeDelta;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use selfsame_application::ports::{Clock, ContactDetails, MemberQuery, MembersFrom};
use selfsame_domain::segments::{ContactFacts, EMAIL_STATUSES, Plan, StoredFacts};
use selfsame_domain::values::{AddressPart, OrderText};
use selfsame_domain::{
    AttributeInput, ContactId, EventParams, EventRequest, FieldId, IdentifierKind, OrderItem, OrderStatus,
};
use serde_json::{Value, json};

const CONTACTS: usize = 24;
const FORMULAS: usize = 250;

const TEXTS: [&str; 5] = ["Kyiv", "kyiv", "Київ %_", "Ky", "їв"];
const ZONES: [&str; 4] = ["Europe/Kyiv", "America/New_York", "Asia/Tokyo", "Pacific/Apia"];
const DATES: [&str; 6] = [
    "2026-01-01",
    "2025-12-31",
    "2004-02-29",
    "1990-12-30",
    "2026-01-05",
    "2026-03-01",
];
const TIMES: [&str; 4] = [
    "2026-01-02T03:04",
    "2026-01-01T23:59",
    "2004-02-29T00:00",
    "2026-01-03T00:00",
];
const OSES: [&str; 3] = ["Android", "iOS", "ios"];
const DOMAINS: [&str; 3] = ["example.com", "mail.", "com"];
const NUMBERS: [&str; 5] = ["0", "-1", "5", "4.99", "1000000000000000000.5"];

struct Fields {
    text: FieldId,
    number: FieldId,
    decimal: FieldId,
    date: FieldId,
    time: FieldId,
    tags: FieldId,
}

/// One of these, or nothing.
fn maybe<const N: usize>(values: [&'static str; N]) -> impl Strategy<Value = Option<&'static str>> {
    prop::option::of(prop::sample::select(values.to_vec()))
}

fn draw<T>(runner: &mut TestRunner, strategy: impl Strategy<Value = T>) -> T {
    strategy.new_tree(runner).expect("a value").current()
}

async fn random_contact(f: &Fixture<'_>, runner: &mut TestRunner, fields: &Fields, number: usize) {
    let mut builder = api_call().email(&format!("c{number}@example.com"));
    if draw(runner, any::<bool>()) {
        builder = builder.external(&format!("C-{number}"));
    }
    for (is_there, kind, text) in [
        (
            draw(runner, any::<bool>()),
            IdentifierKind::Email,
            format!("D{number}@mail.Пошта.укр"),
        ),
        (
            draw(runner, any::<bool>()),
            IdentifierKind::Phone,
            format!("+3805011122{number:02}"),
        ),
    ] {
        if is_there {
            builder = builder.with(kind, &text);
        }
    }
    if let Some(os) = draw(runner, maybe(OSES)) {
        builder = builder.on_device("app", &format!("token-{number}"), os);
    }
    if let Some(town) = draw(runner, maybe(TEXTS)) {
        builder = builder.attribute(AttributeInput::town(Some(&AddressPart::parse(town).expect("a town"))));
    }
    if let Some(name) = draw(runner, maybe(["Ann", "ann", "Єва"])) {
        builder = builder.first(name);
    }
    if let Some(name) = draw(runner, maybe(ZONES)) {
        builder = builder.attribute(zone(name));
    }
    for (id, value) in [
        (fields.text, draw(runner, maybe(TEXTS))),
        (fields.number, draw(runner, maybe(["0", "-1", "5"]))),
        (fields.decimal, draw(runner, maybe(NUMBERS))),
        (fields.date, draw(runner, maybe(DATES))),
        (fields.time, draw(runner, maybe(TIMES))),
        (fields.tags, draw(runner, maybe(["Kyiv", "Ky,їв", "їв"]))),
    ] {
        if value.is_some() {
            builder = builder.field(id, value);
        }
    }
    f.clock().advance(TimeDelta::hours(draw(runner, 0_i64..9)));
    f.id(builder.upsert()).await;
    random_history(f, runner, number).await;
}

async fn random_history(f: &Fixture<'_>, runner: &mut TestRunner, number: usize) {
    let who = || api_call().email(&format!("c{number}@example.com"));
    for _ in 0..draw(runner, 0..3) {
        let value = draw(runner, prop::sample::select(NUMBERS.to_vec()));
        let params = EventParams::parse(&json!({"p": value}).to_string()).expect("parameters");
        let event = EventRequest {
            params,
            ..who().happened("Login")
        };
        f.decide(keep(event)).await;
    }
    for order in 0..draw(runner, 0..3) {
        let cost = draw(runner, prop::sample::select(vec!["0.1", "0.2", "5"]));
        let status = draw(runner, prop::sample::select(OrderStatus::ALL.to_vec()));
        let mut order = who().ordered(&format!("{number}-{order}"), status, f.clock().now());
        order.content.total_cost = crate::amount(cost);
        order.content.items = draw(runner, maybe(["A", "A-1"])).map(item).into_iter().collect();
        f.decide(keep_order(order)).await;
    }
}

fn item(id: &str) -> OrderItem {
    OrderItem {
        external_item_id: OrderText::parse(id).expect("an ID"),
        quantity: crate::amount("1"),
        name: None,
        category: None,
        cost: None,
        url: None,
        image_url: None,
        description: None,
    }
}

/// A condition that is right for its field.
fn conditions() -> impl Strategy<Value = Value> {
    prop_oneof![4 => on_values(), 4 => on_times(), 2 => on_history()]
}

fn on_values() -> impl Strategy<Value = Value> {
    let texts = (
        prop::sample::select(vec!["town", "firstName", "custom:personal.text"]),
        prop::sample::select(vec!["equals", "contains", "starts_with", "ends_with"]),
        prop::sample::select(TEXTS.to_vec()),
    );
    let numbers = (
        prop::sample::select(vec!["custom:personal.number", "custom:personal.decimal", "contactId"]),
        prop::sample::select(vec!["equals", "greater", "less"]),
        prop::sample::select(NUMBERS.to_vec()),
    );
    let empty = prop::sample::select(vec![
        "externalCustomerId",
        "town",
        "firstName",
        "custom:personal.tags",
        "custom:personal.decimal",
        "timeZone",
        "deviceOs",
        "emailDomain",
        "emailStatus",
        "importId",
    ]);
    let entry = |entry| condition("custom:personal.tags", "contains", json!(entry));
    let counts = (
        prop::sample::select(vec![
            "emailCount",
            "phoneCount",
            "mobilePushCount",
            "quarantinedCount",
            "sharedCount",
            "absorbedCount",
        ]),
        prop::sample::select(vec!["equals", "greater", "less"]),
        0_i64..3,
    );
    let parts = (
        prop::sample::select(vec!["emailDomain", "deviceOs"]),
        prop::sample::select(vec!["contains", "starts_with", "ends_with"]),
        prop::sample::select([OSES.as_slice(), DOMAINS.as_slice()].concat()),
    );
    prop_oneof![
        counts.prop_map(|(field, op, value)| condition(field, op, json!(value))),
        parts.prop_map(|(field, op, value)| condition(field, op, json!(value))),
        prop::sample::select(EMAIL_STATUSES.to_vec()).prop_map(|status| condition(
            "emailStatus",
            "equals",
            json!(status)
        )),
        texts.prop_map(|(field, op, value)| condition(field, op, json!(value))),
        numbers.prop_map(|(field, op, value)| condition(field, op, json!(value))),
        empty.prop_map(|field| json!({"field": field, "op": "is_empty"})),
        prop::sample::select(TEXTS.to_vec()).prop_map(entry),
    ]
}

fn on_times() -> impl Strategy<Value = Value> {
    let dated = || prop::sample::select(vec!["custom:personal.date", "custom:personal.time", "createdAt"]);
    let absolute = (
        dated(),
        prop::sample::select(vec!["equals", "before", "after"]),
        prop::sample::select(DATES.to_vec()),
    );
    let relative = (
        dated(),
        prop::sample::select(vec!["in_last_days", "in_next_days"]),
        0_i64..5,
    );
    let anniversaries = (
        prop::sample::select(vec!["custom:personal.date", "custom:personal.time"]),
        0_i64..182,
    );
    prop_oneof![
        absolute.prop_map(|(field, op, value)| condition(field, op, json!(value))),
        relative.prop_map(|(field, op, days)| condition(field, op, json!(days))),
        anniversaries.prop_map(|(field, days)| condition(field, "anniversary_within_days", json!(days))),
    ]
}

fn on_history() -> impl Strategy<Value = Value> {
    let events = (
        0_u64..3,
        prop::option::of(0_i64..3),
        prop::option::of(prop::sample::select(NUMBERS.to_vec())),
    );
    let orders = (
        prop::sample::select(vec!["count", "sum", "average"]),
        prop::sample::select(vec!["equals", "greater", "less"]),
        prop::sample::select(vec!["0", "1", "0.1", "0.15", "0.3"]),
    );
    let dates = (
        prop::sample::select(vec!["first", "last"]),
        prop_oneof![
            (0_i64..3).prop_map(|days| ("in_last_days", json!(days))),
            prop::sample::select(DATES.to_vec()).prop_map(|day| ("after", json!(day))),
            prop::sample::select(vec![json!(DATES)]).prop_map(|days| ("one_of", days)),
        ],
    );
    let items = (
        prop::sample::select(vec!["equals", "starts_with"]),
        prop::sample::select(vec!["A", "A-1"]),
    );
    prop_oneof![
        events.prop_map(|(least, days, number)| {
            let mut event = json!({"event": "Login", "count": {"atLeast": least}});
            if let Some(days) = days {
                event["within"] = json!({"lastDays": days});
            }
            if let Some(number) = number {
                event["where"] = json!([{"param": "p", "op": "less", "value": number}]);
            }
            event
        }),
        orders.prop_map(|(what, op, value)| json!({"orders": what, "op": op, "value": value})),
        dates.prop_map(|(place, (op, value))| json!({"event": "Login", place: {"op": op, "value": value}})),
        items.prop_map(|(op, id)| {
            let of_item = json!({"field": "itemId", "op": op, "value": id});
            json!({"orders": "count", "op": "greater", "value": 0, "where": [of_item]})
        }),
    ]
}

fn formulas() -> impl Strategy<Value = Value> {
    conditions().prop_recursive(3, 10, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| json!({"all": parts})),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| json!({"any": parts})),
            inner.prop_map(|part| json!({"not": part})),
        ]
    })
}

#[expect(clippy::too_many_lines, reason = "each step builds on the ones before")]
pub async fn a_storage_chooses_whom_the_evaluator_chooses(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let mut runner = TestRunner::deterministic();
    let fields = Fields {
        text: create(&f, field("text", FieldType::TextField)).await,
        number: create(&f, field("number", FieldType::Number)).await,
        decimal: create(&f, field("decimal", FieldType::Decimal)).await,
        date: create(&f, field("date", FieldType::Date)).await,
        time: create(&f, field("time", FieldType::DateTime)).await,
        tags: create(&f, field("tags", FieldType::Tags)).await,
    };
    for number in 0..CONTACTS {
        random_contact(&f, &mut runner, &fields, number).await;
    }
    let all = f.all().await;
    for pair in all.chunks_exact(2).take(3) {
        f.decide(force_merge(pair[0], pair[1])).await;
    }
    for number in [0, 1, 5, 9] {
        f.decide(unsubscribe(&format!("c{number}@example.com"))).await;
    }
    let ids = f.all().await;
    let known = f.store().numbered(f.workspace, &ids).await.expect("read contacts");
    let definitions = f.store().definitions(f.workspace).await.expect("read definitions");
    let now = f.clock().now();
    let nothing = StoredFacts::NONE;
    let mut chosen = 0;
    for _ in 0..FORMULAS {
        let json = draw(&mut runner, formulas());
        let plan = Plan::of(&formula(&json), &definitions).unwrap_or_else(|problems| panic!("{json}: {problems:?}"));
        let query = MemberQuery {
            plan: &plan,
            now,
            from: MembersFrom::After(ContactId::NONE),
            limit: 1_000,
        };
        let found = f.store().members(f.workspace, &query).await.expect("read members");
        let found: Vec<ContactId> = found.into_iter().map(|details| details.contact.id).collect();
        let stored = f.store().stored_facts(f.workspace, &ids, &plan.needs(), 100).await;
        let stored = stored.expect("read what is stored");
        let fits = |details: &ContactDetails, at| {
            let facts = ContactFacts {
                contact: &details.contact,
                unsubscribed: &details.unsubscribed,
                stored: stored.get(&details.contact.id).unwrap_or(&nothing),
            };
            (plan.matches(facts, at), plan.holds_until(facts, at))
        };
        let mut expected = Vec::new();
        for details in &known {
            let (is_member, until) = fits(details, now);
            assert!(plan.moves_with_time() || until.is_none(), "{json}");
            let later = now + TimeDelta::minutes(draw(&mut runner, 1_i64..9 * 24 * 60));
            if until.is_none_or(|until| later < until) {
                assert_eq!(fits(details, later).0, is_member, "{json} until {until:?} at {later}");
            }
            expected.extend(is_member.then_some(details.contact.id));
        }
        assert_eq!(found, expected, "{json}");
        chosen += expected.len();
    }
    let pairs = CONTACTS * FORMULAS;
    assert!(
        (pairs / 10..pairs * 9 / 10).contains(&chosen),
        "{chosen} of {pairs} pairs say little"
    );
}
