//! Names of members, as far as texts may repeat them: those that the API has. Any other name was chosen by the sender, and may be an email
//! address or a token.

use crate::router::schemas;
use serde_json::Value;
use std::collections::HashSet;
use std::sync::OnceLock;
use utoipa::openapi::OpenApi;

/// Names that the description of the API does not list: spellings of identifiers that are taken, and members as decisions name them.
const OTHERS: [&str; 17] = [
    "accept",
    "contact_id",
    "contact_key",
    "contactemail",
    "emailaddress",
    "inapp",
    "mobilepush",
    "phonenumber",
    "sms",
    "user_id",
    "useremail",
    "userid",
    "viber",
    "webcookie",
    "webid",
    "webpush",
    "widget",
];

/// The most digits of an index. A longer number is a name.
const MAX_INDEX: usize = 6;

/// The names in small letters.
static KNOWN: OnceLock<HashSet<String>> = OnceLock::new();

/// Reads the names, which costs time when the first error needs them.
pub(crate) fn learn() -> &'static HashSet<String> {
    KNOWN.get_or_init(|| names(&schemas()))
}

/// A place and what is wrong there, without names that the sender chose: the place ends before the first of them, and the text tells of a
/// member. What is no JSON pointer is left as it is.
pub(crate) fn known(pointer: String, reason: String) -> (String, String) {
    let Some(path) = pointer.strip_prefix('/') else {
        return (pointer, reason);
    };
    let is_index = |part: &str| part.len() <= MAX_INDEX && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut end = 0;
    for part in path.split('/') {
        if !is_index(part) && !is_known(part) {
            return (pointer[..end].to_owned(), format!("has a member that {reason}"));
        }
        end += 1 + part.len();
    }
    (pointer, reason)
}

/// Whether a name is one that the API has.
pub(crate) fn is_known(name: &str) -> bool {
    learn().contains(&name.to_ascii_lowercase())
}

fn names(document: &OpenApi) -> HashSet<String> {
    let mut names: HashSet<String> = OTHERS.into_iter().map(str::to_owned).collect();
    // What cannot be written has no names; a test sees that there are some.
    let schemas = document
        .components
        .as_ref()
        .map(|parts| serde_json::to_value(&parts.schemas));
    if let Some(Ok(schemas)) = schemas {
        collect(&schemas, &mut names);
    }
    names
}

fn collect(schema: &Value, names: &mut HashSet<String>) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::Object(properties)) = members.get("properties") {
                names.extend(properties.keys().map(|name| name.to_ascii_lowercase()));
            }
            members.values().for_each(|value| collect(value, names));
        }
        Value::Array(entries) => entries.iter().for_each(|value| collect(value, names)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_sender_chose_is_not_repeated() {
        let reason = "must be a text";
        let about = "has a member that must be a text";
        for (pointer, at, text) in [
            ("/channels/0/value", "/channels/0/value", reason),
            ("/GeneralInfo/user_email", "/GeneralInfo/user_email", reason),
            ("/params/EmailAddress", "/params/EmailAddress", reason),
            ("/ann@example.com", "", about),
            ("/params/ann@example.com", "/params", about),
            (
                "/orders/3/additionalInfo/+380501234567/x",
                "/orders/3/additionalInfo",
                about,
            ),
            ("/events/0/380501234567", "/events/0", about),
            ("maxrows", "maxrows", reason),
            ("", "", reason),
        ] {
            let found = known(pointer.to_owned(), reason.to_owned());
            assert_eq!(found, (at.to_owned(), text.to_owned()), "{pointer}");
        }
    }
}
