//! Several servers on one database, and conflicting requests.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "clippy does not see that the helpers of a test are test code"
)]

use futures::future::join_all;
use selfsame_application::ports::{ContactFilter, ContactQuery, Contacts, Identity, Maintenance, Workspaces};
use selfsame_application::{Application, Submission};
use selfsame_domain::{Command, Outcome, Timestamp, WorkspaceId};
use selfsame_pg_fixture::TestDatabase;
use selfsame_storage_conformance::{Kind, api_call, identifier, merge_of};
use selfsame_storage_postgres::PostgresStore;
use std::collections::BTreeSet;

struct Servers {
    stores: Vec<PostgresStore>,
    apps: Vec<Application>,
    workspace: WorkspaceId,
    _database: TestDatabase,
}

impl Servers {
    async fn start(database: TestDatabase, count: u64) -> Self {
        let stores = join_all((0..count).map(|_| super::common::open(&database))).await;
        let workspace = stores[0]
            .create_workspace("one", Timestamp::UNIX_EPOCH)
            .await
            .expect("make a workspace")
            .id;
        let apps = stores
            .iter()
            .zip(1..)
            .map(|(store, number)| super::common::server(store.clone(), number))
            .collect();
        Self {
            stores,
            apps,
            workspace,
            _database: database,
        }
    }

    async fn all(&self) -> Vec<selfsame_domain::Contact> {
        let query = ContactQuery {
            limit: 10_000,
            ..ContactQuery::default()
        };
        let page = self.stores[0].search(self.workspace, &query).await.expect("search");
        page.items.into_iter().map(|details| details.contact).collect()
    }

    async fn assert_in_order(&self) {
        let violations = self.stores[0].violations().await.expect("check");
        assert_eq!(violations, []);
    }
}

/// Submits commands one after the other; none may fail.
async fn submit_all(
    app: &Application,
    workspace: WorkspaceId,
    commands: Vec<Command>,
) -> Vec<selfsame_domain::Decision> {
    let mut decisions = Vec::new();
    for command in commands {
        decisions.extend(app.submit(workspace, Submission::of(command)).await.expect("submit"));
    }
    decisions
}

/// Three servers add the same new contacts at the same time, each with a different identifier of theirs.
pub(crate) async fn no_contact_is_created_twice(database: TestDatabase) {
    const PEOPLE: usize = 40;
    let servers = Servers::start(database, 3).await;
    let requests = |server: usize| -> Vec<Command> {
        let person = |number: usize| {
            let builder = api_call().external(&format!("e{number}"));
            match server {
                0 => builder.email(&format!("{number}@example.com")).upsert(),
                1 => builder
                    .email(&format!("{number}@example.com"))
                    .device(&format!("d{number}"))
                    .upsert(),
                _ => builder
                    .device(&format!("d{number}"))
                    .cookie(&format!("c{number}"))
                    .upsert(),
            }
        };
        (0..PEOPLE).map(person).collect()
    };
    let clients = servers
        .apps
        .iter()
        .enumerate()
        .map(|(server, app)| submit_all(app, servers.workspace, requests(server)));
    let decisions: Vec<_> = join_all(clients).await.into_iter().flatten().collect();
    let created = decisions.iter().filter(|decision| decision.outcome == Outcome::Created);
    assert_eq!(created.count(), PEOPLE);
    let all = servers.all().await;
    assert_eq!(all.len(), PEOPLE);
    for contact in all {
        assert_eq!(
            contact.identifiers.len(),
            4,
            "nothing that was acknowledged is lost: {contact:?}"
        );
    }
    servers.assert_in_order().await;
}

/// A device that all servers claim has one owner, and each claim is in the log.
pub(crate) async fn a_claimed_device_has_one_owner(database: TestDatabase) {
    const ROUNDS: usize = 25;
    let servers = Servers::start(database, 3).await;
    let claims = |server: usize| -> Vec<Command> {
        (0..ROUNDS)
            .map(|round| {
                api_call()
                    .external(&format!("e{server}-{}", round % 5))
                    .device("shared")
                    .upsert()
            })
            .collect()
    };
    let clients = servers
        .apps
        .iter()
        .enumerate()
        .map(|(server, app)| submit_all(app, servers.workspace, claims(server)));
    join_all(clients).await;
    let device = identifier(Kind::DeviceId, "shared");
    let holders = servers.stores[1]
        .lookup(servers.workspace, &device.key)
        .await
        .expect("look up")
        .holders;
    assert_eq!(holders.len(), 1);
    assert_eq!(servers.all().await.len(), 15);
    servers.assert_in_order().await;
}

/// A is merged into B while B is merged into A, with requests to both: both numbers lead to the same canonical contact.
pub(crate) async fn merges_that_cross_make_no_cycle(database: TestDatabase) {
    let servers = Servers::start(database, 3).await;
    for round in 0..10 {
        let (a, b) = (format!("a{round}"), format!("b{round}"));
        let made = submit_all(
            &servers.apps[0],
            servers.workspace,
            vec![
                api_call().external(&a).upsert(),
                api_call().external(&b).device(&b).upsert(),
            ],
        )
        .await;
        let ids: Vec<_> = made.iter().filter_map(|decision| decision.contact).collect();
        let merge = |survivor, absorbed| Command::Merge {
            survivor,
            absorbed,
            force: true,
        };
        let commands = [
            merge(ids[0], ids[1]),
            merge(ids[1], ids[0]),
            api_call().external(&b).email(&format!("{b}@example.com")).upsert(),
        ];
        let clients = servers.apps.iter().zip(commands);
        let decisions = join_all(clients.map(|(app, command)| submit_all(app, servers.workspace, vec![command]))).await;
        let merged = decisions
            .iter()
            .flatten()
            .filter(|decision| decision.outcome == Outcome::Merged)
            .count();
        assert_eq!(merged, 1, "{decisions:?}");
        let answers = servers.stores[0]
            .contact(servers.workspace, ids[0])
            .await
            .expect("read")
            .expect("a contact");
        let other = servers.stores[0]
            .contact(servers.workspace, ids[1])
            .await
            .expect("read")
            .expect("a contact");
        assert_eq!(answers, other);
        assert_eq!(answers.contact.identifiers.len(), 4);
    }
    servers.assert_in_order().await;
}

