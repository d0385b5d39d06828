//! Conditions of dynamic segments: every operator on fields of every type, and common errors.

use super::fields::{create, field};
use super::imports;
use crate::{Backend, FieldType, Fixture, api_call, force_merge};
use selfsame_application::ports::{Clock, ImportId, ImportRow, MemberQuery, MembersFrom, RowOutcome, RowsRecorded};
use selfsame_domain::segments::{Formula, Plan};
use selfsame_domain::values::{AddressPart, ContactKey, FirstName, LastName, Postcode, Source, TimeZone};
use selfsame_domain::{AttributeInput, Command, ContactId, Timestamp};
use serde_json::{Value, json};

pub(super) fn formula(json: &Value) -> Formula {
    Formula::read(json).unwrap_or_else(|problems| panic!("{json}: {problems:?}"))
}

#[expect(clippy::needless_pass_by_value, reason = "callers make the value in place")]
pub(super) fn condition(field: &str, op: &str, value: Value) -> Value {
    json!({"field": field, "op": op, "value": value})
}

pub(super) fn empty(field: &str) -> Value {
    json!({"field": field, "op": "is_empty"})
}

/// Unsubscribes an email.
pub(super) fn unsubscribe(email: &str) -> Command {
    Command::Unsubscribe {
        email: crate::email(email),
        unsubscribed: true,
    }
}

/// The contacts that match a formula. All others must match its negation.
pub(super) async fn who(f: &Fixture<'_>, json: &Value) -> Vec<ContactId> {
    let chosen = chosen(f, json).await;
    let others = self::chosen(f, &json!({"not": json})).await;
    let mut both = [chosen.clone(), others].concat();
    both.sort_unstable();
    assert_eq!(both, f.all().await, "a negation is the exact complement: {json}");
    chosen
}

async fn chosen(f: &Fixture<'_>, json: &Value) -> Vec<ContactId> {
    let definitions = f.store().definitions(f.workspace).await.expect("read definitions");
    let plan = Plan::of(&formula(json), &definitions).unwrap_or_else(|problems| panic!("{json}: {problems:?}"));
    let query = MemberQuery {
        plan: &plan,
        now: f.clock().now(),
        from: MembersFrom::After(ContactId::NONE),
        limit: 1_000,
    };
    let found = f.store().members(f.workspace, &query).await.expect("read members");
    let count = f
        .store()
        .count_members(f.workspace, &plan, query.now)
        .await
        .expect("count members");
    assert_eq!(count, found.len() as u64, "{json}");
    found.into_iter().map(|details| details.contact.id).collect()
}

/// Checks one condition after the other.
pub(super) async fn all_of(f: &Fixture<'_>, field: &str, expected: &[(&str, Value, &[ContactId])]) {
    for (op, value, members) in expected {
        let json = match value {
            Value::Null => json!({"field": field, "op": op}),
            value => condition(field, op, value.clone()),
        };
        assert_eq!(who(f, &json).await, *members, "{json}");
    }
}

pub(super) fn zone(text: &str) -> AttributeInput {
    AttributeInput::time_zone(Some(&TimeZone::parse(text).expect("a zone")))
}

/// Moves the clock to a time.
pub(super) fn travel(f: &Fixture<'_>, time: &str) {
    let time: Timestamp = time.parse().expect("a time");
    f.clock().advance(time - f.clock().now());
}

/// Conditions on what is derived from identifiers.
pub async fn of_identifiers(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    f.policy(|policy| policy.limits.email = 2).await;
    let two = api_call().external("C-1").email("a@Example.com").sms("+380501112233");
    let ann = f.id(two.on_device("shop", "t-1", "iOS").upsert()).await;
    let many = api_call()
        .external("C-2")
        .email("b1@почта.рф")
        .email("b2@x.example.com");
    let bob = f
        .id(many.email("b3@other.org").on_device("shop", "t-2", "Android").upsert())
        .await;
    let eve = f.id(api_call().external("C-3").mobile("shop", "t-3").upsert()).await;
    all_of(
        &f,
        "emailDomain",
        &[
            ("is_empty", Value::Null, &[eve]),
            ("equals", json!("EXAMPLE.com"), &[ann]),
            ("equals", json!("почта.рф"), &[bob]),
            ("one_of", json!(["example.com", "xn--80a1acny.xn--p1ai"]), &[ann, bob]),
            ("ends_with", json!("Example.com"), &[ann, bob]),
            ("starts_with", json!("b"), &[]),
            ("contains", json!("@"), &[]),
        ],
    )
    .await;
    all_of(
        &f,
        "deviceOs",
        &[
            ("is_empty", Value::Null, &[eve]),
            ("is_not_empty", Value::Null, &[ann, bob]),
            ("equals", json!("iOS"), &[ann]),
            ("equals", json!("ios"), &[]),
            ("one_of", json!(["iOS", "Android"]), &[ann, bob]),
        ],
    )
    .await;
    for (field, op, value, expected) in [
        ("emailCount", "equals", 0, &[eve][..]),
        ("emailCount", "greater", 1, &[bob]),
        ("phoneCount", "equals", 1, &[ann]),
        ("externalCustomerIdCount", "equals", 1, &[ann, bob, eve]),
        ("mobilePushCount", "greater", 0, &[ann, bob, eve]),
        ("webPushCount", "less", 1, &[ann, bob, eve]),
        ("telegramCount", "equals", 0, &[ann, bob, eve]),
        ("quarantinedCount", "equals", 1, &[bob]),
        ("sharedCount", "equals", 0, &[ann, bob, eve]),
    ] {
        let json = condition(field, op, json!(value));
        assert_eq!(who(&f, &json).await, expected, "{json}");
    }
    of_merges_and_unsubscriptions(&f, ann, bob, eve).await;
}

