//! What apps may and may not do with a public key (identity rules, "Trust").

mod app;
mod events;
mod offline;

use app::{App, event, phone, refused, values};
use http::Request;
use serde_json::json;
use std::collections::BTreeSet;

#[tokio::test]
async fn an_installed_app_makes_an_anonymous_contact_that_the_server_s_call_absorbs() {
    let app = App::start(false).await;
    let device = json!({
        "deviceId": "d1", "pushToken": "t1", "pushSubscribed": true, "osType": "ANDROID", "osVersion": "15",
        "deviceModel": "Pixel 9", "appVersion": "2.4.0", "languageCode": "uk-UA"
    });
    assert_eq!(app.submit("device", &device).await, json!({"stored": 1, "refused": []}));
    app.submit("events", &event("appOpened")).await;
    assert_eq!(app.contacts().await.len(), 1);
    let body = json!({"externalCustomerId": "A", "channels": [
        {"type": "email", "value": "ann@example.com"}, {"type": "mobilepush", "value": "t1"}
    ]});
    app.server.post("/api/v1/contact", body).await.json(200);
    let ann = app.contact("A").await;
    assert_eq!(app.contacts().await.len(), 1, "the anonymous contact is hers");
    assert_eq!(values(&ann, "mobilepush"), ["t1"]);
    assert_eq!(app.happened(&ann).await, ["appOpened"]);
    let channels = ann["channels"].as_array().expect("channels");
    let push = channels
        .iter()
        .find(|held| held["type"] == "mobilepush")
        .expect("a token");
    assert_eq!(
        push["device"],
        json!({"os": "ANDROID 15", "deviceModel": "Pixel 9", "appVersion": "2.4.0", "locale": "uk-UA",
            "clientVersion": "2.9.1", "active": true})
    );
}

#[tokio::test]
async fn a_token_of_an_app_is_that_of_a_contact_with_the_same_app() {
    let app = App::start(false).await;
    let app_id = "0192c7a0-1f2e-7abc-8def-0123456789ab";
    app.submit(
        "device",
        &json!({"deviceId": "d1", "pushToken": "t1", "appId": app_id.to_uppercase()}),
    )
    .await;
    let body = json!({"externalCustomerId": "A", "channels": [
        {"type": "mobilepush", "value": "t1", "device": {"appId": app_id}}
    ]});
    app.server.post("/api/v1/contact", body).await.json(200);
    assert_eq!(app.contacts().await.len(), 1);
    let path = format!("/api/v1/contact/token/{app_id}/t1/contactId");
    assert_eq!(
        app.server.get(&path).await.json(200)["id"],
        app.contact("A").await["id"]
    );
    let body = json!({"deviceId": "d2", "pushToken": "t2", "appId": "shop"});
    assert_eq!(refused(&app.submit("device", &body).await), ["appId"]);
    let path = "/api/v1/identity/lookup?kind=mobile_push&value=t2";
    assert_eq!(app.server.get(path).await.json(200)["holders"], json!([]));
}

#[tokio::test]
async fn an_unsigned_user_is_refused_and_the_device_is_kept() {
    let app = App::start(false).await;
    app.server.contact(Some("A"), Some("ann@example.com")).await;
    let before = app.contact("A").await;
    for name in ["externalUserId", "userId", "user_id"] {
        let mut body = phone("t1");
        body[name] = json!("A");
        body["email"] = json!("eve@example.com");
        let answer = app.submit("device", &body).await;
        assert_eq!((&answer["stored"], refused(&answer)), (&json!(1), vec![name, "email"]));
        assert_eq!(answer["refused"][0]["reason"], "needs a signed identity token");
    }
    assert_eq!(app.contact("A").await, before);
    assert_eq!(app.contacts().await.len(), 2, "the device is an anonymous contact's");
    let forged = json!({"deviceId": "d1", "externalUserId": "A", "events": [{"eventTypeKey": "forged"}]});
    let stored = app.submit("events", &forged).await;
    assert_eq!(
        (&stored["stored"], refused(&stored)),
        (&json!(1), vec!["externalUserId"])
    );
    assert!(app.happened(&before).await.is_empty());
}

#[tokio::test]
async fn a_stranger_takes_nothing_and_learns_nothing() {
    let app = App::start(false).await;
    app.submit_as("A", "device", &phone("t1")).await;
    let before = app.contact("A").await;
    let unknown = app
        .submit("device", &json!({"deviceId": "eve", "pushToken": "unknown"}))
        .await;
    for body in [
        json!({"deviceId": "eve2", "pushToken": "t1"}),
        json!({"deviceId": "d1", "pushToken": "eve-token"}),
        json!({"deviceId": "d1", "pushToken": "t1", "pushSubscribed": false}),
    ] {
        assert_eq!(
            app.submit("device", &body).await,
            unknown,
            "the answer is the same for all"
        );
        assert_eq!(app.contact("A").await, before);
    }
}

