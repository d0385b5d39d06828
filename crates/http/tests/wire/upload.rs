//! `POST contacts/upload`: a file that another server has.

use crate::support::Server;
use async_trait::async_trait;
use selfsame_application::ports::{LinkError, LinkedFile, Links};
use selfsame_http::HttpSettings;
use serde_json::{Value, json};
use std::sync::Arc;

/// The link of the example in the description.
const LINK: &str = "https://files.example/contacts.csv";

/// The titles that the protocol names.
const FILE: &str = "\
First name,Last name,Address,Region,City,Postcode,Email,SMS,Language code,Timezone,Contact ID
Ann,Smith,1 High St,Kyiv region,Kyiv,01001,ann@example.com,+380501234567,uk,Europe/Kyiv,
";

/// Other servers and their files.
#[derive(Debug)]
struct OtherServers;

#[async_trait]
impl Links for OtherServers {
    async fn open(&self, link: &str) -> Result<LinkedFile, LinkError> {
        match link {
            LINK => Ok(Box::new(FILE.as_bytes())),
            "https://files.example/empty.csv" => Ok(Box::new(&b""[..])),
            "https://files.example/endless.csv" => Ok(Box::new(tokio::io::repeat(b'x'))),
            "http://10.0.0.1/contacts.csv" => Err(LinkError::NotPublic),
            _ => Err(LinkError::Refused(404)),
        }
    }
}

/// Settings of a server that opens links.
pub(crate) fn settings() -> HttpSettings {
    HttpSettings {
        links: Some(Arc::new(OtherServers)),
        ..HttpSettings::default()
    }
}

#[tokio::test]
async fn a_file_behind_a_link_is_imported_by_the_titles_of_the_protocol() {
    let server = Server::working_with(settings()).await;
    let body = json!({"link": LINK, "dedupeOn": "email", "groupNames": ["Newsletter"]});
    let answer = server.post("/api/v1/contacts/upload", &body).await.expect(200).json();
    assert_eq!(
        (&answer["valid"], &answer["fileId"]),
        (&json!(true), &answer["importId"])
    );
    assert!(answer["message"].is_string(), "{answer}");
    let id = answer["importId"].as_str().expect("an ID");
    let status = server
        .get(&format!("/api/v1/importstatus/{id}"))
        .await
        .expect(200)
        .json();
    assert_eq!(status["status"], "FINISHED", "{status}");
    let ann = status["mapping"][0]["contactId"].as_i64().expect("a number");
    let ann = server.contact(ann).await;
    assert_eq!(
        json!([
            ann["firstName"],
            ann["lastName"],
            ann["address"],
            ann["languageCode"],
            ann["timeZone"]
        ]),
        json!([
            "Ann",
            "Smith",
            {"region": "Kyiv region", "town": "Kyiv", "address": "1 High St", "postcode": "01001"},
            "uk",
            "Europe/Kyiv"
        ])
    );
    let channels = json!([{"type": "email", "value": "ann@example.com"}, {"type": "sms", "value": "+380501234567"}]);
    assert_eq!(
        (&ann["channels"], &ann["groups"][0]["name"]),
        (&channels, &json!("Newsletter"))
    );
}

#[tokio::test]
async fn what_cannot_be_taken_from_a_link_is_refused_and_leaves_nothing() {
    let server = Server::with(settings()).await;
    let of = |link: &str| json!({"link": link, "dedupeOn": "email"});
    for (body, reason) in [
        (
            of("http://10.0.0.1/contacts.csv"),
            "link must lead to an address on the public internet",
        ),
        (
            of("https://files.example/secret.csv"),
            "link was answered with the status 404",
        ),
        (of("https://files.example/empty.csv"), "link leads to an empty file"),
        (
            of("https://files.example/endless.csv"),
            "link leads to a file of more than 100 MiB",
        ),
        (json!({"dedupeOn": "email"}), "link must be"),
        (json!({"link": LINK}), "dedupeOn"),
    ] {
        let answer = server.post("/api/v1/contacts/upload", &body).await.expect(400);
        assert!(answer.body.contains(reason), "{answer:?}");
        assert!(!answer.body.contains("files.example"), "{answer:?}");
    }
    let imports: Value = server.get("/api/v1/imports").await.expect(200).json();
    assert_eq!(imports["items"], json!([]));
}
