//! The steps of a random sequence. Values are indexes into small pools, so that a shrunk sequence still makes sense.

use proptest::prelude::*;

/// One step.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// A call with the identifiers of a contact.
    Call(Call, Box<Parts>),
    /// An event or an order with the identifiers of a contact.
    Happened(Happening, Box<Parts>),
    /// A customer logs in with a browser and out again, and events of a type happen in it.
    Logout {
        customer: usize,
        browser: usize,
        type_key: usize,
    },
    /// Whether events of a type create contacts.
    Creating(usize, bool),
    /// Deleting the events of a period.
    DeleteEvents(usize),
    /// Deleting expired data.
    Expire,
    /// Removing or erasing a contact.
    Remove(usize, Named),
    /// A merge by hand.
    Merge {
        survivor: usize,
        absorbed: usize,
        force: bool,
    },
    /// Undoing one of the merges.
    Undo { merge: usize },
    /// Adding contacts to a segment (true), or removing them; removing an empty list empties it.
    Segment(usize, Vec<usize>, bool),
    /// Replacing the subscriptions of a contact.
    Subscriptions(usize, Vec<usize>),
    /// Marking an email as unsubscribed (true), or removing the mark.
    Unsubscribe(usize, bool),
    /// Changing a token in one of four ways.
    Token(usize, usize),
    /// Setting another policy.
    Policy(usize),
    /// Archiving a category, or the reverse.
    ArchiveCategory(bool),
    /// Archiving a custom field, or the reverse.
    ArchiveField(bool),
    /// Steps in one submission, without steps that must be alone.
    Together(Vec<Step>),
}

/// An event or an order. Ages, types and statuses are indexes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Happening {
    Event {
        type_key: usize,
        age: Option<usize>,
        /// The sender's event ID.
        sent: Option<usize>,
    },
    Order {
        number: usize,
        status: usize,
        age: usize,
    },
}

/// How a contact is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    ByNumber,
    ByExternalId,
    /// By number; erased.
    ForGood,
}

/// Which call.
#[derive(Debug, Clone, Copy)]
pub(super) enum Call {
    Upsert,
    Subscribe,
    Update,
    Bulk(usize, bool),
    Order,
    Event(bool),
    AppToken,
}

/// The members of a call.
#[derive(Debug, Clone, Default)]
pub(super) struct Parts {
    pub(super) contact: Option<usize>,
    pub(super) external_id: Option<usize>,
    pub(super) emails: Vec<usize>,
    pub(super) sms: Option<usize>,
    pub(super) viber: Option<usize>,
    pub(super) mobile: Option<usize>,
    pub(super) telegram: Option<usize>,
    pub(super) device: Option<usize>,
    /// A mobile push token without its app.
    pub(super) nameless: Option<usize>,
    pub(super) cookies: Vec<usize>,
    pub(super) first_name: Option<usize>,
    /// 0 clears it.
    pub(super) town: Option<usize>,
    /// 0 clears it.
    pub(super) text: Option<usize>,
    /// 0 clears it.
    pub(super) card: Option<usize>,
    pub(super) segment: Option<usize>,
    pub(super) category: Option<usize>,
}

/// The number of values of a pool.
pub(super) const POOL: usize = 4;

fn place() -> impl Strategy<Value = usize> + Clone {
    0..POOL
}

fn contact() -> impl Strategy<Value = usize> {
    0..12_usize
}

fn maybe<S: Strategy>(strategy: S) -> impl Strategy<Value = Option<S::Value>>
where
    S::Value: Clone,
{
    prop_oneof![2 => Just(None), 1 => strategy.prop_map(Some)]
}

fn few<S: Strategy>(strategy: S) -> impl Strategy<Value = Vec<S::Value>> {
    prop::collection::vec(strategy, 0..3)
}

fn parts() -> impl Strategy<Value = Parts> {
    let identifiers = (
        (
            maybe(contact()),
            maybe(place()),
            few(place()),
            maybe(place()),
            maybe(place()),
        ),
        (maybe(place()), maybe(place()), maybe(place()), few(place())),
    );
    let attributes = (
        maybe(place()),
        maybe(place()),
        maybe(place()),
        maybe(place()),
        maybe(place()),
        maybe(place()),
    );
    (identifiers, attributes).prop_map(|((lasting, changeable), attributes)| {
        let (contact, external_id, mut emails, sms, viber) = lasting;
        let (mobile, telegram, device, mut cookies) = changeable;
        let (first_name, town, text, card, segment, category) = attributes;
        emails.dedup();
        cookies.dedup();
        Parts {
            contact,
            external_id,
            emails,
            sms,
            viber,
            mobile,
            telegram,
            device,
            nameless: None,
            cookies,
            first_name,
            town,
            text,
            card,
            segment,
            category,
        }
    })
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        6 => Just(Call::Upsert),
        2 => Just(Call::Subscribe),
        3 => Just(Call::Update),
        2 => (0..8_usize, any::<bool>()).prop_map(|(dedupe_on, restore)| Call::Bulk(dedupe_on, restore)),
        1 => Just(Call::Order),
        1 => any::<bool>().prop_map(Call::Event),
        1 => Just(Call::AppToken),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    let event = (place(), maybe(place()), maybe(place()));
    prop_oneof![
        4 => event.prop_map(|(type_key, age, sent)| Happening::Event { type_key, age, sent }),
        1 => (place(), place(), place()).prop_map(|(number, status, age)| Happening::Order { number, status, age }),
    ]
}

