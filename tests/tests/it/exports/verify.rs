//! Verifying an export, and mending what differs.

use super::warehouse::Postgres;
use super::{contact, export, over, run};
use anyhow::{Context, Result, ensure};
use selfsame_tests::{Client, Database, Selfsame};
use serde_json::{Value, json};

/// Verifies an export, and answers what was found by table.
pub(super) async fn verified(client: &Client, export: &str, body: Value) -> Result<Value> {
    let queued = client.post(&format!("exports/{export}/verify"), body).await?;
    ensure!(queued.status == 200, "{}", queued.text);
    let run = over(client, export).await?;
    ensure!(run["id"] == queued.json()["runId"], "another run is the latest");
    ensure!(run["status"] == "succeeded", "{run}");
    let tables = run["verification"]["tables"].as_array().context("no tables")?;
    let by_name = tables
        .iter()
        .map(|table| (table["table"].as_str().unwrap_or_default().to_owned(), table.clone()));
    Ok(Value::Object(by_name.collect()))
}

/// The counts of missing, changed and extra rows of each table that differs.
pub(super) fn differing(tables: &Value) -> Value {
    let all = tables.as_object().into_iter().flatten();
    let differ = all.filter(|(_, table)| table["source"] != table["destination"]);
    let counts = differ.map(|(name, table)| {
        (
            name.clone(),
            json!([table["missing"], table["changed"], table["extra"]]),
        )
    });
    Value::Object(counts.collect())
}

/// Sends an order of C-1 with three items.
async fn order(client: &Client) -> Result<()> {
    let items: Vec<Value> = (1..=3)
        .map(|item| json!({"externalItemId": format!("P-{item}"), "quantity": 1, "name": "Tea", "cost": 1.5}))
        .collect();
    let order = json!({"externalOrderId": "O-1", "totalCost": 4.5, "currency": "UAH", "status": "IN_PROGRESS", "date": "2026-01-02T03:04:05Z",
        "externalCustomerId": "C-1", "items": items});
    let ordered = client.post("orders", json!({"orders": [order]})).await?;
    ensure!(!ordered.text.contains("error"), "{}", ordered.text);
    Ok(())
}

