use super::*;
use selfsame_domain::values::{BlockedValue, BlockedValues, ChannelType, Region};
use selfsame_domain::{AttributeKey, FieldId};
use serde_json::json;

fn policy() -> Policy {
    let region = Region::parse("UA").ok();
    Policy {
        default_phone_region: region,
        ..Policy::default()
    }
}

fn read_json(body: &Value) -> Result<ContactRequest, String> {
    let fields = Fields::of(body.as_object(), String::new());
    let mut problems = Problems::default();
    let mut request = read(&fields, Source::Api, &policy(), &mut problems);
    read_groups(ContactInput::of(&fields).groups, &mut request, &mut problems);
    refuse_unreadable(&request, Call::Upsert, &policy(), &mut problems);
    problems.finish().map(|()| request).map_err(|error| error.detail())
}

fn accepted(body: &Value) -> ContactRequest {
    read_json(body).expect("must be accepted")
}

fn keys(request: &ContactRequest) -> Vec<(&'static str, String)> {
    request
        .identifiers()
        .map(|identifier| (identifier.kind().as_str(), identifier.key.value.clone()))
        .collect()
}

fn skips(request: &ContactRequest) -> Vec<(&str, &str)> {
    request
        .left_out()
        .map(|skipped| (skipped.field.as_str(), skipped.reason.as_str()))
        .collect()
}

#[test]
fn every_identifier_is_read() {
    let request = accepted(&json!({
        "externalCustomerId": 42,
        "channels": [
            {"type": "email", "value": "Ann@Example.com"},
            {"type": "sms", "value": "050 123 45 67"},
            {"type": "viber", "value": "+380501234567"},
            {"type": "mobilePush", "value": "m", "device": {"appId": "9F0C2D1E-0000-4000-8000-000000000001", "deviceModel": "X"}},
            {"type": "webPush", "value": "w", "webPushSubscription": {"appId": 5, "os": "Linux"}},
            {"type": "telegram", "value": "t", "appId": "bot"},
            {"type": "webcookie", "value": "c1"}
        ],
        "telegram": ["t2", {"token": "t3", "appId": 7}],
        "deviceId": "d",
        "cookies": {"sc": "c2", "other": "x"}
    }));
    assert_eq!(
        keys(&request),
        [
            ("external_id", "42"),
            ("email", "ann@example.com"),
            ("phone", "+380501234567"),
            ("phone", "+380501234567"),
            ("mobile_push", "9f0c2d1e-0000-4000-8000-000000000001/m"),
            ("web_push", "5/w"),
            ("telegram", "bot/t"),
            ("telegram", "/t2"),
            ("telegram", "7/t3"),
            ("device_id", "d"),
            ("cookie", "c1"),
            ("cookie", "c2"),
        ]
        .map(|(kind, value)| (kind, value.to_owned()))
    );
    let types: Vec<ChannelType> = request.channels.iter().map(|input| input.channel).collect();
    assert_eq!(types[1..3], [ChannelType::Sms, ChannelType::Viber]);
    let push = &request.channels[3].details;
    assert_eq!(
        push.device.as_ref().and_then(|device| device.device_model.as_deref()),
        Some("X")
    );
    assert_eq!(push.app, None);
    assert_eq!(request.channels[5].details.app.as_deref(), Some("bot"));
    assert!(request.skipped.is_empty());
}

#[test]
fn a_single_channel_may_stand_alone_and_blanks_say_nothing() {
    let request = accepted(&json!({
        "firstName": " ", "lastName": null, "externalCustomerId": " ", "deviceId": "", "timeZone": "",
        "channels": {"type": "EMAIL", "value": "a@b.co"},
        "address": {"region": " ", "town": "Kyiv", "address": "", "postcode": null},
        "fields": {"id": "3", "value": 7},
        "cookies": {"sc": " "}
    }));
    assert_eq!(keys(&request), [("email", "a@b.co".to_owned())]);
    let set: Vec<AttributeKey> = request.attributes.iter().map(|input| input.key).collect();
    assert_eq!(set, [AttributeKey::Town]);
    assert_eq!(
        (request.fields[0].id, request.fields[0].text.as_deref()),
        (FieldId(3), Some("7"))
    );
    assert!(request.skipped.is_empty());
    let blank = accepted(&json!({"channels": [{"type": "sms", "value": " "}, {"type": "email", "value": null}]}));
    assert!(blank.channels.is_empty() && blank.skipped.is_empty());
}