/// A merge is undone while the survivor is written.
pub(crate) async fn undoing_while_others_write_loses_nothing(database: TestDatabase) {
    let servers = Servers::start(database, 2).await;
    for round in 0..10 {
        let (a, b) = (format!("a{round}"), format!("b{round}"));
        let made = submit_all(
            &servers.apps[0],
            servers.workspace,
            vec![
                api_call().external(&a).upsert(),
                api_call().external(&b).device(&b).upsert(),
            ],
        )
        .await;
        let ids: Vec<_> = made.iter().filter_map(|decision| decision.contact).collect();
        let merge = Command::Merge {
            survivor: ids[0],
            absorbed: ids[1],
            force: true,
        };
        let merged = submit_all(&servers.apps[0], servers.workspace, vec![merge]).await;
        let undo = Command::Undo {
            merge: merge_of(&merged[0]),
        };
        let writes = (0..5)
            .map(|n| api_call().external(&b).sms(&format!("+38050123450{n}")).upsert())
            .collect();
        let (undone, _) = futures::future::join(
            submit_all(&servers.apps[0], servers.workspace, vec![undo]),
            submit_all(&servers.apps[1], servers.workspace, writes),
        )
        .await;
        assert_eq!(undone[0].outcome, Outcome::Unmerged);
        for (id, external) in [(ids[0], &a), (ids[1], &b)] {
            let contact = servers.stores[1]
                .contact(servers.workspace, id)
                .await
                .expect("read")
                .expect("a contact");
            assert_eq!(contact.contact.external_id(), Some(external.as_str()));
        }
    }
    servers.assert_in_order().await;
}

/// A contact is erased while other requests name it: at most one contact exists afterwards.
pub(crate) async fn erasing_while_others_name_the_same(database: TestDatabase) {
    let servers = Servers::start(database, 3).await;
    for round in 0..10 {
        let builder = || {
            api_call()
                .external("e")
                .email("e@example.com")
                .device(&format!("d{round}"))
        };
        submit_all(&servers.apps[0], servers.workspace, vec![builder().upsert()]).await;
        let contact = selfsame_storage_conformance::by_external("e");
        let commands = [
            Command::Remove { contact, erase: true },
            builder().upsert(),
            builder().first("Eve").upsert(),
        ];
        let clients = servers.apps.iter().zip(commands);
        join_all(clients.map(|(app, command)| submit_all(app, servers.workspace, vec![command]))).await;
        assert!(servers.all().await.len() <= 1);
    }
    servers.assert_in_order().await;
}

/// Servers that see a new segment name at the same time create it once.
pub(crate) async fn a_segment_is_made_once(database: TestDatabase) {
    let servers = Servers::start(database, 3).await;
    let requests = |server: usize| -> Vec<Command> {
        (0..20)
            .map(|n| {
                api_call()
                    .external(&format!("e{server}-{n}"))
                    .segment(&format!("s{n}"))
                    .upsert()
            })
            .collect()
    };
    let clients = servers
        .apps
        .iter()
        .enumerate()
        .map(|(server, app)| submit_all(app, servers.workspace, requests(server)));
    join_all(clients).await;
    let segments = selfsame_application::ports::Catalog::segments(&servers.stores[2], servers.workspace, None, 0, 100)
        .await
        .expect("read");
    let names: BTreeSet<_> = segments.items.iter().map(|segment| segment.name.clone()).collect();
    assert_eq!((segments.items.len(), names.len()), (20, 20));
    for contact in servers.all().await {
        assert_eq!(contact.segments().len(), 1);
    }
    servers.assert_in_order().await;
}

/// A search by an email that contacts repeatedly replaced and took again.
pub(crate) async fn an_email_that_is_replaced_and_taken_again(database: TestDatabase) {
    let servers = Servers::start(database, 2).await;
    let requests = |server: usize| -> Vec<Command> {
        (0..30)
            .map(|n| {
                api_call()
                    .external(&format!("e{server}"))
                    .email(&format!("{}@example.com", n % 3))
                    .upsert()
            })
            .collect()
    };
    let clients = servers
        .apps
        .iter()
        .enumerate()
        .map(|(server, app)| submit_all(app, servers.workspace, requests(server)));
    join_all(clients).await;
    let filter = ContactFilter {
        identifiers: vec![identifier(Kind::Email, "2@example.com").key],
        ..ContactFilter::default()
    };
    let query = ContactQuery {
        filter,
        limit: 10,
        ..ContactQuery::default()
    };
    let found = servers.stores[0]
        .search(servers.workspace, &query)
        .await
        .expect("search");
    assert_eq!(found.total, 2);
    servers.assert_in_order().await;
}

/// Generates a test for each race, on the database of the expression.
macro_rules! races {
    ($database:expr) => {
        $crate::races::races! { [$database] no_contact_is_created_twice a_claimed_device_has_one_owner merges_that_cross_make_no_cycle undoing_while_others_write_loses_nothing erasing_while_others_name_the_same a_segment_is_made_once an_email_that_is_replaced_and_taken_again }
    };
    ([$database:expr] $($name:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                $crate::races::$name($database.await).await;
            }
        )*
    };
}
pub(crate) use races;
