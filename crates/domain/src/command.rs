//! Commands: every write of Selfsame is one of them.

use crate::segments::Formula;
use crate::values::{
    AppId, CategoryKey, CategoryName, ChannelType, Email, EventTypeKey, FieldType, FormType, SegmentName, Source,
    Token, text,
};
use crate::{
    AttributeInput, Call, CategoryId, ChannelDetails, ContactId, ContactUndo, CustomField, DecisionId, EventPeriod,
    EventRequest, FieldId, Identifier, IdentifierKey, Listed, MergeId, OrderKey, OrderRequest, Policy, Revision,
    SegmentId, Timestamp, Trust, Unreadable,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A command with its time and the ID of its decision, so that resolving needs no clock and no randomness.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// The ID of the decision about it; ordered by time.
    pub decision: DecisionId,
    /// When the command was accepted.
    pub at: Timestamp,
    /// The command.
    pub command: Command,
}

/// A write to a workspace.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Carries out a command if the contact is as the caller read it, and refuses it with [`Rejection::Changed`] otherwise.
    ///
    /// [`Rejection::Changed`]: crate::Rejection::Changed
    IfUnchanged {
        /// The contact.
        contact: ContactId,
        /// The revisions of the contact that the caller accepts.
        revisions: Vec<Revision>,
        /// What is done.
        command: Box<Command>,
    },
    /// A call that names a contact by its identifiers.
    Contact(Call, Box<ContactRequest>),
    /// Keep an event.
    Event(Box<EventRequest>),
    /// Delete events of a period, of any subject: the earliest ones, up to [`EventPeriod::MOST_AT_ONCE`].
    DeleteEvents(EventPeriod),
    /// Keep an order.
    Order(Box<OrderRequest>),
    /// Deletes an order. Its events stay in the history.
    DeleteOrder(OrderKey),
    /// Say whether events of a type create contacts.
    SetCreating {
        /// The type; it need not be known.
        key: EventTypeKey,
        /// Whether they do.
        creating: bool,
    },
    /// Remove a contact, or erase it for good.
    Remove {
        /// Which contact.
        contact: ContactRef,
        /// Whether everything about it is deleted.
        erase: bool,
    },
    /// Replace the subscription categories of a contact.
    SetSubscriptions {
        /// Which contact.
        contact: ContactId,
        /// All categories that it has afterwards.
        categories: Vec<CategoryKey>,
    },
    /// Put contacts into a static segment.
    Attach {
        /// The segment.
        segment: SegmentId,
        /// The contacts.
        contacts: Vec<ContactRef>,
    },
    /// Take contacts out of a static segment.
    Detach {
        /// The segment.
        segment: SegmentId,
        /// The contacts; none empties the segment (wire fact).
        contacts: Vec<ContactRef>,
    },
    /// Mark an email address as unsubscribed, or take the mark off, for all contacts that hold it now or later.
    Unsubscribe {
        /// The address.
        email: Email,
        /// Whether it is unsubscribed from now on.
        unsubscribed: bool,
    },
    /// Change the state of an app token.
    Token {
        /// The app that qualifies the token.
        app: AppId,
        /// The token.
        token: Token,
        /// What changes.
        change: TokenChange,
    },
    /// Merge two contacts by hand (identity rule 10).
    Merge {
        /// The survivor.
        survivor: ContactId,
        /// The contact that is absorbed.
        absorbed: ContactId,
        /// Merge although both hold different external IDs, or more identifiers than the limits allow.
        force: bool,
    },
    /// Evaluate an identifier of a contact again that does not match: it matches again where there is room and the policy allows it (identity
    /// rule 8).
    Reevaluate {
        /// The contact that holds it.
        contact: ContactId,
        /// The identifier.
        key: IdentifierKey,
    },
    /// Forget the external IDs that a shared identifier was seen with, so that it is evidence again (identity rule 8).
    Unshare {
        /// The identifier.
        key: IdentifierKey,
    },
    /// Undo a merge (identity rule 10).
    Undo {
        /// Which merge.
        merge: MergeId,
    },
    /// Take back what a row of an import changed, unless it was changed since.
    TakeBack {
        /// The contact that the row was about.
        contact: Option<ContactId>,
        /// What it changed: [`crate::Decision::undo`].
        parts: Vec<ContactUndo>,
    },
    /// Define a custom field.
    CreateField(NewField),
    /// Rename or archive a custom field.
    ChangeField {
        /// Which field.
        field: FieldId,
        /// The new name, if it changes.
        name: Option<String>,
        /// Whether it is archived, if that changes.
        archived: Option<bool>,
    },
    /// Define a subscription category, with its segment.
    CreateCategory {
        /// Its key.
        key: CategoryKey,
        /// Its name.
        name: CategoryName,
    },
    /// Rename or archive a subscription category.
    ChangeCategory {
        /// Which category.
        category: CategoryId,
        /// The new name, if it changes; its segment is renamed with it.
        name: Option<CategoryName>,
        /// Whether it is archived, if that changes.
        archived: Option<bool>,
    },
    /// Define a segment.
    CreateSegment {
        /// Its name.
        name: SegmentName,
        /// Who is in it; without a formula it is a static segment.
        formula: Option<Box<Formula>>,
    },
    /// Rename a segment, or change the formula of a dynamic one.
    ChangeSegment {
        /// Which segment.
        segment: SegmentId,
        /// The new name, if it changes.
        name: Option<SegmentName>,
        /// The new formula, if it changes.
        formula: Option<Box<Formula>>,
    },
    /// Delete a segment. Its members stay.
    DeleteSegment {
        /// Which segment.
        segment: SegmentId,
    },
    /// Replace the identity policy.
    SetPolicy(Box<Policy>),
}

