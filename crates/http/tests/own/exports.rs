//! Connectors and exports: their forms, refusals, and that credentials are never answered.

use crate::support::{Answer, Server};
use serde_json::{Value, json};

pub(crate) const UNKNOWN: &str = "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44";

fn postgres(name: &str) -> Value {
    json!({"name": name, "kind": "postgres", "postgres": {
        "host": "8.8.8.8", "port": 5433, "database": "d", "user": "u", "password": "hidden-password", "sslMode": "require"
    }})
}

pub(crate) fn id(answer: &Answer) -> String {
    answer.json(201)["id"].as_str().expect("an id").to_owned()
}

async fn connector(server: &Server, name: &str) -> String {
    id(&server.post("/api/v1/connectors", postgres(name)).await)
}

pub(crate) async fn export(server: &Server, name: &str) -> String {
    let connector = connector(server, &format!("of {name}")).await;
    let body = json!({"name": name, "connectorId": connector, "datasets": ["contacts", "devices"]});
    id(&server.post("/api/v1/exports", body).await)
}

#[tokio::test]
async fn a_connector_reads_back_without_its_credentials() {
    let server = Server::start().await;
    let made = connector(&server, "warehouse").await;
    let path = format!("/api/v1/connectors/{made}");
    let one = server.get(&path).await;
    let body = one.json(200);
    let expected = json!({"host": "8.8.8.8", "port": 5433, "database": "d", "user": "u", "sslMode": "require"});
    assert_eq!(
        (&body["postgres"], &body["file"], &body["kind"]),
        (&expected, &Value::Null, &json!("postgres"))
    );
    let all = server.get("/api/v1/connectors").await;
    assert_eq!(all.json(200)["connectors"][0], body);
    let changed = server
        .patch(
            &path,
            json!({"name": "renamed", "postgres": {"password": "other-password"}}),
        )
        .await;
    assert_eq!(
        (&changed.json(200)["name"], &changed.json(200)["postgres"]),
        (&json!("renamed"), &expected)
    );
    for answer in [&one, &all, &changed] {
        assert!(!answer.text.contains("password"), "{}", answer.text);
    }
    let taken = connector(&server, "second").await;
    let refused = server
        .patch(&format!("/api/v1/connectors/{taken}"), json!({"name": "renamed"}))
        .await;
    assert_eq!(refused.problem(409), "already-exists");
    assert_eq!(server.call("one", "DELETE", &path, None).await.status, 204);
    assert_eq!(server.get(&path).await.problem(404), "not-found");
}

#[tokio::test]
async fn kept_credentials_go_nowhere_else() {
    let server = Server::start().await;
    let path = format!("/api/v1/connectors/{}", connector(&server, "warehouse").await);
    for change in [
        json!({"host": "9.9.9.9"}),
        json!({"port": 1}),
        json!({"user": "somebody"}),
    ] {
        let refused = server.patch(&path, json!({"postgres": change})).await;
        assert_eq!(refused.pointers(), ["/postgres/password"], "{change}");
    }
    let moved = json!({"postgres": {"host": "9.9.9.9", "password": "new"}});
    assert_eq!(
        server.patch(&path, moved).await.json(200)["postgres"]["host"],
        "9.9.9.9"
    );
    assert_eq!(
        server
            .patch(&path, json!({"postgres": {"database": "e"}}))
            .await
            .json(200)["postgres"]["database"],
        "e"
    );
}

/// A key that is none, in the form of Google's.
fn service_account() -> Value {
    json!({"type": "service_account", "project_id": "shop-1", "private_key_id": "k1", "private_key": "hidden-key",
        "client_email": "export@shop-1.iam.gserviceaccount.com"})
}

fn bigquery(change: &Value) -> Value {
    let mut to = json!({"projectId": "shop-1", "dataset": "crm", "location": "EU", "serviceAccount": service_account(),
        "endpoint": null, "grpcEndpoint": null});
    for (name, value) in change.as_object().expect("an object") {
        to[name] = value.clone();
    }
    json!({"name": "a", "kind": "bigquery", "bigquery": to})
}

