//! The schema of formulas. [`selfsame_domain::segments::Formula`] reads and writes them: the domain is free of libraries for API descriptions.

#![expect(dead_code, reason = "the schema of what the domain reads")]

use serde_json::Value;
use utoipa::ToSchema;

/// A formula: all, any or not of formulas, being in a segment, or a condition on a field of the contact. It may also be sent as its readable
/// form, a text.
#[derive(ToSchema)]
#[schema(as = Formula)]
#[serde(untagged)]
pub(crate) enum FormulaBody {
    /// All of them hold.
    All(AllBody),
    /// At least one of them holds.
    Any(AnyBody),
    /// It does not hold.
    Not(NotBody),
    /// Is in a segment.
    Segment(InSegmentBody),
    /// A condition.
    Condition(ConditionBody),
    /// A condition on what happened.
    Event(EventBody),
    /// A condition on what was ordered.
    Orders(OrdersBody),
    /// The readable form.
    Readable(String),
}

/// All of them hold.
#[derive(ToSchema)]
#[schema(as = FormulaAll)]
pub(crate) struct AllBody {
    /// At least one.
    #[schema(no_recursion, min_items = 1)]
    all: Vec<FormulaBody>,
}

/// At least one of them holds.
#[derive(ToSchema)]
#[schema(as = FormulaAny)]
pub(crate) struct AnyBody {
    /// At least one.
    #[schema(no_recursion, min_items = 1)]
    any: Vec<FormulaBody>,
}

/// The exact complement.
#[derive(ToSchema)]
#[schema(as = FormulaNot)]
pub(crate) struct NotBody {
    /// What must not hold.
    #[schema(no_recursion)]
    not: Box<FormulaBody>,
}

/// Being in another segment, static or dynamic.
#[derive(ToSchema)]
#[schema(as = FormulaSegment)]
pub(crate) struct InSegmentBody {
    /// The number of the segment.
    #[schema(example = 7)]
    segment: i64,
}

/// A condition on a field of the contact.
#[derive(ToSchema)]
#[schema(as = FormulaCondition)]
pub(crate) struct ConditionBody {
    /// `contactId`, `externalCustomerId`, `email`, `phone`, `deviceId`, `firstName`, `lastName`, `contactKey`, `languageCode`, `timeZone`,
    /// `region`, `town`, `address`, `postcode`, `createdAt`, `updatedAt`, `source`,
    /// `emailDomain`, `deviceOs`, `externalCustomerIdCount`, `emailCount`, `phoneCount`, `mobilePushCount`, `webPushCount`, `deviceIdCount`,
    /// `telegramCount`, `quarantinedCount`, `sharedCount`, `emailStatus`, `absorbedCount`, `importId`, or `custom:PROFILE.KEY`.
    #[schema(example = "externalCustomerId")]
    field: String,
    /// `is_empty`, `is_not_empty`, `equals`, `one_of`, `contains`, `starts_with`, `ends_with`, `greater`, `less`, `between`, `before`,
    /// `after`, `in_last_days`, `in_next_days` or `anniversary_within_days`; which of them apply depends on the type of the field.
    #[schema(example = "is_empty")]
    op: String,
    /// What the operator compares with: nothing, a value, a number of days, a list, or the least and the greatest value.
    value: Option<Value>,
}

/// That events of a type happened: those that the contact, contacts that it absorbed and its visitors left.
#[derive(ToSchema)]
#[schema(as = FormulaEvent, rename_all = "camelCase")]
pub(crate) struct EventBody {
    /// The type.
    #[schema(example = "Login")]
    event: String,
    /// How often; at least once without it.
    count: Option<EventCountBody>,
    /// When; at any time without it.
    within: Option<WithinBody>,
    /// Instead of `count` and `within`: when the first of the events happened. Takes the operators of a time.
    first: Option<EventDateBody>,
    /// Instead of `count` and `within`: when the last of the events happened.
    last: Option<EventDateBody>,
    /// What parameters must be, all of them; at most 10.
    r#where: Option<Vec<ParameterBody>>,
}

/// How the time of an event is compared.
#[derive(ToSchema)]
#[schema(as = FormulaEventDate)]
pub(crate) struct EventDateBody {
    /// An operator of a time; `is_empty` without such an event.
    #[schema(example = "before")]
    op: String,
    /// What the operator compares with.
    value: Option<Value>,
}

/// How often events happened: one of the two.
#[derive(ToSchema)]
#[schema(as = FormulaEventCount, rename_all = "camelCase")]
pub(crate) struct EventCountBody {
    at_least: Option<u64>,
    at_most: Option<u64>,
}

/// Within which time events happened: the last days, or from the one until the other.
#[derive(ToSchema)]
#[schema(as = FormulaWithin, rename_all = "camelCase")]
pub(crate) struct WithinBody {
    last_days: Option<u32>,
    from: Option<String>,
    to: Option<String>,
}

/// A condition on a parameter of an event.
#[derive(ToSchema)]
#[schema(as = FormulaParameter)]
pub(crate) struct ParameterBody {
    /// The name of the parameter.
    param: String,
    /// As in a condition.
    op: String,
    value: Option<Value>,
}

/// What the orders of the contact come to.
#[derive(ToSchema)]
#[schema(as = FormulaOrders)]
pub(crate) struct OrdersBody {
    /// `count`, `sum`, `average` or `lastDate`.
    #[schema(example = "count")]
    orders: String,
    /// As in a condition.
    #[schema(example = "greater")]
    op: String,
    value: Option<Value>,
    /// Which orders count, all of them; at most 10. Fields: `status`, `currency`, `storeId`, `totalCost`, `date`,
    /// `itemId`, `itemName`, `itemCategory`.
    r#where: Option<Vec<ConditionBody>>,
}
