//! Many commands in one batch.

use super::kinds::{alone, sample, values};
use crate::{
    Backend, Fixture, Kind, RequestBuilder, api_call, by_external, email, force_merge, identifier, merge, remove,
};
use selfsame_application::Submission;
use selfsame_application::ports::{ContactOrder, ContactQuery, SegmentQuery};
use selfsame_domain::{AttributeKey, Command, ContactId, ContactRef, IdentifierKind, Outcome, Rejection, Rule};

pub async fn one_identifier_thrice(backend: &mut dyn Backend, kind: IdentifierKind) {
    let f = Fixture::new(backend).await;
    let [value, ..] = values(kind);
    let write = |town: &str| alone(kind, value).town(town).segment("s").upsert();
    let decisions = f.decide_all(vec![write("one"), write("two"), write("three")]).await;
    let outcomes: Vec<Outcome> = decisions.iter().map(|decision| decision.outcome).collect();
    assert_eq!(outcomes, [Outcome::Created, Outcome::Updated, Outcome::Updated]);
    let id = decisions[0].contact.expect("a contact");
    assert!(decisions.iter().all(|decision| decision.contact == Some(id)));
    assert_eq!(f.all().await, [id]);
    assert_eq!(f.contact(id).await.attributes.text(AttributeKey::Town), Some("three"));
    assert_eq!(f.lookup(&sample(kind).key).await.holders.len(), 1);
    assert_eq!(f.log(id).await, decisions);
}

pub async fn an_identifier_that_wanders_within_a_batch(backend: &mut dyn Backend, kind: IdentifierKind) {
    let f = Fixture::new(backend).await;
    let [value, ..] = values(kind);
    let write = |external: &str| api_call().external(external).with(kind, value).upsert();
    f.id(write("a")).await;
    let decisions = f.decide_all(vec![write("b"), write("c"), write("a"), write("b")]).await;
    let last = decisions[3].contact.expect("a contact");
    assert_eq!(f.holders(&sample(kind).key).await, [last]);
    assert_eq!(f.lookup(&sample(kind).key).await.holders.len(), 1);
    assert_eq!(f.all().await.len(), 3);
}

pub async fn a_refused_command_leaves_the_others_alone(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let decisions = f
        .decide_all(vec![
            api_call().external("a").upsert(),
            api_call().first("nobody").upsert(),
            remove(ContactId(999)),
            api_call().external("b").email("b@example.com").upsert(),
        ])
        .await;
    let rejections: Vec<_> = decisions.iter().map(|decision| decision.rejection.clone()).collect();
    assert_eq!(
        rejections,
        [
            None,
            Some(Rejection::NoIdentifier),
            Some(Rejection::ContactNotFound),
            None
        ]
    );
    assert_eq!(f.all().await.len(), 2);
}

pub async fn removing_and_restoring_in_one_batch(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").email("a@example.com").upsert()).await;
    let decisions = f
        .decide_all(vec![
            remove(id),
            api_call().email("a@example.com").upsert(),
            api_call().external("a").upsert(),
            Command::Remove {
                contact: by_external("a"),
                erase: false,
            },
            api_call().first("Ann").update(id),
        ])
        .await;
    let outcomes: Vec<Outcome> = decisions.iter().map(|decision| decision.outcome).collect();
    let expected = [
        Outcome::Removed,
        Outcome::Created,
        Outcome::Restored,
        Outcome::Removed,
        Outcome::Restored,
    ];
    assert_eq!(outcomes, expected);
    assert_eq!(f.all().await, [id, decisions[1].contact.expect("a contact")]);
}

pub async fn merging_a_chain_in_one_batch(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let mut ids = Vec::new();
    for index in 0..5 {
        let builder = api_call()
            .device(&format!("d{index}"))
            .cookie(&format!("c{index}"))
            .segment(&format!("s{index}"));
        ids.push(f.id(builder.upsert()).await);
    }
    f.merge(ids[3], ids[4]).await;
    let commands = vec![
        merge(ids[2], ids[3]),
        merge(ids[1], ids[2]),
        merge(ids[0], ids[4]),
        merge(ids[4], ids[0]),
    ];
    let decisions = f.decide_all(commands).await;
    assert_eq!(decisions[3].rejection, Some(Rejection::SameContact));
    assert_eq!(f.all().await, [ids[0]]);
    f.check().await;
    for id in &ids {
        assert_eq!(f.contact(*id).await.id, ids[0]);
    }
    assert_eq!(f.identity(ids[0]).await.visitors.len(), 5);
    assert_eq!(f.contact(ids[0]).await.segments().len(), 5);
    for merge in f.identity(ids[0]).await.merges {
        f.decide(crate::undo(merge.id)).await;
        f.check().await;
    }
    assert_eq!(f.all().await, ids);
}