#[tokio::test]
async fn a_connector_to_bigquery_reads_back_without_its_key() {
    let server = Server::start().await;
    let made = id(&server.post("/api/v1/connectors", bigquery(&json!({}))).await);
    let path = format!("/api/v1/connectors/{made}");
    let one = server.get(&path).await;
    let expected =
        json!({"projectId": "shop-1", "dataset": "crm", "location": "EU", "endpoint": null, "grpcEndpoint": null});
    assert_eq!(
        (&one.json(200)["bigquery"], &one.json(200)["postgres"]),
        (&expected, &Value::Null)
    );
    assert!(
        !one.text.contains("hidden-key") && !one.text.contains("private"),
        "{}",
        one.text
    );
    let elsewhere = json!({"bigquery": {"endpoint": "https://8.8.8.8"}});
    assert_eq!(
        server.patch(&path, elsewhere).await.pointers(),
        ["/bigquery/serviceAccount"]
    );
    let changed = server
        .patch(&path, json!({"bigquery": {"dataset": "crm_2", "location": null}}))
        .await
        .json(200);
    assert_eq!(
        (&changed["bigquery"]["dataset"], &changed["bigquery"]["location"]),
        (&json!("crm_2"), &Value::Null)
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_connector_to_bigquery_is_named() {
    let server = Server::start().await;
    for (change, pointers) in [
        (
            json!({"projectId": null, "dataset": ""}),
            vec!["/bigquery/projectId", "/bigquery/dataset"],
        ),
        (json!({"projectId": "Shop`1"}), vec!["/bigquery/projectId"]),
        (json!({"dataset": "a-b"}), vec!["/bigquery/dataset"]),
        (json!({"location": "Europe!"}), vec!["/bigquery/location"]),
        (json!({"serviceAccount": null}), vec!["/bigquery/serviceAccount"]),
        (json!({"serviceAccount": "{}"}), vec!["/bigquery/serviceAccount"]),
        (
            json!({"serviceAccount": {"client_email": "a", "private_key_id": "b", "project_id": "c"}}),
            vec!["/bigquery/serviceAccount/private_key"],
        ),
        (json!({"endpoint": "ftp://8.8.8.8"}), vec!["/bigquery/endpoint"]),
        (
            json!({"endpoint": "http://user:secret@8.8.8.8"}),
            vec!["/bigquery/endpoint"],
        ),
        (json!({"endpoint": "http://127.0.0.1:9050"}), vec!["/bigquery/endpoint"]),
        (
            json!({"endpoint": "http://[::1]:9050", "serviceAccount": null}),
            vec!["/bigquery/endpoint"],
        ),
        (json!({"grpcEndpoint": "nowhere"}), vec!["/bigquery/grpcEndpoint"]),
    ] {
        let refused = server.post("/api/v1/connectors", bigquery(&change)).await;
        assert_eq!(refused.pointers(), pointers, "{change}");
        assert!(
            !refused.text.contains("hidden-key") && !refused.text.contains("secret@"),
            "{}",
            refused.text
        );
    }
    let public = json!({"endpoint": "https://8.8.8.8", "serviceAccount": null});
    assert_eq!(server.post("/api/v1/connectors", bigquery(&public)).await.status, 201);
}

#[tokio::test]
async fn a_check_says_in_a_line_what_is_missing() {
    let server = Server::start().await;
    let made = connector(&server, "warehouse").await;
    let checked = server
        .post(&format!("/api/v1/connectors/{made}/check"), json!({}))
        .await
        .json(200);
    let expected = json!({"ok": false, "problem": "the user may not", "grant": "GRANT CREATE"});
    assert_eq!(checked, expected);
}

#[tokio::test]
async fn what_is_wrong_with_a_connector_is_named() {
    let server = Server::start().await;
    let settings = |host: &str| json!({"host": host, "database": "d", "user": "u"});
    for (body, pointers) in [
        (
            json!({"kind": "postgres", "postgres": settings("8.8.8.8")}),
            vec!["/name"],
        ),
        (json!({"name": "a"}), vec!["/kind"]),
        (json!({"name": "a", "kind": "mysql", "mysql": {}}), vec!["/kind"]),
        (json!({"name": "a", "kind": "postgres"}), vec!["/postgres"]),
        (
            json!({"name": "a", "kind": "postgres", "postgres": {"host": "8.8.8.8"}}),
            vec!["/postgres/database", "/postgres/user"],
        ),
        (
            json!({"name": "a", "kind": "postgres", "postgres": settings("a b")}),
            vec!["/postgres/host"],
        ),
        (
            json!({"name": "a", "kind": "postgres", "postgres": settings("127.0.0.1")}),
            vec!["/postgres/host"],
        ),
        (
            json!({"name": "a", "kind": "postgres", "postgres": settings("10.1.2.3")}),
            vec!["/postgres/host"],
        ),
        (
            json!({"name": "a", "kind": "file", "file": {"directory": "relative", "format": "csv"}}),
            vec!["/file/directory"],
        ),
        (
            json!({"name": "a", "kind": "file", "file": {"directory": "/a/../b", "format": "csv"}}),
            vec!["/file/directory"],
        ),
        (
            json!({"name": "a", "kind": "file", "file": {"directory": "/a", "format": "xls"}}),
            vec!["/file/format"],
        ),
    ] {
        assert_eq!(
            server.post("/api/v1/connectors", body.clone()).await.pointers(),
            pointers,
            "{body}"
        );
    }
    let mut odd = postgres("a");
    odd["postgres"]["port"] = json!(70_000);
    odd["postgres"]["sslMode"] = json!("strict");
    odd["postgres"]["password"] = json!(7);
    let refused = server.post("/api/v1/connectors", odd).await;
    assert_eq!(
        refused.pointers(),
        ["/postgres/port", "/postgres/sslMode", "/postgres/password"]
    );
    let listed = server.get("/api/v1/connectors").await.json(200);
    assert_eq!(listed["connectors"], json!([]));
}

#[tokio::test]
async fn an_export_reads_back() {
    let server = Server::start().await;
    let made = export(&server, "warehouse").await;
    let body = server.get(&format!("/api/v1/exports/{made}")).await.json(200);
    assert_eq!(body["datasets"], json!(["contacts", "devices"]));
    assert_eq!(
        (
            &body["schema"],
            &body["schedule"],
            &body["includeExternalId"],
            &body["status"],
            &body["syncedRevision"]
        ),
        (
            &json!("public"),
            &Value::Null,
            &json!(true),
            &json!("active"),
            &Value::Null
        )
    );
    let columns = body["columns"]["contacts"].as_array().expect("columns").len();
    assert_eq!(columns, 21);
    let mut listed = body.clone();
    let lag = listed.as_object_mut().and_then(|export| export.remove("lag"));
    assert_eq!(lag, Some(Value::Null), "nothing was exported yet");
    assert_eq!(
        server.get("/api/v1/exports").await.json(200)["exports"],
        json!([listed])
    );
    let connector = &body["connectorId"];
    let used = server
        .call(
            "one",
            "DELETE",
            &format!("/api/v1/connectors/{}", connector.as_str().expect("an id")),
            None,
        )
        .await;
    assert_eq!(used.problem(409), "in-use");
    let again = json!({"name": "warehouse", "connectorId": connector, "datasets": "contacts"});
    assert_eq!(
        server.post("/api/v1/exports", again).await.problem(409),
        "already-exists"
    );
    assert_eq!(
        server
            .call("one", "DELETE", &format!("/api/v1/exports/{made}"), None)
            .await
            .status,
        204
    );
    assert_eq!(
        server.get(&format!("/api/v1/exports/{made}")).await.problem(404),
        "not-found"
    );
}

#[tokio::test]
async fn schedules_and_column_sets_are_kept() {
    let server = Server::start().await;
    let connector = connector(&server, "warehouse").await;
    for (name, sent, kept) in [
        ("a", json!({"everyMinutes": 5}), json!({"everyMinutes": 5})),
        (
            "b",
            json!({"cron": "0 3 * * *"}),
            json!({"cron": "0 3 * * *", "timeZone": "UTC"}),
        ),
        (
            "c",
            json!({"cron": "0 3 * * *", "timeZone": "europe/kyiv"}),
            json!({"cron": "0 3 * * *", "timeZone": "Europe/Kyiv"}),
        ),
    ] {
        let body = json!({
            "name": name, "connectorId": connector, "datasets": ["contacts"], "schema": "marketing", "schedule": sent,
            "includeExternalId": false, "segmentId": null
        });
        let made = id(&server.post("/api/v1/exports", body).await);
        let export = server.get(&format!("/api/v1/exports/{made}")).await.json(200);
        assert_eq!((&export["schedule"], &export["schema"]), (&kept, &json!("marketing")));
        assert_eq!(export["includeExternalId"], false);
        assert!(
            !export["columns"].to_string().contains("externalCustomerId"),
            "{export}"
        );
        assert!(export["nextRunAt"].is_string());
        let path = format!("/api/v1/exports/{made}/columns");
        let widened = server.post(&path, json!({})).await.json(200);
        assert_eq!(widened["export"]["includeExternalId"], true);
        assert!(widened["runId"].is_string());
        assert_eq!(server.post(&path, json!({})).await.json(200)["runId"], Value::Null);
    }
}

#[tokio::test]
async fn what_is_wrong_with_an_export_is_named() {
    let server = Server::start().await;
    let connector = connector(&server, "warehouse").await;
    let with = |change: Value| {
        let mut body = json!({"name": "a", "connectorId": connector, "datasets": ["contacts"]});
        for (name, value) in change.as_object().expect("an object") {
            body[name] = value.clone();
        }
        body
    };
    for (change, pointers) in [
        (json!({"name": null}), vec!["/name"]),
        (json!({"connectorId": null}), vec!["/connectorId"]),
        (json!({"connectorId": "x"}), vec!["/connectorId"]),
        (json!({"connectorId": UNKNOWN}), vec!["/connectorId"]),
        (json!({"datasets": []}), vec!["/datasets"]),
        (json!({"datasets": ["contacts", "unheard"]}), vec!["/datasets/1"]),
        (json!({"datasets": ["contacts", "contacts"]}), vec!["/datasets/1"]),
        (json!({"schema": "pg_catalog"}), vec!["/schema"]),
        (json!({"schema": "a/b"}), vec!["/schema"]),
        (json!({"schedule": {}}), vec!["/schedule"]),
        (json!({"schedule": {"everyMinutes": 0}}), vec!["/schedule/everyMinutes"]),
        (json!({"schedule": {"cron": "nonsense"}}), vec!["/schedule/cron"]),
        (
            json!({"schedule": {"cron": "0 3 * * *", "timeZone": "Nowhere"}}),
            vec!["/schedule/timeZone"],
        ),
        (
            json!({"schedule": {"cron": "0 3 * * *", "everyMinutes": 1}}),
            vec!["/schedule"],
        ),
        (json!({"segmentId": 7}), vec!["/segmentId"]),
        (json!({"segmentId": 7, "datasets": ["orders"]}), vec!["/segmentId"]),
        (json!({"includeExternalId": "perhaps"}), vec!["/includeExternalId"]),
    ] {
        assert_eq!(
            server.post("/api/v1/exports", with(change.clone())).await.pointers(),
            pointers,
            "{change}"
        );
    }
    assert_eq!(server.get("/api/v1/exports").await.json(200)["exports"], json!([]));
}

#[tokio::test]
async fn runs_are_queued_listed_and_cancelled() {
    let server = Server::start().await;
    let path = format!("/api/v1/exports/{}", export(&server, "warehouse").await);
    let queued = server.post(&format!("{path}/run"), json!({})).await.json(200);
    assert_eq!(server.post(&format!("{path}/run"), json!({})).await.json(200), queued);
    let listed = server.get(&format!("{path}/runs")).await.json(200);
    let run = &listed["runs"][0];
    assert_eq!((&run["id"], &run["status"]), (&queued["runId"], &json!("queued")));
    assert_eq!(
        (&run["startedAt"], &run["revision"], &run["rows"], &run["error"]),
        (&Value::Null, &Value::Null, &json!({}), &Value::Null)
    );
    let cancelled = server.post(&format!("{path}/cancel"), json!({})).await.json(200);
    assert_eq!(cancelled["runs"][0]["status"], "cancelled");
    assert_eq!(
        server.post(&format!("{path}/cancel"), json!({})).await.json(200)["runs"],
        json!([])
    );
    assert_eq!(
        server.post(&format!("{path}/pause"), json!({})).await.json(200)["status"],
        "paused"
    );
    assert_eq!(
        server.post(&format!("{path}/resume"), json!({})).await.json(200)["status"],
        "active"
    );
    let later = server.post(&format!("{path}/run"), json!({})).await.json(200);
    assert_ne!(later, queued);
    let page = server.get(&format!("{path}/runs?limit=1")).await.json(200);
    let next = page["next"].as_str().expect("a next page");
    let rest = server.get(&format!("{path}/runs?cursor={next}")).await.json(200);
    assert_eq!(rest["runs"][0]["id"], queued["runId"]);
}

#[tokio::test]
async fn a_run_that_is_refused_fails_with_the_reason() {
    let server = Server::working().await;
    let path = format!("/api/v1/exports/{}", export(&server, "warehouse").await);
    server.post(&format!("{path}/run"), json!({})).await.json(200);
    let run = loop {
        let listed = server.get(&format!("{path}/runs")).await.json(200);
        let run = listed["runs"][0].clone();
        if run["status"] != "queued" && run["status"] != "running" {
            break run;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(
        (&run["status"], &run["error"]),
        (
            &json!("failed"),
            &json!("the user may not; `GRANT CREATE` grants the right")
        )
    );
    assert!(run["finishedAt"].is_string() && run["revision"].is_null());
}

#[tokio::test]
async fn exports_need_full_rights_and_keep_to_their_workspace() {
    let server = Server::start().await;
    let (connector, export) = (connector(&server, "a").await, export(&server, "b").await);
    let (connector, export) = (
        format!("/api/v1/connectors/{connector}"),
        format!("/api/v1/exports/{export}"),
    );
    let calls = [
        ("GET", "/api/v1/connectors".to_owned()),
        ("GET", connector.clone()),
        ("PATCH", connector.clone()),
        ("DELETE", connector.clone()),
        ("POST", format!("{connector}/check")),
        ("GET", "/api/v1/exports".to_owned()),
        ("GET", export.clone()),
        ("DELETE", export.clone()),
        ("POST", format!("{export}/run")),
        ("GET", format!("{export}/runs")),
        ("POST", format!("{export}/cancel")),
        ("POST", format!("{export}/pause")),
        ("POST", format!("{export}/resume")),
        ("POST", format!("{export}/columns")),
    ];
    for (method, path) in &calls {
        server.guarded(method, path, None, "one-read").await;
        if path.contains('-') {
            let other = server.call("two", method, path, Some(json!({}))).await;
            assert_eq!(other.problem(404), "not-found", "{method} {path}");
        }
    }
    for path in ["/api/v1/connectors", "/api/v1/exports"] {
        server.guarded("POST", path, Some(json!({})), "one-write").await;
        let others = server.call("two", "GET", path, None).await.json(200);
        assert_eq!(others[path.rsplit('/').next().expect("a name")], json!([]));
    }
}
