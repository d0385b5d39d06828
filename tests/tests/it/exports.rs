//! Exports to a second, real `PostgreSQL` database and to BigQuery: everything, what changed, what was removed, merged and erased, and servers that
//! are killed.

mod segments;
mod verify;
mod warehouse;

use anyhow::{Context, Result, ensure};
use segments::segments_their_members_and_custom_fields_are_kept_in_step;
use selfsame_bigquery_fixture::as_texts;
use selfsame_tests::{Client, Database, Selfsame};
use serde_json::{Value, json};
use sqlx::{ConnectOptions, Connection, Executor};
use verify::{
    merges_visitors_and_page_views_are_kept_in_step, what_a_person_changed_at_the_destination_is_found_and_mended,
};
use warehouse::{Postgres, Warehouse};

macro_rules! on_both {
    ($($name:ident)*) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() -> anyhow::Result<()> {
                super::$name(super::Database::Sqlite).await
            })*
        }

        mod postgres {
            $(#[tokio::test]
            async fn $name() -> anyhow::Result<()> {
                super::$name(super::Database::Postgres).await
            })*
        }
    };
}

on_both! {
    a_postgres_database_is_kept_in_step
    a_dataset_of_bigquery_is_kept_in_step
    the_external_id_is_added_for_all_rows
    a_run_that_is_killed_before_its_commit_is_made_up_for
    a_run_that_waits_for_a_lock_is_cancelled
    what_an_export_cannot_follow_stops_that_export_alone
    what_a_person_changed_at_the_destination_is_found_and_mended
    merges_visitors_and_page_views_are_kept_in_step
    segments_their_members_and_custom_fields_are_kept_in_step
    a_scheduled_export_runs_by_itself
}

async fn made(client: &Client, path: &str, body: Value) -> Result<String> {
    let answer = client.post(path, body).await?;
    ensure!(answer.status == 201, "{} {}", answer.status, answer.text);
    let id = answer.json()["id"].as_str().context("no id")?.to_owned();
    Ok(id)
}

async fn export(client: &Client, to: Value, change: Value) -> Result<String> {
    let connector = made(client, "connectors", to).await?;
    let mut body = json!({"name": "all", "connectorId": connector, "schema": "public", "schedule": null, "includeExternalId": true,
        "segmentId": null, "datasets": ["contacts", "identifiers", "devices", "orders", "orderItems", "events"]});
    for (name, value) in change.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    made(client, "exports", body).await
}

/// The latest run, after it has ended.
async fn over(client: &Client, export: &str) -> Result<Value> {
    loop {
        let run = client.get(&format!("exports/{export}/runs")).await?.json()["runs"][0].clone();
        if run["status"] != "queued" && run["status"] != "running" {
            return Ok(run);
        }
    }
}

async fn run(client: &Client, export: &str) -> Result<Value> {
    let queued = client.post(&format!("exports/{export}/run"), json!({})).await?;
    ensure!(queued.status == 200, "{}", queued.text);
    let run = over(client, export).await?;
    ensure!(run["id"] == queued.json()["runId"], "another run is the latest");
    ensure!(run["status"] == "succeeded", "{run}");
    Ok(run)
}

async fn contact(client: &Client, external_id: Option<&str>, email: &str) -> Result<i64> {
    let mut body = json!({"firstName": "Ann", "channels": [{"type": "email", "value": email}]});
    if let Some(id) = external_id {
        body["externalCustomerId"] = json!(id);
    }
    client.post("contact", body).await?.id()
}

async fn a_postgres_database_is_kept_in_step(on: Database) -> Result<()> {
    is_kept_in_step(on, Warehouse::postgres().await?).await
}

async fn a_dataset_of_bigquery_is_kept_in_step(on: Database) -> Result<()> {
    is_kept_in_step(on, Warehouse::bigquery().await?).await
}

