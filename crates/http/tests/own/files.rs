//! Imports of files: forms, parameters, and what becomes of rows.

use crate::support::{Answer, Server};
use axum::body::Body;
use http::Request;
use selfsame_http::HttpSettings;
use serde_json::{Value, json};

/// What the description of a call shows of text files.
fn example_files(path: &str) -> Vec<(String, String)> {
    let document = serde_json::to_value(selfsame_http::openapi()).expect("JSON");
    let bodies = document["paths"][path]["post"]["requestBody"]["content"].as_object();
    let texts = bodies
        .into_iter()
        .flatten()
        .filter_map(|(media, body)| Some((media.clone(), body["example"].as_str()?.to_owned())));
    texts.collect()
}

#[tokio::test]
async fn the_files_of_the_description_are_taken() {
    let server = Server::working().await;
    let files = example_files("/api/v1/imports");
    assert_eq!(files.len(), 3, "{files:?}");
    assert_eq!(files, example_files("/api/v1/imports/preview"));
    for (media, file) in files {
        let import = import(&server, "uniqueBy=externalCustomerId&dryRun=true", &media, file).await;
        assert_eq!(import["rows"]["created"], 1, "{import}");
    }
}

fn request(query: &str, media: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(format!("/api/v1/imports?{query}"))
        .header("authorization", "Bearer one")
        .header("content-type", media)
        .body(body.into())
        .expect("request")
}

async fn send(server: &Server, query: &str, media: &str, body: impl Into<Body>) -> Answer {
    server.send(request(query, media, body)).await
}

/// Imports a file; returns the import when it is over or needs a decision.
async fn import(server: &Server, query: &str, media: &str, body: impl Into<Body>) -> Value {
    ended(server, &send(server, query, media, body).await).await
}

async fn ended(server: &Server, accepted: &Answer) -> Value {
    let accepted = accepted.json(202);
    let id = accepted["import"]["id"].as_str().expect("an ID");
    server.get(&format!("/api/v1/importstatus/{id}")).await.json(200);
    server.get(&format!("/api/v1/imports/{id}")).await.json(200)["import"].clone()
}

async fn rows(server: &Server, import: &Value, outcome: &str) -> Value {
    let id = import["id"].as_str().expect("an ID");
    let path = format!("/api/v1/imports/{id}/rows?outcome={outcome}");
    server.get(&path).await.json(200)["items"].clone()
}

/// The contact with an external ID; null where there is none.
async fn contact(server: &Server, external_id: &str) -> Value {
    let found = server
        .get(&format!("/api/v1/contacts?externalCustomerId={external_id}"))
        .await;
    let Some(id) = found.json(200)[0]["id"].as_i64() else {
        return Value::Null;
    };
    // The search leaves addresses out.
    server.get(&format!("/api/v1/contact/{id}")).await.json(200)
}

#[tokio::test]
async fn a_file_is_read_by_the_titles_of_its_columns() {
    let server = Server::working().await;
    let file = "Зовнішній ID;Ім'я;E-mail;Телефон;Місто;Коментар\n\
                C-1;Ганна;ann@example.com;+380501234567;Київ;-\n\
                C-2;Євген;nonsense;;;\n\
                C-2;Євген;;+380671234567;;\n";
    let import = import(&server, "uniqueBy=externalCustomerId", "text/csv", file).await;
    assert_eq!(import["status"], "finished", "{import}");
    assert_eq!((&import["source"], &import["dryRun"]), (&json!("file"), &json!(false)));
    let mapped: Vec<&Value> = import["file"]["columns"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|column| &column["mappedTo"])
        .collect();
    assert_eq!(
        json!(mapped),
        json!(["externalCustomerId", "firstName", "email", "sms", "town", null])
    );
    assert_eq!(
        (&import["file"]["encoding"], &import["file"]["delimiter"]),
        (&json!("UTF-8"), &json!(";"))
    );
    assert_eq!(import["rows"]["total"], 3);
    let ann = contact(&server, "C-1").await;
    assert_eq!(
        (&ann["firstName"], &ann["address"]["town"]),
        (&json!("Ганна"), &json!("Київ"))
    );
    let eve = contact(&server, "C-2").await;
    assert_eq!(eve["channels"], json!([{"type": "sms", "value": "+380671234567"}]));
}

