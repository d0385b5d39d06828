//! Previews of imports of files.

use crate::support::{Answer, Server};
use axum::body::Body;
use http::Request;
use selfsame_http::HttpSettings;
use serde_json::{Value, json};

async fn preview(server: &Server, query: &str, body: &str) -> Answer {
    let request = Request::post(format!("/api/v1/imports/preview?{query}"))
        .header("authorization", "Bearer one")
        .header("content-type", "text/csv")
        .body(Body::from(body.to_owned()))
        .expect("request");
    server.send(request).await
}

#[tokio::test]
async fn a_preview_shows_the_mapping_and_the_decision_of_each_row_and_writes_nothing() {
    let server = Server::start().await;
    let known = server.contact(Some("C-1"), None).await;
    let file = "Зовнішній ID;E-mail;Коментар\nC-1;ann@example.com;x\nC-2;eve@example.com;\n;;y\n";
    let preview = preview(&server, "uniqueBy=externalCustomerId", file).await.json(200);
    assert_eq!(
        (&preview["form"], &preview["encoding"], &preview["delimiter"]),
        (&json!("csv"), &json!("UTF-8"), &json!(";"))
    );
    assert_eq!(
        preview["columns"],
        json!([
            {"header": "Зовнішній ID", "mappedTo": "externalCustomerId", "problem": null},
            {"header": "E-mail", "mappedTo": "email", "problem": null},
            {"header": "Коментар", "mappedTo": null, "problem": null},
        ])
    );
    let rows = preview["rows"].as_array().expect("rows");
    let outcomes: Vec<&Value> = rows.iter().map(|row| &row["outcome"]).collect();
    assert_eq!(json!(outcomes), json!(["updated", "created", "rejected"]));
    assert_eq!(
        (&rows[0]["contactId"], &rows[1]["contactId"]),
        (&json!(known), &Value::Null)
    );
    assert_eq!(rows[0]["decision"]["rule"], "external_id");
    assert_eq!(rows[1]["values"], json!(["C-2", "eve@example.com", ""]));
    assert_eq!((&rows[2]["row"], &rows[2]["line"]), (&json!(3), &json!(4)));
    assert!(rows[2]["error"].is_string(), "{preview}");
    assert_eq!(preview["totals"], Value::Null);
    assert_eq!(server.get("/api/v1/imports").await.json(200)["items"], json!([]));
    let found = server.get("/api/v1/contacts?externalCustomerId=C-2").await.json(200);
    assert_eq!(found, json!([]));
}

#[tokio::test]
async fn totals_are_of_the_whole_file_with_the_reasons_of_rejected_rows() {
    let server = Server::start().await;
    let people: Vec<String> = (0..1200)
        .map(|number| format!("person{number}@example.com,Ann\n"))
        .collect();
    let file = format!("email,firstName\n{}nonsense,\nnothing,\nshort\n", people.concat());
    let preview = preview(&server, "uniqueBy=email&dryRun=true", &file).await.json(200);
    assert_eq!(preview["rows"].as_array().map(Vec::len), Some(100));
    let totals = &preview["totals"];
    assert_eq!(
        (
            &totals["total"],
            &totals["created"],
            &totals["rejected"],
            &totals["complete"]
        ),
        (&json!(1203), &json!(1200), &json!(3), &json!(true))
    );
    let reasons: Vec<&Value> = totals["reasons"].as_array().into_iter().flatten().collect();
    assert_eq!((reasons.len(), &reasons[0]["rows"]), (2, &json!(2)), "{totals}");
    assert!(!totals.to_string().contains("nonsense"), "{totals}");
}

#[tokio::test]
async fn a_damaged_column_is_named_in_a_preview() {
    let server = Server::start().await;
    let file = "externalCustomerId,phone\nC-1,3.80501E+11\nC-2,+380501234567\n";
    let preview = preview(&server, "uniqueBy=externalCustomerId", file).await.json(200);
    let problem = preview["columns"][1]["problem"].as_str().expect("a problem");
    assert!(problem.contains("scientific notation"), "{problem}");
    assert_eq!(
        (&preview["problems"][0]["column"], &preview["problems"][0]["rows"]),
        (&json!("phone"), &json!([1]))
    );
    assert_eq!(preview["columns"][0]["problem"], Value::Null);
}

#[tokio::test]
async fn what_cannot_be_imported_has_no_preview() {
    let server = Server::start().await;
    let wrong = preview(&server, "uniqueBy=nonsense", "email\n").await;
    assert_eq!(wrong.pointers(), ["uniqueBy"]);
    for file in ["name\nAnn\n", "email\n", ""] {
        let answer = preview(&server, "uniqueBy=email", file).await;
        assert_eq!(answer.problem(400), "invalid-request", "{file:?}");
    }
    server
        .guarded("POST", "/api/v1/imports/preview?uniqueBy=email", None, "one-events")
        .await;
    let settings = HttpSettings {
        import_limit: 10,
        ..HttpSettings::default()
    };
    let small = Server::with(settings).await;
    let answer = preview(&small, "uniqueBy=email", "email\nann@example.com\n").await;
    assert_eq!(answer.problem(413), "body-too-large");
}