async fn is_kept_in_step(on: Database, warehouse: Warehouse) -> Result<()> {
    let server = Selfsame::start(on).await?;
    let client = server.client();
    let ann = contact(&client, Some("C-1"), "ann@example.com").await?;
    let bob = contact(&client, None, "bob@example.com").await?;
    let cem = contact(&client, Some("C-3"), "cem@example.com").await?;
    let order = json!({"externalOrderId": "O-1", "totalCost": 12.50, "status": "IN_PROGRESS", "date": "2026-01-02T03:04:05Z",
        "currency": "UAH", "externalCustomerId": "C-3", "email": "cem@example.com", "phone": "+380501234567",
        "items": [{"externalItemId": "P-1", "quantity": 2, "name": "Tea\t\\N", "cost": 6.25}]});
    client.post("orders", json!({"orders": [order]})).await?;
    let event = json!({"eventTypeKey": "viewed", "keyValue": "P-1", "params": [{"name": "externalCustomerId", "value": "C-3"}]});
    client.post("event", event).await?;
    let export = export(&client, warehouse.connector(), json!({})).await?;
    let connector = client.get(&format!("exports/{export}")).await?.json()["connectorId"].clone();
    let checked = client
        .post(
            &format!("connectors/{}/check", connector.as_str().unwrap_or_default()),
            json!({}),
        )
        .await?;
    assert_eq!(checked.json(), json!({"ok": true, "problem": null, "grant": null}));

    let first = run(&client, &export).await?;
    Story {
        client,
        warehouse,
        export,
        people: [ann, bob, cem],
    }
    .continues(&first)
    .await
}

/// An export of three contacts, run after each step of their life cycle.
struct Story {
    client: Client,
    warehouse: Warehouse,
    export: String,
    /// Ann, Bob and Cem.
    people: [i64; 3],
}

impl Story {
    async fn continues(mut self, first: &Value) -> Result<()> {
        self.everything(first).await?;
        self.what_changed().await?;
        self.merge_and_undo().await?;
        self.removal_and_erasure().await
    }

