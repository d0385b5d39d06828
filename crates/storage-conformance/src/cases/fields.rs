//! Custom fields.

use crate::{Backend, FieldType, Fixture, RequestBuilder, api_call};
use selfsame_application::ports::Clock;
use selfsame_domain::values::FieldValue;
use selfsame_domain::{
    AttributeKey, AttributeValue, Command, CustomField, DedupeOn, Effect, FieldId, Identifier, NewField, Outcome,
    Rejection, Rule, Skipped,
};

pub(super) fn field(key: &str, field_type: FieldType) -> NewField {
    NewField {
        profile_key: "personal".to_owned(),
        field_key: key.to_owned(),
        name: format!("Поле {key}"),
        field_type,
        allowed: Vec::new(),
        required: false,
        identifying: false,
    }
}

pub(super) async fn create(f: &Fixture<'_>, new: NewField) -> FieldId {
    let decision = f.decide(Command::CreateField(new)).await;
    match decision.effects.as_slice() {
        [Effect::Field { field }] => *field,
        _ => panic!("no field in {decision:?}"),
    }
}

async fn value(f: &Fixture<'_>, id: selfsame_domain::ContactId, field: FieldId) -> Option<FieldValue> {
    match f.contact(id).await.attributes.get(AttributeKey::Field(field)) {
        Some(AttributeValue::Field(value)) => Some(value.clone()),
        _ => None,
    }
}

/// Valid values of a type, and an invalid one.
fn samples(field_type: FieldType) -> (Vec<String>, Option<&'static str>) {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    match field_type {
        FieldType::TextField => (vec!["їжак 🦔 \"'\\ %_".to_owned(), "x".repeat(1_000)], Some("a\u{7}b")),
        FieldType::TextArea => (
            vec!["one\ntwo\r\n\tthree".to_owned(), "ж".repeat(5_000)],
            Some("a\u{7}b"),
        ),
        FieldType::Number => (owned(&["0", "-2147483648", "2147483647"]), Some("2147483648")),
        FieldType::Decimal => (owned(&["0.10", "-1234567890123456789.123456789", "7"]), Some("1,5")),
        FieldType::Date => (owned(&["2024-02-29", "0001-01-01", "1969-12-31"]), Some("2023-02-29")),
        FieldType::DateTime => (owned(&["2024-02-29T23:59", "1901-01-01T00:00"]), Some("2024-02-29")),
        FieldType::ComboBox => (owned(&["red", "жовтий"]), Some("green")),
        FieldType::CheckboxList => (owned(&["red,жовтий", "red"]), Some("red,green")),
        FieldType::Tags => (owned(&["b,a,🦔", "one"]), Some(",")),
    }
}

pub async fn values_read_back(backend: &mut dyn Backend, field_type: FieldType) {
    let f = Fixture::new(backend).await;
    let allowed = match field_type {
        FieldType::ComboBox | FieldType::CheckboxList => vec!["red".to_owned(), "жовтий".to_owned()],
        _ => Vec::new(),
    };
    let new = NewField {
        allowed: allowed.clone(),
        ..field("k", field_type)
    };
    let number = create(&f, new.clone()).await;
    let stored = f.store().fields(f.workspace).await.expect("read fields");
    let expected = CustomField {
        id: number,
        profile_key: new.profile_key,
        field_key: new.field_key,
        name: new.name,
        field_type,
        allowed: allowed.clone(),
        required: false,
        identifying: false,
        archived: false,
    };
    assert_eq!(stored, [expected]);
    let (right, wrong) = samples(field_type);
    let builder = || api_call().external("a");
    let id = f.id(builder().upsert()).await;
    let mut last = None;
    for text in right {
        let decision = f.decide(builder().field(number, Some(&text)).upsert()).await;
        assert_eq!(
            decision.effects,
            [Effect::Changed {
                attributes: vec![AttributeKey::Field(number)]
            }],
            "{text}"
        );
        last = Some(FieldValue::parse(field_type, &text, &allowed, f.clock().now()).expect("a value"));
        assert_eq!(value(&f, id, number).await, last);
    }
    let decision = f.decide(builder().field(number, wrong).upsert()).await;
    assert_eq!(decision.outcome, Outcome::Unchanged);
    let skipped = |effect: &Effect| matches!(effect, Effect::Skipped(Skipped { field, .. }) if field == "fields[0]");
    assert!(decision.effects.iter().any(skipped), "{decision:?}");
    assert_eq!(
        value(&f, id, number).await,
        last,
        "a value that does not fit is left out"
    );
    f.id(builder().field(number, None).upsert()).await;
    assert_eq!(value(&f, id, number).await, None);
}

