//! A contact as a line of JSON that an import reads.

use super::response::ContactBody;
use selfsame_application::ports::ContactDetails;
use serde_json::Value;

/// The contact as `GET contact/{id}` answers it, on one line. Segments stand by their names, which another workspace may have, too.
pub fn contact_line(details: &ContactDetails) -> serde_json::Result<String> {
    let mut contact = serde_json::to_value(ContactBody::from(details))?;
    let names = details
        .segments
        .iter()
        .map(|segment| Value::from(segment.name.as_str()));
    contact["groups"] = names.collect();
    serde_json::to_string(&contact)
}
