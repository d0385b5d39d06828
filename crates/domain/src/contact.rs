//! Contacts as they are stored, and what they show.

use crate::values::{AppId, ChannelType, Device, Source, WebPushSubscription};
use crate::{
    Attributes, ContactId, Identifier, IdentifierKey, IdentifierKind, Revision, SegmentId, Stability, Timestamp,
    VisitorId,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The state of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactState {
    /// It is shown and matched.
    Active,
    /// Removed by a client: hidden, until its external ID or its contact ID restores it (identity rule 2).
    Removed,
    /// Absorbed by another contact, which is its canonical contact now (identity rule 10).
    Merged,
}

impl ContactState {
    /// The stable text of the state, as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Removed => "removed",
            Self::Merged => "merged",
        }
    }

    /// The number in storage. Never renumbered.
    pub fn code(self) -> i16 {
        match self {
            Self::Active => 1,
            Self::Removed => 2,
            Self::Merged => 3,
        }
    }

    /// Reads what [`Self::code`] wrote.
    pub fn from_code(code: i16) -> Option<Self> {
        [Self::Active, Self::Removed, Self::Merged]
            .into_iter()
            .find(|known| known.code() == code)
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        [Self::Active, Self::Removed, Self::Merged]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// Whether an identifier that a contact holds counts as evidence (identity rule 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierState {
    /// It matches.
    Active,
    /// It exceeds the limit of its kind: it is kept, and never matches.
    Quarantined,
    /// It was on the workspace's list of blocked values when the contact got it. The present policy says whether it matches now; the state is
    /// updated when the value is named again.
    Blocked,
}

impl IdentifierState {
    /// The stable text of the state, as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Quarantined => "quarantined",
            Self::Blocked => "blocked",
        }
    }

    /// The number in storage. Never renumbered.
    pub fn code(self) -> i16 {
        match self {
            Self::Active => 1,
            Self::Quarantined => 2,
            Self::Blocked => 3,
        }
    }

    /// Reads what [`Self::code`] wrote.
    pub fn from_code(code: i16) -> Option<Self> {
        [Self::Active, Self::Quarantined, Self::Blocked]
            .into_iter()
            .find(|known| known.code() == code)
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        [Self::Active, Self::Quarantined, Self::Blocked]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// The details of a channel, besides its value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelDetails {
    /// The device of a mobile push token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
    /// The subscription of a web push token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub web_push: Option<WebPushSubscription>,
    /// The app that qualifies the token, if neither of the two names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// The device that a mobile push token was last named with, in its matching form. A later token of the same device replaces this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<String>,
    /// Until when messages to the token are muted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted_until: Option<Timestamp>,
}

impl ChannelDetails {
    /// Takes over the details of a later request. What it leaves out stays, and so does the muting.
    pub fn take(&mut self, later: &Self) {
        match (&mut self.device, &later.device) {
            (Some(device), Some(later)) => take_device(device, later),
            (device, later) => *device = later.clone().or(device.take()),
        }
        match (&mut self.web_push, &later.web_push) {
            (Some(subscription), Some(later)) => take_subscription(subscription, later),
            (subscription, later) => *subscription = later.clone().or(subscription.take()),
        }
        take_member(&mut self.app, later.app.as_ref());
        take_member(&mut self.device_id, later.device_id.as_ref());
    }

    /// The app that qualifies the token, if there is one.
    pub fn app(&self) -> Option<&str> {
        let device = self.device.as_ref().and_then(|device| device.app_id.as_ref());
        let web_push = self.web_push.as_ref().and_then(|web_push| web_push.app_id.as_ref());
        device.or(web_push).map(AppId::as_str).or(self.app.as_deref())
    }

    /// The operating system of the device or the browser, if it is known.
    pub fn os(&self) -> Option<&str> {
        let device = self.device.as_ref().and_then(|device| device.os.as_deref());
        device.or_else(|| self.web_push.as_ref()?.os.as_deref())
    }

    /// Whether there is nothing to store.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn take_member<T: Clone>(member: &mut Option<T>, later: Option<&T>) {
    if let Some(later) = later {
        *member = Some(later.clone());
    }
}

fn take_device(device: &mut Device, later: &Device) {
    take_member(&mut device.app_id, later.app_id.as_ref());
    take_member(&mut device.device_model, later.device_model.as_ref());
    take_member(&mut device.os, later.os.as_ref());
    take_member(&mut device.locale, later.locale.as_ref());
    take_member(&mut device.client_version, later.client_version.as_ref());
    take_member(&mut device.app_version, later.app_version.as_ref());
    device.active = later.active;
}