async fn of_merges_and_unsubscriptions(f: &Fixture<'_>, ann: ContactId, bob: ContactId, eve: ContactId) {
    // What an absorbed contact had as well is counted once.
    let twin = f.id(api_call().external("C-4").email("a@example.com").upsert()).await;
    f.decide(force_merge(ann, twin)).await;
    assert_eq!(who(f, &condition("emailCount", "equals", json!(1))).await, [ann]);
    assert_eq!(who(f, &condition("absorbedCount", "greater", json!(0))).await, [ann]);
    f.decide(unsubscribe("b2@x.example.com")).await;
    all_of(
        f,
        "emailStatus",
        &[
            ("is_empty", Value::Null, &[eve]),
            ("equals", json!("UNSUBSCRIBED"), &[bob]),
            ("equals", json!("SUBSCRIBED"), &[ann, bob]),
            ("one_of", json!(["SUBSCRIBED", "UNSUBSCRIBED"]), &[ann, bob]),
        ],
    )
    .await;
}

pub async fn shared_identifiers(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let with_phone = |id: &str| api_call().external(id).sms("+380501234567");
    let ann = f.id(with_phone("ann").email("ann@example.com").upsert()).await;
    let bob = f.id(with_phone("bob").upsert()).await;
    let shared = condition("sharedCount", "equals", json!(1));
    assert_eq!(who(&f, &shared).await, []);
    let eve = f.id(with_phone("eve").upsert()).await;
    assert_eq!(who(&f, &shared).await, [ann, bob, eve], "the third external ID");
    f.policy(|policy| policy.shared_threshold = 4).await;
    assert_eq!(who(&f, &shared).await, []);
    f.policy(|policy| policy.shared_threshold = 3).await;
    f.decide(force_merge(ann, bob)).await;
    assert_eq!(who(&f, &shared).await, [ann, eve], "it is counted once");
}

pub async fn imports_that_changed_a_contact(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let mut contacts = Vec::new();
    for name in ["ann", "bob", "eve", "zoe"] {
        contacts.push(f.id(api_call().email(&format!("{name}@example.com")).upsert()).await);
    }
    let [ann, bob, eve, zoe] = contacts[..] else {
        panic!("four contacts");
    };
    let (first, second) = (imports::running(&f).await, imports::running(&f).await);
    let row = |number, contact, outcome| ImportRow {
        contact: Some(contact),
        ..imports::row(number, outcome)
    };
    let rows = [
        row(1, ann, RowOutcome::Created),
        row(2, bob, RowOutcome::Unchanged),
        row(3, eve, RowOutcome::Rejected),
    ];
    assert_eq!(imports::record(&f, first, 0, &rows).await, RowsRecorded::Yes);
    let merged = [row(1, bob, RowOutcome::Merged)];
    assert_eq!(imports::record(&f, second, 0, &merged).await, RowsRecorded::Yes);
    let of = |import: ImportId| json!(import.0.to_string());
    all_of(
        &f,
        "importId",
        &[
            ("equals", of(first), &[ann]),
            ("equals", of(second), &[bob]),
            ("one_of", json!([of(first), of(second)]), &[ann, bob]),
            ("is_empty", Value::Null, &[eve, zoe]),
            ("equals", json!("0197f0c0-0000-7000-8000-000000000001"), &[]),
        ],
    )
    .await;
    f.decide(force_merge(eve, ann)).await;
    let changed = condition("importId", "equals", of(first));
    assert_eq!(who(&f, &changed).await, [eve], "what it absorbed");
}

