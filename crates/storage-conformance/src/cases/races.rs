//! Several servers at once: the result equals some serial order of the commands.

use super::fields::{create, field};
use super::kinds::{beside, sample, values};
use crate::{Backend, FieldType, Fixture, Kind, api_call, category_key, erase, force_merge, identifier, remove, undo};
use selfsame_application::ports::ContactQuery;
use selfsame_application::{Application, Submission};
use selfsame_domain::values::CategoryName;
use selfsame_domain::{
    AttributeKey, Command, ContactId, Decision, DedupeOn, IdentifierKind, NewField, Outcome, Policy, Rejection,
    WorkspaceId,
};
use std::collections::BTreeSet;

/// Two servers on one storage, and the workspace.
struct Race {
    servers: [Application; 2],
    workspace: WorkspaceId,
}

impl Race {
    fn new(f: &Fixture<'_>) -> Self {
        Self {
            servers: [f.app().clone(), f.second_server()],
            workspace: f.workspace,
        }
    }

    /// Submits every command separately, to the servers in turn, all at once.
    async fn run(&self, commands: Vec<Command>) -> Vec<Decision> {
        let tasks: Vec<_> = commands
            .into_iter()
            .enumerate()
            .map(|(index, command)| {
                let (server, workspace) = (self.servers[index % 2].clone(), self.workspace);
                tokio::spawn(async move { server.submit(workspace, Submission::of(command)).await })
            })
            .collect();
        let mut decisions = Vec::new();
        for task in tasks {
            decisions.extend(task.await.expect("a task").expect("submit"));
        }
        decisions
    }
}

fn created(decisions: &[Decision]) -> usize {
    decisions
        .iter()
        .filter(|decision| decision.outcome == Outcome::Created)
        .count()
}

pub async fn one_value_of_a_field_makes_one_contact(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let card = NewField {
        identifying: true,
        ..field("card", FieldType::Number)
    };
    let card = create(&f, card).await;
    let race = Race::new(&f);
    for round in 1..9 {
        let value = round.to_string();
        let builder = || api_call().field(card, Some(&value)).town("Kyiv");
        let commands = (0..4).map(|_| builder().bulk(DedupeOn::Field(card), false));
        let decisions = race.run(commands.collect()).await;
        assert_eq!(created(&decisions), 1, "{decisions:?}");
    }
}

pub async fn one_identifier_makes_one_contact(backend: &mut dyn Backend, kind: IdentifierKind) {
    let f = Fixture::new(backend).await;
    let race = Race::new(&f);
    let [value, ..] = values(kind);
    let commands = (0..16).map(|index| {
        beside(kind, value, &format!("d{index}"))
            .town(&format!("{index}"))
            .upsert()
    });
    let decisions = race.run(commands.collect()).await;
    assert_eq!(created(&decisions), 1);
    let ids: BTreeSet<Option<ContactId>> = decisions.iter().map(|decision| decision.contact).collect();
    assert_eq!(ids.len(), 1, "every answer has the same contact");
    assert_eq!(f.all().await.len(), 1);
    assert_eq!(f.lookup(&sample(kind).key).await.holders.len(), 1);
    f.check().await;
    let id = f.all().await[0];
    assert_eq!(f.log(id).await.len(), 16, "no acknowledged write is lost");
}

pub async fn a_claim_by_many_has_one_winner(backend: &mut dyn Backend, kind: IdentifierKind) {
    let f = Fixture::new(backend).await;
    let race = Race::new(&f);
    let [value, ..] = values(kind);
    let requests = (0..12)
        .map(|index| api_call().external(&format!("e{index}")).upsert())
        .collect();
    f.decide_all(requests).await;
    let claims = (0..24).map(|index| {
        api_call()
            .external(&format!("e{}", index % 12))
            .with(kind, value)
            .upsert()
    });
    race.run(claims.collect()).await;
    assert_eq!(f.lookup(&sample(kind).key).await.holders.len(), 1);
    assert_eq!(f.holders(&sample(kind).key).await.len(), 1);
    assert_eq!(f.all().await.len(), 12);
    f.check().await;
}

pub async fn merges_that_cross_leave_one_survivor(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let race = Race::new(&f);
    for round in 0..6 {
        let one = f.id(api_call().external(&format!("a{round}")).upsert()).await;
        let two = f.id(api_call().external(&format!("b{round}")).upsert()).await;
        let decisions = race.run(vec![force_merge(one, two), force_merge(two, one)]).await;
        let merged = decisions
            .iter()
            .filter(|decision| decision.outcome == Outcome::Merged)
            .count();
        assert_eq!(merged, 1);
        let refused = decisions.iter().find(|decision| decision.outcome != Outcome::Merged);
        assert_eq!(
            refused.and_then(|decision| decision.rejection.clone()),
            Some(Rejection::SameContact)
        );
        assert_eq!(f.contact(one).await.id, f.contact(two).await.id);
        f.check().await;
    }
}

