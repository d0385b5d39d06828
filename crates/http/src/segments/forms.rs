//! Request and response forms of formulas, segments and their members.

use super::formula_schema::FormulaBody;
use crate::body::body;
use crate::error::{ApiError, Problem};
use crate::state::HttpState;
use selfsame_application::ports::ContactDetails;
use selfsame_application::{SegmentError, SegmentView};
use selfsame_domain::segments::Formula;
use selfsame_domain::values::{ChannelType, SegmentName};
use selfsame_domain::{AttributeKey, WorkspaceId};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

body! {
    /// A segment to be made or changed.
    #[schema(as = SegmentInput)]
    pub(crate) struct SegmentInput {
        /// Its name, unique within the workspace, 1 to 255 characters.
        #[schema(value_type = String, example = "Without external ID")]
        pub(super) name: Option<SegmentName>,
        /// Who is in it.
        #[schema(value_type = FormulaBody)]
        pub(super) formula: Option<Value>,
    }
}

/// A segment.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Segment)]
pub(crate) struct SegmentBody {
    /// Its number; the `id` of a group.
    #[schema(example = 7)]
    pub(crate) id: i64,
    /// Its name.
    #[schema(example = "Without external ID")]
    name: String,
    /// `dynamic`: a formula decides who is in it; or `static`: contacts are put into it.
    #[schema(example = "dynamic")]
    r#type: &'static str,
    /// How many contacts are in it now. Left out of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1204)]
    count: Option<u64>,
    /// The formula of a dynamic one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<FormulaBody>)]
    formula: Option<Formula>,
    /// The formula of a dynamic one in words; read again where a formula is taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "External ID is empty")]
    readable: Option<String>,
}

impl SegmentBody {
    pub(super) fn of(view: SegmentView, count: Option<u64>) -> Self {
        Self {
            id: view.id.0,
            name: view.name.to_string(),
            r#type: kind(view.formula.is_some()),
            count,
            formula: view.formula,
            readable: view.readable,
        }
    }
}

/// The kind of a segment, as our own API names it.
pub(super) fn kind(dynamic: bool) -> &'static str {
    if dynamic { "dynamic" } else { "static" }
}

/// A contact in a segment.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SegmentMember)]
pub(crate) struct MemberBody {
    /// The contact's number.
    #[schema(example = 564_407_320)]
    pub(super) contact_id: i64,
    /// The customer's own ID.
    #[schema(example = "C-1001")]
    external_customer_id: Option<String>,
    /// The first email that it shows.
    #[schema(example = "ann@example.com")]
    email: Option<String>,
    /// The first phone that it shows.
    phone: Option<String>,
    #[schema(example = "Ann")]
    first_name: Option<String>,
    #[schema(example = "Smith")]
    last_name: Option<String>,
}

impl From<&ContactDetails> for MemberBody {
    fn from(details: &ContactDetails) -> Self {
        let contact = &details.contact;
        let channels = contact.channels();
        let first = |wanted| {
            let found = channels.iter().find(|(channel, _)| *channel == wanted);
            found.map(|(_, held)| held.identifier.typed.clone())
        };
        let text = |key| contact.attributes.text(key).map(str::to_owned);
        Self {
            contact_id: contact.id.0,
            external_customer_id: contact.external_id().map(str::to_owned),
            email: first(ChannelType::Email),
            phone: first(ChannelType::Sms),
            first_name: text(AttributeKey::FirstName),
            last_name: text(AttributeKey::LastName),
        }
    }
}

impl MemberBody {
    /// Its values in the order of its members, as cells of a table.
    pub(super) fn cells(self) -> [String; 6] {
        [
            self.contact_id.to_string(),
            self.external_customer_id.unwrap_or_default(),
            self.email.unwrap_or_default(),
            self.phone.unwrap_or_default(),
            self.first_name.unwrap_or_default(),
            self.last_name.unwrap_or_default(),
        ]
    }
}

impl From<SegmentError> for ApiError {
    fn from(error: SegmentError) -> Self {
        match error {
            SegmentError::NotFound => Self::NotFound("segment"),
            SegmentError::NoContact => Self::NotFound("contact"),
            SegmentError::Invalid(problems) => in_formula(&problems),
            SegmentError::Storage(error) => error.into(),
        }
    }
}

fn in_formula(problems: &[selfsame_domain::segments::Problem]) -> ApiError {
    let problem = |problem: &selfsame_domain::segments::Problem| {
        Problem::new(format!("/formula{}", problem.pointer), &problem.reason)
    };
    ApiError::Invalid(problems.iter().map(problem).collect())
}

/// Reads a formula: an object, or a text in the readable form.
pub(super) async fn formula(state: &HttpState, workspace: WorkspaceId, sent: &Value) -> Result<Formula, ApiError> {
    match sent {
        Value::String(text) => Ok(state.app.parse_formula(workspace, text).await?),
        value => Formula::read(value).map_err(|problems| in_formula(&problems)),
    }
}
