mod common;
use selfsame_application::Submission;
use selfsame_application::ports::Workspaces;
use selfsame_domain::Timestamp;
use selfsame_storage_conformance::Ask;
use selfsame_storage_postgres::{ConnectOptions, PostgresStore};
use std::time::Instant;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore]
async fn measure() {
    let url = std::env::var("MEASURE_URL").unwrap();
    let store = PostgresStore::connect(&url, &ConnectOptions::default()).await.unwrap();
    store.migrate().await.unwrap();
    let name = format!("w{}", std::process::id());
    let ws = store.create_workspace(&name, Timestamp::UNIX_EPOCH).await.unwrap().id;
    let app = common::server(store.clone(), u64::from(std::process::id()));
    let n = 1500;
    for what in ["create", "repeat", "change"] {
        let mut t = Vec::new();
        for i in 0..n {
            let ask = Ask::new().external(&format!("ext-{i}")).email(&format!("person{i}@example.com")).sms(&format!("+38050{:07}", i + 1_000_000)).last("Shevchenko").first(&if what == "change" { format!("Anna{}", ["a","b","c","d"][i % 4]) } else { "Anna".into() });
            let s = Submission::of(ask.upsert());
            let a = Instant::now();
            app.submit(ws, s).await.unwrap();
            t.push(a.elapsed());
        }
        t.sort();
        println!("{what}: p50 {:?} p95 {:?} p99 {:?}", t[n/2], t[n*95/100], t[n*99/100]);
    }
    let mut t = Vec::new();
    use sqlx::Connection;
    let mut c = sqlx::PgConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("CREATE TABLE IF NOT EXISTS single (id bigint primary key, email text, phone text, name text, at timestamptz)").execute(&mut c).await.unwrap();
    for i in 0..n as i64 {
        let a = Instant::now();
        sqlx::query("INSERT INTO single VALUES ($1,$2,$3,$4,now()) ON CONFLICT (id) DO UPDATE SET email = EXCLUDED.email, at = EXCLUDED.at").bind(i % 700).bind(format!("person{i}@example.com")).bind("+380501234567").bind("Anna").execute(&mut c).await.unwrap();
        t.push(a.elapsed());
    }
    t.sort();
    println!("single: p50 {:?} p95 {:?}", t[n/2], t[n*95/100]);
}
