//! The people of the workspace: roles, invitations.

use super::page;
use crate::error::{PageError, go, mendable};
use crate::fields::Posted;
use crate::page::{Choice, Link, Page};
use crate::pages::{show, show_again, uuid};
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use crate::texts::{Texts, When};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use secrecy::ExposeSecret;
use selfsame_application::ports::{Invitation, Member};
use selfsame_domain::console::{Permission, Role};
use selfsame_domain::values::Email;
use selfsame_domain::{InvitationId, UserId};

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route("/settings/people", get(view).post(invite))
        .route("/settings/people/{id}", post(change))
        .route("/settings/invitations/{id}/revoke", post(revoke))
}

/// A member in the list.
struct PersonRow {
    id: String,
    email: String,
    roles: Vec<Choice>,
    since: When,
    is_self: bool,
    has_second_factor: bool,
}

/// An invitation in the list.
struct InvitationRow {
    id: String,
    email: Option<String>,
    role: String,
    ends: When,
}

#[derive(Template)]
#[template(path = "settings/people.html")]
struct PeoplePage {
    page: Page,
    links: Vec<Link>,
    people: Vec<PersonRow>,
    invitations: Vec<InvitationRow>,
    roles: Vec<Choice>,
    /// The address of an invitation that was just made: it is shown this once.
    link: Option<String>,
    email: String,
    problem: Option<String>,
}

fn roles(chosen: Role, texts: Texts) -> Vec<Choice> {
    let choice = |role: Role| Choice {
        value: role.as_str().to_owned(),
        text: texts.get(&format!("role-{}", role.as_str())),
        is_chosen: role == chosen,
    };
    Role::ALL.map(choice).into()
}

impl PeoplePage {
    async fn of(state: &ConsoleState, signed_in: &SignedIn) -> Result<Self, PageError> {
        let person = &signed_in.person;
        let members = state.app.people(person).await?;
        let factors = state.app.people_with_second_factor(person).await?;
        let open = state.app.invitations(person).await?;
        let (page, links) = page(signed_in, "people");
        let texts = signed_in.browser.texts;
        let member = |member: Member| PersonRow {
            id: member.user.id.to_string(),
            email: member.user.email.to_string(),
            roles: roles(member.role, texts),
            since: texts.when(member.since),
            is_self: member.user.id == person.user.id,
            has_second_factor: factors.contains(&member.user.id),
        };
        let invitation = |invitation: Invitation| InvitationRow {
            id: invitation.id.to_string(),
            email: invitation.email.map(|email| email.to_string()),
            role: texts.get(&format!("role-{}", invitation.role.as_str())),
            ends: texts.when(invitation.expires_at),
        };
        Ok(Self {
            page,
            links,
            people: members.into_iter().map(member).collect(),
            invitations: open.into_iter().map(invitation).collect(),
            roles: roles(Role::Marketer, texts),
            link: None,
            email: String::new(),
            problem: None,
        })
    }
}

async fn view(State(state): State<ConsoleState>, signed_in: SignedIn) -> Result<Response, PageError> {
    signed_in.require(Permission::ManagePeople)?;
    show(&PeoplePage::of(&state, &signed_in).await?)
}

async fn invite(
    State(state): State<ConsoleState>,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ManagePeople)?;
    let typed = fields.text("email");
    let (email, role) = (Email::parse(typed).ok(), Role::from_text(fields.text("role")));
    let Some((email, role)) = email.zip(role) else {
        let page = PeoplePage::of(&state, &signed_in).await?;
        let problem = Some(signed_in.browser.texts.get("people-email-problem"));
        let email = typed.to_owned();
        return show_again(StatusCode::UNPROCESSABLE_ENTITY, &PeoplePage { email, problem, ..page });
    };
    let (_, token) = state.app.invite(&signed_in.person, email, role).await?;
    let link = ConsoleState::invitation_link(&state.settings.public_url, token.expose_secret());
    let page = PeoplePage::of(&state, &signed_in).await?;
    show(&PeoplePage {
        link: Some(link),
        ..page
    })
}

/// Changes the role of a member, removes the member, or resets their second factor.
async fn change(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ManagePeople)?;
    let user = UserId(uuid(&id)?);
    let person = &signed_in.person;
    let changed = match fields.text("do") {
        "remove" => state.app.set_member(person, user, None).await,
        "reset-second-factor" => state.app.reset_second_factor(person, user).await,
        _ => {
            let role = Role::from_text(fields.text("role")).ok_or(PageError::BadForm)?;
            state.app.set_member(person, user, Some(role)).await
        }
    };
    match changed {
        Ok(()) => Ok(go(&signed_in.browser, "/settings/people")),
        Err(error) => {
            let (status, problem) = mendable(error.into(), signed_in.browser.texts)?;
            let page = PeoplePage::of(&state, &signed_in).await?;
            let problem = Some(problem);
            show_again(status, &PeoplePage { problem, ..page })
        }
    }
}

async fn revoke(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Posted { signed_in, .. }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ManagePeople)?;
    let id = InvitationId(uuid(&id)?);
    state.app.revoke_invitation(&signed_in.person, id).await?;
    Ok(go(&signed_in.browser, "/settings/people"))
}
