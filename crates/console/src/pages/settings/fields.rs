//! Custom fields and subscription categories.

use super::page;
use crate::error::{PageError, go, mendable};
use crate::fields::{Fields, Posted};
use crate::page::{Choice, Link, Page};
use crate::pages::{number, show, show_again};
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use selfsame_application::ConsoleError;
use selfsame_domain::console::Permission;
use selfsame_domain::values::{CategoryKey, CategoryName, FieldType, text};
use selfsame_domain::{Category, CategoryId, CustomField, FieldId, NewField};

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route("/settings/fields", get(view).post(make_field))
        .route("/settings/fields/{id}", post(change_field))
        .route("/settings/categories", post(make_category))
        .route("/settings/categories/{id}", post(change_category))
}

/// A custom field in the list.
struct FieldRow {
    id: i64,
    name: String,
    key: String,
    field_type: String,
    is_identifying: bool,
    is_archived: bool,
}

/// A category in the list.
struct CategoryRow {
    id: i64,
    key: String,
    name: String,
    contacts: u64,
    is_archived: bool,
}

#[derive(Template)]
#[template(path = "settings/fields.html")]
struct FieldsPage {
    page: Page,
    links: Vec<Link>,
    fields: Vec<FieldRow>,
    types: Vec<Choice>,
    typed: Fields,
    categories: Vec<CategoryRow>,
    problem: Option<String>,
}

impl FieldsPage {
    async fn of(state: &ConsoleState, signed_in: &SignedIn, typed: Fields) -> Result<Self, PageError> {
        let (store, workspace, texts) = (state.app.store(), signed_in.workspace(), signed_in.browser.texts);
        let type_name = |of: FieldType| texts.get(&format!("field-type-{}", of.as_wire().to_lowercase()));
        let field = |field: CustomField| FieldRow {
            id: field.id.0,
            key: format!("{}.{}", field.profile_key, field.field_key),
            field_type: type_name(field.field_type),
            is_identifying: field.identifying,
            is_archived: field.archived,
            name: field.name,
        };
        let category = |(category, contacts): (Category, u64)| CategoryRow {
            id: category.id.0,
            key: category.key.as_str().to_owned(),
            name: category.name.to_string(),
            contacts,
            is_archived: category.archived,
        };
        let choice = |of: FieldType| Choice {
            value: of.as_wire().to_owned(),
            text: type_name(of),
            is_chosen: typed.text("type") == of.as_wire(),
        };
        let (page, links) = page(signed_in, "fields");
        Ok(Self {
            page,
            links,
            fields: store.fields(workspace).await?.into_iter().map(field).collect(),
            types: FieldType::ALL.map(choice).into(),
            categories: store.categories(workspace).await?.into_iter().map(category).collect(),
            problem: None,
            typed,
        })
    }
}

async fn view(State(state): State<ConsoleState>, signed_in: SignedIn) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageSettings)?;
    show(&FieldsPage::of(&state, &signed_in, Fields::default()).await?)
}

/// Back to the list, or the form again with what is wrong.
async fn answer(
    state: &ConsoleState,
    signed_in: &SignedIn,
    typed: Fields,
    done: Result<(), (StatusCode, String)>,
) -> Result<Response, PageError> {
    let Err((status, problem)) = done else {
        return Ok(go(&signed_in.browser, "/settings/fields"));
    };
    let page = FieldsPage::of(state, signed_in, typed).await?;
    let problem = Some(problem);
    show_again(status, &FieldsPage { problem, ..page })
}

/// What a use case did, as [`answer`] takes it.
fn done(signed_in: &SignedIn, result: Result<(), ConsoleError>) -> Result<Result<(), (StatusCode, String)>, PageError> {
    match result {
        Ok(()) => Ok(Ok(())),
        Err(error) => Ok(Err(mendable(error.into(), signed_in.browser.texts)?)),
    }
}