fn take_subscription(subscription: &mut WebPushSubscription, later: &WebPushSubscription) {
    take_member(&mut subscription.app_id, later.app_id.as_ref());
    take_member(&mut subscription.user_agent, later.user_agent.as_ref());
    take_member(&mut subscription.user_agent_version, later.user_agent_version.as_ref());
    take_member(
        &mut subscription.user_agent_language,
        later.user_agent_language.as_ref(),
    );
    take_member(&mut subscription.os, later.os.as_ref());
    take_member(&mut subscription.ip, later.ip.as_ref());
    take_member(&mut subscription.subscription_page, later.subscription_page.as_ref());
    take_member(&mut subscription.sw_active_version, later.sw_active_version.as_ref());
}

/// An identifier that a contact holds.
///
/// `home` is the contact that brought it, `owner` is the canonical contact that has it now: they differ while `home` is absorbed.
/// Undoing a merge gives identifiers back by their home. The pair of key and home is unique; for kinds with one owner the
/// key alone is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldIdentifier {
    /// Kind, matching form, and the text as typed.
    pub identifier: Identifier,
    /// The contact that brought it.
    pub home: ContactId,
    /// The canonical contact that has it now.
    pub owner: ContactId,
    /// Whether it counts as evidence.
    pub state: IdentifierState,
    /// The survivor that replaced the value while `home` was absorbed: it neither matches nor shows until the merge is undone.
    pub hidden_by: Option<ContactId>,
    /// The channels of the value (a phone number may be `sms`, `viber` or both); may be empty.
    pub channels: BTreeSet<ChannelType>,
    /// The details of the channel.
    pub details: ChannelDetails,
    /// For an email: whether the address is confirmed.
    pub confirmed: bool,
    /// Where it came from first.
    pub source: Source,
    /// When it was first seen at its home.
    pub first_seen: Timestamp,
    /// When it was last named together with the contact.
    pub last_seen: Timestamp,
}

impl HeldIdentifier {
    /// Kind and matching form.
    pub fn key(&self) -> &IdentifierKey {
        &self.identifier.key
    }

    /// What kind of identifier it is.
    pub fn kind(&self) -> IdentifierKind {
        self.identifier.key.kind
    }

    /// Whether the contact shows it.
    pub fn is_visible(&self) -> bool {
        self.hidden_by.is_none()
    }
}

/// That a contact is in a static segment. `home` and `owner` as in [`HeldIdentifier`]; segment and home are unique.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The segment.
    pub segment: SegmentId,
    /// The contact that was put into it.
    pub home: ContactId,
    /// The canonical contact that has it now.
    pub owner: ContactId,
    /// The survivor that left the segment while `home` was absorbed.
    pub hidden_by: Option<ContactId>,
    /// Since when.
    pub since: Timestamp,
}

/// The history behind an identifier for a period.
///
/// Behind a cookie it is a web visitor, with a contact after adoption (identity rule 7). Behind another identifier it is waiting history, from
/// events that named the identifier before a contact could be found by it, or an ownership period: the time in which one contact owned a token
/// or a device that has moved (identity rule 4). `home` and `owner` as in [`HeldIdentifier`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visitor {
    /// Its ID.
    pub id: VisitorId,
    /// The identifier that made it.
    pub key: IdentifierKey,
    /// The contact that adopted it; none while no contact is known behind the identifier.
    pub home: Option<ContactId>,
    /// The canonical contact that has it now.
    pub owner: Option<ContactId>,
    /// When its history begins.
    pub since: Timestamp,
    /// When its history ended: the identifier moved to another contact, or a contact adopted the waiting history and gets later events itself.
    /// At most one visitor of an identifier is open.
    pub closed_at: Option<Timestamp>,
    /// Whether the identifier had another owner until `since`. Earlier history is not this visitor's, even if that owner is erased.
    pub follows: bool,
}

impl Visitor {
    /// Whether its period includes the time.
    pub fn covers(&self, time: Timestamp) -> bool {
        self.since <= time && self.closed_at.is_none_or(|closed| time < closed)
    }

    /// The visitor behind an identifier whose period includes the time, or else the first later one.
    pub fn at<'v>(visitors: impl Iterator<Item = &'v Self> + Clone, time: Timestamp) -> Option<&'v Self> {
        let lasted = |visitor: &&Self| visitor.closed_at.is_none_or(|closed| visitor.since < closed);
        let before = visitors.clone().filter(|visitor| visitor.since <= time);
        let latest = before.filter(lasted).max_by_key(|visitor| visitor.since);
        latest.filter(|visitor| visitor.covers(time)).or_else(|| {
            let after = visitors.filter(|visitor| visitor.since > time);
            after.min_by_key(|visitor| (visitor.since, visitor.follows, visitor.id))
        })
    }
}