pub async fn identifiers(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let ann = f.id(api_call().external("C-1").email("Ann@Example.com").upsert()).await;
    let bob = f.id(api_call().external("c-1%").sms("+380501112233").upsert()).await;
    let eve = f.id(api_call().email("eve@other.example").upsert()).await;
    all_of(
        &f,
        "externalCustomerId",
        &[
            ("is_empty", Value::Null, &[eve]),
            ("is_not_empty", Value::Null, &[ann, bob]),
            ("equals", json!("C-1"), &[ann]),
            ("equals", json!("c-1"), &[]),
            ("one_of", json!(["C-1", "c-1%"]), &[ann, bob]),
            ("contains", json!("-1"), &[ann, bob]),
            ("contains", json!("%"), &[bob]),
            ("starts_with", json!("c"), &[bob]),
            ("ends_with", json!("1"), &[ann]),
            ("ends_with", json!("longer than any of them -1"), &[]),
        ],
    )
    .await;
    all_of(
        &f,
        "email",
        &[
            ("is_empty", Value::Null, &[bob]),
            ("equals", json!("ANN@example.COM"), &[ann]),
            ("ends_with", json!("@EXAMPLE.com"), &[ann]),
            ("contains", json!("example"), &[ann, eve]),
        ],
    )
    .await;
    all_of(
        &f,
        "phone",
        &[
            ("is_empty", Value::Null, &[ann, eve]),
            ("equals", json!("380 50 111 22 33"), &[bob]),
            ("starts_with", json!("+38050"), &[bob]),
        ],
    )
    .await;
    assert_eq!(
        who(&f, &condition("contactId", "between", json!([ann.0, bob.0]))).await,
        [ann, bob]
    );
    assert_eq!(
        who(&f, &condition("contactId", "greater", json!("0.5"))).await,
        [ann, bob, eve]
    );
}

#[expect(clippy::too_many_lines, reason = "a list of conditions and whom each chooses")]
pub async fn attributes(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let part = |text| AddressPart::parse(text).expect("a part of an address");
    let ann = api_call()
        .external("ann")
        .attribute(AttributeInput::first_name(Some(
            &FirstName::parse("Єва").expect("a name"),
        )))
        .attribute(AttributeInput::last_name(Some(
            &LastName::parse("Smith").expect("a name"),
        )))
        .attribute(AttributeInput::town(Some(&part("Київ"))))
        .attribute(AttributeInput::region(Some(&part("Kyiv region"))))
        .attribute(AttributeInput::address(Some(&part("Main street 1"))))
        .attribute(AttributeInput::postcode(Some(
            &Postcode::parse("01001").expect("a postcode"),
        )))
        .attribute(AttributeInput::contact_key(Some(
            &ContactKey::parse("key-1").expect("a key"),
        )))
        .attribute(zone("Europe/Kyiv"))
        .language("en-GB");
    let ann = f.id(ann.upsert()).await;
    let bob = f
        .id(api_call()
            .external("bob")
            .language("uk")
            .source(Source::Import)
            .upsert())
        .await;
    all_of(
        &f,
        "firstName",
        &[
            ("equals", json!("ЄВА"), &[ann]),
            ("one_of", json!(["Bob", "єва"]), &[ann]),
            ("contains", json!("В"), &[ann]),
            ("starts_with", json!("є"), &[ann]),
            ("is_empty", Value::Null, &[bob]),
        ],
    )
    .await;
    all_of(
        &f,
        "lastName",
        &[
            ("ends_with", json!("TH"), &[ann]),
            ("is_not_empty", Value::Null, &[ann]),
        ],
    )
    .await;
    all_of(
        &f,
        "town",
        &[
            ("equals", json!("Київ"), &[ann]),
            ("equals", json!("київ"), &[]),
            ("starts_with", json!("Ки"), &[ann]),
            ("ends_with", json!("їв"), &[ann]),
            ("is_empty", Value::Null, &[bob]),
        ],
    )
    .await;
    for (field, value) in [
        ("region", "Kyiv region"),
        ("address", "Main street 1"),
        ("postcode", "01001"),
        ("contactKey", "key-1"),
        ("timeZone", "europe/kyiv"),
        ("languageCode", "EN-gb"),
    ] {
        assert_eq!(
            who(&f, &condition(field, "equals", json!(value))).await,
            [ann],
            "{field}"
        );
    }
    assert_eq!(
        who(&f, &condition("languageCode", "starts_with", json!("en"))).await,
        [ann]
    );
    all_of(
        &f,
        "source",
        &[
            ("equals", json!("IMPORT"), &[bob]),
            ("one_of", json!(["API", "IMPORT"]), &[ann, bob]),
            ("is_empty", Value::Null, &[]),
        ],
    )
    .await;
    // A cleared field is empty again.
    f.decide(
        api_call()
            .external("ann")
            .attribute(AttributeInput::town(None))
            .upsert(),
    )
    .await;
    assert_eq!(who(&f, &empty("town")).await, [ann, bob]);
}