pub async fn merges_round_a_ring_end(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let race = Race::new(&f);
    let mut ids = Vec::new();
    for index in 0..8 {
        ids.push(
            f.id(api_call()
                .device(&format!("d{index}"))
                .cookie(&format!("c{index}"))
                .upsert())
                .await,
        );
    }
    let ring = (0..8)
        .map(|index| force_merge(ids[index], ids[(index + 1) % 8]))
        .collect();
    let decisions = race.run(ring).await;
    let done = decisions
        .iter()
        .filter(|decision| decision.outcome == Outcome::Merged)
        .count();
    assert_eq!((done, f.all().await.len()), (7, 1));
    f.check().await;
    let survivor = f.all().await[0];
    assert_eq!(f.identity(survivor).await.visitors.len(), 8);
    let merges = f.identity(survivor).await.merges;
    race.run(merges.iter().map(|merge| undo(merge.id)).collect()).await;
    assert_eq!(f.all().await, ids);
    f.check().await;
    for id in ids {
        assert_eq!(f.identity(id).await.visitors.len(), 1);
    }
}

pub async fn identifiers_in_opposite_orders_do_not_lock_up(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    f.policy(|policy| policy.shared_threshold = 100).await;
    let race = Race::new(&f);
    let emails = ["a@example.com", "b@example.com", "c@example.com"];
    let phones = ["+380501234567", "+380671234567", "+380931234567"];
    let commands = (0..36_usize).map(|index| {
        let (first, second) = (index % 3, (index + 1 + index / 18) % 3);
        let builder = api_call().external(&format!("e{}", index % 6));
        let builder = builder
            .sms(phones[second])
            .email(emails[first])
            .mobile("app", phones[first])
            .device(emails[second]);
        builder.cookie(phones[second]).cookie(emails[first]).upsert()
    });
    let decisions = race.run(commands.collect()).await;
    assert_eq!(created(&decisions), 6);
    assert_eq!(f.all().await.len(), 6);
    f.check().await;
}

pub async fn claims_merges_and_undos_at_once(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let race = Race::new(&f);
    let mut ids = Vec::new();
    for index in 0..4 {
        let builder = api_call()
            .external(&format!("e{index}"))
            .mobile("app", &format!("t{index}"));
        ids.push(f.id(builder.cookie(&format!("c{index}")).upsert()).await);
    }
    for round in 0..5 {
        let standing = f.store().merges(f.workspace, None, 100).await.expect("read merges");
        let undos = standing
            .iter()
            .filter(|merge| merge.undone_at.is_none())
            .map(|merge| undo(merge.id));
        let merges = (0..4).map(|index| force_merge(ids[index], ids[(index + 1 + round) % 4]));
        let claims = (0..8).map(|index| {
            let builder = api_call()
                .external(&format!("e{}", index % 4))
                .mobile("app", &format!("t{}", (index + round) % 4));
            builder
                .cookie(&format!("c{}", (index * 3 + round) % 4))
                .town(&format!("{round}"))
                .upsert()
        });
        race.run(
            claims
                .zip(merges.chain(undos).cycle())
                .flat_map(|(claim, other)| [claim, other])
                .collect(),
        )
        .await;
        f.check().await;
        for index in 0..4 {
            for key in [
                identifier(Kind::MobilePush, &format!("t{index}")).key,
                identifier(Kind::Cookie, &format!("c{index}")).key,
            ] {
                assert_eq!(f.lookup(&key).await.holders.len(), 1, "{key:?}");
            }
        }
    }
}

pub async fn erasing_and_writing_at_once(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let race = Race::new(&f);
    for round in 0..4 {
        let id = f
            .id(api_call().external("a").email("a@example.com").cookie("c").upsert())
            .await;
        let other = f.id(api_call().device(&format!("d{round}")).upsert()).await;
        let commands = vec![
            api_call().external("a").town("Kyiv").segment("s").upsert(),
            erase(id),
            api_call().external("a").email("a@example.com").cookie("c").upsert(),
            force_merge(id, other),
            remove(id),
            api_call().contact(id).first("Ann").update(id),
        ];
        race.run(commands).await;
        f.check().await;
        assert!(
            !f.is_there(id).await || f.contact(id).await.id != id,
            "what was erased stays erased"
        );
        f.decide(Command::Remove {
            contact: crate::by_external("a"),
            erase: true,
        })
        .await;
    }
}

pub async fn removing_and_restoring_at_once(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let race = Race::new(&f);
    let id = f.id(api_call().external("a").upsert()).await;
    for _ in 0..5 {
        let commands = vec![
            remove(id),
            api_call().external("a").town("Kyiv").upsert(),
            remove(id),
            api_call().update(id),
        ];
        race.run(commands).await;
        f.check().await;
    }
    assert_eq!(f.id(api_call().external("a").upsert()).await, id);
    assert_eq!(f.all().await, [id]);
}

pub async fn a_segment_of_one_name_is_made_once(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let race = Race::new(&f);
    let commands = (0..12).map(|index| {
        api_call()
            .external(&format!("e{index}"))
            .segment("s")
            .segment("t")
            .upsert()
    });
    race.run(commands.collect()).await;
    let page = f
        .store()
        .segments(f.workspace, None, 0, 100)
        .await
        .expect("read segments");
    assert_eq!(page.total, 2);
    for id in f.all().await {
        assert_eq!(f.contact(id).await.segments().len(), 2);
    }
}