fn wrong(signed_in: &SignedIn, name: &str) -> Result<(), (StatusCode, String)> {
    Err((StatusCode::UNPROCESSABLE_ENTITY, signed_in.browser.texts.get(name)))
}

/// The field of a form; else the name of the text that says what is wrong.
fn new_field(fields: &Fields) -> Result<NewField, &'static str> {
    let field_type = FieldType::from_wire(fields.text("type")).ok_or("fields-type-problem")?;
    let field_key = fields.text("key").to_owned();
    let name = match fields.text("name") {
        "" => field_key.clone(),
        name => name.to_owned(),
    };
    let allowed = fields
        .text("allowed")
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let new = NewField {
        profile_key: fields.text("group").to_owned(),
        field_key,
        name,
        field_type,
        allowed: allowed.map(str::to_owned).collect(),
        required: false,
        identifying: fields.is_on("identifying"),
    };
    if new.has_keys() && new.has_allowed_values() && text::clean(&new.name, NewField::MAX_NAME).is_ok() {
        Ok(new)
    } else if new.has_allowed_values() {
        Err("fields-key-problem")
    } else {
        Err("fields-allowed-problem")
    }
}

async fn make_field(
    State(state): State<ConsoleState>,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageSettings)?;
    let done = match new_field(&fields) {
        Ok(new) => done(&signed_in, state.app.make_field(&signed_in.person, new).await)?,
        Err(name) => wrong(&signed_in, name),
    };
    answer(&state, &signed_in, fields, done).await
}

/// What a row's form changes: its name, or whether it is archived.
fn change(fields: &Fields) -> Result<(Option<String>, Option<bool>), PageError> {
    match fields.text("do") {
        "rename" => Ok((Some(fields.text("name").to_owned()), None)),
        "archive" => Ok((None, Some(true))),
        "restore" => Ok((None, Some(false))),
        _ => Err(PageError::BadForm),
    }
}

async fn change_field(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageSettings)?;
    let id = FieldId(number(&id)?);
    let (name, archived) = change(&fields)?;
    let name = name.map(|name| text::clean(&name, NewField::MAX_NAME)).transpose();
    let done = match name {
        Ok(name) => {
            let changed = state.app.change_field(&signed_in.person, id, name, archived).await;
            done(&signed_in, changed)?
        }
        Err(_) => wrong(&signed_in, "fields-name-problem"),
    };
    answer(&state, &signed_in, Fields::default(), done).await
}

async fn make_category(
    State(state): State<ConsoleState>,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageSettings)?;
    let name = match fields.text("category-name") {
        "" => fields.text("category-key"),
        name => name,
    };
    let read = CategoryKey::parse(fields.text("category-key")).and_then(|key| Ok((key, CategoryName::parse(name)?)));
    let done = match read {
        Ok((key, name)) => {
            let made = state.app.make_category(&signed_in.person, key, name).await;
            done(&signed_in, made)?
        }
        Err(_) => wrong(&signed_in, "category-problem"),
    };
    answer(&state, &signed_in, fields, done).await
}

async fn change_category(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageSettings)?;
    let id = CategoryId(number(&id)?);
    let (name, archived) = change(&fields)?;
    let done = match name.map(|name| CategoryName::parse(&name)).transpose() {
        Ok(name) => {
            let changed = state.app.change_category(&signed_in.person, id, name, archived).await;
            done(&signed_in, changed)?
        }
        Err(_) => wrong(&signed_in, "category-problem"),
    };
    answer(&state, &signed_in, Fields::default(), done).await
}

#[cfg(test)]
mod tests {
    use crate::texts::{Language, Texts};
    use selfsame_domain::values::FieldType;

    #[test]
    fn types_of_fields_have_names_in_every_language() {
        for language in Language::ALL {
            for of in FieldType::ALL {
                let name = format!("field-type-{}", of.as_wire().to_lowercase());
                assert!(Texts(language).has(&name), "{name}");
            }
        }
    }
}
