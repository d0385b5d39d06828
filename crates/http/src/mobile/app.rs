//! The app, the device and the user of a mobile request.

use crate::body::{Incoming, Member};
use crate::contacts::request::skipped;
use crate::error::ApiError;
use crate::fields::{Fields, NOT_A_TEXT, Problems, name_of, why};
use crate::named::{self, Parts};
use crate::site;
use crate::state::HttpState;
use crate::tracker::{CollectedBody, RefusedPart};
use axum::extract::Request;
use http::{HeaderMap, HeaderName};
use selfsame_application::Sender;
use selfsame_domain::values::{DeviceId, ExternalId};
use selfsame_domain::{AppUser, Call, Command, ContactRequest, Identifier, Policy};
use serde_json::Value;
use utoipa::IntoParams;

/// The header with the public key of the app's site (wire fact).
pub(crate) const KEY: HeaderName = HeaderName::from_static("x-reteno-access-key");

/// The header with the device ID, used if the body has none (wire fact).
const DEVICE: HeaderName = HeaderName::from_static("x-reteno-device-id");

/// The header with the version of the app's SDK (wire fact).
const LIBRARY: HeaderName = HeaderName::from_static("x-reteno-sdk-version");

/// The header with the identity token of the user, signed by the app's own server.
pub(crate) const IDENTITY: HeaderName = HeaderName::from_static("x-selfsame-identity");

/// The name of the external ID in the SDK.
const USER: &str = "externalUserId";

/// The headers of an app's request.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "describes what App::open reads")]
pub(super) struct AppHeaders {
    /// The device, where the body does not name it.
    #[param(rename = "X-Reteno-Device-ID", max_length = 250)]
    device: Option<String>,
    /// The version of the library that the app sends with.
    #[param(rename = "X-Reteno-SDK-Version")]
    library: Option<String>,
    /// Taken and not looked at.
    #[param(rename = "X-Reteno-Debug")]
    debug: Option<String>,
    /// An identity token: who uses the app, signed by the app's own server.
    #[param(rename = "X-Selfsame-Identity")]
    identity: Option<String>,
}

/// A request of an app.
pub(super) struct App {
    pub(super) sender: Sender,
    pub(super) incoming: Incoming,
    headers: HeaderMap,
}

impl App {
    /// Opens the app's site, and reads a body of at most `limit` bytes.
    pub(super) async fn open(state: &HttpState, request: Request, limit: usize) -> Result<Self, ApiError> {
        let headers = request.headers().clone();
        let key = header(&headers, &KEY).ok_or(ApiError::Unauthorized("the header X-Reteno-Access-Key is required"))?;
        let sender = site::open(state, key, None, &headers, request.extensions()).await?;
        let incoming = Incoming::read(request, limit).await?;
        Ok(Self {
            sender,
            incoming,
            headers,
        })
    }

    /// The identity policy of the app's workspace.
    pub(super) fn policy(&self) -> &Policy {
        self.sender.policy()
    }

    /// The version of the library that the app sends with.
    pub(super) fn library(&self) -> Option<&str> {
        header(&self.headers, &LIBRARY)
    }

    /// The user and the device of the request. A request without a device is refused. An identity token that does not count is left out and
    /// reported. [`AppUser`] has the rules.
    pub(super) fn user(&self, state: &HttpState, sent: &SentUser<'_>, problems: &mut Problems) -> Option<User> {
        let named = named_user(&sent.names, problems);
        let device = self.device(sent.device, problems);
        let token = header(&self.headers, &IDENTITY);
        let mut wrong = Problems::default();
        let warrant = site::warrant(state, &self.sender, token, "X-Selfsame-Identity", &mut wrong);
        let (member, named) = named.unzip();
        let member = member.unwrap_or(USER);
        let (trusted, differs) = AppUser::new(device?, named, warrant);
        if let Some(reason) = differs {
            wrong.add(format!("/{member}"), reason);
        }
        Some(User {
            trusted,
            member,
            refused: wrong.all().into_iter().map(RefusedPart::from).collect(),
        })
    }

    fn device(&self, member: Member<'_>, problems: &mut Problems) -> Option<Identifier> {
        let in_header = || header(&self.headers, &DEVICE).map(str::to_owned);
        let text = member.text(problems).value().or_else(in_header);
        let id = member.check(problems, DeviceId::parse(&text.unwrap_or_default()))?;
        Some(Identifier::device_id(&id))
    }
}

