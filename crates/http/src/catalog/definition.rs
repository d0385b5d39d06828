//! What custom fields and subscription categories have in common: they are defined, renamed and archived, and never deleted.

use crate::auth::Authenticated;
use crate::body::{Incoming, Line, body};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paging::Paging;
use crate::paths::Params;
use crate::reply::{Repeated, submit};
use crate::state::HttpState;
use selfsame_domain::{Command, Decision, Effect, Outcome, Timestamp, WorkspaceId};

/// A definition as it is answered.
pub(super) trait Definition: Sized {
    /// The definitions of the workspace by number, archived ones included.
    async fn all(state: &HttpState, workspace: WorkspaceId) -> Result<Vec<Self>, ApiError>;

    /// Its number.
    fn id(&self) -> i64;

    /// The number of the definition that an effect made.
    fn made(effect: &Effect) -> Option<i64>;

    /// Its name, and whether it is archived.
    fn state(&mut self) -> (&mut String, &mut bool);

    /// Notes when it was changed.
    fn touch(&mut self, _at: Timestamp) {}
}

body! {
    /// A change of a field or a category. At least one member.
    #[schema(as = CatalogChange)]
    pub(crate) struct ChangeBody {
        /// The new name.
        #[schema(value_type = Option<String>, example = "Customer card")]
        pub(super) name: Option<Line<255>>,
        /// Whether it is archived.
        #[schema(example = false)]
        pub(super) archived: Option<bool>,
    }
}

impl ChangeBody {
    /// Refuses an empty change: its members are probably misspelt.
    pub(super) fn named(self) -> Result<(Option<String>, Option<bool>), ApiError> {
        if self.name.is_none() && self.archived.is_none() {
            return Err(ApiError::invalid("", "must say what changes: name, archived or both"));
        }
        Ok((self.name.map(|name| name.0), self.archived))
    }
}

/// A page of definitions, and the cursor of the next one.
pub(super) async fn page<T: Definition>(
    state: &HttpState,
    workspace: WorkspaceId,
    params: &Params,
) -> Result<(Vec<T>, Option<String>), ApiError> {
    let mut problems = Problems::default();
    let archived = params.flag("archived", false, &mut problems);
    let paging = Paging::numbered(params, &mut problems);
    problems.finish()?;
    let mut all = T::all(state, workspace).await?;
    all.retain_mut(|definition| archived || !*definition.state().1);
    Ok(paging.cut_whole(all, T::id))
}

/// What a command sets of a definition; none for what it leaves as it is.
pub(super) struct Setting {
    /// Which one; none for one that the command makes.
    pub(super) id: Option<i64>,
    pub(super) name: Option<String>,
    pub(super) archived: Option<bool>,
}

/// Submits a command about a definition. Returns the definition as the decision left it: a repeated request gets the same answer, whatever
/// changed since.
pub(super) async fn write<T: Definition>(
    state: &HttpState,
    auth: &Authenticated,
    incoming: &Incoming,
    command: Command,
    setting: Setting,
) -> Result<(T, Decision), ApiError> {
    let decision = submit(state, auth, incoming, command, Repeated::Accepted).await?;
    let id = setting.id.or_else(|| decision.effects.iter().find_map(T::made));
    let all = T::all(state, auth.workspace()).await?;
    let found = all.into_iter().find(|definition| Some(definition.id()) == id);
    let mut definition = found.ok_or(ApiError::Internal("a definition that was decided on is not there"))?;
    let (name, archived) = definition.state();
    if let Some(new) = setting.name {
        *name = new;
    }
    *archived = setting.archived.unwrap_or(*archived);
    if decision.outcome != Outcome::Unchanged {
        definition.touch(decision.at);
    }
    Ok((definition, decision))
}