pub async fn an_unknown_or_archived_field_is_left_out(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let number = create(&f, field("k", FieldType::TextField)).await;
    let archive = |archived| Command::ChangeField {
        field: number,
        name: None,
        archived: Some(archived),
    };
    f.decide(archive(true)).await;
    for id in [number, FieldId(99)] {
        let decision = f.decide(api_call().external("a").field(id, Some("x")).upsert()).await;
        assert!(
            decision
                .effects
                .iter()
                .any(|effect| matches!(effect, Effect::Skipped(_))),
            "{decision:?}"
        );
    }
    assert!(f.store().fields(f.workspace).await.expect("read")[0].archived);
    f.decide(archive(false)).await;
    let decision = f
        .decide(api_call().external("a").field(number, Some("x")).upsert())
        .await;
    assert_eq!(decision.outcome, Outcome::Updated);
}

pub async fn keys_are_unique_within_their_group(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = create(&f, field("k", FieldType::TextField)).await;
    let other = NewField {
        profile_key: "other".to_owned(),
        ..field("k", FieldType::Number)
    };
    let two = create(&f, other).await;
    assert_eq!((one, two), (FieldId(1), FieldId(2)));
    let archive = Command::ChangeField {
        field: one,
        name: None,
        archived: Some(true),
    };
    f.decide(archive).await;
    let taken = f.decide(Command::CreateField(field("k", FieldType::Date))).await;
    assert_eq!(
        taken.rejection,
        Some(Rejection::AlreadyExists {
            what: "fieldKey".to_owned()
        })
    );
    assert_eq!(f.store().fields(f.workspace).await.expect("read").len(), 2);
}

pub async fn a_field_is_renamed(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let number = create(&f, field("k", FieldType::TextField)).await;
    let rename = |field| Command::ChangeField {
        field,
        name: Some("Нова назва".to_owned()),
        archived: None,
    };
    assert_eq!(f.decide(rename(number)).await.outcome, Outcome::Updated);
    assert_eq!(f.decide(rename(number)).await.outcome, Outcome::Unchanged);
    assert_eq!(f.store().fields(f.workspace).await.expect("read")[0].name, "Нова назва");
    assert_eq!(
        f.decide(rename(FieldId(9))).await.rejection,
        Some(Rejection::FieldNotFound)
    );
}

pub async fn a_value_that_identifies_is_held(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let number = create(
        &f,
        NewField {
            identifying: true,
            ..field("card", FieldType::Number)
        },
    )
    .await;
    let key = |number_text: &str| {
        let value = FieldValue::parse(FieldType::Number, number_text, &[], f.clock().now()).expect("a number");
        Identifier::field(number, &value).key
    };
    let one = f
        .id(api_call().external("a").field(number, Some("0042")).upsert())
        .await;
    let two = f.id(api_call().external("b").field(number, Some("42")).upsert()).await;
    let holders = async |key| -> Vec<selfsame_domain::ContactId> {
        f.lookup(&key)
            .await
            .holders
            .into_iter()
            .map(|holder| holder.contact)
            .collect()
    };
    assert_eq!(holders(key("42")).await, [one, two], "it may be shared");
    f.id(api_call().external("a").field(number, Some("43")).upsert()).await;
    assert_eq!(holders(key("42")).await, [two]);
    assert_eq!(holders(key("43")).await, [one]);
    f.id(api_call().external("b").field(number, None).upsert()).await;
    assert_eq!(holders(key("42")).await, []);
}

fn identifying(key: &str, field_type: FieldType) -> NewField {
    NewField {
        identifying: true,
        ..field(key, field_type)
    }
}

pub async fn values_that_identify_are_compared_in_the_form_of_their_type(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let long = format!("{}\r\n{}", "ж".repeat(2_000), "x".repeat(2_000));
    let same_long = long.replace("\r\n", "\n");
    let cases = [
        (FieldType::TextField, " A-1 ", "A-1", "a-1"),
        (FieldType::TextArea, long.as_str(), same_long.as_str(), "ж"),
        (FieldType::Number, "0042", "42", "43"),
        (FieldType::Decimal, "1.50", "1.5", "1.05"),
        (FieldType::Date, "29.02.2024", "2024-02-29", "2024-02-28"),
        (FieldType::Tags, "b, a", "a,b", "a"),
    ];
    for (number, (field_type, kept, same, other)) in cases.into_iter().enumerate() {
        let field = create(&f, identifying(&format!("f{number}"), field_type)).await;
        let builder = |text: &str| api_call().field(field, Some(text));
        let id = f.id(builder(kept).external(&format!("e{number}")).upsert()).await;
        let by = DedupeOn::Field(field);
        let found = f.decide(builder(same).bulk(by, false)).await;
        assert_eq!((found.contact, found.rule), (Some(id), Rule::Search), "{field_type:?}");
        let missed = f.would(builder(other).bulk(by, false)).await;
        assert_eq!(missed.outcome, Outcome::Created, "{field_type:?}");
        let changed = f.decide(builder(other).external(&format!("e{number}")).upsert()).await;
        assert_eq!(changed.contact, Some(id));
        let missed = f.would(builder(same).bulk(by, false)).await;
        assert_eq!(
            missed.outcome,
            Outcome::Created,
            "{field_type:?}: a replaced value stops matching"
        );
    }
}