pub(super) async fn what_a_person_changed_at_the_destination_is_found_and_mended(on: Database) -> Result<()> {
    let server = Selfsame::start(on).await?;
    let (client, mut warehouse) = (server.client(), Postgres::new().await?);
    let ann = contact(&client, Some("C-1"), "ann@example.com").await?;
    let bob = contact(&client, Some("C-2"), "bob@example.com").await?;
    order(&client).await?;
    let event = json!({"eventTypeKey": "viewed", "params": [{"name": "externalCustomerId", "value": "C-1"}]});
    client.post("event", event).await?;
    let export = export(&client, warehouse.connector(), json!({})).await?;
    let early = client.post(&format!("exports/{export}/verify"), json!({})).await?;
    assert_eq!(early.status, 409, "{}", early.text);
    assert!(
        early.text.contains("no run of the export has finished yet"),
        "{}",
        early.text
    );
    let path = format!("exports/{export}");
    assert_eq!(client.get(&path).await?.json()["lag"], Value::Null);
    run(&client, &export).await?;
    assert_eq!(
        client.get(&path).await?.json()["lag"],
        json!({"revisions": 0, "seconds": 0})
    );

    // A change that no run has written yet is no difference.
    let cem = contact(&client, Some("C-3"), "cem@example.com").await?;
    assert_eq!(client.get(&path).await?.json()["lag"]["revisions"], 1);
    let tables = verified(&client, &export, json!({})).await?;
    assert_eq!(differing(&tables), json!({}), "{tables}");
    let rows = |name: &str| tables[name]["destination"]["rows"].clone();
    assert_eq!(
        [rows("contacts"), rows("identifiers"), rows("orderItems")],
        [3, 6, 3].map(|rows| json!(rows))
    );

    for sql in [
        &format!(r#"UPDATE contacts SET "lastName" = 'Eve' WHERE "contactId" = {ann}"#),
        &format!(r#"DELETE FROM contacts WHERE "contactId" = {bob}"#),
        r#"INSERT INTO contacts ("contactId") VALUES (999999)"#,
        r#"DELETE FROM "orderItems" WHERE "itemIndex" = 1"#,
    ] {
        warehouse.run(sql).await?;
    }
    let counts = json!({"contacts": [1, 1, 1], "orderItems": [1, 0, 0]});
    for body in [json!({}), json!({"mend": true})] {
        let tables = verified(&client, &export, body).await?;
        assert_eq!(differing(&tables), counts, "{tables}");
        let row = |id: i64, difference: &str| json!({"key": {"contactId": id.to_string()}, "difference": difference});
        assert_eq!(
            tables["contacts"]["rows"],
            json!([row(ann, "changed"), row(999_999, "extra"), row(bob, "missing")])
        );
        let key = &tables["orderItems"]["rows"][0]["key"];
        assert_eq!(key["itemIndex"], "1", "{key}");
    }
    assert_eq!(differing(&verified(&client, &export, json!({})).await?), json!({}));
    let sql = r#"SELECT "contactId" AS id, "lastName" AS name FROM contacts ORDER BY 1"#;
    let row = |id: i64| json!({"id": id, "name": null});
    assert_eq!(warehouse.rows(sql).await?, json!([row(ann), row(bob), row(cem)]));
    let shown = server.command(&["export", "verify", "all"])?;
    assert!(shown.status.success(), "{shown:?}");
    Ok(())
}

/// Every step is written by a run of changes, and compared with all rows.
pub(super) async fn merges_visitors_and_page_views_are_kept_in_step(on: Database) -> Result<()> {
    let server = Selfsame::start(on).await?;
    let (client, mut warehouse) = (server.client(), Postgres::new().await?);
    let ann = contact(&client, Some("C-1"), "ann@example.com").await?;
    let bob = contact(&client, None, "bob@example.com").await?;
    let event = async |kind: &str, name: &str, value: &str| {
        let params = json!([{"name": name, "value": value}, {"name": "url", "value": "https://shop.example/"}]);
        client
            .post("event", json!({"eventTypeKey": kind, "params": params}))
            .await
    };
    event("PageView", "externalCustomerId", "C-1").await?;
    event("viewed", "externalCustomerId", "C-1").await?;
    event("PageView", "email", "late@example.com").await?;
    let datasets = json!([
        "contacts",
        "identifiers",
        "events",
        "contact_merges",
        "visitors",
        "page_views"
    ]);
    let export = export(&client, warehouse.connector(), json!({"datasets": datasets})).await?;
    assert_eq!(run(&client, &export).await?["full"], true);
    let views = r#"SELECT "contactId" AS id, url FROM page_views ORDER BY 1"#;
    let row = |id: Option<i64>| json!({"id": id, "url": "https://shop.example/"});
    assert_eq!(warehouse.rows(views).await?, json!([row(Some(ann)), row(None)]));

    let merged = client
        .post("identity/merges", json!({"survivor": ann, "absorbed": bob}))
        .await?;
    let merge = merged.json()["merge"]["id"].as_str().context("no merge")?.to_owned();
    let late = contact(&client, None, "late@example.com").await?;
    assert_eq!(differing(&verified(&client, &export, json!({})).await?), json!({}));
    assert_eq!(warehouse.rows(views).await?, json!([row(Some(ann)), row(Some(late))]));
    let visitors = r#"SELECT "contactId" AS id, kind, value FROM visitors"#;
    assert_eq!(
        warehouse.rows(visitors).await?,
        json!([{"id": late, "kind": "email", "value": "late@example.com"}])
    );
    let merge_rows = r#"SELECT "contactId" AS absorbed, "survivorId" AS survivor, rule, "undoneDate" IS NOT NULL AS undone FROM contact_merges"#;
    let row = |undone: bool| json!([{"absorbed": bob, "survivor": ann, "rule": "explicit", "undone": undone}]);
    assert_eq!(warehouse.rows(merge_rows).await?, row(false));

    client.post(&format!("identity/merges/{merge}/undo"), json!({})).await?;
    assert_eq!(differing(&verified(&client, &export, json!({})).await?), json!({}));
    assert_eq!(warehouse.rows(merge_rows).await?, row(true));

    // The absorbed contact stays, without the merge that names the erased one.
    for id in [ann, late] {
        client.delete(&format!("contact/{id}?erase=true")).await?;
    }
    assert_eq!(differing(&verified(&client, &export, json!({})).await?), json!({}));
    for table in ["contact_merges", "visitors", "page_views"] {
        assert_eq!(
            warehouse.rows(&format!("SELECT * FROM {table}")).await?,
            json!([]),
            "{table}"
        );
    }
    Ok(())
}
