//! `POST /mobile/api/v1/user`: the data of an app's user.

use super::app::{self, App, AppHeaders, SentUser, User};
use super::device::MAX_BYTES;
use crate::body::{Member, members};
use crate::contacts::request::{field_text, read_attributes, read_texts, refuse_unreadable, skipped};
use crate::docs::{AddressInput, ContactInput};
use crate::error::{ApiError, member};
use crate::fields::{Fields, MAX_ENTRIES, NOT_A_TEXT, Problems, why};
use crate::state::HttpState;
use crate::tracker::CollectedBody;
use axum::extract::{Request, State};
use selfsame_domain::values::{CategoryKey, SegmentName};
use selfsame_domain::{AppUser, Call, ContactRequest, CustomField, FieldInput, SegmentRef};

members! {
    /// What an app knows of its user.
    pub(crate) struct AppUserInput {
        /// The device; the header `X-Reteno-Device-ID` may say it instead.
        #[schema(max_length = 250, example = "8a5b1c0e-9c2f-4b7e-8a61-3c9d2e7f1b45")]
        device_id: Option<String>,
        /// The external ID of the user, also as `userId` or `user_id`.
        #[schema(min_length = 1, max_length = 100)]
        external_user_id: Option<String>,
        user_attributes: Option<AppUserAttributesInput>,
        /// Keys of subscription categories to have.
        #[schema(max_items = 500)]
        subscription_keys: Option<Vec<String>>,
        /// Names of static segments to be in.
        #[schema(max_items = 500)]
        group_names_include: Option<Vec<String>>,
        /// Names of static segments not to be in.
        #[schema(max_items = 500)]
        group_names_exclude: Option<Vec<String>>,
    }
}

members! {
    /// Attributes of a user.
    pub(crate) struct AppUserAttributesInput {
        /// Refused without an external ID.
        phone: Option<String>,
        /// Refused without an external ID.
        email: Option<String>,
        #[schema(max_length = 40)]
        first_name: Option<String>,
        #[schema(max_length = 40)]
        last_name: Option<String>,
        /// Kept of users with an external ID only.
        language_code: Option<String>,
        /// Kept of users with an external ID only.
        time_zone: Option<String>,
        /// Left out.
        market_id: Option<String>,
        address: Option<AddressInput>,
        /// Custom fields by their keys.
        #[schema(max_items = 500)]
        fields: Option<Vec<AppFieldInput>>,
    }
}

members! {
    /// A custom field by its key.
    pub(crate) struct AppFieldInput {
        #[schema(max_length = 100)]
        key: String,
        /// `null` and blank texts say nothing.
        value: Option<String>,
    }
}

/// Identify the user of an app.
///
/// Attributes, subscriptions and segments as with `POST /api/v1/contact`, in one step. All of it needs an identity token, unless the site
/// takes unsigned identification; without one it is left out and reported in `refused`, and the device is stored.
#[utoipa::path(
    post,
    path = "/user",
    operation_id = "tellUser",
    tag = "mobile",
    security(("site" = [])),
    params(AppHeaders, crate::docs::IdempotencyKey),
    request_body(content = AppUserInput, content_type = "application/json", example = json!({
        "deviceId": "8a5b1c0e-9c2f-4b7e-8a61-3c9d2e7f1b45", "externalUserId": "C-1001",
        "userAttributes": {"firstName": "Ann", "email": "ann@example.com", "fields": [{"key": "SIZE", "value": "M"}]},
        "subscriptionKeys": ["news"], "groupNamesInclude": ["App users"], "groupNamesExclude": ["Guests"]
    })),
    responses(
        (status = 200, body = CollectedBody, description = "The data is stored; what was left out",
            example = json!({"stored": 1, "refused": []})),
        crate::refusals::PublicRefused,
    )
)]
pub(super) async fn user(State(state): State<HttpState>, request: Request) -> Result<CollectedBody, ApiError> {
    let app = App::open(&state, request, MAX_BYTES).await?;
    let body = app.incoming.object()?;
    let fields = body.fields();
    let mut problems = Problems::default();
    let sent = AppUserInput::of(&fields);
    let named = SentUser::of(sent.device_id, sent.external_user_id, &fields);
    let user = app.user(&state, &named, &mut problems);
    let attributes = sent.user_attributes.object(&mut problems).value();
    let attributes = attributes.unwrap_or_else(|| Fields::of(None, sent.user_attributes.pointer()));
    let read = user.map(|user| (read(&app, &user, &sent, &attributes, &mut problems), user));
    let custom_fields = AppUserAttributesInput::of(&attributes).fields;
    let named = custom_fields.list(MAX_ENTRIES, &mut problems);
    problems.finish()?;
    let (mut request, user) = read.ok_or(ApiError::Internal("a user without problems that cannot be read"))?;
    if !named.is_empty() {
        let known = state.app.store().fields(app.sender.workspace()).await?;
        for (pointer, value) in named {
            match value.as_object() {
                Some(field) => custom_field(&Fields::of(Some(field), pointer), &known, &mut request),
                None => request.skipped.push(skipped(&pointer, why(value, "must be an object"))),
            }
        }
    }
    user.submit(&state, &app, request, "userAttributes.").await
}