#[tokio::test]
async fn a_signed_user_claims_the_device_and_refreshes_its_token() {
    let app = App::start(false).await;
    app.submit("device", &phone("t1")).await;
    app.submit("events", &event("appOpened")).await;
    let mut body = phone("t1");
    body["externalUserId"] = json!("A");
    body["languageCode"] = json!("uk");
    body["timeZone"] = json!("Europe/Kyiv");
    let answer = app.submit_as("A", "device", &body).await;
    assert_eq!(answer, json!({"stored": 1, "refused": []}));
    let ann = app.contact("A").await;
    assert_eq!(
        (values(&ann, "mobilepush"), app.happened(&ann).await),
        (vec!["t1".to_owned()], vec!["appOpened".to_owned()])
    );
    assert_eq!(
        (&ann["languageCode"], &ann["timeZone"]),
        (&json!("uk"), &json!("Europe/Kyiv"))
    );
    app.submit_as("A", "device", &phone("t2")).await;
    assert_eq!(values(&app.contact("A").await, "mobilepush"), ["t2"]);
    // Another user logs in on the same device.
    app.submit_as("B", "device", &phone("t2")).await;
    app.submit_as("B", "events", &event("bought")).await;
    let (ann, bob) = (app.contact("A").await, app.contact("B").await);
    assert_eq!(
        (values(&ann, "mobilepush").len(), values(&bob, "mobilepush").len()),
        (0, 1)
    );
    assert_eq!(
        (app.happened(&ann).await, app.happened(&bob).await),
        (vec!["appOpened".to_owned()], vec!["bought".to_owned()])
    );
}