pub async fn crossing_merges_in_one_batch(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").upsert()).await;
    let two = f.id(api_call().external("b").upsert()).await;
    let decisions = f.decide_all(vec![force_merge(one, two), force_merge(two, one)]).await;
    assert_eq!(
        (decisions[0].outcome, &decisions[1].rejection),
        (Outcome::Merged, &Some(Rejection::SameContact))
    );
    assert_eq!(f.all().await, [one]);
}

pub async fn who_is_made_and_absorbed_in_one_batch(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let id = f.id(api_call().external("a").upsert()).await;
    let commands = vec![
        api_call().device("d").cookie("c").town("Lviv").segment("s").upsert(),
        api_call().email("a@example.com").upsert(),
        api_call().external("a").device("d").email("a@example.com").upsert(),
        api_call().device("d").first("Ann").upsert(),
    ];
    let decisions = f.decide_all(commands).await;
    assert!(decisions[2..].iter().all(|decision| decision.contact == Some(id)));
    assert_eq!(f.all().await, [id]);
    for made in &decisions[..2] {
        assert_eq!(f.contact(made.contact.expect("a contact")).await.id, id);
    }
    assert_eq!(f.identity(id).await.merges.len(), 2);
    assert_eq!(f.log(id).await[1..], decisions);
    f.check().await;
}

const MANY: usize = 3_000;

fn many(first: usize) -> Vec<Command> {
    (first..first + MANY)
        .map(|index| {
            let builder = api_call()
                .external(&format!("e{index}"))
                .email(&format!("m{}@example.com", index / 2));
            builder
                .segment(if index % 3 == 0 { "third" } else { "others" })
                .first("Ann")
                .upsert()
        })
        .collect()
}

pub async fn three_thousand_commands_in_one_submission(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let decisions = f.decide_all(many(0)).await;
    assert!(decisions.iter().all(|decision| decision.outcome == Outcome::Created));
    let mut ids: Vec<ContactId> = decisions.iter().map(crate::contact_of).collect();
    assert!(ids.is_sorted(), "numbers ascend in the order of the commands");
    ids.dedup();
    assert_eq!(ids.len(), MANY);
    assert_eq!(f.all().await, ids);
    let third = f.segment("third").await;
    let query = SegmentQuery {
        segment: third,
        by_time: true,
        ascending: true,
        offset: 990,
        limit: 500,
    };
    let page = f
        .store()
        .in_segment(f.workspace, &query)
        .await
        .expect("read")
        .expect("the segment");
    assert_eq!((page.items.len(), page.total), (10, 1_000));
    let query = ContactQuery {
        order: ContactOrder::Id,
        offset: 2_500,
        limit: 500,
        ..ContactQuery::default()
    };
    let page = f.store().search(f.workspace, &query).await.expect("search");
    assert_eq!((page.items.len(), page.total), (500, MANY as u64));
    assert_eq!(page.items[0].contact.external_id(), Some("e2500"));
    let again = f.decide_all(many(0)).await;
    assert!(
        again
            .iter()
            .all(|decision| decision.outcome == Outcome::Unchanged && decision.rule == Rule::ExternalId)
    );
    let emails = f.store().emails(f.workspace, &ids).await.expect("read emails");
    assert_eq!(emails.len(), MANY);
    assert_eq!(
        f.holders(&identifier(Kind::Email, "m7@example.com").key).await,
        ids[14..16]
    );
}

pub async fn one_contact_three_thousand_times(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let commands = (0..MANY)
        .map(|index| api_call().external("a").town(&format!("town {index}")).upsert())
        .collect();
    let decisions = f.decide_all(commands).await;
    let id = decisions[0].contact.expect("a contact");
    assert!(decisions.iter().all(|decision| decision.contact == Some(id)));
    assert_eq!(
        f.contact(id).await.attributes.text(AttributeKey::Town),
        Some("town 2999")
    );
    assert_eq!(f.log(id).await.len(), MANY);
    assert_eq!(f.all().await, [id]);
}