#[expect(clippy::too_many_lines, reason = "a list of conditions and whom each chooses")]
pub async fn custom_fields(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let text = create(&f, field("text", FieldType::TextField)).await;
    let number = create(&f, field("number", FieldType::Number)).await;
    let decimal = create(&f, field("decimal", FieldType::Decimal)).await;
    let tags = create(&f, field("tags", FieldType::Tags)).await;
    let ann = api_call()
        .external("ann")
        .field(text, Some("a \"b\" \\ %_ їжак 🦔"))
        .field(number, Some("-5"))
        .field(decimal, Some("1234567890123456789.10"))
        .field(tags, Some("red,жовтий"));
    let ann = f.id(ann.upsert()).await;
    let bob = f
        .id(api_call()
            .external("bob")
            .field(number, Some("40"))
            .field(tags, Some("re"))
            .upsert())
        .await;
    let eve = f.id(api_call().external("eve").upsert()).await;
    all_of(
        &f,
        "custom:personal.text",
        &[
            ("is_empty", Value::Null, &[bob, eve]),
            ("equals", json!("a \"b\" \\ %_ їжак 🦔"), &[ann]),
            ("contains", json!("%_"), &[ann]),
            ("contains", json!("_b"), &[]),
            ("ends_with", json!("к 🦔"), &[ann]),
            ("starts_with", json!("a \"b\""), &[ann]),
        ],
    )
    .await;
    all_of(
        &f,
        "custom:personal.number",
        &[
            ("is_not_empty", Value::Null, &[ann, bob]),
            ("equals", json!(40), &[bob]),
            ("one_of", json!([-5, "40.0"]), &[ann, bob]),
            ("greater", json!(-5), &[bob]),
            ("greater", json!("-5.1"), &[ann, bob]),
            ("less", json!(9), &[ann]),
            ("between", json!([-5, 40]), &[ann, bob]),
        ],
    )
    .await;
    all_of(
        &f,
        "custom:personal.decimal",
        &[
            ("is_empty", Value::Null, &[bob, eve]),
            ("equals", json!("1234567890123456789.1"), &[ann]),
            ("greater", json!("1234567890123456789.09999"), &[ann]),
            ("greater", json!("1234567890123456789.1"), &[]),
            ("less", json!("1234567890123456789.11"), &[ann]),
            (
                "between",
                json!(["1234567890123456789.1", "1234567890123456789.10"]),
                &[ann],
            ),
        ],
    )
    .await;
    all_of(
        &f,
        "custom:personal.tags",
        &[
            ("is_empty", Value::Null, &[eve]),
            ("contains", json!("red"), &[ann]),
            ("contains", json!("re"), &[bob]),
            ("one_of", json!(["жовтий", "re"]), &[ann, bob]),
        ],
    )
    .await;
}

pub async fn a_value_that_is_missing_is_unlike_every_value(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let number = create(&f, field("number", FieldType::Number)).await;
    let ann = f.id(api_call().external("ann").field(number, Some("1")).upsert()).await;
    let bob = f.id(api_call().external("bob").field(number, Some("2")).upsert()).await;
    let eve = f.id(api_call().external("eve").upsert()).await;
    let not = |field: &str, op: &str, value: Value| json!({"not": condition(field, op, value)});
    assert_eq!(
        who(&f, &not("custom:personal.number", "equals", json!(1))).await,
        [bob, eve]
    );
    assert_eq!(
        who(&f, &not("custom:personal.number", "greater", json!(1))).await,
        [ann, eve]
    );
    assert_eq!(
        who(&f, &not("firstName", "equals", json!("Ann"))).await,
        [ann, bob, eve]
    );
    assert_eq!(
        who(&f, &not("email", "ends_with", json!("@example.com"))).await,
        [ann, bob, eve]
    );
    let both = json!({"all": [
        not("custom:personal.number", "equals", json!(1)), {"not": empty("custom:personal.number")}
    ]});
    assert_eq!(who(&f, &both).await, [bob]);
}
