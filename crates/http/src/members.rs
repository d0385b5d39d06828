//! Names of members, as far as texts may repeat them: those that the API has. Any other name was chosen by the sender, and may be an email
//! address or a token.

use crate::router::schemas;
use serde_json::Value;
use std::collections::HashSet;
use std::sync::OnceLock;
use utoipa::openapi::OpenApi;

/// Names that the description of the API does not list: spellings of identifiers that are taken, members as decisions name them, and
/// those of a bulk call that is explained.
const OTHERS: [&str; 26] = [
    "accept",
    "contact_id",
    "contact_key",
    "contactemail",
    "contactfields",
    "contacts",
    "customfieldsids",
    "dedupeon",
    "emailaddress",
    "eventkeyfornewcontacts",
    "fieldid",
    "groupnames",
    "groupnamesexclude",
    "inapp",
    "mobilepush",
    "phonenumber",
    "restoredeleted",
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

/// A place without names that the sender chose: a star stands for each. What is no JSON pointer is left as it is.
pub(crate) fn known(pointer: String) -> String {
    let Some(path) = pointer.strip_prefix('/') else {
        return pointer;
    };
    let is_index = |part: &str| part.len() <= MAX_INDEX && part.bytes().all(|byte| byte.is_ascii_digit());
    let shown = |part| if is_index(part) || is_known(part) { part } else { "*" };
    let parts: Vec<&str> = path.split('/').map(shown).collect();
    format!("/{}", parts.join("/"))
}

/// Whether a name is one that the API has.
pub(crate) fn is_known(name: &str) -> bool {
    learn().contains(&name.to_ascii_lowercase())
}

fn names(document: &OpenApi) -> HashSet<String> {
    let mut names: HashSet<String> = OTHERS.into_iter().map(str::to_owned).collect();
    // What cannot be written has no names; a test sees that there are some.
    collect(&serde_json::to_value(document).unwrap_or_default(), &mut names);
    names
}

/// The members of schemas, and the parameters.
fn collect(part: &Value, names: &mut HashSet<String>) {
    match part {
        Value::Object(members) => {
            if let Some(Value::Object(properties)) = members.get("properties") {
                names.extend(properties.keys().map(|name| name.to_ascii_lowercase()));
            }
            if let (Some(Value::String(name)), Some(Value::String(_))) = (members.get("name"), members.get("in")) {
                names.insert(name.to_ascii_lowercase());
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
        for (pointer, shown) in [
            ("/channels/0/value", "/channels/0/value"),
            ("/GeneralInfo/user_email", "/GeneralInfo/user_email"),
            ("/params/EmailAddress", "/params/EmailAddress"),
            ("/ann@example.com", "/*"),
            ("/params/ann@example.com", "/params/*"),
            (
                "/orders/3/additionalInfo/+380501234567/x",
                "/orders/3/additionalInfo/*/*",
            ),
            ("/events/0/380501234567", "/events/0/*"),
            ("maxrows", "maxrows"),
            ("", ""),
        ] {
            assert_eq!(known(pointer.to_owned()), shown, "{pointer}");
        }
    }
}