pub async fn thousands_enter_and_leave_a_segment_and_go(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let ids: Vec<ContactId> = f.decide_all(many(0)).await.iter().map(crate::contact_of).collect();
    f.id(api_call().external("x").segment("all").upsert()).await;
    let segment = f.segment("all").await;
    for chunk in ids.chunks(500) {
        let contacts = chunk.iter().map(|id| ContactRef::Id(*id)).collect();
        f.decide(Command::Attach { segment, contacts }).await;
    }
    let query = SegmentQuery {
        segment,
        by_time: false,
        ascending: false,
        offset: 0,
        limit: 1,
    };
    let total = async || {
        f.store()
            .in_segment(f.workspace, &query)
            .await
            .expect("read")
            .expect("the segment")
            .total
    };
    assert_eq!(total().await, MANY as u64 + 1);
    for first in (0..MANY).step_by(500) {
        let contacts = (first..first + 500)
            .map(|index| by_external(&format!("e{index}")))
            .collect();
        f.decide(Command::Detach { segment, contacts }).await;
    }
    assert_eq!(total().await, 1);
    let unsubscribe = |index| Command::Unsubscribe {
        email: email(&format!("m{index}@example.com")),
        unsubscribed: true,
    };
    f.decide_all((0..MANY).map(unsubscribe).collect()).await;
    let details = f.details(ids[0]).await.expect("the contact");
    assert_eq!(details.unsubscribed.len(), 1);
    f.decide_all(ids.iter().map(|id| remove(*id)).collect()).await;
    assert_eq!(f.all().await.len(), 1);
}

pub async fn thousands_merge_into_one_and_come_apart(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let survivor = f.id(api_call().external("a").upsert()).await;
    let requests = (0..300)
        .map(|index| api_call().telegram_of(index).cookie(&format!("c{index}")).upsert())
        .collect();
    let ids: Vec<ContactId> = f.decide_all(requests).await.iter().map(crate::contact_of).collect();
    let decisions = f
        .decide_all(ids.iter().map(|id| force_merge(survivor, *id)).collect())
        .await;
    assert!(decisions.iter().all(|decision| decision.outcome == Outcome::Merged));
    assert_eq!(f.all().await, [survivor]);
    assert_eq!(f.identity(survivor).await.visitors.len(), 300);
    let merges: Vec<_> = decisions.iter().map(crate::merge_of).collect();
    f.decide_all(merges.iter().map(|merge| crate::undo(*merge)).collect())
        .await;
    assert_eq!(f.all().await.len(), 301);
    assert_eq!(f.identity(ids[7]).await.visitors.len(), 1);
}

trait Numbered {
    fn telegram_of(self, index: usize) -> Self;
}

impl Numbered for RequestBuilder {
    fn telegram_of(self, index: usize) -> Self {
        self.with(Kind::Telegram, &format!("t{index}"))
    }
}

pub async fn submissions_that_wait_together_get_their_own_answers(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let submissions = (0..300).map(|index| {
        let external = format!("e{}", index / 3);
        let commands = vec![api_call().external(&external).town(&format!("{index}")).upsert(); 1 + index % 2];
        f.app().submit(
            f.workspace,
            Submission {
                commands,
                ..Submission::of(remove(ContactId(0)))
            },
        )
    });
    let answers = futures::future::join_all(submissions).await;
    let mut owners = std::collections::BTreeMap::new();
    for (index, answer) in answers.into_iter().enumerate() {
        let decisions = answer.expect("submit");
        assert_eq!(decisions.len(), 1 + index % 2);
        for decision in decisions {
            let id = decision.contact.expect("a contact");
            assert_eq!(
                *owners.entry(index / 3).or_insert(id),
                id,
                "one external ID, one contact"
            );
        }
    }
    assert_eq!(f.all().await.len(), 100);
    for (index, id) in owners {
        assert_eq!(f.contact(id).await.external_id(), Some(format!("e{index}").as_str()));
    }
}

pub async fn what_must_stand_alone_waits_its_turn(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").segment("s").upsert()).await;
    let two = f.id(api_call().device("d").upsert()).await;
    let made = f.merge(one, two).await;
    let segment = f.segment("s").await;
    let commands = [
        api_call().external("a").town("Kyiv").upsert(),
        crate::undo(made),
        api_call().device("d").town("Lviv").upsert(),
        Command::Detach {
            segment,
            contacts: Vec::new(),
        },
        api_call().external("b").segment("s").upsert(),
        crate::erase(one),
        api_call().external("a").upsert(),
    ];
    let submit = |command: Command| f.app().submit(f.workspace, Submission::of(command));
    let answers = futures::future::join_all(commands.map(submit)).await;
    let outcomes: Vec<Outcome> = answers
        .into_iter()
        .map(|answer| answer.expect("submit")[0].outcome)
        .collect();
    let expected = [
        Outcome::Updated,
        Outcome::Unmerged,
        Outcome::Updated,
        Outcome::Updated,
        Outcome::Created,
        Outcome::Erased,
        Outcome::Created,
    ];
    assert_eq!(outcomes, expected);
    assert_eq!(f.contact(two).await.attributes.text(AttributeKey::Town), Some("Lviv"));
}