impl Command {
    /// The command itself, without a condition on the contact's revision.
    pub fn unconditional(&self) -> &Self {
        match self {
            Self::IfUnchanged { command, .. } => command.unconditional(),
            command => command,
        }
    }
}

impl Command {
    /// Whether the command must be alone in its batch, because it reads or writes more than the contacts that it names.
    pub fn stands_alone(&self) -> bool {
        matches!(
            self,
            Self::Undo { .. }
                | Self::TakeBack { .. }
                | Self::Remove { erase: true, .. }
                | Self::DeleteEvents(_)
                | Self::DeleteOrder(_)
                | Self::Detach { .. }
                | Self::CreateField(_)
                | Self::ChangeField { .. }
                | Self::CreateCategory { .. }
                | Self::ChangeCategory { .. }
                | Self::CreateSegment { .. }
                | Self::ChangeSegment { .. }
                | Self::DeleteSegment { .. }
                | Self::SetPolicy(_)
        )
    }
}

/// How a command names a contact without a search.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContactRef {
    /// By its contact ID, or that of a contact that it absorbed.
    Id(ContactId),
    /// By its external ID.
    ExternalId(Identifier),
    /// By an entry of a list that cannot be read: it is reported and names no contact.
    Unreadable(Skipped),
}

/// How a segment is named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SegmentRef {
    /// By its number; an unknown one is reported.
    Id(SegmentId),
    /// By its name; an unknown one is made.
    Name(SegmentName),
}

/// A change of a token's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenChange {
    /// Whether the app may be reached through the token.
    Active(bool),
    /// No messages until then.
    Mute {
        /// The end of the silence.
        until: Timestamp,
    },
    /// Messages again.
    Unmute,
}

/// A channel as a request names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelInput {
    /// The type of the channel.
    pub channel: ChannelType,
    /// The address, number or token.
    pub identifier: Identifier,
    /// Its details.
    pub details: ChannelDetails,
}

/// A custom field as a request names it; its type is known to the workspace only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldInput {
    /// Which field.
    pub id: FieldId,
    /// The value in its wire form; none clears the field.
    pub text: Option<String>,
    /// Where in the request it stood, for messages.
    pub member: String,
}

/// Something in a request that was left out, and why (identity rule 9).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Skipped {
    /// Where in the request it stood, as `channels[1].value`.
    pub field: String,
    /// Why it was left out, in words.
    pub reason: String,
}

/// What a call sends about a contact. Identifiers are checked by their types; the rules decide what is done with them.
#[derive(Debug, Clone, PartialEq)]
pub struct ContactRequest {
    /// The contact ID, for calls that search by it.
    pub contact_id: Option<ContactId>,
    /// The external ID.
    pub external_id: Option<Identifier>,
    /// Channels: emails, phones, tokens.
    pub channels: Vec<ChannelInput>,
    /// Channels to be emptied: emails and phones.
    pub cleared_channels: BTreeSet<ChannelType>,
    /// The device.
    pub device_id: Option<Identifier>,
    /// Cookies of the web visitor.
    pub cookies: Vec<Identifier>,
    /// The contact key, for calls that search by it: events. Other calls have it in [`Self::attributes`].
    pub contact_key: Option<Identifier>,
    /// Names, address, language and the like.
    pub attributes: Vec<AttributeInput>,
    /// Custom fields. Values of identifying fields are identifiers as well: [`Self::declared`].
    pub fields: Vec<FieldInput>,
    /// Static segments to join.
    pub segments: Vec<SegmentRef>,
    /// Static segments to leave. An unknown name is ignored.
    pub left_segments: Vec<SegmentName>,
    /// Subscription categories to join.
    pub categories: Vec<CategoryKey>,
    /// Where a contact that is created comes from.
    pub source: Source,
    /// Whether an email that is set counts as confirmed.
    pub confirmed: bool,
    /// The form that a subscription came from.
    pub form_type: Option<FormType>,
    /// For bulk calls: what is written to a contact that exists.
    pub listed: Option<Box<Listed>>,
    /// The type of the event that is recorded if the call makes a contact (wire fact `eventKeyForNewContacts`).
    pub event_for_new: Option<EventTypeKey>,
    /// What was left out before, and why. See also [`Self::left_out`].
    pub skipped: Vec<Skipped>,
    /// Identifiers that cannot be read. They refuse the request where [`Self::refused_by`] says so, and are left out otherwise.
    pub unreadable: Vec<Unreadable>,
    /// Set by [`Self::by_public_key`] alone.
    pub(crate) trust: Trust,
}

