//! `POST /mobile/api/v1/device`: the device that an app runs on, and its push token.

use super::app::{self, App, AppHeaders, SentUser, User};
use crate::body::{Member, members};
use crate::contacts::request::{device_app, read_attributes, refuse_unreadable, skipped};
use crate::docs::ContactInput;
use crate::error::ApiError;
use crate::fields::{Fields, NOT_A_TEXT, Problems, Sent, text_of, why};
use crate::state::HttpState;
use crate::tracker::CollectedBody;
use axum::extract::{Request, State};
use selfsame_domain::values::{ChannelType, Device, FieldProblem, Token};
use selfsame_domain::{AppUser, Call, ChannelDetails, ChannelInput, ContactRequest, Identifier, IdentifierKind};

/// Greatest size of a request, in bytes.
pub(super) const MAX_BYTES: usize = 64 * 1024;

members! {
    /// A device as an app describes it.
    pub(crate) struct AppDeviceInput {
        /// The device, by an identity that the app keeps; the header `X-Reteno-Device-ID` may say it instead.
        #[schema(max_length = 250, example = "8a5b1c0e-9c2f-4b7e-8a61-3c9d2e7f1b45")]
        device_id: Option<String>,
        /// The external ID of the user, also as `userId` or `user_id`. Needs an identity token, unless the site takes unsigned ones.
        #[schema(min_length = 1, max_length = 100)]
        external_user_id: Option<String>,
        /// The push token. It replaces the one that the device named before.
        #[schema(max_length = 4096)]
        push_token: Option<String>,
        /// The app that qualifies the token, a UUID as `device.appId` of a contact; none for the nameless one.
        #[schema(max_length = 100)]
        app_id: Option<String>,
        /// Whether the token takes messages. True unless said otherwise.
        push_subscribed: Option<bool>,
        /// Left out.
        category: Option<String>,
        #[schema(example = "ANDROID")]
        os_type: Option<String>,
        os_version: Option<String>,
        #[schema(max_length = 50)]
        device_model: Option<String>,
        #[schema(max_length = 100)]
        app_version: Option<String>,
        /// The device's language, and that of a user with an external ID.
        language_code: Option<String>,
        /// That of a user with an external ID; otherwise left out.
        time_zone: Option<String>,
        /// Left out.
        advertising_id: Option<String>,
        /// Of the user.
        phone: Option<String>,
        /// Of the user.
        email: Option<String>,
    }
}

/// Register a device and its push token.
///
/// Without a user the device and the token belong to an anonymous contact; a contact that names them with an external ID absorbs it. With a user
/// they are the user's. What a public key may not set, or has no place, is left out and reported in `refused`. The answer does not say
/// whom a device or token belonged to.
#[utoipa::path(
    post,
    path = "/device",
    operation_id = "tellDevice",
    tag = "mobile",
    security(("site" = [])),
    params(AppHeaders, crate::docs::IdempotencyKey),
    request_body(content = AppDeviceInput, content_type = "application/json", example = json!({
        "deviceId": "8a5b1c0e-9c2f-4b7e-8a61-3c9d2e7f1b45", "pushToken": "fcm-token", "pushSubscribed": true,
        "osType": "ANDROID", "osVersion": "15", "deviceModel": "Pixel 9", "appVersion": "2.4.0", "languageCode": "uk-UA"
    })),
    responses(
        (status = 200, body = CollectedBody, description = "The device is stored; what was left out",
            example = json!({"stored": 1, "refused": []})),
        crate::refusals::PublicRefused,
    )
)]
pub(super) async fn device(State(state): State<HttpState>, request: Request) -> Result<CollectedBody, ApiError> {
    let app = App::open(&state, request, MAX_BYTES).await?;
    let body = app.incoming.object()?;
    let fields = body.fields();
    let mut problems = Problems::default();
    let sent = AppDeviceInput::of(&fields);
    let named = SentUser::of(sent.device_id, sent.external_user_id, &fields);
    let user = app.user(&state, &named, &mut problems);
    let read = user.map(|user| (read(&app, &user, &fields, &mut problems), user));
    problems.finish()?;
    let (request, user) = read.ok_or(ApiError::Internal("a device without problems that cannot be read"))?;
    user.submit(&state, &app, request, "").await
}