fn read(
    app: &App,
    user: &User,
    sent: &AppUserInput<'_>,
    attributes: &Fields<'_>,
    problems: &mut Problems,
) -> ContactRequest {
    let mut request = user.trusted.request();
    let user_attributes = AppUserAttributesInput::of(attributes);
    let contact = ContactInput {
        first_name: user_attributes.first_name,
        last_name: user_attributes.last_name,
        contact_key: attributes.at("contactKey"),
        language_code: user_attributes.language_code,
        time_zone: user_attributes.time_zone,
        address: user_attributes.address,
        ..ContactInput::default()
    };
    read_attributes(&contact, app.policy(), problems, &mut request);
    app::leave_out(&[user_attributes.market_id], "is not stored", &mut request);
    let (email, phone) = (user_attributes.email, user_attributes.phone);
    if user.trusted.is_named() {
        app::channels(email, phone, app.policy(), &mut request);
    } else {
        for member in [email, phone] {
            if member.sent().value().is_some() {
                problems.add(member.pointer(), "must not be sent without externalUserId");
            }
        }
        request.attributes.retain(|input| !AppUser::is_of_user(input.key));
        let reason = "is stored only for users with an external ID";
        let of_users = [user_attributes.language_code, user_attributes.time_zone];
        app::leave_out(&of_users, reason, &mut request);
    }
    let names = |names: Member<'_>, problems: &mut Problems, request: &mut ContactRequest| {
        let texts = read_texts(names, request, problems).into_iter();
        let read = texts.map(|(pointer, text)| SegmentName::parse(&text).map_err(|error| skipped(&pointer, error)));
        let (names, wrong): (Vec<_>, Vec<_>) = read.partition(Result::is_ok);
        request.skipped.extend(wrong.into_iter().filter_map(Result::err));
        names.into_iter().filter_map(Result::ok).collect::<Vec<_>>()
    };
    let included = names(sent.group_names_include, problems, &mut request).into_iter();
    request.segments.extend(included.map(SegmentRef::Name));
    request.left_segments = names(sent.group_names_exclude, problems, &mut request);
    for (pointer, key) in read_texts(sent.subscription_keys, &mut request, problems) {
        match CategoryKey::parse(&key) {
            Ok(key) => request.categories.push(key),
            Err(error) => request.skipped.push(skipped(&pointer, error)),
        }
    }
    refuse_unreadable(&request, Call::Upsert, app.policy(), problems);
    request
}

/// A custom field by its key. Apps do not send the group of a field, so the key must belong to one field only.
fn custom_field(field: &Fields<'_>, known: &[CustomField], request: &mut ContactRequest) {
    let sent = AppFieldInput::of(field);
    let key = sent.key.text(&mut Problems::default()).value().unwrap_or_default();
    let mut named = known
        .iter()
        .filter(|known| !known.archived && known.field_key == key.trim());
    let (pointer, found) = (sent.key.pointer(), (named.next(), named.next()));
    let (Some(found), None) = found else {
        let reason = match found {
            (None, _) => "is no custom field's",
            (Some(_), _) => "is that of several custom fields",
        };
        request.skipped.push(skipped(&pointer, reason));
        return;
    };
    let Some(value) = sent.value.sent().value() else {
        return;
    };
    let Some(text) = field_text(value) else {
        request
            .skipped
            .push(skipped(&sent.value.pointer(), why(value, NOT_A_TEXT)));
        return;
    };
    if text.trim().is_empty() {
        return;
    }
    request.fields.push(FieldInput {
        id: found.id,
        text: Some(text),
        member: member(&sent.value.pointer()),
    });
}
