//! Files that spreadsheet programs have mangled: whatever happens to a file, no contact gets an invented identifier.
//!
//! Each file is made of a table of true values by what programs do to it. After the import, and after a decision to go on without the columns
//! that stopped it, every identifier in the storage has to be a true one.

mod cases;
mod mangle;

use crate::support::{self, Server};
use axum::body::Body;
use cases::{Case, Expected, cases};
use http::Request;
use selfsame_application::ports::{ContactOrder, ContactQuery};
use selfsame_domain::{IdentifierKind, Rights, WorkspaceId};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Imports the file of a case with a key.
async fn import(server: &Server, key: &str, case: &Case) -> Value {
    let request = Request::post(format!("/api/v1/imports?{}", case.query))
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", case.media)
        .body(Body::from(case.bytes.clone()))
        .expect("request");
    let accepted = server.send(request).await.json(202);
    let id = accepted["import"]["id"].as_str().expect("an ID").to_owned();
    ended(server, key, &id).await
}

/// The import when it is over, or needs a decision.
async fn ended(server: &Server, key: &str, id: &str) -> Value {
    let get = async |path: String| server.call(key, "GET", &path, None).await.json(200);
    get(format!("/api/v1/importstatus/{id}")).await;
    let import = get(format!("/api/v1/imports/{id}")).await["import"].clone();
    assert!(
        import["finishedAt"].is_string() || import["status"] == "needs_decision",
        "{import}"
    );
    import
}

/// The external IDs and the phones of all contacts of a workspace.
async fn identifiers(server: &Server, workspace: WorkspaceId) -> BTreeSet<String> {
    let query = ContactQuery {
        filter: selfsame_application::ports::ContactFilter::default(),
        order: ContactOrder::Id,
        offset: 0,
        limit: 1000,
    };
    let found = server.app.store().search(workspace, &query).await;
    let page = found.expect("contacts");
    let held = page.items.iter().flat_map(|details| &details.contact.identifiers);
    let named = held.filter(|held| matches!(held.key().kind, IdentifierKind::ExternalId | IdentifierKind::Phone));
    named.map(|held| held.key().value.clone()).collect()
}

async fn decide(server: &Server, key: &str, import: &Value) -> Option<Value> {
    let columns: BTreeSet<&str> = import["problems"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|problem| problem["column"].as_str())
        .collect();
    let id = import["id"].as_str().expect("an ID");
    let path = format!("/api/v1/imports/{id}/decide");
    let body = json!({"skipColumns": columns});
    let answer = server.call(key, "POST", &path, Some(body)).await;
    // Without the column by which contacts are recognised nothing goes on.
    if answer.status == 400 {
        assert_eq!(answer.pointers(), ["/skipColumns"]);
        return None;
    }
    answer.json(200);
    Some(ended(server, key, id).await)
}

#[tokio::test]
async fn no_mangled_file_leads_to_a_wrong_identifier() {
    let cases = cases();
    assert!(cases.len() >= 40, "{}", cases.len());
    let names: BTreeSet<&str> = cases.iter().map(|case| case.name).collect();
    assert_eq!(names.len(), cases.len(), "names repeat");
    let mut wrong = Vec::new();
    let server = Server::working().await;
    for (number, case) in cases.iter().enumerate() {
        let key = format!("case-{number}");
        let workspace = server.app.create_workspace(&key).await.expect("workspace").id;
        support::key(&server.app, workspace, &key, Rights::Full).await;
        let import = import(&server, &key, case).await;
        let kinds: Vec<&str> = import["problems"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|problem| problem["kind"].as_str())
            .collect();
        let as_expected = match &case.expected {
            Expected::Stops(column, kind) => {
                let is_it = |problem: &Value| problem["column"] == *column && problem["kind"] == *kind;
                let found = import["problems"].as_array().into_iter().flatten().any(is_it);
                import["status"] == "needs_decision" && found && identifiers(&server, workspace).await.is_empty()
            }
            Expected::Imports(created) => import["status"] == "finished" && import["rows"]["created"] == *created,
        };
        if !as_expected {
            wrong.push(format!("{}: {kinds:?} {import}", case.name));
        }
        if import["status"] == "needs_decision" {
            decide(&server, &key, &import).await;
        }
        let found = identifiers(&server, workspace).await;
        let strangers: Vec<&String> = found.iter().filter(|value| !case.truth.contains(*value)).collect();
        if !strangers.is_empty() {
            wrong.push(format!("{}: identifiers that no contact has: {strangers:?}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_column_that_stops_says_why_and_is_left_out_by_decision() {
    let server = Server::working().await;
    let cases = cases();
    let case = cases
        .iter()
        .find(|case| case.name == "phones in scientific notation")
        .expect("the case");
    let import = import(&server, "one", case).await;
    let problem = &import["problems"][0];
    assert_eq!(
        (&problem["column"], &problem["kind"]),
        (&json!("phone"), &json!("scientific"))
    );
    assert_eq!(problem["rows"], json!([1, 2, 3, 4, 5]));
    let reason = problem["reason"].as_str().expect("a reason");
    assert!(
        reason.contains("scientific notation") && !reason.contains("380"),
        "{reason}"
    );
    assert_eq!(import["rows"]["total"], 6);
    let decided = decide(&server, "one", &import).await.expect("a decision");
    assert_eq!(
        (&decided["status"], &decided["rows"]["created"]),
        (&json!("finished"), &json!(6))
    );
    let id = import["id"].as_str().expect("an ID");
    let again = server.post(&format!("/api/v1/imports/{id}/decide"), json!({})).await;
    assert_eq!(again.problem(409), "no-decision-needed");
}

#[tokio::test]
async fn a_reviewed_column_is_accepted_and_certain_damage_is_not() {
    let server = Server::working().await;
    let case = Case::csv(
        "externalCustomerId,firstName\nC-1,Ann\n#N/A,Eve\n",
        "uniqueBy=externalCustomerId",
    );
    let import = import(&server, "one", &case).await;
    assert_eq!(import["status"], "needs_decision");
    let id = import["id"].as_str().expect("an ID");
    let body = json!({"acceptColumns": ["externalCustomerId"]});
    server
        .post(&format!("/api/v1/imports/{id}/decide"), body)
        .await
        .json(200);
    let decided = ended(&server, "one", id).await;
    assert_eq!(
        (&decided["rows"]["created"], &decided["rows"]["rejected"]),
        (&json!(1), &json!(1)),
        "{decided}"
    );
    let unknown = server
        .post(
            &format!("/api/v1/imports/{id}/decide"),
            json!({"skipColumns": ["nonsense"]}),
        )
        .await;
    assert_eq!(unknown.status, 409, "it is over");
}