#[tokio::test]
async fn an_identity_token_for_another_contact_or_none_names_no_contact_and_loses_no_history() {
    let app = App::start(true).await;
    let token = app.token("A").await;
    let blocked = app.token("null").await;
    let forged = format!("{token}0");
    let body = json!({"deviceId": "d1", "pushToken": "t1", "events": [{"eventTypeKey": "seen"}]});
    let mut others = body.clone();
    others["userId"] = json!("B");
    let mut unsigned = body.clone();
    unsigned["externalUserId"] = json!("A");
    let header = "X-Selfsame-Identity";
    for path in ["device", "user", "events"] {
        for (token, body, fields) in [
            (&token, &others, vec!["userId"]),
            (&forged, &body, vec![header]),
            (&forged, &unsigned, vec![header, "externalUserId"]),
            (&blocked, &body, vec![header]),
        ] {
            let request = app.post(path).header("x-selfsame-identity", token.as_str());
            let answer = app.send(request, body).await.json(200);
            assert_eq!(
                (&answer["stored"], refused(&answer)),
                (&json!(1), fields),
                "{path} {answer}"
            );
        }
    }
    let anonymous = app.contacts().await;
    assert_eq!(anonymous.len(), 1, "the device is kept: {anonymous:?}");
    assert_eq!(app.happened(&anonymous[0]).await, ["seen"; 4]);
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn what_is_wrong_is_named() {
    let app = App::start(true).await;
    let long = "x".repeat(5_000);
    for (path, body, pointers) in [
        ("device", json!({"pushToken": "t1"}), vec!["/deviceId"]),
        (
            "device",
            json!({"deviceId": "d1", "externalUserId": " "}),
            vec!["/externalUserId"],
        ),
        (
            "device",
            json!({"deviceId": "d1", "externalUserId": "A", "user_id": "B"}),
            vec!["/user_id"],
        ),
        (
            "user",
            json!({"deviceId": "d1", "userAttributes": {"email": "a@example.com", "phone": "+380501234567"}}),
            vec!["/userAttributes/email", "/userAttributes/phone"],
        ),
        (
            "user",
            json!({"deviceId": "d1", "userAttributes": 7}),
            vec!["/userAttributes"],
        ),
        ("events", json!({"deviceId": "d1", "events": 7}), vec!["/events"]),
        (
            "events",
            json!({"deviceId": "d1", "events": vec![json!({"eventTypeKey": "a"}); 501]}),
            vec!["/events"],
        ),
    ] {
        let answer = app.send(app.post(path), &body).await;
        assert_eq!(answer.pointers(), pointers, "{path} {body:.200}");
    }
    assert!(app.contacts().await.is_empty());
    let null = json!({"deviceId": "d1", "externalUserId": null, "pushToken": null, "email": null, "phone": null});
    assert_eq!(
        app.submit("device", &null).await,
        json!({"stored": 1, "refused": []}),
        "the library sends every member"
    );
    for (path, body, member) in [
        ("device", json!({"deviceId": "d1", "pushToken": long}), "pushToken"),
        ("device", json!({"deviceId": "d1", "email": "nonsense"}), "email"),
        (
            "user",
            json!({"deviceId": "d1", "externalUserId": "A", "userAttributes": {"phone": "12"}}),
            "userAttributes.phone",
        ),
        (
            "device",
            json!({"deviceId": "d1", "pushToken": "t1", "pushSubscribed": 7}),
            "pushSubscribed",
        ),
        ("device", json!({"deviceId": "d1", "email": "\u{7}"}), "email"),
    ] {
        let answer = app.submit(path, &body).await;
        assert_eq!(
            (&answer["stored"], refused(&answer)),
            (&json!(1), vec![member]),
            "{path}"
        );
    }
    let by_header = app.post("device").header("x-reteno-device-id", "d1");
    app.send(by_header, &json!({"pushToken": "t1"})).await.json(200);
    assert_eq!(app.contacts().await.len(), 1);
}

#[tokio::test]
async fn a_key_is_needed_and_the_body_is_bounded() {
    let app = App::start(false).await;
    for path in ["device", "user", "events"] {
        let uri = format!("/mobile/api/v1/{path}");
        let bare = Request::builder().method("POST").uri(&uri);
        assert_eq!(app.send(bare, &phone("t1")).await.json(401)["status"], 401);
        let wrong = Request::builder()
            .method("POST")
            .uri(&uri)
            .header("x-reteno-access-key", "one");
        assert_eq!(
            app.send(wrong, &phone("t1")).await.json(401)["status"],
            401,
            "a secret key is none"
        );
        let page = app.post(path).header("origin", "https://shop.example");
        let answer = app.send(page, &phone("t1")).await;
        assert_eq!(
            (
                answer.problem(403).as_str(),
                answer.header("access-control-allow-origin")
            ),
            ("foreign-origin", None)
        );
        let long = json!({"deviceId": "d1", "events": [], "text": "x".repeat(64 * 1024)});
        assert_eq!(app.send(app.post(path), &long).await.problem(413), "body-too-large");
    }
    assert!(app.contacts().await.is_empty());
}

#[tokio::test]
async fn members_without_a_place_are_reported() {
    let app = App::start(false).await;
    let body = json!({"deviceId": "d1", "category": "MOBILE", "advertisingId": "x", "osType": "IOS", "timeZone": "Europe/Kyiv"});
    let answer = app.submit("device", &body).await;
    assert_eq!(refused(&answer), ["osType", "category", "advertisingId", "timeZone"]);
    let long = json!({"deviceId": "d1", "pushToken": "t1", "deviceModel": "m".repeat(51), "osVersion": {}});
    assert_eq!(
        refused(&app.submit("device", &long).await),
        ["osVersion", "deviceModel"]
    );
}

#[tokio::test]
async fn a_token_that_takes_no_messages_is_kept_inactive() {
    let app = App::start(false).await;
    app.submit_as(
        "A",
        "device",
        &json!({"deviceId": "d1", "pushToken": "t1", "pushSubscribed": false}),
    )
    .await;
    let ann = app.contact("A").await;
    assert_eq!(ann["channels"][0]["device"]["active"], false);
    app.submit_as("A", "device", &phone("t1")).await;
    assert_eq!(app.contact("A").await["channels"][0]["device"]["active"], true);
}

#[tokio::test]
async fn a_user_is_a_contact_with_attributes_segments_and_subscriptions() {
    let app = App::start(false).await;
    let field = json!({"profileKey": "SHOP", "fieldKey": "SIZE", "name": "Size", "type": "TEXTFIELD"});
    app.server.post("/api/v1/fields", field).await.json(201);
    app.server
        .post("/api/v1/categories", json!({"key": "news", "name": "News"}))
        .await
        .json(201);
    app.server
        .post(
            "/api/v1/contact",
            json!({"externalCustomerId": "A", "groups": [{"name": "Guests"}, {"name": "Old"}]}),
        )
        .await
        .json(200);
    let body = json!({
        "deviceId": "d1", "externalUserId": "A",
        "userAttributes": {
            "firstName": "Ann", "lastName": "Smith", "email": "ann@example.com", "phone": "+380501234567", "languageCode": "uk",
            "timeZone": "Europe/Kyiv", "address": {"town": "Lviv"}, "marketId": "7",
            "fields": [{"key": "SIZE", "value": "M"}, {"key": "UNKNOWN", "value": "1"}]
        },
        "subscriptionKeys": ["news", "nothing"], "groupNamesInclude": ["App users"], "groupNamesExclude": ["Guests", "Nobody"]
    });
    let answer = app.submit_as("A", "user", &body).await;
    assert_eq!(answer["stored"], 1);
    assert_eq!(
        refused(&answer),
        [
            "userAttributes.marketId",
            "userAttributes.fields[1].key",
            "subscriptionKeys"
        ]
    );
    let ann = app.contact("A").await;
    assert_eq!(
        (&ann["firstName"], &ann["lastName"], &ann["languageCode"]),
        (&json!("Ann"), &json!("Smith"), &json!("uk"))
    );
    assert_eq!(
        (values(&ann, "email"), values(&ann, "sms").len()),
        (vec!["ann@example.com".to_owned()], 1)
    );
    assert_eq!(
        (&ann["address"]["town"], &ann["fields"][0]["value"]),
        (&json!("Lviv"), &json!("M"))
    );
    let groups = ann["groups"].as_array().into_iter().flatten();
    let names: BTreeSet<&str> = groups.filter_map(|group| group["name"].as_str()).collect();
    assert_eq!(names, BTreeSet::from(["App users", "News", "Old"]));
}

#[tokio::test]
async fn an_unsigned_app_says_nothing_of_its_user() {
    let app = App::start(false).await;
    let body = json!({
        "deviceId": "d1", "externalUserId": "A",
        "userAttributes": {"firstName": "Eve", "phone": "+380501234567", "address": {"town": "Lviv"}, "fields": []},
        "subscriptionKeys": ["news"], "groupNamesInclude": ["Staff"], "groupNamesExclude": ["Guests"]
    });
    let answer = app.submit("user", &body).await;
    assert_eq!(
        refused(&answer),
        [
            "externalUserId",
            "userAttributes.phone",
            "userAttributes.firstName",
            "userAttributes.address.town",
            "groupNamesInclude",
            "groupNamesExclude",
            "subscriptionKeys"
        ]
    );
    let contacts = app.contacts().await;
    assert_eq!(contacts.len(), 1, "the device is kept");
    let segments = app.server.get("/api/v1/groups").await.json(200);
    assert_eq!(segments, json!([]));
}

#[tokio::test]
async fn a_site_may_believe_its_apps() {
    let app = App::start(true).await;
    let anonymous = json!({"deviceId": "d1", "userAttributes": {"firstName": "Ann", "languageCode": "uk", "timeZone": "Europe/Kyiv"}});
    let answer = app.submit("user", &anonymous).await;
    assert_eq!(
        refused(&answer),
        ["userAttributes.languageCode", "userAttributes.timeZone"]
    );
    app.submit(
        "user",
        &json!({"deviceId": "d1", "user_id": 7, "userAttributes": {"phone": "+380501234567"}}),
    )
    .await;
    let ann = app.contact("7").await;
    assert_eq!((&ann["firstName"], values(&ann, "sms").len()), (&json!("Ann"), 1));
    assert!(ann["languageCode"].is_null());
}

#[tokio::test]
async fn a_value_that_nothing_can_keep_costs_itself() {
    let app = App::start(true).await;
    let (nul, huge) = ("\u{0}", u64::MAX);
    let user = json!({"deviceId": "d1", "externalUserId": "A", "subscriptionKeys": [nul], "groupNamesInclude": ["G", huge],
        "groupNamesExclude": [nul], "userAttributes": {"firstName": nul, "lastName": "Smith", "fields": [nul, {"key": "K", "value": nul}]}});
    let answer = app.submit("user", &user).await;
    let mut left_out = refused(&answer);
    left_out.sort_unstable();
    let expected = [
        "groupNamesExclude[0]",
        "groupNamesInclude[1]",
        "subscriptionKeys[0]",
        "userAttributes.fields[0]",
        "userAttributes.fields[1].key",
        "userAttributes.firstName",
    ];
    assert_eq!((&answer["stored"], left_out), (&json!(1), expected.to_vec()));
    let ann = app.contact("A").await;
    assert_eq!(
        (&ann["lastName"], &ann["groups"][0]["name"]),
        (&json!("Smith"), &json!("G"))
    );
    let external = json!({"deviceId": "d1", "externalUserId": nul});
    assert_eq!(
        app.send(app.post("user"), &external).await.pointers(),
        ["/externalUserId"]
    );
    let event = json!({"deviceId": "d1", "externalUserId": "A", "events": [
        {"eventTypeKey": "a", "keyValue": nul, "eventId": huge, "params": [{"name": nul, "value": 1}, {"name": "b", "value": [nul]}]}]});
    let answer = app.submit("events", &event).await;
    let places = [
        "events[0].keyValue",
        "events[0].eventId",
        "events[0].params[0]",
        "events[0].params[1].value[0]",
    ];
    let mut left_out = refused(&answer);
    left_out.sort_unstable();
    let mut places = places.to_vec();
    places.sort_unstable();
    assert_eq!((&answer["stored"], left_out), (&json!(1), places));
}
