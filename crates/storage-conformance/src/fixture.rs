//! A workspace in a backend, with the application on top.

use crate::backend::Backend;
use crate::request_builder::category_key;
use crate::{ManualClock, SequenceIds};
use selfsame_application::ports::{
    ContactDetails, ContactFilter, ContactOrder, ContactQuery, EventQuery, HistoryOf, IdentityView, Lookup, Store,
};
use selfsame_application::{Application, Options, Submission};
use selfsame_domain::values::CategoryName;
use selfsame_domain::{
    Command, Contact, ContactId, ContactRef, Decision, DecisionId, Effect, Event, IdentifierKey, Merge, MergeId,
    ObservableContact, Policy, SegmentId, WorkspaceId,
};
use std::sync::Arc;

/// A workspace in a backend, with the application on top. A failure panics and so fails the test.
pub struct Fixture<'b> {
    backend: &'b mut dyn Backend,
    ids: Arc<SequenceIds>,
    app: Application,
    /// The workspace that the methods work on.
    pub workspace: WorkspaceId,
}

impl<'b> Fixture<'b> {
    /// Makes a workspace.
    pub async fn new(backend: &'b mut dyn Backend) -> Self {
        let ids = Arc::new(SequenceIds::new());
        let app = application(backend, backend.store(), &ids);
        let workspace = app.create_workspace("one").await.expect("make a workspace").id;
        Self {
            backend,
            ids,
            app,
            workspace,
        }
    }

    /// The application.
    pub fn app(&self) -> &Application {
        &self.app
    }

    /// The storage.
    pub fn store(&self) -> &dyn Store {
        self.app.store()
    }

    /// The time.
    pub fn clock(&self) -> &ManualClock {
        self.backend.clock()
    }

    /// The generator of IDs.
    pub fn ids(&self) -> Arc<SequenceIds> {
        Arc::clone(&self.ids)
    }

    /// A second server on the same data.
    pub fn second_server(&self) -> Application {
        application(&*self.backend, self.backend.another(), &self.ids)
    }

    /// A second storage on the same data.
    pub fn another(&self) -> Arc<dyn Store> {
        self.backend.another()
    }

    /// Stops the server, closes the storage and starts again on the same data.
    pub async fn reopen(&mut self) {
        self.app.close().await;
        self.backend.reopen().await;
        self.app = application(&*self.backend, self.backend.store(), &self.ids);
    }

    /// Makes another workspace and works on it from now on; returns the one before.
    pub async fn enter_new_workspace(&mut self, name: &str) -> WorkspaceId {
        let made = self.app.create_workspace(name).await.expect("make a workspace").id;
        std::mem::replace(&mut self.workspace, made)
    }

    /// Submits one command. The clock moves by a second before, so that each command has its own time.
    pub async fn decide(&self, command: Command) -> Decision {
        self.decide_all(vec![command]).await.remove(0)
    }

    /// Submits commands in one submission. The clock moves by a second before.
    pub async fn decide_all(&self, commands: Vec<Command>) -> Vec<Decision> {
        self.clock().advance_seconds(1);
        let expected = commands.len();
        let submission = Submission {
            commands,
            ..Submission::of(remove(ContactId(0)))
        };
        let decisions = self.app.submit(self.workspace, submission).await.expect("submit");
        assert_eq!(decisions.len(), expected, "one decision for every command");
        decisions
    }

    /// Submits one command about a contact, and returns the contact ID.
    pub async fn id(&self, command: Command) -> ContactId {
        contact_of(&self.decide(command).await)
    }

    /// The decision of a dry run.
    pub async fn would(&self, command: Command) -> Decision {
        let mut decisions = self
            .app
            .dry_run(self.workspace, vec![command], None)
            .await
            .expect("a dry run");
        assert_eq!(decisions.len(), 1, "one decision for every command");
        decisions.remove(0)
    }

    /// The contact that answers for a number.
    pub async fn details(&self, id: ContactId) -> Option<ContactDetails> {
        self.store().contact(self.workspace, id).await.expect("read a contact")
    }

    /// The contact that answers for a number; it must be there.
    pub async fn contact(&self, id: ContactId) -> Contact {
        self.details(id)
            .await
            .unwrap_or_else(|| panic!("contact {id} is not there"))
            .contact
    }

    /// The observable state of the contact that answers for a number.
    pub async fn observable(&self, id: ContactId) -> ObservableContact {
        ObservableContact::of(&self.contact(id).await)
    }

    /// Whether a contact answers for a number.
    pub async fn is_there(&self, id: ContactId) -> bool {
        self.details(id).await.is_some()
    }

    /// Numbers of the active contacts that show an identifier, ascending.
    pub async fn holders(&self, key: &IdentifierKey) -> Vec<ContactId> {
        let filter = ContactFilter {
            identifiers: vec![key.clone()],
            ..ContactFilter::default()
        };
        self.find(filter).await
    }

    /// Numbers of the contacts that match a filter, ascending.
    pub async fn find(&self, filter: ContactFilter) -> Vec<ContactId> {
        let query = ContactQuery {
            filter,
            order: ContactOrder::Id,
            offset: 0,
            limit: 10_000,
        };
        let page = self.store().search(self.workspace, &query).await.expect("search");
        assert_eq!(page.total, page.items.len() as u64, "the total of a whole page");
        page.items.into_iter().map(|details| details.contact.id).collect()
    }

    /// All active contacts, ascending.
    pub async fn all(&self) -> Vec<ContactId> {
        self.find(ContactFilter::default()).await
    }