/// The members of a request that name the user and the device.
pub(super) struct SentUser<'a> {
    device: Member<'a>,
    /// The external ID under its names, and the names.
    names: [(&'static str, Member<'a>); 3],
}

impl<'a> SentUser<'a> {
    /// The documented members, and the others of the body.
    pub(super) fn of(device: Member<'a>, user: Member<'a>, fields: &'a Fields<'_>) -> Self {
        let other = |name| (name, fields.at(name));
        Self {
            device,
            names: [(USER, user), other("userId"), other("user_id")],
        }
    }
}

/// The user of an app, with the names that its request uses.
pub(super) struct User {
    pub(super) trusted: AppUser,
    /// The member that names the user.
    member: &'static str,
    /// The errors of the identity token.
    refused: Vec<RefusedPart>,
}

impl User {
    /// The parts of the user's identity that are not trusted.
    pub(super) fn untrusted(&self) -> Vec<RefusedPart> {
        let skipped = self.trusted.allowed(self.trusted.request()).skipped.into_iter();
        let mut refused: Vec<_> = skipped.map(RefusedPart::from).collect();
        for part in &mut refused {
            part.field = self.member_of(&part.field, "");
        }
        [self.refused.clone(), refused].concat()
    }

    /// Submits the data of the user, and answers what was left out, by the app's names of members. The answer does not reveal who held the
    /// device or the token: a public key reads nothing.
    pub(super) async fn submit(
        &self,
        state: &HttpState,
        app: &App,
        request: ContactRequest,
        group: &str,
    ) -> Result<CollectedBody, ApiError> {
        let mut request = self.trusted.allowed(request);
        let mut answer = CollectedBody::default();
        answer
            .refused
            .extend(request.take_left_out().into_iter().map(RefusedPart::from));
        let command = Command::Contact(Call::Upsert, Box::new(request));
        for decision in site::submit(state, &app.sender, &app.incoming, vec![command]).await? {
            answer.add(&decision, true);
        }
        for part in &mut answer.refused {
            part.field = self.member_of(&part.field, group);
        }
        answer.refused.splice(..0, self.refused.iter().cloned());
        Ok(answer)
    }

    /// The app's name of a domain member. `group` is the object of the attributes, with its dot.
    fn member_of(&self, field: &str, group: &str) -> String {
        match field {
            "externalCustomerId" => self.member.to_owned(),
            "groups" => "groupNamesInclude".to_owned(),
            "subscriptions" => "subscriptionKeys".to_owned(),
            "sms" => format!("{group}phone"),
            "email" | "firstName" | "lastName" | "languageCode" | "timeZone" => format!("{group}{field}"),
            other if other.starts_with("address.") => format!("{group}{other}"),
            other => other.to_owned(),
        }
    }
}

/// Reads the email and the phone of the user.
pub(super) fn channels(email: Member<'_>, phone: Member<'_>, policy: &Policy, request: &mut ContactRequest) {
    let mut parts = Parts { policy, request };
    named::email(&mut parts, &email.pointer(), sent(email));
    named::phone(&mut parts, &phone.pointer(), sent(phone));
}

/// Leaves out and reports members that are not stored.
pub(super) fn leave_out(members: &[Member<'_>], reason: &str, request: &mut ContactRequest) {
    let sent = members.iter().filter(|member| member.sent().value().is_some());
    let left_out = sent.map(|member| skipped(&member.pointer(), reason));
    request.skipped.extend(left_out);
}

/// A member that is not `null`: the SDK sends all members.
fn sent(member: Member<'_>) -> Option<&Value> {
    member.raw.filter(|value| !value.is_null())
}

/// The external ID under any of its names. A blank one is refused (wire fact), and so are two that differ.
fn named_user(names: &[(&'static str, Member<'_>)], problems: &mut Problems) -> Option<(&'static str, ExternalId)> {
    let mut user: Option<(&'static str, ExternalId)> = None;
    for (name, member) in names {
        let Some(value) = sent(*member) else { continue };
        let text = member.check(problems, name_of(value).ok_or_else(|| why(value, NOT_A_TEXT)));
        let Some(id) = text.and_then(|text| member.check(problems, ExternalId::parse(&text))) else {
            continue;
        };
        match &user {
            None => user = Some((*name, id)),
            Some((first, other)) if *other != id => {
                problems.add(member.pointer(), format!("must be the same as {first}"));
            }
            Some(_) => {}
        }
    }
    user
}

/// A header that is not blank.
fn header<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let text = headers.get(name)?.to_str().ok()?.trim();
    (!text.is_empty()).then_some(text)
}