pub async fn a_category_of_one_key_is_made_once(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let race = Race::new(&f);
    let create = |index: usize| Command::CreateCategory {
        key: category_key("news"),
        name: CategoryName::parse(&format!("News {}", index % 2)).expect("a name"),
    };
    let join = |index: usize| api_call().external(&format!("e{index}")).segment("News 0").upsert();
    let decisions = race
        .run(
            (0..12)
                .map(|index| if index % 3 == 0 { join(index) } else { create(index) })
                .collect(),
        )
        .await;
    let made = decisions.iter().filter(|decision| decision.call == "create_category");
    assert_eq!(made.filter(|decision| decision.outcome == Outcome::Created).count(), 1);
    assert_eq!(f.store().categories(f.workspace).await.expect("read").len(), 1);
}

pub async fn a_field_of_one_key_is_made_once(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let race = Race::new(&f);
    let create = || Command::CreateField(super::fields::field("k", crate::FieldType::Number));
    let decisions = race.run((0..8).map(|_| create()).collect()).await;
    assert_eq!(created(&decisions), 1);
    assert_eq!(f.store().fields(f.workspace).await.expect("read").len(), 1);
}

pub async fn numbers_are_handed_out_once(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let race = Race::new(&f);
    let commands = (0..60).map(|index| {
        api_call()
            .external(&format!("e{index}"))
            .segment(&format!("s{index}"))
            .upsert()
    });
    let decisions = race.run(commands.collect()).await;
    let ids: BTreeSet<ContactId> = decisions.iter().map(crate::contact_of).collect();
    assert_eq!(ids.len(), 60);
    assert_eq!(
        f.store().segments(f.workspace, None, 0, 100).await.expect("read").total,
        60
    );
    for (index, decision) in decisions.iter().enumerate() {
        let contact = f.contact(crate::contact_of(decision)).await;
        assert_eq!(contact.external_id(), Some(format!("e{index}").as_str()));
    }
}

pub async fn a_policy_that_changes_meanwhile(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let race = Race::new(&f);
    let blocked = selfsame_domain::values::BlockedValue::exact(None, "t").expect("a value");
    let policy = |on: bool| {
        let list = if on { vec![blocked.clone()] } else { Vec::new() };
        Command::SetPolicy(Box::new(Policy {
            blocked: selfsame_domain::values::BlockedValues::new(list).expect("a list"),
            ..Policy::default()
        }))
    };
    let commands = (0..30).map(|index| match index % 3 {
        0 => policy(index % 2 == 0),
        _ => api_call()
            .external(&format!("e{}", index % 5))
            .mobile("app", "t")
            .cookie("t")
            .upsert(),
    });
    race.run(commands.collect()).await;
    f.check().await;
    f.decide(policy(false)).await;
    let id = f
        .id(api_call().external("e1").mobile("app", "t").cookie("t").upsert())
        .await;
    assert_eq!(f.holders(&identifier(Kind::MobilePush, "t").key).await, [id]);
    assert_eq!(f.lookup(&identifier(Kind::Cookie, "t").key).await.holders.len(), 1);
}

pub async fn readers_see_whole_submissions(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let both = |town: &str| Submission {
        commands: ["a", "b"]
            .map(|external| api_call().external(external).town(town).upsert())
            .to_vec(),
        ..Submission::of(remove(ContactId(0)))
    };
    f.app().submit(f.workspace, both("0")).await.expect("submit");
    let (server, workspace) = (f.second_server(), f.workspace);
    let writer = tokio::spawn(async move {
        for round in 1..=40 {
            server
                .submit(workspace, both(&format!("{round}")))
                .await
                .expect("submit");
        }
    });
    while !writer.is_finished() {
        let query = ContactQuery {
            limit: 10,
            ..ContactQuery::default()
        };
        let page = f.store().search(f.workspace, &query).await.expect("search");
        let towns: BTreeSet<_> = page
            .items
            .iter()
            .map(|details| details.contact.attributes.text(AttributeKey::Town))
            .collect();
        assert_eq!((towns.len(), page.items.len()), (1, 2), "both or neither");
    }
    writer.await.expect("the writer");
}

pub async fn two_workspaces_do_not_wait_for_each_other(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let first = f.enter_new_workspace("two").await;
    let second = f.workspace;
    let server = f.app().clone();
    let tasks: Vec<_> = (0..40)
        .map(|index| {
            let (server, workspace) = (server.clone(), if index % 2 == 0 { first } else { second });
            let command = api_call()
                .external(&format!("e{}", index / 4))
                .email("a@example.com")
                .upsert();
            tokio::spawn(async move { server.submit(workspace, Submission::of(command)).await })
        })
        .collect();
    for task in tasks {
        task.await.expect("a task").expect("submit");
    }
    assert_eq!(f.all().await.len(), 10);
    f.workspace = first;
    assert_eq!(f.all().await.len(), 10);
    f.check().await;
}
