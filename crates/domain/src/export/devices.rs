//! Push tokens and devices as rows.

use super::cell::{Cell, Row};
use super::column::{Column, ColumnType};
use super::identifiers::row_id;
use crate::{Contact, HeldIdentifier, IdentifierKind};
use std::collections::BTreeSet;

use ColumnType::{BigInteger, Integer, Text};

/// The columns of the dataset `devices` (wire fact); the last one is ours.
pub(super) static COLUMNS: [Column; 13] = [
    Column::new("appVersion", Text(Some(50)), "The version of the app"),
    Column::new("applicationId", Integer, "The number of the app, where it has one"),
    Column::new("category", Text(Some(50)), "MOBILE or WEB"),
    Column::new("contactId", BigInteger, "The contact that has the device"),
    Column::new("deviceId", Text(Some(250)), "The device, where it has a name"),
    Column::new("deviceModel", Text(Some(100)), "The model"),
    Column::new("externalCustomerId", Text(Some(100)), "The external ID of the contact"),
    Column::new("languageCode", Text(Some(20)), "The language of the device"),
    Column::new("osType", Text(Some(50)), "The operating system"),
    Column::new("osVersion", Text(Some(50)), "Empty: devices do not report it by itself"),
    Column::new(
        "pushToken",
        Text(None),
        "The push token; empty for a device without one",
    ),
    Column::new("timeZone", Text(Some(100)), "The time zone of the contact"),
    Column::new("rowId", Text(Some(36)), "The identity of the row"),
];

/// The rows of a contact's push tokens, and of its devices that none of them names.
pub fn device_rows(contact: &Contact) -> Vec<Row> {
    let visible = |kind| {
        contact
            .identifiers
            .iter()
            .filter(move |held| held.kind() == kind && held.is_visible())
    };
    let tokens: Vec<_> = visible(IdentifierKind::MobilePush)
        .chain(visible(IdentifierKind::WebPush))
        .collect();
    let named: BTreeSet<&str> = tokens
        .iter()
        .filter_map(|held| held.details.device_id.as_deref())
        .collect();
    let devices = visible(IdentifierKind::DeviceId).filter(|held| !named.contains(held.key().value.as_str()));
    let all = tokens.iter().copied().chain(devices);
    all.map(|held| row(contact, held)).collect()
}

fn row(contact: &Contact, held: &HeldIdentifier) -> Row {
    let details = &held.details;
    let (device, web) = (details.device.as_ref(), details.web_push.as_ref());
    let is_token = held.kind() != IdentifierKind::DeviceId;
    let id = if is_token {
        details.device_id.as_deref()
    } else {
        Some(held.identifier.typed.as_str())
    };
    let category = if held.kind() == IdentifierKind::WebPush {
        "WEB"
    } else {
        "MOBILE"
    };
    let app = details.app().and_then(|app| app.parse::<i32>().ok()).map(i64::from);
    let language = device.and_then(|device| device.locale.as_deref());
    let os = device.and_then(|device| device.os.as_deref());
    vec![
        Cell::text(device.and_then(|device| device.app_version.as_deref())),
        Cell::integer(app),
        Cell::Text(category.to_owned()),
        Cell::Integer(contact.id.0),
        Cell::text(id),
        Cell::text(device.and_then(|device| device.device_model.as_deref())),
        Cell::text(contact.external_id()),
        Cell::text(language.or(web.and_then(|web| web.user_agent_language.as_deref()))),
        Cell::text(os.or(web.and_then(|web| web.os.as_deref()))),
        Cell::Null,
        Cell::text(is_token.then_some(held.identifier.typed.as_str())),
        Cell::text(contact.attributes.text(crate::AttributeKey::TimeZone)),
        Cell::Text(row_id(held).to_string()),
    ]
}