impl ContactRequest {
    /// An empty request.
    pub fn new(source: Source) -> Self {
        Self {
            contact_id: None,
            external_id: None,
            channels: Vec::new(),
            cleared_channels: BTreeSet::new(),
            device_id: None,
            cookies: Vec::new(),
            contact_key: None,
            attributes: Vec::new(),
            fields: Vec::new(),
            segments: Vec::new(),
            left_segments: Vec::new(),
            categories: Vec::new(),
            source,
            confirmed: true,
            form_type: None,
            listed: None,
            event_for_new: None,
            skipped: Vec::new(),
            unreadable: Vec::new(),
            trust: Trust::Full,
        }
    }

    /// All identifiers of the request, in its order, except those that are attributes: [`Self::declared`].
    pub fn identifiers(&self) -> impl Iterator<Item = &Identifier> {
        self.external_id
            .iter()
            .chain(self.channels.iter().map(|channel| &channel.identifier))
            .chain(&self.device_id)
            .chain(&self.cookies)
            .chain(&self.contact_key)
    }

    /// Identifiers that are attributes: values of the workspace's identifying custom fields, in the order of the request, and a contact key
    /// that is sent as an attribute. `at` is when the command was accepted. A value that does not fit its field is no identifier.
    pub fn declared(&self, fields: &[CustomField], at: Timestamp) -> Vec<Identifier> {
        let read = |input: &FieldInput| {
            let field = fields.iter().find(|field| field.id == input.id)?;
            let text = input.text.as_deref().filter(|_| field.identifying && !field.archived)?;
            let value = field.read(text, at).ok()?;
            Some(Identifier::field(field.id, &value))
        };
        let keys = self.attributes.iter().filter_map(AttributeInput::identifier);
        let keys = keys.filter(|key| self.contact_key.as_ref() != Some(key));
        self.fields.iter().filter_map(read).chain(keys).collect()
    }
}

/// A custom field to be made. Lengths as in [`crate::CustomField`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewField {
    /// The key of its group.
    pub profile_key: String,
    /// Its key.
    pub field_key: String,
    /// Its name.
    pub name: String,
    /// What it holds.
    pub field_type: FieldType,
    /// The values that it may hold; empty for any.
    pub allowed: Vec<String>,
    /// Whether it is required in forms.
    pub required: bool,
    /// Whether its values are evidence for bulk calls.
    pub identifying: bool,
}

impl NewField {
    /// The greatest length of a key, in characters.
    pub const MAX_KEY: usize = 100;
    /// The greatest length of a name or of an allowed value, in characters.
    pub const MAX_NAME: usize = 255;
    /// How many allowed values a field may have.
    pub const MAX_ALLOWED: usize = 500;

    /// Whether both keys may be keys. Import columns are titled `profileKey.fieldKey`, so neither part may contain a dot.
    pub fn has_keys(&self) -> bool {
        let is_key = |key: &str| !key.contains('.') && text::clean(key, Self::MAX_KEY).is_ok();
        is_key(&self.profile_key) && is_key(&self.field_key)
    }

    /// Whether the allowed values fit the type: only types of choices have any, each stands once, and where several are chosen none has a
    /// comma, which stands between them.
    pub fn has_allowed_values(&self) -> bool {
        let is_value = |value: &String| text::clean(value, Self::MAX_NAME).is_ok();
        let distinct: BTreeSet<&String> = self.allowed.iter().collect();
        let fits = match self.field_type {
            FieldType::ComboBox => true,
            FieldType::CheckboxList => !self.allowed.iter().any(|value| value.contains(',')),
            _ => self.allowed.is_empty(),
        };
        fits && distinct.len() == self.allowed.len()
            && self.allowed.len() <= Self::MAX_ALLOWED
            && self.allowed.iter().all(is_value)
    }
}