pub async fn bulk_calls_find_by_no_other_field(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let card = create(&f, identifying("card", FieldType::Number)).await;
    let badge = create(&f, identifying("badge", FieldType::Number)).await;
    let plain = create(&f, field("plain", FieldType::Number)).await;
    let builder = || api_call().field(card, Some("1")).field(badge, Some("2"));
    let alone = f.decide(builder().upsert()).await;
    assert_eq!(
        alone.rejection,
        Some(Rejection::NoIdentifier),
        "only bulk calls are named by it"
    );
    let id = f.id(builder().external("a").upsert()).await;
    let by = |field, builder: RequestBuilder| builder.bulk(DedupeOn::Field(field), false);
    assert_eq!(f.would(by(badge, builder())).await.contact, Some(id));
    let other = builder().field(card, Some("1")).field(badge, Some("3"));
    let other = f.would(by(badge, other)).await;
    assert_eq!(other.contact, Some(id), "of several values of a field each counts");
    let other = api_call().field(card, Some("1")).field(badge, Some("3"));
    assert_eq!(f.would(by(badge, other)).await.outcome, Outcome::Created);
    let nameless = api_call().field(card, Some("1"));
    assert_eq!(
        f.would(by(badge, nameless)).await.rejection,
        Some(Rejection::NoDedupeValue)
    );
    for (field, rejection) in [
        (plain, Rejection::FieldNotIdentifying),
        (FieldId(99), Rejection::FieldNotFound),
    ] {
        let refused = f.decide(by(field, builder().field(plain, Some("1")))).await;
        assert_eq!(refused.rejection, Some(rejection));
    }
    f.decide(Command::ChangeField {
        field: badge,
        name: None,
        archived: Some(true),
    })
    .await;
    assert_eq!(
        f.decide(by(badge, builder())).await.rejection,
        Some(Rejection::FieldNotFound)
    );
}

pub async fn a_value_that_identifies_is_shared_by_the_third_external_id(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let card = create(&f, identifying("card", FieldType::Number)).await;
    let bulk = || api_call().field(card, Some("7")).bulk(DedupeOn::Field(card), false);
    for (external_id, found) in [
        ("a", Outcome::Updated),
        ("b", Outcome::Updated),
        ("c", Outcome::Created),
    ] {
        f.id(api_call().external(external_id).field(card, Some("7")).upsert())
            .await;
        let would = f.would(bulk()).await;
        assert_eq!(
            would.outcome == Outcome::Created,
            found == Outcome::Created,
            "{external_id}: {would:?}"
        );
    }
}

pub async fn fields_come_along_with_a_merge(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = create(&f, field("one", FieldType::TextField)).await;
    let two = create(&f, field("two", FieldType::Decimal)).await;
    let survivor = f.id(api_call().external("a").field(one, Some("mine")).upsert()).await;
    let builder = api_call()
        .device("d")
        .field(one, Some("theirs"))
        .field(two, Some("1.50"));
    let absorbed = f.id(builder.upsert()).await;
    let merge = f.merge(survivor, absorbed).await;
    assert_eq!(
        value(&f, survivor, one).await.map(|value| value.to_wire()),
        Some("mine".to_owned())
    );
    assert_eq!(
        value(&f, survivor, two).await.map(|value| value.to_wire()),
        Some("1.50".to_owned())
    );
    f.decide(crate::undo(merge)).await;
    assert_eq!(value(&f, survivor, two).await, None);
    assert_eq!(
        value(&f, absorbed, one).await.map(|value| value.to_wire()),
        Some("theirs".to_owned())
    );
}

pub async fn bulk_calls_find_by_a_value_that_identifies(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let number = create(
        &f,
        NewField {
            identifying: true,
            ..field("card", FieldType::Number)
        },
    )
    .await;
    let bulk =
        |builder: RequestBuilder, text: &str| builder.field(number, Some(text)).bulk(DedupeOn::Field(number), false);
    let first = f.decide(bulk(api_call().first("Ann"), "42")).await;
    assert_eq!((first.outcome, first.rule), (Outcome::Created, Rule::NoMatch));
    let id = first.contact.expect("a contact");
    let found = f.decide(bulk(api_call().first("Anna"), "042")).await;
    assert_eq!(
        (found.outcome, found.contact, found.rule),
        (Outcome::Updated, Some(id), Rule::Search)
    );
    assert_eq!(f.would(bulk(api_call(), "43")).await.outcome, Outcome::Created);
    let adopted = f.decide(bulk(api_call().external("a"), "42")).await;
    assert_eq!((adopted.contact, adopted.rule), (Some(id), Rule::Adopt));
    let not_linked = f.decide(bulk(api_call().external("b"), "42")).await;
    assert_eq!(not_linked.outcome, Outcome::Created, "rule 4 of bulk calls");
    let other = api_call().external("c").field(number, Some("42")).upsert();
    assert_eq!(
        f.decide(other).await.outcome,
        Outcome::Created,
        "other calls do not look at it"
    );
}