/// The subject of an event: no identifier, a visitor, a customer with one identifier, or a customer who logs in.
fn parts_with_identifier() -> impl Strategy<Value = Parts> {
    let one = |part: fn(usize) -> Parts| place().prop_map(part);
    prop_oneof![
        1 => Just(Parts::default()),
        4 => one(|place| Parts { cookies: vec![place], ..Parts::default() }),
        3 => one(|place| Parts { emails: vec![place], ..Parts::default() }),
        3 => one(|place| Parts { external_id: Some(place), ..Parts::default() }),
        1 => one(|place| Parts { sms: Some(place), ..Parts::default() }),
        2 => one(|place| Parts { device: Some(place), ..Parts::default() }),
        1 => one(|place| Parts { telegram: Some(place), ..Parts::default() }),
        2 => one(|place| Parts { nameless: Some(place), ..Parts::default() }),
        3 => phone(),
        1 => contact().prop_map(|place| Parts { contact: Some(place), ..Parts::default() }),
        3 => logged_in(),
    ]
}

/// A phone by some of its identifiers, and possibly the browser on it.
fn phone() -> impl Strategy<Value = Parts> {
    (place(), maybe(place()), maybe(place())).prop_map(|(device, mobile, cookie)| Parts {
        device: Some(device),
        mobile,
        cookies: cookie.into_iter().collect(),
        ..Parts::default()
    })
}

/// A customer with the cookie of their browser, or with their phone.
fn logged_in() -> impl Strategy<Value = Parts> {
    let browser = place().prop_map(|cookie| Parts {
        cookies: vec![cookie],
        ..Parts::default()
    });
    (place(), prop_oneof![browser, phone()]).prop_map(|(external_id, parts)| Parts {
        external_id: Some(external_id),
        ..parts
    })
}

fn shareable() -> impl Strategy<Value = Step> {
    let named = prop_oneof![Just(Named::ByNumber), Just(Named::ByExternalId)];
    let merge = (contact(), contact(), any::<bool>());
    prop_oneof![
        12 => (call(), parts()).prop_map(|(call, parts)| Step::Call(call, Box::new(parts))),
        6 => (happening(), parts_with_identifier()).prop_map(|(what, who)| Step::Happened(what, Box::new(who))),
        2 => logged_in().prop_map(|parts| Step::Call(Call::Upsert, Box::new(parts))),
        1 => (place(), any::<bool>()).prop_map(|(type_key, creating)| Step::Creating(type_key, creating)),
        2 => (contact(), named).prop_map(|(contact, named)| Step::Remove(contact, named)),
        4 => merge.prop_map(|(survivor, absorbed, force)| Step::Merge { survivor, absorbed, force }),
        1 => (place(), prop::collection::vec(contact(), 1..4))
            .prop_map(|(segment, contacts)| Step::Segment(segment, contacts, true)),
        1 => (contact(), few(0..2_usize)).prop_map(|(contact, all)| Step::Subscriptions(contact, all)),
        1 => (place(), any::<bool>()).prop_map(|(email, unsubscribed)| Step::Unsubscribe(email, unsubscribed)),
        1 => (place(), 0..4_usize).prop_map(|(token, change)| Step::Token(token, change)),
    ]
}

/// Any step.
pub(super) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        16 => shareable(),
        4 => (0..8_usize).prop_map(|merge| Step::Undo { merge }),
        2 => (place(), place(), place())
            .prop_map(|(customer, browser, type_key)| Step::Logout { customer, browser, type_key }),
        1 => contact().prop_map(|contact| Step::Remove(contact, Named::ForGood)),
        2 => (place(), few(contact())).prop_map(|(segment, contacts)| Step::Segment(segment, contacts, false)),
        1 => (0..5_usize).prop_map(Step::Policy),
        1 => place().prop_map(Step::DeleteEvents),
        1 => Just(Step::Expire),
        1 => any::<bool>().prop_map(Step::ArchiveCategory),
        1 => any::<bool>().prop_map(Step::ArchiveField),
        3 => prop::collection::vec(shareable(), 2..5).prop_map(Step::Together),
    ]
}