    async fn everything(&mut self, first: &Value) -> Result<()> {
        let Self {
            warehouse,
            people: [ann, bob, cem],
            ..
        } = self;
        assert_eq!((&first["full"], &first["rows"]["contacts"]), (&json!(true), &json!(3)));
        let sql =
            r#"SELECT "contactId", "externalCustomerId", email, "emailDomain", "firstName" FROM contacts ORDER BY 1"#;
        let row = |id, external: Option<&str>, email: &str| json!({"contactId": id, "externalCustomerId": external, "email": email, "emailDomain": "example.com", "firstName": "Ann"});
        let expected = json!([
            row(ann, Some("C-1"), "ann@example.com"),
            row(bob, None, "bob@example.com"),
            row(cem, Some("C-3"), "cem@example.com")
        ]);
        assert_eq!(warehouse.rows(sql).await?, as_texts(expected));
        let sql = r#"SELECT o."contactId", o."Status", o."Phone", o."totalCost", i.name, i.quantity
        FROM orders o JOIN "orderItems" i USING ("orderId")"#;
        let expected = json!([{"contactId": cem, "Status": "IN PROGRESS", "Phone": "+380501234567", "totalCost": 12.50, "name": "Tea\t\\N", "quantity": 2}]);
        assert_eq!(warehouse.rows(sql).await?, as_texts(expected));
        let sql = format!(r#"SELECT "keyValue" FROM events WHERE "contactId" = {cem} AND "eventTypeKey" = 'viewed'"#);
        assert_eq!(warehouse.rows(&sql).await?, json!([{"keyValue": "P-1"}]));
        let sql = "SELECT DISTINCT revision FROM _selfsame_watermark";
        assert_eq!(
            warehouse.rows(sql).await?,
            as_texts(json!([{"revision": first["revision"]}]))
        );
        assert!(warehouse.describes_contacts().await?);
        Ok(())
    }

    /// Checks changes in a table that its owner has altered.
    async fn what_changed(&mut self) -> Result<()> {
        let Self {
            client,
            warehouse,
            export,
            ..
        } = self;
        warehouse.add_note().await?;
        client
            .post("contact", json!({"externalCustomerId": "C-1", "firstName": "Anna"}))
            .await?;
        let second = run(client, export).await?;
        assert_eq!(
            (&second["full"], &second["rows"]["contacts"]),
            (&json!(false), &json!(1))
        );
        let sql = r#"SELECT "firstName", note FROM contacts ORDER BY "contactId""#;
        let expected = json!([{"firstName": "Anna", "note": "kept"}, {"firstName": "Ann", "note": "kept"}, {"firstName": "Ann", "note": "kept"}]);
        assert_eq!(warehouse.rows(sql).await?, expected);
        let nothing = run(client, export).await?;
        assert_eq!(
            (&nothing["rows"]["contacts"], &nothing["revision"]),
            (&json!(0), &second["revision"])
        );

        Ok(())
    }

    async fn merge_and_undo(&mut self) -> Result<()> {
        let Self {
            client,
            warehouse,
            export,
            people: [ann, bob, _],
        } = self;
        let merged = client
            .post("identity/merges", json!({"survivor": ann, "absorbed": bob}))
            .await?;
        run(client, export).await?;
        let sql = r#"SELECT "contactId", "mergedInto", email FROM contacts WHERE "mergedInto" IS NOT NULL"#;
        assert_eq!(
            warehouse.rows(sql).await?,
            as_texts(json!([{"contactId": bob, "mergedInto": ann, "email": null}]))
        );
        let emails = r#"SELECT "contactId" FROM identifiers WHERE value = 'bob@example.com'"#;
        assert_eq!(warehouse.rows(emails).await?, as_texts(json!([{"contactId": ann}])));
        let merge = merged.json()["merge"]["id"]
            .as_str()
            .with_context(|| merged.text.clone())?
            .to_owned();
        client.post(&format!("identity/merges/{merge}/undo"), json!({})).await?;
        run(client, export).await?;
        assert_eq!(warehouse.rows(sql).await?, json!([]));
        assert_eq!(warehouse.rows(emails).await?, as_texts(json!([{"contactId": bob}])));

        Ok(())
    }

    async fn removal_and_erasure(&mut self) -> Result<()> {
        let Self {
            client,
            warehouse,
            export,
            people: [ann, bob, cem],
        } = self;
        client.delete(&format!("contact/{bob}")).await?;
        client
            .post("emails/unsubscribed/add", json!({"emails": ["ann@example.com"]}))
            .await?;
        client.delete(&format!("contact/{cem}?erase=true")).await?;
        run(client, export).await?;
        let sql = r#"SELECT "contactId", CASE WHEN "deletedDate" IS NULL THEN 'no' ELSE 'yes' END AS removed, "emailStatus"
            FROM contacts ORDER BY 1"#;
        let expected = json!([
            {"contactId": ann, "removed": "no", "emailStatus": "UNSUBSCRIBED"},
            {"contactId": bob, "removed": "yes", "emailStatus": "CONFIRMED"}
        ]);
        assert_eq!(warehouse.rows(sql).await?, as_texts(expected));
        for table in ["identifiers", "devices", "orders", "\"orderItems\"", "events"] {
            let sql = format!(r#"SELECT * FROM {table} WHERE "contactId" = {cem}"#);
            assert_eq!(warehouse.rows(&sql).await?, json!([]), "{table}");
        }
        Ok(())
    }
}

async fn the_external_id_is_added_for_all_rows(on: Database) -> Result<()> {
    let server = Selfsame::start(on).await?;
    let (client, mut warehouse) = (server.client(), Postgres::new().await?);
    for number in 1..=3 {
        contact(&client, Some(&format!("C-{number}")), &format!("p{number}@example.com")).await?;
    }
    let change = json!({"includeExternalId": false, "datasets": ["contacts"], "schema": "Old form"});
    let export = export(&client, warehouse.connector(), change).await?;
    run(&client, &export).await?;
    let sql = r#"SELECT count(*) FROM pg_attribute WHERE attrelid = '"Old form".contacts'::regclass AND attname = 'externalCustomerId'"#;
    assert_eq!(warehouse.rows(sql).await?, json!([{"count": 0}]));
    let widened = client.post(&format!("exports/{export}/columns"), json!({})).await?;
    assert_eq!(widened.json()["export"]["includeExternalId"], true, "{}", widened.text);
    let filled = over(&client, &export).await?;
    assert_eq!(
        (&filled["status"], &filled["full"]),
        (&json!("succeeded"), &json!(true)),
        "{filled}"
    );
    let sql = r#"SELECT "externalCustomerId" AS id FROM "Old form".contacts ORDER BY 1"#;
    assert_eq!(
        warehouse.rows(sql).await?,
        json!([{"id": "C-1"}, {"id": "C-2"}, {"id": "C-3"}])
    );
    assert_eq!(run(&client, &export).await?["full"], false);
    Ok(())
}

/// The server is killed after its run has staged all rows, while it waits for the lock to write them.
async fn a_run_that_is_killed_before_its_commit_is_made_up_for(on: Database) -> Result<()> {
    let mut server = Selfsame::start(on).await?;
    let (client, mut warehouse) = (server.client(), Postgres::new().await?);
    for number in 1..=1_050 {
        let email = format!("p{number}@example.com");
        client
            .post("contact", json!({"channels": [{"type": "email", "value": email}]}))
            .await?;
    }
    let export = export(
        &client,
        warehouse.connector(),
        json!({"datasets": ["contacts", "identifiers"]}),
    )
    .await?;
    run(&client, &export).await?;
    let before = "SELECT count(*) AS contacts, max(revision) AS revision FROM contacts, _selfsame_watermark WHERE dataset = 'contacts'";
    let first = warehouse.rows(before).await?;
    contact(&client, None, "late@example.com").await?;
    let mut holder = warehouse.options.connect().await?;
    let mut holding = holder.begin().await?;
    holding
        .execute("LOCK TABLE _selfsame_watermark IN SHARE ROW EXCLUSIVE MODE")
        .await?;
    client.post(&format!("exports/{export}/run"), json!({})).await?;
    let waits = "SELECT pid FROM pg_locks WHERE NOT granted AND relation = '_selfsame_watermark'::regclass";
    while warehouse.rows(waits).await? == json!([]) {}
    assert_eq!(warehouse.rows(before).await?, first, "a reader sees half a run");
    server.crash_and_restart()?;
    let client = server.client();
    // The killed server's session would end only when its statement notices the closed connection.
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'selfsame export' AND datname = current_database()";
    warehouse.rows(end).await?;
    holding.rollback().await?;
    let made_up = over(&client, &export).await?;
    assert_eq!(made_up["status"], "succeeded", "{made_up}");
    let sql = "SELECT count(*) AS contacts FROM contacts";
    assert_eq!(warehouse.rows(sql).await?, json!([{"contacts": 1_051}]));
    let marked = warehouse
        .rows("SELECT DISTINCT revision FROM _selfsame_watermark")
        .await?;
    assert_eq!(marked, json!([{"revision": made_up["revision"]}]));
    Ok(())
}

async fn a_run_that_waits_for_a_lock_is_cancelled(on: Database) -> Result<()> {
    let server = Selfsame::start(on).await?;
    let (client, mut warehouse) = (server.client(), Postgres::new().await?);
    contact(&client, Some("C-1"), "ann@example.com").await?;
    let export = export(&client, warehouse.connector(), json!({"datasets": ["contacts"]})).await?;
    run(&client, &export).await?;
    contact(&client, Some("C-2"), "bob@example.com").await?;
    let mut holder = warehouse.options.connect().await?;
    let mut holding = holder.begin().await?;
    holding.execute("LOCK TABLE contacts IN EXCLUSIVE MODE").await?;
    client.post(&format!("exports/{export}/run"), json!({})).await?;
    let waits = "SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'contacts'::regclass";
    while warehouse.rows(waits).await? == json!([]) {}
    client.post(&format!("exports/{export}/cancel"), json!({})).await?;
    let cancelled = over(&client, &export).await?;
    assert_eq!(cancelled["status"], "cancelled", "{cancelled}");
    // Its session ends while the lock is still held, and so holds no locks of its own.
    while warehouse.rows(waits).await? != json!([]) {}
    holding.rollback().await?;
    let sql = "SELECT count(*) AS contacts FROM contacts";
    assert_eq!(warehouse.rows(sql).await?, json!([{"contacts": 1}]));
    run(&client, &export).await?;
    assert_eq!(warehouse.rows(sql).await?, json!([{"contacts": 2}]));
    Ok(())
}

async fn what_an_export_cannot_follow_stops_that_export_alone(on: Database) -> Result<()> {
    let server = Selfsame::start(on).await?;
    let (client, mut warehouse) = (server.client(), Postgres::new().await?);
    contact(&client, Some("C-1"), "ann@example.com").await?;
    let first = export(&client, warehouse.connector(), json!({"datasets": ["contacts"]})).await?;
    run(&client, &first).await?;
    let connector = client.get(&format!("exports/{first}")).await?.json()["connectorId"].clone();
    let body = |name: &str, schema: &str| json!({"name": name, "connectorId": connector, "datasets": ["contacts"], "schema": schema});
    let failure = async |id: &str| -> Result<String> {
        client.post(&format!("exports/{id}/run"), json!({})).await?;
        let run = over(&client, id).await?;
        ensure!(run["status"] == "failed", "{run}");
        Ok(run["error"].as_str().unwrap_or_default().to_owned())
    };
    let rival = made(&client, "exports", body("rival", "public")).await?;
    let error = failure(&rival).await?;
    assert!(error.contains("another export writes the table `contacts`"), "{error}");
    let other = made(&client, "exports", body("other", "other")).await?;
    run(&client, &other).await?;
    warehouse
        .run(r#"ALTER TABLE other.contacts ALTER COLUMN "contactId" TYPE text"#)
        .await?;
    let error = failure(&other).await?;
    assert!(
        error.contains("`contactId`") && error.contains("rename the table"),
        "{error}"
    );
    warehouse.run("DROP TABLE other.contacts").await?;
    assert_eq!(run(&client, &other).await?["full"], true);
    assert_eq!(run(&client, &first).await?["full"], false);
    Ok(())
}

async fn a_scheduled_export_runs_by_itself(on: Database) -> Result<()> {
    let server = Selfsame::start(on).await?;
    let (client, mut warehouse) = (server.client(), Postgres::new().await?);
    contact(&client, Some("C-1"), "ann@example.com").await?;
    let change = json!({"datasets": ["contacts"], "schedule": {"everyMinutes": 1}});
    let export = export(&client, warehouse.connector(), change).await?;
    let path = format!("exports/{export}/runs");
    while client.get(&path).await?.json()["runs"] == json!([]) {}
    let first = over(&client, &export).await?;
    assert_eq!(first["status"], "succeeded", "{first}");
    let sql = "SELECT count(*) AS contacts FROM contacts";
    assert_eq!(warehouse.rows(sql).await?, json!([{"contacts": 1}]));
    let next = client.get(&format!("exports/{export}")).await?.json()["nextRunAt"].clone();
    assert!(next.as_str() > first["startedAt"].as_str(), "{next} {first}");
    Ok(())
}
