//! The same on `PostgreSQL`: only the scheme of the URL changes.

use crate::support::{Place, secret_in};
use selfsame_pg_fixture::TestDatabase;

async fn empty_database() -> TestDatabase {
    let server = selfsame_pg_fixture::server().await.unwrap();
    let nothing = async |_url: String| Ok::<(), std::io::Error>(());
    server.database("server_empty", nothing).await.unwrap()
}

#[tokio::test]
async fn servers_on_one_database_share_everything() {
    let place = Place::new();
    let database = empty_database().await;
    let arguments = ["--database-url", database.url()];
    let doctor = ["doctor", "--database-url", database.url()];
    assert!(place.run(&doctor).complaint(2).contains("run `selfsame migrate`"));

    let servers = [place.spawn(&arguments, &[]), place.spawn(&arguments, &[])].map(crate::support::Starting::listening);
    let made = [
        "key",
        "create",
        "--workspace",
        "default",
        "--name",
        "x",
        "--database-url",
        database.url(),
    ];
    let made = place.run(&made).text();
    let key = secret_in(&made).unwrap();
    assert_eq!(servers[0].create_contact(key, "1").await, 200);
    assert_eq!(servers[1].count(key, "1").await, 1);
    assert!(place.run(&doctor).text().contains("no rule of identity is broken"));

    let list = place.run(&["key", "list", "--database-url", database.url()]).text();
    let id = list
        .lines()
        .find(|line| line.contains(&key[..11]))
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap();
    place
        .run(&["key", "revoke", id, "--database-url", database.url()])
        .text();
    for server in &servers {
        assert_eq!(server.create_contact(key, "2").await, 401);
    }
    let first_keys = servers
        .into_iter()
        .map(|server| server.stop().stdout)
        .filter(|text| secret_in(text).is_some());
    assert_eq!(first_keys.count(), 1);
    assert!(
        place
            .run(&["migrate", "--database-url", database.url()])
            .text()
            .ends_with("is up to date, nothing to do\n")
    );
}

#[tokio::test]
async fn refused_credentials_are_one_line_without_them() {
    let place = Place::new();
    let database = empty_database().await;
    let missing = database.url().replace(database.name(), "no_such_database");
    let ended = place.run(&["serve", "--database-url", &missing]);
    let complaint = ended.complaint(1);
    assert!(
        complaint.contains("cannot open the database postgres://"),
        "{complaint}"
    );
    assert!(
        complaint.ends_with("\"no_such_database\" does not exist (SQLSTATE 3D000)"),
        "{complaint}"
    );
}
