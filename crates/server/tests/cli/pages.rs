//! The answers that pages of other origins can read when the storage fails.

use crate::support::{Place, sqlite};
use serde_json::json;
use sqlx::{Connection, SqliteConnection};

const SHOP: &str = "https://shop.example";

#[tokio::test]
async fn a_page_can_read_that_the_storage_fails() {
    let place = Place::new();
    let server = place.serve(&[]);
    let made = place
        .run(&["site", "create", "--name", "shop", "--origin", SHOP])
        .text();
    let key = made
        .split(|c: char| c.is_whitespace() || c == '"')
        .find(|word| word.starts_with("pk_"))
        .unwrap();
    let body = json!({"site": key, "sc": "crumb", "events": [{"id": "a", "name": "PageView"}]}).to_string();
    let post_page = async || {
        let request = server.client.post(format!("{}/t/events", server.url));
        let answer = request.header("origin", SHOP).body(body.clone()).send().await.unwrap();
        let allowed = answer.headers().get("access-control-allow-origin").cloned();
        (
            answer.status().as_u16(),
            allowed.map(|origin| origin.to_str().unwrap().to_owned()),
        )
    };
    assert_eq!(post_page().await, (200, Some(SHOP.to_owned())));
    let mut database = SqliteConnection::connect(&sqlite(&place.path("data/selfsame.db")))
        .await
        .unwrap();
    sqlx::raw_sql("ALTER TABLE site_origins RENAME TO gone; ALTER TABLE sites RENAME TO gone_too")
        .execute(&mut database)
        .await
        .unwrap();
    database.close().await.unwrap();
    assert_eq!(post_page().await, (500, Some(SHOP.to_owned())));
}