/// A contact as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Its contact ID.
    pub id: ContactId,
    /// Whether it is active, removed or absorbed.
    pub state: ContactState,
    /// Its canonical contact: itself, unless it is absorbed.
    pub canonical: ContactId,
    /// The contact that absorbed it, for an absorbed one. `canonical` is the end of this chain.
    pub merged_into: Option<ContactId>,
    /// Where it came from.
    pub source: Source,
    /// When it was created.
    pub created_at: Timestamp,
    /// When a request last changed something observable. Merges by hand and undos do not count, so that an undone merge leaves no trace
    /// (identity rule 10).
    pub updated_at: Timestamp,
    /// The commit that last changed the contact or anything that it owns.
    pub revision: Revision,
    /// Names, address, custom fields. Frozen while it is absorbed.
    pub attributes: Attributes,
    /// Identifiers that it owns, hidden ones included; none while it is absorbed.
    pub identifiers: Vec<HeldIdentifier>,
    /// Static segments that it is in, hidden ones included; none while it is absorbed.
    pub memberships: Vec<Membership>,
}

impl Contact {
    /// A contact that holds nothing yet.
    pub fn new(id: ContactId, source: Source, at: Timestamp) -> Self {
        Self {
            id,
            state: ContactState::Active,
            canonical: id,
            merged_into: None,
            source,
            created_at: at,
            updated_at: at,
            revision: Revision::default(),
            attributes: Attributes::default(),
            identifiers: Vec::new(),
            memberships: Vec::new(),
        }
    }

    /// Whether it is shown and matched.
    pub fn is_active(&self) -> bool {
        self.state == ContactState::Active
    }

    /// The identifiers of a kind that it shows: its own before those of contacts that it absorbed, older ones first.
    pub fn visible(&self, kind: IdentifierKind) -> Vec<&HeldIdentifier> {
        let mut held: Vec<_> = self
            .identifiers
            .iter()
            .filter(|held| held.kind() == kind && held.is_visible())
            .collect();
        held.sort_by(|a, b| {
            (a.home != self.id, a.first_seen, &a.identifier.key).cmp(&(
                b.home != self.id,
                b.first_seen,
                &b.identifier.key,
            ))
        });
        held
    }

    /// Its external ID: its own, else the first of the contacts that it absorbed.
    pub fn external_id(&self) -> Option<&str> {
        self.visible(IdentifierKind::ExternalId)
            .first()
            .map(|held| held.identifier.typed.as_str())
    }

    /// Whether it shows any external ID, also one of a contact that it absorbed.
    pub fn has_external_id(&self) -> bool {
        self.identifiers
            .iter()
            .any(|held| held.kind() == IdentifierKind::ExternalId && held.is_visible())
    }

    /// Whether it shows this identifier.
    pub fn holds(&self, key: &IdentifierKey) -> bool {
        self.identifiers
            .iter()
            .any(|held| held.key() == key && held.is_visible())
    }

    /// Whether it holds nothing but changeable identifiers, and at least one of them (identity rule 5). A contact key does not count.
    pub fn is_anonymous(&self) -> bool {
        let counts = |held: &&HeldIdentifier| held.is_visible() && held.kind() != IdentifierKind::ContactKey;
        let mut visible = self.identifiers.iter().filter(counts).peekable();
        visible.peek().is_some() && visible.all(|held| held.kind().stability() == Stability::Changeable)
    }

    /// The channels that clients read, grouped by type: the contact's own values, else those of the contacts that it absorbed (identity rule 10,
    /// the survivor's values win); push tokens of all of them.
    pub fn channels(&self) -> Vec<(ChannelType, &HeldIdentifier)> {
        let mut shown: Vec<(ChannelType, &HeldIdentifier)> = Vec::new();
        let has_channel = |held: &&HeldIdentifier| held.is_visible() && !held.channels.is_empty();
        let kinds: BTreeSet<_> = self
            .identifiers
            .iter()
            .filter(has_channel)
            .map(HeldIdentifier::kind)
            .collect();
        for kind in kinds {
            let visible = self.visible(kind);
            if let [only] = visible.as_slice() {
                shown.extend(only.channels.iter().map(|channel| (*channel, *only)));
                continue;
            }
            for channel in visible
                .iter()
                .flat_map(|held| held.channels.iter().copied())
                .collect::<BTreeSet<_>>()
            {
                let of_channel: Vec<_> = visible.iter().filter(|held| held.channels.contains(&channel)).collect();
                let first_home = of_channel.first().map(|held| held.home);
                let all = kind.is_exclusive();
                let mut seen = BTreeSet::new();
                shown.extend(
                    of_channel
                        .into_iter()
                        .filter(|held| all || Some(held.home) == first_home)
                        .filter(|held| seen.insert(held.key()))
                        .map(|held| (channel, *held)),
                );
            }
        }
        shown
    }

    /// Static segments that it shows.
    pub fn segments(&self) -> BTreeSet<SegmentId> {
        self.memberships
            .iter()
            .filter(|member| member.hidden_by.is_none())
            .map(|member| member.segment)
            .collect()
    }
}