#[tokio::test]
async fn rejected_rows_are_reported_with_row_and_line() {
    let server = Server::working().await;
    let file =
        "email,address\nann@example.com,\"two\nlines\"\nnonsense,\n\n,nowhere\neve@example.com\nmax@example.com,here\n";
    let import = import(&server, "uniqueBy=email", "text/csv", file).await;
    assert_eq!(
        (&import["rows"]["created"], &import["rows"]["rejected"]),
        (&json!(2), &json!(3)),
        "{import}"
    );
    let rejected = rows(&server, &import, "rejected").await;
    let places: Vec<(i64, i64)> = rejected
        .as_array()
        .into_iter()
        .flatten()
        .map(|row| (row["row"].as_i64().unwrap_or(0), row["line"].as_i64().unwrap_or(0)))
        .collect();
    assert_eq!(places, [(2, 4), (3, 6), (4, 7)]);
    let short = rejected[2]["error"].as_str().expect("an error");
    assert!(short.contains("has 1 cells where the header has 2"), "{short}");
    assert!(!rejected.to_string().contains("nonsense"), "{rejected}");
}

#[tokio::test]
async fn named_columns_are_the_only_ones() {
    let server = Server::working().await;
    let file = "Key\tMail\tPhone\nC-1\tann@example.com\t+380501234567\n";
    let map = "%7B%22Key%22%3A%22externalCustomerId%22%2C%22mail%22%3A%22email%22%7D";
    let query = format!("uniqueBy=email&map={map}");
    let import = import(&server, &query, "text/tab-separated-values", file).await;
    assert_eq!(import["status"], "finished", "{import}");
    let ann = contact(&server, "C-1").await;
    assert_eq!(ann["channels"], json!([{"type": "email", "value": "ann@example.com"}]));
}

#[tokio::test]
async fn a_form_brings_the_file_and_the_map() {
    let server = Server::working().await;
    for is_first in [true, false] {
        let map = "--B\r\nContent-Disposition: form-data; name=\"map\"\r\nContent-Type: application/json\r\n\r\n{\"k\":\"externalCustomerId\",\"m\":\"email\"}\r\n";
        let file = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\nk,m\nF-1,ann@example.com\n\r\n";
        let parts = if is_first {
            format!("{map}{file}")
        } else {
            format!("{file}{map}")
        };
        let body = format!("{parts}--B--\r\n");
        let import = import(
            &server,
            "uniqueBy=externalCustomerId",
            "multipart/form-data; boundary=B",
            body,
        )
        .await;
        assert_eq!(import["status"], "finished", "{import}");
    }
    assert_eq!(contact(&server, "F-1").await["channels"][0]["value"], "ann@example.com");
}

#[tokio::test]
async fn lines_of_json_are_contacts_or_flat_objects() {
    let server = Server::working().await;
    let lines = [
        json!({"externalCustomerId": "C-1", "channels": [{"type": "email", "value": "ann@example.com"}], "firstName": "Ann"}),
        json!({"externalCustomerId": 7, "email": "eve@example.com", "phone": "+380501234567"}),
        json!([]),
    ];
    let body: Vec<String> = lines.iter().map(Value::to_string).collect();
    let import = import(
        &server,
        "uniqueBy=externalCustomerId",
        "application/x-ndjson",
        body.join("\n"),
    )
    .await;
    assert_eq!(
        (&import["rows"]["created"], &import["rows"]["rejected"]),
        (&json!(2), &json!(1)),
        "{import}"
    );
    assert_eq!(import["file"]["form"], "ndjson");
    assert_eq!(contact(&server, "C-1").await["firstName"], "Ann");
    let channels = contact(&server, "7").await["channels"].clone();
    assert_eq!(channels.as_array().map(Vec::len), Some(2), "{channels}");
}