fn read(app: &App, user: &User, fields: &Fields<'_>, problems: &mut Problems) -> ContactRequest {
    let sent = AppDeviceInput::of(fields);
    let mut request = user.trusted.request();
    if let Some(channel) = token(app, &sent, &mut request) {
        request.channels.push(channel);
    } else {
        let describing = [
            sent.push_subscribed,
            sent.os_type,
            sent.os_version,
            sent.device_model,
            sent.app_version,
            sent.language_code,
        ];
        app::leave_out(&describing, "is stored only with a pushToken", &mut request);
    }
    app::channels(sent.email, sent.phone, app.policy(), &mut request);
    app::leave_out(&[sent.category, sent.advertising_id], "is not stored", &mut request);
    if user.trusted.external_id().is_some() {
        let mut described = ContactRequest::new(request.source);
        read_attributes(&ContactInput::of(fields), app.policy(), problems, &mut described);
        let of_user = described
            .attributes
            .into_iter()
            .filter(|input| AppUser::is_of_user(input.key));
        request.attributes.extend(of_user);
        request.skipped.extend(described.skipped);
    } else {
        let reason = "is stored only for users with an external ID";
        app::leave_out(&[sent.time_zone], reason, &mut request);
    }
    refuse_unreadable(&request, Call::Upsert, app.policy(), problems);
    request
}

/// The push token. An unreadable one is left out.
fn token(app: &App, sent: &AppDeviceInput<'_>, request: &mut ContactRequest) -> Option<ChannelInput> {
    let kind = IdentifierKind::MobilePush;
    let mut wrong = Problems::default();
    let text = sent.push_token.text(&mut wrong).value();
    let token = text.as_deref().and_then(|text| {
        let token = sent.push_token.check(&mut wrong, Token::parse(text))?;
        match device_app(sent.app_id) {
            Ok(app_id) => Some((Identifier::token(kind, app_id.as_ref(), &token), app_id)),
            Err(problem) => {
                wrong.add(problem.pointer, problem.reason);
                None
            }
        }
    });
    for problem in wrong.all() {
        let skipped = skipped(&problem.pointer, problem.reason);
        request.note_unreadable(app.policy(), Some(kind), text.as_deref(), skipped);
    }
    let (identifier, app_id) = token?;
    let mut ignored = Problems::default();
    let active = sent.push_subscribed.boolean(&mut ignored);
    for problem in ignored.all() {
        request.skipped.push(skipped(&problem.pointer, problem.reason));
    }
    let mut device = described(app, sent, request);
    device.app_id = app_id;
    device.active = match active {
        Sent::Value(active) => active,
        Sent::Nothing | Sent::Null => true,
    };
    let details = ChannelDetails {
        device: Some(device),
        ..ChannelDetails::default()
    };
    Some(ChannelInput {
        channel: ChannelType::MobilePush,
        identifier,
        details,
    })
}

/// The description of the device. Unreadable members are left out and reported.
fn described(app: &App, sent: &AppDeviceInput<'_>, request: &mut ContactRequest) -> Device {
    let mut text = |member: Member<'_>| {
        let value = member.sent().value()?;
        let text = text_of(value);
        if text.is_none() {
            request.skipped.push(skipped(&member.pointer(), why(value, NOT_A_TEXT)));
        }
        text
    };
    let os: Vec<String> = [sent.os_type, sent.os_version]
        .into_iter()
        .filter_map(&mut text)
        .collect();
    let mut device = Device {
        os: (!os.is_empty()).then(|| os.join(" ")),
        device_model: text(sent.device_model),
        app_version: text(sent.app_version),
        locale: text(sent.language_code),
        client_version: app.library().map(str::to_owned),
        ..Device::default()
    };
    loop {
        match device.clone().checked() {
            Ok(checked) => return checked,
            Err(FieldProblem { member, error }) => {
                let (name, value) = match member {
                    "deviceModel" => (sent.device_model.pointer(), &mut device.device_model),
                    "os" => (sent.os_version.pointer(), &mut device.os),
                    "locale" => (sent.language_code.pointer(), &mut device.locale),
                    "appVersion" => (sent.app_version.pointer(), &mut device.app_version),
                    _ => ("X-Reteno-SDK-Version".to_owned(), &mut device.client_version),
                };
                *value = None;
                request.skipped.push(skipped(&name, error));
            }
        }
    }
}
