//! Segments, their members, and custom fields at the destination.

use super::verify::{differing, verified};
use super::warehouse::Postgres;
use super::{contact, export, run};
use anyhow::Result;
use selfsame_tests::{Client, Database, Selfsame};
use serde_json::{Value, json};

const SEGMENTS: &str =
    r#"SELECT name, type, formula, "deletedDate" IS NOT NULL AS deleted FROM segments ORDER BY "segmentId""#;

const MEMBERS: &str = r#"SELECT s.name, m."contactId" AS id, m."toRevision" IS NOT NULL AS gone
    FROM segment_members m JOIN segments s USING ("segmentId") ORDER BY 1 DESC, m."recordedRevision", 2"#;

const CUSTOM: &str = r#"SELECT "contactId" AS id, "P_SIZE" AS size FROM contacts_custom ORDER BY 1"#;

fn row(name: &str, kind: &str, formula: Option<&str>, deleted: bool) -> Value {
    json!({"name": name, "type": kind, "formula": formula, "deleted": deleted})
}

fn row_of_member(name: &str, id: i64, gone: bool) -> Value {
    json!({"name": name, "id": id, "gone": gone})
}

async fn set(client: &Client, id: &str, field: i64, value: &str) -> Result<()> {
    let body = json!({"externalCustomerId": id, "fields": [{"id": field, "value": value}]});
    client.post("contact", body).await?;
    Ok(())
}

/// Every step is written by a run of changes, and compared with all rows.
pub(super) async fn segments_their_members_and_custom_fields_are_kept_in_step(on: Database) -> Result<()> {
    let server = Selfsame::start(on).await?;
    let (client, mut warehouse) = (server.client(), Postgres::new().await?);
    let ann = contact(&client, Some("C-1"), "ann@example.com").await?;
    let bob = contact(&client, None, "bob@example.com").await?;
    let listed = json!({"externalCustomerId": "C-1", "groups": [{"name": "VIP"}]});
    client.post("contact", listed).await?;
    let dynamic = segment(&client, "Unknown", "External ID is empty and not in “VIP”").await?;
    let size = field(&client, "SIZE", "NUMBER").await?;
    set(&client, "C-1", size, "42").await?;
    let datasets = json!(["segments", "segment_members", "contacts_custom"]);
    let export = export(&client, warehouse.connector(), json!({"datasets": datasets})).await?;
    assert_eq!(run(&client, &export).await?["full"], true);

    let unknown = "External ID is empty and not in “VIP”";
    assert_eq!(
        warehouse.rows(SEGMENTS).await?,
        json!([
            row("VIP", "Static", None, false),
            row("Unknown", "Dynamic", Some(unknown), false)
        ])
    );
    assert_eq!(
        warehouse.rows(MEMBERS).await?,
        json!([row_of_member("VIP", ann, false), row_of_member("Unknown", bob, false)])
    );
    assert_eq!(
        warehouse.rows(CUSTOM).await?,
        json!([{"id": ann, "size": 42}, {"id": bob, "size": null}])
    );
    let idle = run(&client, &export).await?;
    let none = json!({"contacts_custom": 0, "segment_members": 0, "segments": 0});
    assert_eq!((&idle["full"], &idle["rows"]), (&json!(false), &none));

    changes(&client, &mut warehouse, &export, (ann, bob, dynamic)).await
}

/// What is renamed, added and deleted later is changed at the destination.
async fn changes(
    client: &Client,
    warehouse: &mut Postgres,
    export: &str,
    (ann, bob, dynamic): (i64, i64, i64),
) -> Result<()> {
    // The readable form of a formula has the new name of another segment.
    let list = client.get("segments?name=VIP").await?.json()["items"][0]["id"].clone();
    let renamed = client.put(&format!("segments/{list}"), json!({"name": "Best"})).await?;
    assert_eq!(renamed.status, 200, "{}", renamed.text);
    let known = json!({"externalCustomerId": "C-2", "channels": [{"type": "email", "value": "bob@example.com"}]});
    client.post("contact", known).await?;
    assert_eq!(differing(&verified(client, export, json!({})).await?), json!({}));
    assert_eq!(
        warehouse.rows(SEGMENTS).await?[1]["formula"],
        "External ID is empty and not in “Best”"
    );
    assert_eq!(
        warehouse.rows(MEMBERS).await?,
        json!([row_of_member("Unknown", bob, true), row_of_member("Best", ann, false)])
    );

    // A field that is made later gets a column, for which a run writes all rows.
    let born = field(client, "BORN", "DATE").await?;
    set(client, "C-2", born, "0001-02-03").await?;
    let widened = run(client, export).await?;
    assert_eq!(widened["full"], true, "{widened}");
    let born =
        r#"SELECT "P_BORN"::text AS born, pg_typeof("P_BORN")::text AS kind FROM contacts_custom ORDER BY "contactId""#;
    assert_eq!(
        warehouse.rows(born).await?,
        json!([{"born": null, "kind": "date"}, {"born": "0001-02-03", "kind": "date"}])
    );

    let deleted = client.delete(&format!("segments/{dynamic}")).await?;
    assert_eq!(deleted.status, 200, "{}", deleted.text);
    client.delete(&format!("contact/{ann}?erase=true")).await?;
    let tables = verified(client, export, json!({})).await?;
    assert_eq!(differing(&tables), json!({}), "{tables}");
    assert_eq!(
        warehouse.rows(SEGMENTS).await?,
        json!([
            row("Best", "Static", None, false),
            row("Unknown", "Dynamic", None, true)
        ])
    );
    assert_eq!(warehouse.rows(MEMBERS).await?, json!([]));
    assert_eq!(warehouse.rows(CUSTOM).await?, json!([{"id": bob, "size": null}]));
    Ok(())
}

async fn segment(client: &Client, name: &str, formula: &str) -> Result<i64> {
    let answer = client
        .post("segments", json!({"name": name, "formula": formula}))
        .await?;
    let id = answer.json()["segment"]["id"].as_i64();
    id.ok_or_else(|| anyhow::anyhow!("{}", answer.text))
}

async fn field(client: &Client, key: &str, kind: &str) -> Result<i64> {
    let body = json!({"profileKey": "P", "fieldKey": key, "name": key, "type": kind});
    let answer = client.post("fields", body).await?;
    let id = answer.json()["field"]["id"]
        .as_i64()
        .or_else(|| answer.json()["id"].as_i64());
    id.ok_or_else(|| anyhow::anyhow!("{}", answer.text))
}
