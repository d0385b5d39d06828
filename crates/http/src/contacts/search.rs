//! `GET contacts`.

use super::response::{BaseContact, Listed};
use crate::auth::{May, right};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paths::Params;
use crate::state::HttpState;
use axum::extract::State;
use selfsame_application::ports::{ContactFilter, ContactOrder, ContactQuery, Page};
use selfsame_domain::Identifier;
use selfsame_domain::values::{Email, ExternalId, Phone, Region};

/// The conditions besides the external ID.
const CONDITIONS: [&str; 4] = ["email", "sms", "firstname", "lastname"];

/// Search contacts. All conditions that are sent must hold; without any, all contacts are listed, the most recently updated first. A
/// blank email, phone or name is no condition.
#[utoipa::path(
    get,
    path = "/api/v1/contacts",
    operation_id = "searchContacts",
    tag = "contacts",
    params(
        ("externalCustomerId" = Option<String>, Query, description = "The customer's own ID, not blank; not together with other conditions"),
        ("email" = Option<String>, Query, description = "Email, in any case"),
        ("sms" = Option<String>, Query, description = "Phone number, in any notation"),
        ("firstname" = Option<String>, Query, description = "First name, in any case"),
        ("lastname" = Option<String>, Query, description = "Last name, in any case"),
        crate::paths::Paging,
        ("sortBy" = Option<String>, Query, description = "`contactId`, without conditions only; by time of update otherwise"),
    ),
    responses(
        (status = 200, description = "One page of contacts", body = Vec<BaseContact>, headers(("TotalCount" = i64, description = "The number of all")),
            example = json!([{
                "channels": [{"type": "email", "value": "ann@example.com"}],
                "fields": [],
                "addressBookId": 1,
                "id": 564_407_320
            }])),
        crate::docs::ReadErrors,
    )
)]
pub(crate) async fn search(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    params: Params,
) -> Result<Listed<BaseContact>, ApiError> {
    let Some(query) = read(&params, auth.0.workspace.policy.default_phone_region.as_ref())? else {
        return Ok(Listed {
            items: Vec::new(),
            total: 0,
        });
    };
    let Page { items, total } = state.app.store().search(auth.workspace(), &query).await?;
    Ok(Listed {
        items: items
            .iter()
            .map(|details| BaseContact::from(&details.contact))
            .collect(),
        total,
    })
}

/// Reads the query; none when it has an identifier that no contact can hold.
fn read(params: &Params, region: Option<&Region>) -> Result<Option<ContactQuery>, ApiError> {
    let mut problems = Problems::default();
    let external_id = params.text("externalCustomerId");
    // A search for one person with an empty variable must not return all contacts.
    if params.is_blank("externalCustomerId") {
        problems.add("externalCustomerId", "must not be blank");
    }
    let others: Vec<&str> = CONDITIONS
        .into_iter()
        .filter(|name| params.text(name).is_some())
        .collect();
    if external_id.is_some() && !others.is_empty() {
        let reason = format!("cannot be combined with other conditions: {}", others.join(", "));
        problems.add("externalCustomerId", reason);
    }
    let order = order(params, external_id.is_some() || !others.is_empty(), &mut problems);
    let (offset, limit) = params.page(&mut problems);
    problems.finish()?;

    let mut identifiers = Vec::new();
    identifiers.extend(external_id.map(|text| ExternalId::parse(text).map(|id| Identifier::external_id(&id))));
    let email = |text: &str| Email::parse(text).map(|email| Identifier::email(&email));
    identifiers.extend(params.with_plus("email", email));
    let phone = |text: &str| Phone::parse(text, region).map(|phone| Identifier::phone(&phone));
    identifiers.extend(params.with_plus("sms", phone));
    // No contact holds an identifier that cannot be stored.
    let Ok(identifiers) = identifiers.into_iter().collect::<Result<Vec<_>, _>>() else {
        return Ok(None);
    };
    let filter = ContactFilter {
        identifiers: identifiers.into_iter().map(|identifier| identifier.key).collect(),
        first_name: params.text("firstname").map(str::to_owned),
        last_name: params.text("lastname").map(str::to_owned),
    };
    Ok(Some(ContactQuery {
        filter,
        order,
        offset,
        limit,
    }))
}

fn order(params: &Params, has_conditions: bool, problems: &mut Problems) -> ContactOrder {
    match params.text("sortBy") {
        None => ContactOrder::Updated,
        Some(text) if !text.eq_ignore_ascii_case("contactId") => {
            problems.add("sortBy", "must be contactId");
            ContactOrder::Updated
        }
        Some(_) => {
            if has_conditions {
                problems.add("sortBy", "cannot be combined with conditions");
            }
            ContactOrder::Id
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::MAX_ROWS;

    fn query(pairs: &[(&str, &str)]) -> Result<Option<ContactQuery>, String> {
        read(&Params::of(pairs), None).map_err(|error| error.detail())
    }

    #[test]
    fn reads_conditions_and_pages() {
        let all = query(&[]).unwrap().unwrap();
        assert_eq!(
            all,
            ContactQuery {
                limit: 500,
                ..ContactQuery::default()
            }
        );
        let page = query(&[("startindex", "11"), ("maxrows", "10"), ("sortBy", "contactId")])
            .unwrap()
            .unwrap();
        assert_eq!((page.offset, page.limit, page.order), (10, 10, ContactOrder::Id));
        assert_eq!(
            query(&[("maxrows", "9999")]).unwrap().unwrap().limit,
            u32::try_from(MAX_ROWS).unwrap()
        );
        let both = query(&[
            ("email", "Ann@Example.com"),
            ("sms", "+380 50 123 45 67"),
            ("FirstName", "Ann"),
        ]);
        let filter = both.unwrap().unwrap().filter;
        let values: Vec<&str> = filter.identifiers.iter().map(|key| key.value.as_str()).collect();
        assert_eq!(values, ["ann@example.com", "+380501234567"]);
        assert_eq!(filter.first_name.as_deref(), Some("Ann"));
    }

    #[test]
    fn refuses_what_cannot_be_combined() {
        let id = ("externalCustomerId", "1");
        for (pairs, text) in [
            (
                vec![id, ("email", "a@b.co"), ("lastname", "x")],
                "externalCustomerId cannot be combined with other conditions: email, lastname",
            ),
            (
                vec![id, ("sortBy", "contactId")],
                "sortBy cannot be combined with conditions",
            ),
            (
                vec![("externalcustomerid", " ")],
                "externalCustomerId must not be blank",
            ),
            (
                vec![("externalCustomerId", ""), ("email", "a@b.co")],
                "externalCustomerId must not be blank",
            ),
            (vec![("sortBy", "name")], "sortBy must be contactId"),
            (
                vec![("startindex", "0")],
                "startindex must be a whole number of at least 1",
            ),
            (vec![("maxrows", "all")], "maxrows must be a whole number of at least 1"),
        ] {
            assert_eq!(query(&pairs), Err(text.to_owned()));
        }
    }

    #[test]
    fn a_value_that_no_contact_can_have_finds_no_contact() {
        assert_eq!(query(&[("email", "ann")]), Ok(None));
        assert_eq!(query(&[("sms", "12")]), Ok(None));
    }
}