#[tokio::test]
async fn empty_cells_clear_only_where_it_is_asked_for() {
    let server = Server::working().await;
    let field = json!({"profileKey": "CARD", "fieldKey": "LEVEL", "name": "Level", "type": "TEXTFIELD"});
    let field = server.post("/api/v1/fields", field).await.json(201)["field"]["id"].clone();
    let first = "externalCustomerId,firstName,Level\nC-1,Ann,gold\n";
    import(&server, "uniqueBy=externalCustomerId", "text/csv", first).await;
    let value = async || {
        let ann = contact(&server, "C-1").await;
        let fields = ann["fields"].as_array().cloned().unwrap_or_default();
        let level = fields
            .iter()
            .find(|value| value["id"] == field)
            .map(|value| value["value"].clone());
        (ann["firstName"].clone(), level)
    };
    assert_eq!(value().await, (json!("Ann"), Some(json!("gold"))));
    let empty = "externalCustomerId,firstName,CARD.LEVEL\nC-1,,\n";
    import(&server, "uniqueBy=externalCustomerId", "text/csv", empty).await;
    assert_eq!(value().await, (json!("Ann"), Some(json!("gold"))));
    import(&server, "uniqueBy=externalCustomerId&emptyClears", "text/csv", empty).await;
    assert_eq!(value().await, (Value::Null, None));
}

#[tokio::test]
async fn removed_contacts_come_back_only_where_it_is_asked_for() {
    let server = Server::working().await;
    let id = server.contact(Some("C-1"), None).await;
    server
        .call("one", "DELETE", &format!("/api/v1/contact/{id}"), None)
        .await;
    let file = "externalCustomerId,firstName\nC-1,Ann\n";
    let left = import(&server, "uniqueBy=externalCustomerId", "text/csv", file).await;
    assert_eq!(left["rows"]["rejected"], 1, "{left}");
    let restored = import(
        &server,
        "uniqueBy=externalCustomerId&restoreRemoved=true",
        "text/csv",
        file,
    )
    .await;
    assert_eq!(restored["rows"]["restored"], 1, "{restored}");
}