#[test]
fn null_and_blank_say_nothing_for_any_member() {
    for nothing in [json!(null), json!(""), json!(" ")] {
        let request = accepted(&json!({
            "firstName": nothing, "lastName": nothing, "languageCode": nothing, "timeZone": nothing, "contactKey": nothing,
            "address": {"region": nothing, "town": nothing, "address": nothing, "postcode": nothing},
            "fields": [nothing, {"id": 1, "value": nothing}, {"id": nothing, "value": nothing}, {"id": 2, "value": [nothing]}],
            "externalCustomerId": nothing, "deviceId": nothing, "cookies": {"sc": [nothing]}, "telegram": [nothing],
            "channels": [
                nothing, {"type": nothing, "value": nothing}, {"type": "email", "value": nothing},
                {"type": "mobilepush", "value": "m", "device": nothing},
                {"type": "webpush", "value": "w", "webPushSubscription": {"appId": nothing, "os": nothing}}
            ],
            "groups": [nothing]
        }));
        assert_eq!(skips(&request), [], "{nothing}");
        assert!(request.attributes.is_empty() && request.fields.is_empty() && request.segments.is_empty());
        let wanted = [("mobile_push", "/m".to_owned()), ("web_push", "/w".to_owned())];
        assert_eq!(keys(&request), wanted, "{nothing}");
        let alone = accepted(&json!({
            "address": nothing, "fields": nothing, "channels": nothing, "cookies": nothing, "telegram": nothing, "groups": nothing
        }));
        assert_eq!((skips(&alone), keys(&alone)), (vec![], vec![]), "{nothing}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn an_invalid_identifier_is_named() {
    for (body, text) in [
        (
            json!({"channels": [{"type": "email", "value": "ann"}, {"type": "sms", "value": "12"}]}),
            "channels[0].value must be an email address; channels[1].value must be an international phone number",
        ),
        (
            json!({"channels": ["ann@example.com"]}),
            "channels[0] must be an object",
        ),
        (
            json!({"channels": {"type": "email", "value": {}}}),
            "channels.value must be a text",
        ),
        (
            json!({"channels": [{"value": "x"}]}),
            "channels[0].type must be the type of the channel",
        ),
        (
            json!({"externalCustomerId": "x".repeat(101)}),
            "externalCustomerId must be at most 100 characters long, not 101",
        ),
        (
            json!({"externalCustomerId": ["x"]}),
            "externalCustomerId must be a text",
        ),
        (json!({"externalCustomerId": true}), "externalCustomerId must be a text"),
        (json!({"deviceId": {}}), "deviceId must be a text"),
        (json!({"cookies": "x"}), "cookies must be an object"),
        (
            json!({"cookies": {"sc": "x".repeat(251)}}),
            "cookies.sc must be at most 250 characters long, not 251",
        ),
        (
            json!({"telegram": {"token": "x".repeat(4097)}}),
            "telegram must be at most 4096 characters long, not 4097",
        ),
        (
            json!({"channels": [{"type": "mobilepush", "value": "m", "device": {"appId": "x".repeat(101)}}]}),
            "channels[0].device.appId must be at most 100 characters long, not 101",
        ),
        (
            json!({"channels": [{"type": "mobilepush", "value": "m", "device": {"appId": "shop"}}]}),
            "channels[0].device.appId must be a UUID with hyphens",
        ),
        (
            json!({"channels": [{"type": "mobilepush", "value": "m",
                "device": {"appId": "{9f0c2d1e-0000-4000-8000-000000000001}"}}]}),
            "channels[0].device.appId must be a UUID with hyphens",
        ),
        (
            json!({"telegram": [" ", {"value": "t"}]}),
            "telegram[1] must be a token, or an object with token",
        ),
        (
            json!({"telegram": {}}),
            "telegram must be a token, or an object with token",
        ),
        (
            json!({"telegram": [["t"]]}),
            "telegram[0] must be a token, or an object with token",
        ),
    ] {
        assert_eq!(
            read_json(&body).map(|request| keys(&request)),
            Err(text.to_owned()),
            "{body}"
        );
        let mut beside = body.clone();
        if body.get("externalCustomerId").is_none() {
            beside["externalCustomerId"] = json!("A");
            let request = accepted(&beside);
            assert_eq!(request.external_id.map(|id| id.typed).as_deref(), Some("A"), "{body}");
            assert_eq!(request.unreadable.len(), text.split("; ").count(), "{body}");
        }
    }
    let unknown = read_json(&json!({"channels": [{"type": "fax", "value": "1"}]})).expect_err("must be refused");
    assert!(
        unknown.starts_with("channels[0].type must be one of email, sms, viber"),
        "{unknown}"
    );
}

#[test]
fn a_device_without_an_app_and_a_blank_token_are_no_mistakes() {
    let request = accepted(&json!({
        "channels": [{"type": "mobilepush", "value": "m", "device": {"appId": " ", "os": "Android"}}],
        "telegram": [" ", {"token": null}, {"token": ""}]
    }));
    assert_eq!(keys(&request), [("mobile_push", "/m".to_owned())]);
}

#[test]
fn any_other_invalid_member_is_left_out_and_reported() {
    let request = accepted(&json!({
        "channels": [
            {"type": "mobilepush", "value": "m", "device": {"deviceModel": "x".repeat(51), "os": {}, "appVersion": "1", "active": "maybe"}},
            {"type": "webpush", "value": "w", "webPushSubscription": []},
            {"type": "inapp", "value": "i"}
        ],
        "firstName": "12345", "lastName": {}, "languageCode": "english please", "timeZone": "Mars",
        "address": {"town": "x".repeat(301), "region": "Kyiv"},
        "fields": [{"id": "colour", "value": 1}, {"value": 2}, 3, {"id": 4, "value": {"a": 1}}, {"id": 5, "value": ["a", "b"]}],
        "groups": ["", true, {"type": "Static"}, {"name": "x".repeat(256)}, {"id": 7, "name": "Seven"}, {"name": "Named"}, "Plain", 8]
    }));
    assert_eq!(
        skips(&request),
        [
            ("channels[0].device.active", "must be true or false"),
            ("channels[0].device.os", "must be a text"),
            (
                "channels[0].device.deviceModel",
                "must be at most 50 characters long, not 51"
            ),
            ("channels[1].webPushSubscription", "must be an object"),
            ("channels[2]", "channels of type inapp are not stored"),
            ("firstName", "must contain a letter"),
            ("lastName", "must be a text"),
            ("languageCode", "must be a language tag"),
            ("timeZone", "must be the name of a time zone"),
            ("address.town", "must be at most 300 characters long, not 301"),
            ("fields[0].id", "must be the number of a custom field"),
            ("fields[1].id", "must be the number of a custom field"),
            ("fields[2]", "must be an object with id and value"),
            ("fields[3].value", "must be a text"),
            ("groups[1]", "must be an object with id or name, or a name"),
            ("groups[2]", "must have an id or a name"),
            ("groups[3]", "must be at most 255 characters long, not 256"),
        ]
    );
    assert_eq!(request.channels.len(), 2);
    let device = request.channels[0].details.device.as_ref().unwrap();
    assert_eq!((device.app_version.as_deref(), device.active), (Some("1"), true));
    assert_eq!(request.fields[0].text.as_deref(), Some("a,b"));
    let segments: Vec<String> = request.segments.iter().map(|segment| format!("{segment:?}")).collect();
    assert_eq!(
        segments,
        [
            "Id(SegmentId(7))",
            "Name(SegmentName(\"Named\"))",
            "Name(SegmentName(\"Plain\"))",
            "Id(SegmentId(8))"
        ]
    );
}

#[test]
fn placeholders_are_no_mistakes() {
    let body = json!({
        "externalCustomerId": "1",
        "channels": [{"type": "email", "value": "null"}, {"type": "sms", "value": "00000"}, {"type": "sms", "value": "n/a"}]
    });
    let request = accepted(&body);
    assert_eq!(keys(&request), [("external_id", "1".to_owned())]);
    let fields: Vec<&str> = request.skipped.iter().map(|skipped| skipped.field.as_str()).collect();
    assert_eq!(fields, ["channels[0].value", "channels[1].value", "channels[2].value"]);
    assert_eq!(
        request.skipped[0].reason,
        "is a blocked value, and must be an email address"
    );

    let mut policy = policy();
    policy.blocked = BlockedValues::new(vec![BlockedValue::exact(Some("email"), "nobody").unwrap()]).unwrap();
    let fields = Fields::of(body.as_object(), String::new());
    let request = read(&fields, Source::Api, &policy, &mut Problems::default());
    assert_eq!((request.skipped.len(), request.unreadable.len()), (0, 3));
}

#[test]
fn what_is_too_much_is_left_out() {
    let phones = ["+380501234567", "+380501234568", "+380501234569"];
    let request = accepted(&json!({"channels": phones.map(|phone| json!({"type": "sms", "value": phone}))}));
    assert_eq!(keys(&request).len(), 2);
    let left_out = [("channels[2]", "must not be the third channel of type sms")];
    assert_eq!(skips(&request), left_out);
}
