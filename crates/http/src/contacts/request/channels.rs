//! The channels of a contact.

use super::{MAX_IDENTIFIERS, Reader};
use crate::error::Problem;
use crate::fields::{Fields, NOT_A_TEXT, Problems, Sent, name_of, text_of, why};
use selfsame_domain::values::{
    AppId, ChannelType, Device, Email, FieldProblem, Phone, Token, ValueError, WebPushSubscription,
};
use selfsame_domain::{ChannelDetails, ChannelInput, Identifier, IdentifierKind};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// The greatest number of channels of one type in a request (wire fact).
const MAX_OF_TYPE: usize = 2;

pub(super) fn read(reader: &mut Reader<'_>, fields: &Fields<'_>) {
    let mut counts: BTreeMap<ChannelType, usize> = BTreeMap::new();
    for (pointer, value) in fields.list("channels", MAX_IDENTIFIERS, reader.problems) {
        let Value::Object(object) = value else {
            let problem = Problem::new(pointer, why(value, "must be an object"));
            reader.unreadable(None, None, &problem);
            continue;
        };
        let channel = Fields::of(Some(object), pointer);
        let Some(text) = reader.text(None, &channel, "value") else {
            continue;
        };
        let Some(channel_type) = read_type(reader, &channel) else {
            continue;
        };
        let count = counts.entry(channel_type).or_default();
        *count += 1;
        if *count > MAX_OF_TYPE {
            let reason = format!("must not be the third channel of type {channel_type}");
            reader.unreadable(None, Some(&text), &Problem::new(channel.here(), reason));
            continue;
        }
        if let Err(problem) = read_channel(reader, &channel, channel_type, &text) {
            reader.unreadable(None, None, &problem);
        }
    }
    for (pointer, value) in fields.list("telegram", MAX_IDENTIFIERS, reader.problems) {
        if let Err(problem) = telegram(reader, &pointer, value) {
            reader.unreadable(Some(IdentifierKind::Telegram), None, &problem);
        }
    }
}

fn read_type(reader: &mut Reader<'_>, channel: &Fields<'_>) -> Option<ChannelType> {
    let mut ignored = Problems::default();
    let text = channel.text("type", &mut ignored).value();
    let known = text.as_deref().and_then(ChannelType::from_wire);
    if known.is_none() {
        let reason = match text {
            Some(_) => format!(
                "must be one of {}",
                ChannelType::ALL.map(ChannelType::as_wire).join(", ")
            ),
            None => match ignored.all().pop() {
                Some(problem) => problem.reason,
                None => "must be the type of the channel".to_owned(),
            },
        };
        reader.unreadable(None, None, &Problem::new(channel.pointer("type"), reason));
    }
    known
}

/// Reads a channel. Fails when the app ID, which is part of the identifier, cannot be read.
fn read_channel(
    reader: &mut Reader<'_>,
    channel: &Fields<'_>,
    channel_type: ChannelType,
    text: &str,
) -> Result<(), Problem> {
    let pointer = channel.pointer("value");
    match channel_type {
        ChannelType::Email => {
            let read = Email::parse(text).map(|email| Identifier::email(&email));
            let email = reader.identifier(IdentifierKind::Email, &pointer, text, read);
            push(reader, channel_type, email, ChannelDetails::default());
        }
        ChannelType::Sms | ChannelType::Viber => {
            let region = reader.policy.default_phone_region.as_ref();
            let read = Phone::parse(text, region).map(|phone| Identifier::phone(&phone));
            let phone = reader.identifier(IdentifierKind::Phone, &pointer, text, read);
            push(reader, channel_type, phone, ChannelDetails::default());
        }
        ChannelType::MobilePush => {
            let device = device(reader, channel)?;
            let app = device.as_ref().and_then(|device| device.app_id.clone());
            let details = ChannelDetails {
                device,
                ..ChannelDetails::default()
            };
            let kind = (channel_type, IdentifierKind::MobilePush);
            token(reader, channel, kind, text, app, details)?;
        }
        ChannelType::WebPush => {
            let web_push = web_push(reader, channel)?;
            let app = web_push.as_ref().and_then(|web_push| web_push.app_id.clone());
            let details = ChannelDetails {
                web_push,
                ..ChannelDetails::default()
            };
            let kind = (channel_type, IdentifierKind::WebPush);
            token(reader, channel, kind, text, app, details)?;
        }
        ChannelType::Telegram => {
            let kind = (channel_type, IdentifierKind::Telegram);
            token(reader, channel, kind, text, None, ChannelDetails::default())?;
        }
        ChannelType::WebCookie => reader.cookie(&pointer, text),
        ChannelType::AppInbox | ChannelType::Widget | ChannelType::InApp => {
            reader.skip(
                channel.here(),
                format!("channels of type {channel_type} are not stored"),
            );
        }
    }
    Ok(())
}

