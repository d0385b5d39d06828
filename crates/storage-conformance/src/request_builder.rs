//! A short builder of contact requests for tests.

use chrono::NaiveDate;
use selfsame_domain::values::{
    AddressPart, Amount, AppId, CategoryKey, ChannelType, ContactKey, Cookie, Currency, Device, DeviceId, Email,
    EventTypeKey, ExternalId, ExternalOrderId, FirstName, Language, LastName, OrderText, Phone, SegmentName, Source,
    StoreId, Token, ValueError,
};
use selfsame_domain::{
    AttributeInput, Call, ChannelDetails, ChannelInput, Command, ContactId, ContactRef, ContactRequest, DedupeOn,
    EventParams, EventRequest, FieldId, FieldInput, Identifier, IdentifierKind, OrderContent, OrderDetails, OrderKey,
    OrderRequest, OrderStatus, Origin, SegmentId, SegmentRef, Timestamp,
};

/// A builder of a contact request. Panics for values that the domain refuses: a test with such a value is wrong.
#[derive(Debug, Clone)]
pub struct RequestBuilder {
    request: ContactRequest,
}

impl Default for RequestBuilder {
    fn default() -> Self {
        Self {
            request: ContactRequest::new(Source::Api),
        }
    }
}

fn valid<T>(value: Result<T, ValueError>, text: &str) -> T {
    value.unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

/// An identifier of any kind but `field`. Tokens belong to the app `app`.
///
/// # Panics
///
/// When the text is no valid identifier of the kind.
pub fn identifier(kind: IdentifierKind, text: &str) -> Identifier {
    match kind {
        IdentifierKind::ExternalId => Identifier::external_id(&valid(ExternalId::parse(text), text)),
        IdentifierKind::Email => Identifier::email(&valid(Email::parse(text), text)),
        IdentifierKind::Phone => Identifier::phone(&valid(Phone::parse(text, None), text)),
        IdentifierKind::MobilePush | IdentifierKind::WebPush | IdentifierKind::Telegram => {
            Identifier::token(kind, Some(&app("app")), &valid(Token::parse(text), text))
        }
        IdentifierKind::DeviceId => Identifier::device_id(&valid(DeviceId::parse(text), text)),
        IdentifierKind::Cookie => Identifier::cookie(&valid(Cookie::parse(text), text)),
        IdentifierKind::ContactKey => Identifier::contact_key(&valid(ContactKey::parse(text), text)),
        IdentifierKind::Field => panic!("a field has a number besides"),
    }
}

/// An app.
pub fn app(text: &str) -> AppId {
    valid(AppId::parse(text), text)
}

/// A token.
pub fn token(text: &str) -> Token {
    valid(Token::parse(text), text)
}

/// An email address.
pub fn email(text: &str) -> Email {
    valid(Email::parse(text), text)
}

/// The key of a type of events.
pub fn event_type(text: &str) -> EventTypeKey {
    valid(EventTypeKey::parse(text), text)
}

/// The command that records an event.
pub fn keep(event: EventRequest) -> Command {
    Command::Event(Box::new(event))
}

/// The key of an order: its number, and its shop if it has one.
///
/// # Panics
///
/// When a text is no valid number or shop.
pub fn order_key(number: &str, store: Option<&str>) -> OrderKey {
    OrderKey {
        external_id: valid(ExternalOrderId::parse(number), number),
        store_id: store.map(|store| valid(StoreId::parse(store), store)),
    }
}

/// The command that stores an order.
pub fn keep_order(order: OrderRequest) -> Command {
    Command::Order(Box::new(order))
}

/// An amount.
pub fn amount(text: &str) -> Amount {
    valid(Amount::parse(text), text)
}

/// A text of an order.
pub fn order_text(text: &str) -> OrderText {
    valid(OrderText::parse(text), text)
}

/// A category's key.
pub fn category_key(text: &str) -> CategoryKey {
    valid(CategoryKey::parse(text), text)
}

/// A segment's name.
pub fn segment_name(text: &str) -> SegmentName {
    valid(SegmentName::parse(text), text)
}

/// A reference to a contact by its external ID.
pub fn by_external(text: &str) -> ContactRef {
    ContactRef::ExternalId(identifier(IdentifierKind::ExternalId, text))
}

/// The channel of a kind of identifier; `sms` for phones.
pub fn channel_of(kind: IdentifierKind) -> Option<ChannelType> {
    Some(match kind {
        IdentifierKind::Email => ChannelType::Email,
        IdentifierKind::Phone => ChannelType::Sms,
        IdentifierKind::MobilePush => ChannelType::MobilePush,
        IdentifierKind::WebPush => ChannelType::WebPush,
        IdentifierKind::Telegram => ChannelType::Telegram,
        _ => return None,
    })
}

/// A date.
pub fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

/// An empty request; its source is [`Source::Api`].
pub fn api_call() -> RequestBuilder {
    RequestBuilder::default()
}

impl RequestBuilder {
    /// Adds an identifier of any kind that is no attribute; the channel is that of [`channel_of`].
    #[must_use]
    pub fn with(mut self, kind: IdentifierKind, text: &str) -> Self {
        let identifier = identifier(kind, text);
        match (kind, channel_of(kind)) {
            (IdentifierKind::ExternalId, _) => self.request.external_id = Some(identifier),
            (IdentifierKind::DeviceId, _) => self.request.device_id = Some(identifier),
            (IdentifierKind::Cookie, _) => self.request.cookies.push(identifier),
            (_, Some(channel)) => return self.channel(channel, identifier, ChannelDetails::default()),
            (_, None) => panic!("{kind} is named by attributes"),
        }
        self
    }

    /// Adds a channel.
    #[must_use]
    pub fn channel(mut self, channel: ChannelType, identifier: Identifier, details: ChannelDetails) -> Self {
        self.request.channels.push(ChannelInput {
            channel,
            identifier,
            details,
        });
        self
    }

    /// Adds the external ID.
    #[must_use]
    pub fn external(self, text: &str) -> Self {
        self.with(IdentifierKind::ExternalId, text)
    }

    /// Adds an email.
    #[must_use]
    pub fn email(self, text: &str) -> Self {
        self.with(IdentifierKind::Email, text)
    }

    /// Adds a phone as the channel `sms`.
    #[must_use]
    pub fn sms(self, text: &str) -> Self {
        self.with(IdentifierKind::Phone, text)
    }

    /// Adds a phone as the channel `viber`.
    #[must_use]
    pub fn viber(self, text: &str) -> Self {
        self.channel(
            ChannelType::Viber,
            identifier(IdentifierKind::Phone, text),
            ChannelDetails::default(),
        )
    }

    /// Adds a mobile push token of an app, with a device that names the app.
    #[must_use]
    pub fn mobile(self, app_text: &str, text: &str) -> Self {
        let identifier = Identifier::token(IdentifierKind::MobilePush, Some(&app(app_text)), &token(text));
        let device = Device {
            app_id: Some(app(app_text)),
            ..Device::default()
        };
        let details = ChannelDetails {
            device: Some(device),
            ..ChannelDetails::default()
        };
        self.channel(ChannelType::MobilePush, identifier, details)
    }

    /// Adds a mobile push token without its app.
    #[must_use]
    pub fn nameless(self, text: &str) -> Self {
        let identifier = Identifier::token(IdentifierKind::MobilePush, None, &token(text));
        self.channel(ChannelType::MobilePush, identifier, ChannelDetails::default())
    }

    /// Adds a device.
    #[must_use]
    pub fn device(self, text: &str) -> Self {
        self.with(IdentifierKind::DeviceId, text)
    }

    /// Adds a cookie.
    #[must_use]
    pub fn cookie(self, text: &str) -> Self {
        self.with(IdentifierKind::Cookie, text)
    }

    /// Sets an attribute.
    #[must_use]
    pub fn attribute(mut self, input: AttributeInput) -> Self {
        self.request.attributes.push(input);
        self
    }

    /// Sets the first name.
    #[must_use]
    pub fn first(self, text: &str) -> Self {
        self.attribute(AttributeInput::first_name(Some(&valid(FirstName::parse(text), text))))
    }

    /// Sets the last name.
    #[must_use]
    pub fn last(self, text: &str) -> Self {
        self.attribute(AttributeInput::last_name(Some(&valid(LastName::parse(text), text))))
    }

    /// Sets the town.
    #[must_use]
    pub fn town(self, text: &str) -> Self {
        self.attribute(AttributeInput::town(Some(&valid(AddressPart::parse(text), text))))
    }

    /// Sets the language.
    #[must_use]
    pub fn language(self, text: &str) -> Self {
        self.attribute(AttributeInput::language(Some(&valid(Language::parse(text), text))))
    }

    /// Sets the contact key.
    #[must_use]
    pub fn key(self, text: &str) -> Self {
        self.attribute(AttributeInput::contact_key(Some(&valid(ContactKey::parse(text), text))))
    }

    /// Adds the contact key as an identifier, as events do.
    #[must_use]
    pub fn keyed(mut self, text: &str) -> Self {
        self.request.contact_key = Some(identifier(IdentifierKind::ContactKey, text));
        self.key(text)
    }

    /// Sets a custom field to the text of a client, or clears it.
    #[must_use]
    pub fn field(mut self, id: FieldId, text: Option<&str>) -> Self {
        let member = format!("fields[{}]", self.request.fields.len());
        self.request.fields.push(FieldInput {
            id,
            text: text.map(str::to_owned),
            member,
        });
        self
    }

    /// Adds a segment by name.
    #[must_use]
    pub fn segment(mut self, name: &str) -> Self {
        self.request.segments.push(SegmentRef::Name(segment_name(name)));
        self
    }

    /// Adds a segment by number.
    #[must_use]
    pub fn segment_id(mut self, id: SegmentId) -> Self {
        self.request.segments.push(SegmentRef::Id(id));
        self
    }

    /// Adds a category.
    #[must_use]
    pub fn category(mut self, key: &str) -> Self {
        self.request.categories.push(category_key(key));
        self
    }

    /// Sets the source of a contact that is created.
    #[must_use]
    pub fn source(mut self, source: Source) -> Self {
        self.request.source = source;
        self
    }

    /// Clears a channel.
    #[must_use]
    pub fn cleared(mut self, channel: ChannelType) -> Self {
        self.request.cleared_channels.insert(channel);
        self
    }

    /// Makes the set emails unconfirmed.
    #[must_use]
    pub fn unconfirmed(mut self) -> Self {
        self.request.confirmed = false;
        self
    }

    /// Adds the contact ID.
    #[must_use]
    pub fn contact(mut self, id: ContactId) -> Self {
        self.request.contact_id = Some(id);
        self
    }

    /// Sends the request with a public key: only members that the key may set are left.
    #[must_use]
    pub fn publicly(mut self) -> Self {
        self.request = self.request.by_public_key();
        self
    }

    /// The request.
    pub fn request(self) -> ContactRequest {
        self.request
    }

    /// The command of a call.
    pub fn call(self, call: Call) -> Command {
        Command::Contact(call, Box::new(self.request))
    }

    /// Adds or updates.
    pub fn upsert(self) -> Command {
        self.call(Call::Upsert)
    }

    /// Subscribes; emails that are set are unconfirmed (wire fact).
    pub fn subscribe(self) -> Command {
        self.unconfirmed().source(Source::Subscription).call(Call::Subscribe)
    }

    /// Updates by contact ID.
    pub fn update(self, id: ContactId) -> Command {
        self.contact(id).call(Call::Update)
    }

    /// One contact of a bulk call.
    pub fn bulk(self, dedupe_on: DedupeOn, restore: bool) -> Command {
        self.source(Source::Import).call(Call::Bulk { dedupe_on, restore })
    }

    /// The customer of an order.
    pub fn order(self) -> Command {
        self.source(Source::Order).call(Call::Order)
    }

    /// An order of a hundred hryvnias.
    ///
    /// # Panics
    ///
    /// When the text is no valid external ID of an order.
    pub fn ordered(self, external_id: &str, status: OrderStatus, date: Timestamp) -> OrderRequest {
        OrderRequest {
            contact: self.source(Source::Order).request(),
            key: order_key(external_id, None),
            status,
            date,
            content: OrderContent {
                total_cost: amount("100"),
                currency: valid(Currency::parse("UAH"), "UAH"),
                shipping: None,
                discount: None,
                taxes: None,
                details: OrderDetails::default(),
                items: Vec::new(),
            },
        }
    }

    /// An event of a type.
    ///
    /// # Panics
    ///
    /// When the text is no valid key of a type.
    pub fn happened(self, type_key: &str) -> EventRequest {
        EventRequest {
            contact: self.source(Source::Event).request(),
            id: None,
            type_key: event_type(type_key),
            key_value: None,
            occurred_at: None,
            origin: Origin::Api,
            params: EventParams::default(),
        }
    }

    /// The contact of an event.
    pub fn event(self, creates: bool) -> Command {
        self.source(Source::Event).call(Call::Event { creates })
    }

    /// The owner of an app token.
    pub fn app_token(self) -> Command {
        self.source(Source::App).call(Call::AppToken)
    }
}
