//! The names of members that errors may repeat: those of the API. The sender chose any other name, and it may be an email address or a
//! token.

use crate::router::schemas;
use serde_json::Value;
use std::collections::HashSet;
use std::sync::OnceLock;
use utoipa::openapi::OpenApi;

/// Names that the API description does not list: accepted spellings of identifiers, the names of members in decisions, and
/// members of an explained bulk call.
const OTHERS: [&str; 30] = [
    "accept",
    "client_email",
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
    "private_key",
    "private_key_id",
    "project_id",
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

/// The greatest number of digits of an index. A longer number is a name.
const MAX_INDEX: usize = 6;

/// The names in lower case.
static KNOWN: OnceLock<HashSet<String>> = OnceLock::new();

/// Loads the names, so that the first error does not wait for it.
pub(crate) fn learn() -> &'static HashSet<String> {
    KNOWN.get_or_init(|| names(&schemas()))
}

/// A JSON pointer with a star in place of each name that the sender chose. Other texts are left as they are.
pub(crate) fn known(pointer: String) -> String {
    let Some(path) = pointer.strip_prefix('/') else {
        return pointer;
    };
    let is_index = |part: &str| part.len() <= MAX_INDEX && part.bytes().all(|byte| byte.is_ascii_digit());
    let shown = |part| if is_index(part) || is_known(part) { part } else { "*" };
    let parts: Vec<&str> = path.split('/').map(shown).collect();
    format!("/{}", parts.join("/"))
}

/// Whether the API has a name.
pub(crate) fn is_known(name: &str) -> bool {
    learn().contains(&name.to_ascii_lowercase())
}

fn names(document: &OpenApi) -> HashSet<String> {
    let mut names: HashSet<String> = OTHERS.into_iter().map(str::to_owned).collect();
    // A document that cannot be serialized would have no names; a test checks that there are some.
    collect(&serde_json::to_value(document).unwrap_or_default(), &mut names);
    names
}

/// Collects the names of members of schemas, and of parameters.
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