/// A token, qualified by the app ID of the device or the subscription, else by `appId` of the channel.
fn token(
    reader: &mut Reader<'_>,
    channel: &Fields<'_>,
    (channel_type, kind): (ChannelType, IdentifierKind),
    text: &str,
    app: Option<AppId>,
    mut details: ChannelDetails,
) -> Result<(), Problem> {
    let mut app = app;
    if app.is_none() {
        app = app_id(channel)?;
        details.app = app.as_ref().map(|app| app.as_str().to_owned());
    }
    let read = Token::parse(text).map(|token| Identifier::token(kind, app.as_ref(), &token));
    let token = reader.identifier(kind, &channel.pointer("value"), text, read);
    push(reader, channel_type, token, details);
    Ok(())
}

/// Adds a channel, unless the request has the same value of that type already.
fn push(reader: &mut Reader<'_>, channel: ChannelType, identifier: Option<Identifier>, details: ChannelDetails) {
    let Some(identifier) = identifier else { return };
    let known = &reader.request.channels;
    if !known
        .iter()
        .any(|input| input.channel == channel && input.identifier.key == identifier.key)
    {
        reader.request.channels.push(ChannelInput {
            channel,
            identifier,
            details,
        });
    }
}

/// `telegram`: a token or several, or objects with `token` and `appId`; an addition to the wire protocol.
fn telegram(reader: &mut Reader<'_>, pointer: &str, value: &Value) -> Result<(), Problem> {
    let kind = IdentifierKind::Telegram;
    let object = value.as_object();
    let fields = Fields::of(object, pointer.to_owned());
    let text = match object {
        Some(object) if object.contains_key("token") => reader.text(Some(kind), &fields, "token"),
        Some(_) => None,
        None => name_of(value),
    };
    let Some(text) = text else {
        // A blank token counts as left out, and one that is no text was reported.
        let has_token = object.is_some_and(|object| object.contains_key("token"));
        let expected = "must be a token, or an object with token";
        return if has_token {
            Ok(())
        } else {
            Err(Problem::new(pointer, why(value, expected)))
        };
    };
    let app = app_id(&fields)?;
    let details = ChannelDetails {
        app: app.as_ref().map(AppId::to_string),
        ..ChannelDetails::default()
    };
    let read = Token::parse(&text).map(|token| Identifier::token(kind, app.as_ref(), &token));
    let token = reader.identifier(kind, pointer, &text, read);
    push(reader, ChannelType::Telegram, token, details);
    Ok(())
}

/// The app ID, which is part of a token. An unreadable one is an error: without it the token would be a different identifier.
fn app_id(fields: &Fields<'_>) -> Result<Option<AppId>, Problem> {
    let mut wrong = Problems::default();
    let text = fields.text("appId", &mut wrong).value();
    if let Some(problem) = wrong.all().pop() {
        return Err(problem);
    }
    let Some(text) = text else { return Ok(None) };
    match AppId::parse(&text) {
        Ok(app) => Ok(Some(app)),
        Err(ValueError::Empty) => Ok(None),
        Err(error) => Err(Problem::new(fields.pointer("appId"), error)),
    }
}