    /// The record and the holders of an identifier.
    pub async fn lookup(&self, key: &IdentifierKey) -> Lookup {
        self.store().lookup(self.workspace, key).await.expect("look up")
    }

    /// The identity of the contact that answers for a number; it must be there.
    pub async fn identity(&self, id: ContactId) -> IdentityView {
        let found = self
            .store()
            .identity(self.workspace, id)
            .await
            .expect("read an identity");
        found.unwrap_or_else(|| panic!("contact {id} is not there"))
    }

    /// The whole log of the contact that answers for a number; it must be there.
    pub async fn log(&self, id: ContactId) -> Vec<Decision> {
        let found = self
            .store()
            .log(self.workspace, id, None, 10_000)
            .await
            .expect("read a log");
        found.unwrap_or_else(|| panic!("contact {id} is not there"))
    }

    /// A decision by its ID.
    pub async fn decided(&self, id: DecisionId) -> Option<Decision> {
        let found = self.store().decision(self.workspace, id).await;
        found.expect("read a decision")
    }

    /// The history of the contact that answers for a number, the latest first; it must be there.
    pub async fn history(&self, id: ContactId) -> Vec<Event> {
        let (of, query) = (HistoryOf::Contact(id), EventQuery::latest(10_000));
        let found = self
            .store()
            .events(self.workspace, &of, &query)
            .await
            .expect("read a history");
        found.unwrap_or_else(|| panic!("contact {id} is not there"))
    }

    /// The types of the events of a contact, the earliest first.
    pub async fn happened(&self, id: ContactId) -> Vec<String> {
        let events = self.history(id).await.into_iter().rev();
        events.map(|event| event.type_key.to_string()).collect()
    }

    /// One merge; it must be there.
    pub async fn merge_record(&self, id: MergeId) -> Merge {
        let found = self.store().merge(self.workspace, id).await.expect("read a merge");
        found.unwrap_or_else(|| panic!("merge {id} is not there"))
    }

    /// Merges by hand, and returns the merge.
    pub async fn merge(&self, survivor: ContactId, absorbed: ContactId) -> MergeId {
        merge_of(&self.decide(merge(survivor, absorbed)).await)
    }

    /// Defines a category.
    pub async fn create_category(&self, key: &str, name: &str) -> Decision {
        let name = CategoryName::parse(name).expect("a name");
        let key = category_key(key);
        self.decide(Command::CreateCategory { key, name }).await
    }

    /// Changes the policy.
    pub async fn policy(&self, change: impl FnOnce(&mut Policy)) {
        let mut policy = Policy::default();
        change(&mut policy);
        self.decide(Command::SetPolicy(Box::new(policy))).await;
    }

    /// The number of the segment of a name, which must be there.
    pub async fn segment(&self, name: &str) -> SegmentId {
        let page = self
            .store()
            .segments(self.workspace, Some(name), 0, 1_000)
            .await
            .expect("read segments");
        let found = page.items.iter().find(|segment| segment.name.as_str() == name);
        found.unwrap_or_else(|| panic!("there is no segment {name}")).id
    }

    /// Asserts that no invariant is violated.
    pub async fn check(&self) {
        assert_in_order(self.store()).await;
    }

    /// A new ID for a decision.
    pub fn decision(&self) -> DecisionId {
        DecisionId(selfsame_application::ports::Ids::uuid(
            &*self.ids,
            selfsame_application::ports::Clock::now(self.clock()),
        ))
    }
}

/// Asserts that no invariant is violated.
///
/// # Panics
///
/// When there is one.
pub async fn assert_in_order(store: &dyn Store) {
    let found = store.violations().await.expect("check the invariants");
    assert!(found.is_empty(), "violations: {found:?}");
}

fn application(backend: &dyn Backend, store: Arc<dyn Store>, ids: &Arc<SequenceIds>) -> Application {
    let options = Options { lane: backend.lane() };
    Application::new(
        store,
        Arc::new(backend.clock().clone()),
        Arc::<SequenceIds>::clone(ids),
        options,
    )
}

/// The contact that a decision is about; there must be one.
///
/// # Panics
///
/// When there is none.
pub fn contact_of(decision: &Decision) -> ContactId {
    decision.contact.unwrap_or_else(|| panic!("no contact in {decision:?}"))
}

/// The merge that a decision made; there must be one.
///
/// # Panics
///
/// When there is none.
pub fn merge_of(decision: &Decision) -> MergeId {
    let mut merges = decision.effects.iter().filter_map(|effect| match effect {
        Effect::Merged { merge, .. } => Some(*merge),
        _ => None,
    });
    merges.next_back().unwrap_or_else(|| panic!("no merge in {decision:?}"))
}

/// The command that removes a contact.
pub fn remove(id: ContactId) -> Command {
    Command::Remove {
        contact: ContactRef::Id(id),
        erase: false,
    }
}

/// The command that erases a contact.
pub fn erase(id: ContactId) -> Command {
    Command::Remove {
        contact: ContactRef::Id(id),
        erase: true,
    }
}

/// The command that merges by hand.
pub fn merge(survivor: ContactId, absorbed: ContactId) -> Command {
    Command::Merge {
        survivor,
        absorbed,
        force: false,
    }
}

/// The command that merges by hand with `force`.
pub fn force_merge(survivor: ContactId, absorbed: ContactId) -> Command {
    Command::Merge {
        survivor,
        absorbed,
        force: true,
    }
}

/// The command that undoes a merge.
pub fn undo(merge: MergeId) -> Command {
    Command::Undo { merge }
}