#[tokio::test]
async fn a_dry_run_writes_nothing() {
    let server = Server::working().await;
    server.contact(Some("C-1"), None).await;
    let file = "externalCustomerId,firstName\nC-1,Ann\nC-2,Eve\n";
    let import = import(&server, "uniqueBy=externalCustomerId&dryRun=true", "text/csv", file).await;
    assert_eq!(import["dryRun"], true);
    assert_eq!(
        (&import["rows"]["created"], &import["rows"]["updated"]),
        (&json!(1), &json!(1)),
        "{import}"
    );
    let created = rows(&server, &import, "created").await;
    assert_eq!(
        (&created[0]["contactId"], &created[0]["decision"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(contact(&server, "C-2").await, Value::Null);
    assert!(contact(&server, "C-1").await.get("firstName").is_none());
}

#[tokio::test]
async fn dates_are_read_in_their_order_or_asked_about() {
    let server = Server::working().await;
    let field = json!({"profileKey": "CARD", "fieldKey": "BIRTHDAY", "name": "Birthday", "type": "DATE"});
    server.post("/api/v1/fields", field).await.json(201);
    let file = |dates: [&str; 2]| format!("externalCustomerId,Birthday\nC-1,{}\nC-2,{}\n", dates[0], dates[1]);
    let by = "uniqueBy=externalCustomerId";
    let birthday = async |id: &str| contact(&server, id).await["fields"][0]["value"].clone();
    import(&server, by, "text/csv", file(["1/2/2001", "12/31/2001"])).await;
    assert_eq!(
        (birthday("C-1").await, birthday("C-2").await),
        (json!("2001-01-02"), json!("2001-12-31"))
    );
    let stopped = import(&server, by, "text/csv", file(["1/2/2001", "3/4/2001"])).await;
    assert_eq!(stopped["status"], "needs_decision", "{stopped}");
    assert_eq!(
        (&stopped["problems"][0]["kind"], &stopped["problems"][0]["rows"]),
        (&json!("ambiguous_dates"), &json!([1, 2]))
    );
    let id = stopped["id"].as_str().expect("an ID");
    let decision = json!({"dateFormats": {"Birthday": "dd/MM/yyyy"}});
    server
        .post(&format!("/api/v1/imports/{id}/decide"), decision)
        .await
        .json(200);
    server.get(&format!("/api/v1/importstatus/{id}")).await.json(200);
    assert_eq!(birthday("C-2").await, "2001-04-03");
    let named = format!("{by}&dateFormat=dd%2FMM%2Fyyyy");
    import(&server, &named, "text/csv", file(["5/6/2001", "7/8/2001"])).await;
    assert_eq!(birthday("C-1").await, "2001-06-05");
}

#[tokio::test]
async fn what_is_wrong_with_the_request_is_refused_at_once() {
    let server = Server::start().await;
    let file = "email\nann@example.com\n";
    let map = "%7B%22a%22%3A%22nonsense%22%7D";
    for (query, pointers) in [
        (String::new(), vec!["uniqueBy"]),
        (
            "uniqueBy=nonsense&emptyClears=maybe".to_owned(),
            vec!["uniqueBy", "emptyClears"],
        ),
        ("uniqueBy=field:77".to_owned(), vec!["uniqueBy"]),
        (format!("uniqueBy=email&map={map}"), vec!["map"]),
        (
            "uniqueBy=email&defaultPhoneRegion=XX&dateFormat=soon".to_owned(),
            vec!["defaultPhoneRegion", "dateFormat"],
        ),
    ] {
        assert_eq!(
            send(&server, &query, "text/csv", file).await.pointers(),
            pointers,
            "{query}"
        );
    }
    assert_eq!(
        send(&server, "uniqueBy=email", "text/csv", "").await.problem(400),
        "invalid-request"
    );
    let json = send(&server, "uniqueBy=email", "application/json", "{}").await;
    assert_eq!(json.problem(415), "unsupported-media-type");
    server
        .guarded("POST", "/api/v1/imports?uniqueBy=email", None, "one-events")
        .await;
}

#[tokio::test]
async fn what_is_wrong_with_the_file_fails_the_import() {
    let server = Server::working().await;
    for (query, file, reason) in [
        (
            "uniqueBy=email",
            "name,phone\nAnn,+380501234567\n",
            "no column goes to email",
        ),
        ("uniqueBy=email", "email\n", "the file has no rows"),
        (
            "uniqueBy=email&map=%7B%22x%22%3A%22email%22%7D",
            "email\na@example.com\n",
            "`map` names a column",
        ),
        ("uniqueBy=id", "id,ID,Contact ID\n1,2,3\n", "too many columns go to id"),
    ] {
        let import = import(&server, query, "text/csv", file).await;
        assert_eq!(import["status"], "failed", "{import}");
        let error = import["error"].as_str().unwrap_or_default();
        assert!(error.contains(reason), "{error}");
    }
    let import = import(
        &server,
        "uniqueBy=email",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "email\n",
    )
    .await;
    assert_eq!(
        (&import["status"], &import["error"]),
        (&json!("failed"), &json!("the file is no XLSX spreadsheet"))
    );
}

#[tokio::test]
async fn a_file_beyond_the_limit_is_refused_and_not_kept() {
    let settings = HttpSettings {
        import_limit: 1000,
        ..HttpSettings::default()
    };
    let server = Server::with(settings).await;
    let file = format!("email\n{}", "a@example.com\n".repeat(100));
    // As a stream without an announced length.
    let chunks = futures_chunks(&file);
    assert_eq!(
        send(&server, "uniqueBy=email", "text/csv", chunks).await.problem(413),
        "body-too-large"
    );
    assert_eq!(server.get("/api/v1/imports").await.json(200)["items"], json!([]));
}

fn futures_chunks(text: &str) -> Body {
    let chunks: Vec<Result<String, std::io::Error>> = text
        .as_bytes()
        .chunks(100)
        .map(|chunk| Ok(String::from_utf8_lossy(chunk).into_owned()))
        .collect();
    Body::from_stream(futures::stream::iter(chunks))
}

#[tokio::test]
async fn an_idempotency_key_answers_with_the_first_import() {
    let server = Server::working().await;
    let send = async |file: &str| {
        let mut request = request("uniqueBy=email", "text/csv", file.to_owned());
        request
            .headers_mut()
            .insert("idempotency-key", "k".parse().expect("a header"));
        server.send(request).await
    };
    let first = send("email\nann@example.com\n").await;
    assert_eq!(first.header("idempotent-replayed"), None);
    let first = first.json(202);
    let again = send("email\nann@example.com\n").await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.json(202), first);
    assert_eq!(
        send("email\neve@example.com\n").await.problem(422),
        "idempotency-key-reused"
    );
    assert_eq!(
        server.get("/api/v1/imports").await.json(200)["items"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}