/// The app of a device, a UUID (wire fact). Any other text would be a separate app whose tokens no call addresses, and so would the same
/// UUID without hyphens or in braces.
pub(crate) fn device_app(fields: &Fields<'_>) -> Result<Option<AppId>, Problem> {
    let app = app_id(fields)?;
    let is_uuid = |app: &AppId| Uuid::try_parse(app.as_str()).is_ok_and(|uuid| uuid.to_string() == app.as_str());
    if app.as_ref().is_none_or(is_uuid) {
        Ok(app)
    } else {
        Err(Problem::new(fields.pointer("appId"), "must be a UUID with hyphens"))
    }
}

fn device(reader: &mut Reader<'_>, channel: &Fields<'_>) -> Result<Option<Device>, Problem> {
    let Some(fields) = details(reader, channel, "device") else {
        return Ok(None);
    };
    let app_id = device_app(&fields)?;
    let active = active(reader, &fields);
    let mut text = |name| described(reader, &fields, name);
    let mut device = Device {
        app_id,
        device_model: text("deviceModel"),
        os: text("os"),
        locale: text("locale"),
        client_version: text("clientVersion"),
        app_version: text("appVersion"),
        active,
    };
    loop {
        match device.clone().checked() {
            Ok(checked) => return Ok(Some(checked)),
            Err(FieldProblem { member, error }) => {
                reader.skip(&fields.pointer(member), error);
                match member {
                    "deviceModel" => device.device_model = None,
                    "os" => device.os = None,
                    "locale" => device.locale = None,
                    "clientVersion" => device.client_version = None,
                    "appVersion" => device.app_version = None,
                    _ => return Ok(None),
                }
            }
        }
    }
}

fn web_push(reader: &mut Reader<'_>, channel: &Fields<'_>) -> Result<Option<WebPushSubscription>, Problem> {
    let Some(fields) = details(reader, channel, "webPushSubscription") else {
        return Ok(None);
    };
    let app_id = app_id(&fields)?;
    let mut text = |name| described(reader, &fields, name);
    let mut web_push = WebPushSubscription {
        app_id,
        user_agent: text("userAgent"),
        user_agent_version: text("userAgentVersion"),
        user_agent_language: text("userAgentLanguage"),
        os: text("os"),
        ip: text("ip"),
        subscription_page: text("subscriptionPage"),
        sw_active_version: text("swActiveVersion"),
    };
    loop {
        match web_push.clone().checked() {
            Ok(checked) => return Ok(Some(checked)),
            Err(FieldProblem { member, error }) => {
                reader.skip(&fields.pointer(member), error);
                match member {
                    "userAgent" => web_push.user_agent = None,
                    "userAgentVersion" => web_push.user_agent_version = None,
                    "userAgentLanguage" => web_push.user_agent_language = None,
                    "os" => web_push.os = None,
                    "ip" => web_push.ip = None,
                    "subscriptionPage" => web_push.subscription_page = None,
                    "swActiveVersion" => web_push.sw_active_version = None,
                    _ => return Ok(None),
                }
            }
        }
    }
}

fn details<'a>(reader: &mut Reader<'_>, channel: &Fields<'a>, name: &str) -> Option<Fields<'a>> {
    let value = channel.raw(name).value()?;
    let object = value.as_object();
    if object.is_none() {
        reader.skip(&channel.pointer(name), why(value, "must be an object"));
    }
    object.map(|object| Fields::of(Some(object), channel.pointer(name)))
}

/// Reads a descriptive member; a value that is no text is left out and reported.
fn described(reader: &mut Reader<'_>, fields: &Fields<'_>, name: &str) -> Option<String> {
    let value = fields.raw(name).value()?;
    let text = text_of(value);
    if text.is_none() {
        reader.skip(&fields.pointer(name), why(value, NOT_A_TEXT));
    }
    text
}

fn active(reader: &mut Reader<'_>, fields: &Fields<'_>) -> bool {
    let mut ignored = Problems::default();
    let sent = fields.boolean("active", &mut ignored);
    for problem in ignored.all() {
        reader.skip(&problem.pointer, problem.reason);
    }
    match sent {
        Sent::Value(active) => active,
        Sent::Nothing | Sent::Null => true,
    }
}
