//! Dynamic segments: their members, which are current as soon as a write is answered.

use super::segment_fields::{condition, empty, formula, who};
use crate::{Backend, Fixture, api_call, erase, merge, remove, segment_name, undo};
use selfsame_application::ports::{Clock, CountQuery, MemberOrder, MembersFrom};
use selfsame_application::{SegmentError, SegmentPreviewRequest};
use selfsame_domain::segments::{Estimate, Plan};
use selfsame_domain::{Command, ContactId, ContactRef, Effect, Outcome, Rejection, SegmentId, Skipped};
use serde_json::{Value, json};
use std::time::Duration;

pub(super) fn create(name: &str, json: &Value) -> Command {
    Command::CreateSegment {
        name: segment_name(name),
        formula: Some(Box::new(formula(json))),
    }
}

pub(super) fn change(segment: SegmentId, json: &Value) -> Command {
    Command::ChangeSegment {
        segment,
        name: None,
        formula: Some(Box::new(formula(json))),
    }
}

pub(super) async fn made(f: &Fixture<'_>, name: &str, json: &Value) -> SegmentId {
    let decision = f.decide(create(name, json)).await;
    match decision.effects.as_slice() {
        [Effect::SegmentCreated { segment }] => *segment,
        _ => panic!("no segment in {decision:?}"),
    }
}

async fn members(f: &Fixture<'_>, segment: SegmentId) -> Vec<ContactId> {
    let from = MembersFrom::After(ContactId::NONE);
    let found = f
        .app()
        .segment_members(f.workspace, segment, from, 100)
        .await
        .expect("read members");
    let count = f
        .app()
        .count_segment(f.workspace, segment)
        .await
        .expect("count members");
    assert_eq!(count, found.len() as u64, "the count of a whole page");
    found.into_iter().map(|details| details.contact.id).collect()
}

pub async fn who_has_no_external_id_is_in_until_one_comes(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let segment = made(&f, "no id", &empty("externalCustomerId")).await;
    assert_eq!(members(&f, segment).await, []);
    let one = f.id(api_call().email("one@example.com").upsert()).await;
    let two = f.id(api_call().email("two@example.com").external("two").upsert()).await;
    assert_eq!(members(&f, segment).await, [one]);
    f.decide(api_call().email("one@example.com").external("one").upsert())
        .await;
    assert_eq!(members(&f, segment).await, [], "the update is answered");
    let three = f.id(api_call().sms("+380501112233").upsert()).await;
    assert_eq!(members(&f, segment).await, [three]);
    assert_eq!(who(&f, &json!({"not": {"segment": segment.0}})).await, [one, two]);
}

pub async fn removed_restored_and_erased_contacts(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let segment = made(&f, "ids", &json!({"field": "externalCustomerId", "op": "is_not_empty"})).await;
    let one = f.id(api_call().external("one").upsert()).await;
    let two = f.id(api_call().external("two").upsert()).await;
    f.decide(remove(one)).await;
    assert_eq!(members(&f, segment).await, [two]);
    assert_eq!(
        who(&f, &json!({"not": {"segment": segment.0}})).await,
        [],
        "a removed contact is in no complement"
    );
    f.decide(api_call().external("one").upsert()).await;
    assert_eq!(members(&f, segment).await, [one, two]);
    f.decide(erase(two)).await;
    assert_eq!(members(&f, segment).await, [one]);
}

pub async fn a_merge_and_its_undo_move_at_once(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let with_id = made(&f, "ids", &json!({"not": empty("externalCustomerId")})).await;
    let mailed = made(&f, "mailed", &condition("email", "ends_with", json!("@example.com"))).await;
    let one = f.id(api_call().external("one").upsert()).await;
    let two = f.id(api_call().email("two@example.com").upsert()).await;
    let decision = f.decide(merge(one, two)).await;
    assert_eq!(
        (members(&f, with_id).await, members(&f, mailed).await),
        (vec![one], vec![one])
    );
    f.decide(undo(crate::merge_of(&decision))).await;
    assert_eq!(
        (members(&f, with_id).await, members(&f, mailed).await),
        (vec![one], vec![two])
    );
}

pub async fn a_formula_is_edited_and_a_segment_deleted(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let ann = f.id(api_call().external("ann").upsert()).await;
    let bob = f.id(api_call().email("bob@example.com").upsert()).await;
    let segment = made(&f, "s", &empty("email")).await;
    assert_eq!(members(&f, segment).await, [ann]);
    let decision = f.decide(change(segment, &json!({"not": empty("email")}))).await;
    assert_eq!(decision.outcome, Outcome::Updated);
    assert_eq!(members(&f, segment).await, [bob], "right after the edit");
    let again = f.decide(change(segment, &json!({"not": empty("email")}))).await;
    assert_eq!(again.outcome, Outcome::Unchanged);
    let rename = Command::ChangeSegment {
        segment,
        name: Some(segment_name("other")),
        formula: None,
    };
    f.decide(rename).await;
    let view = f.app().segment(f.workspace, segment).await.expect("read a segment");
    assert_eq!(view.name.as_str(), "other");
    assert_eq!(view.readable.as_deref(), Some("not Email is empty"));
    assert_eq!(
        f.decide(create("other", &empty("email"))).await.outcome,
        Outcome::Rejected
    );

    assert_eq!(
        f.decide(Command::DeleteSegment { segment }).await.outcome,
        Outcome::Removed
    );
    let gone = f.app().segment(f.workspace, segment).await;
    assert!(matches!(gone, Err(SegmentError::NotFound)), "{gone:?}");
    assert!(f.is_there(bob).await, "the members stay");
    let missing = f.decide(Command::DeleteSegment { segment }).await;
    assert_eq!(missing.rejection, Some(Rejection::SegmentNotFound));
    assert!(
        made(&f, "other", &empty("email")).await > segment,
        "a number is used once"
    );
    f.check().await;
}

pub async fn a_list_is_deleted_with_its_memberships(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let ann = f.id(api_call().external("ann").segment("list").upsert()).await;
    let list = f.segment("list").await;
    let revision = f.contact(ann).await.revision;
    f.decide(Command::DeleteSegment { segment: list }).await;
    let contact = f.contact(ann).await;
    assert_eq!(contact.segments().len(), 0);
    assert!(contact.revision > revision, "the contact has changed");
    f.create_category("news", "News").await;
    let segment = f.segment("News").await;
    let kept = f.decide(Command::DeleteSegment { segment }).await;
    assert_eq!(kept.rejection, Some(Rejection::SegmentOfCategory));
    f.check().await;
}

pub async fn segments_inside_segments(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let ann = f.id(api_call().external("ann").segment("Staff").upsert()).await;
    let bob = f.id(api_call().external("bob").upsert()).await;
    let eve = f.id(api_call().email("eve@example.com").upsert()).await;
    let staff = f.segment("Staff").await;
    let with_id = made(&f, "ids", &json!({"not": empty("externalCustomerId")})).await;
    let both = json!({"all": [{"segment": with_id.0}, {"not": {"segment": staff.0}}]});
    let customers = made(&f, "customers", &both).await;
    assert_eq!(members(&f, customers).await, [bob]);
    let diamond = json!({"any": [{"segment": customers.0}, {"segment": with_id.0}]});
    let diamond = made(&f, "diamond", &diamond).await;
    assert_eq!(members(&f, diamond).await, [ann, bob]);

    let cycle = f.decide(change(with_id, &json!({"segment": diamond.0}))).await;
    let way = vec!["diamond".to_owned(), "ids".to_owned()];
    assert_eq!(cycle.rejection, Some(Rejection::SegmentCycle { way }));
    let itself = f.decide(change(with_id, &json!({"not": {"segment": with_id.0}}))).await;
    assert!(matches!(itself.rejection, Some(Rejection::SegmentCycle { .. })));
    let used = f.decide(Command::DeleteSegment { segment: staff }).await;
    let by = vec!["customers".to_owned()];
    assert_eq!(used.rejection, Some(Rejection::SegmentInUse { by }));
    let unknown = f.decide(change(with_id, &json!({"segment": 999}))).await;
    assert_eq!(unknown.rejection, Some(Rejection::UnknownSegmentInFormula));

    f.decide(change(with_id, &empty("externalCustomerId"))).await;
    assert_eq!(
        members(&f, customers).await,
        [eve],
        "an inner edit moves the outer ones"
    );
}

pub async fn no_contact_is_put_into_a_dynamic_segment(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let segment = made(&f, "no id", &empty("externalCustomerId")).await;
    let one = f.id(api_call().external("one").upsert()).await;
    let contacts = vec![ContactRef::Id(one)];
    for command in [
        Command::Attach {
            segment,
            contacts: contacts.clone(),
        },
        Command::Detach { segment, contacts },
        Command::Detach {
            segment,
            contacts: Vec::new(),
        },
    ] {
        assert_eq!(f.decide(command).await.rejection, Some(Rejection::SegmentIsDynamic));
    }
    let skipped = |effect: &Effect| matches!(effect, Effect::Skipped(Skipped { field, reason }) if field == "groups" && reason.contains("dynamic"));
    for builder in [
        api_call().external("one").segment("no id"),
        api_call().external("one").segment_id(segment),
    ] {
        let decision = f.decide(builder.upsert()).await;
        assert!(decision.effects.iter().any(skipped), "{decision:?}");
    }
    assert_eq!(f.contact(one).await.memberships, []);
    let static_one = f.decide(Command::ChangeSegment {
        segment: f.segment("no id").await,
        name: None,
        formula: None,
    });
    assert_eq!(static_one.await.outcome, Outcome::Unchanged);
    let taken = f.create_category("key", "no id").await;
    assert!(
        matches!(taken.rejection, Some(Rejection::AlreadyExists { .. })),
        "{taken:?}"
    );
    f.id(api_call().external("one").segment("list").upsert()).await;
    let list = f.segment("list").await;
    let no_formula = f.decide(change(list, &empty("email"))).await;
    assert_eq!(no_formula.rejection, Some(Rejection::SegmentIsStatic));
}

#[expect(clippy::too_many_lines, reason = "each step builds on the ones before")]
pub async fn members_come_by_pages_and_previews_by_moves(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let mut all = Vec::new();
    for number in 0..12 {
        all.push(f.id(api_call().external(&format!("c{number}")).upsert()).await);
    }
    let segment = made(&f, "all", &condition("contactId", "greater", json!(0))).await;
    let page = async |from, limit| -> Vec<ContactId> {
        let found = f
            .app()
            .segment_members(f.workspace, segment, from, limit)
            .await
            .expect("read members");
        found.into_iter().map(|details| details.contact.id).collect()
    };
    assert_eq!(page(MembersFrom::After(all[4]), 3).await, all[5..8]);
    let from_end = MembersFrom::Offset {
        offset: 2,
        ascending: false,
    };
    assert_eq!(page(from_end, 2).await, [all[9], all[8]]);
    assert_eq!(
        page(
            MembersFrom::Offset {
                offset: 11,
                ascending: true
            },
            5
        )
        .await,
        [all[11]]
    );

    f.clock().advance_seconds(1);
    f.decide(api_call().external("c3").first("Ann").upsert()).await;
    for (order, expected) in [
        (MemberOrder::Created { ascending: true }, [&all[..]].concat()),
        (
            MemberOrder::Updated { ascending: true },
            [&all[..3], &all[4..], &all[3..4]].concat(),
        ),
    ] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let from = MembersFrom::Place { order, after };
            let found = f.app().segment_members(f.workspace, segment, from, 5).await;
            let found = found.expect("read members");
            let Some(last) = found.last() else { break };
            after = Some(order.place(&last.contact));
            seen.extend(found.iter().map(|details| details.contact.id));
        }
        assert_eq!(seen, expected, "{order:?}");
    }
    let latest = MembersFrom::Place {
        order: MemberOrder::Updated { ascending: false },
        after: None,
    };
    assert_eq!(page(latest, 2).await, [all[3], all[11]]);

    let some = formula(&json!({"not": condition("externalCustomerId", "one_of", json!(["c1", "c2"]))}));
    let request = SegmentPreviewRequest {
        formula: &some,
        compared_with: Some(segment),
        exact: true,
    };
    let preview = f.app().preview_segment(f.workspace, request).await;
    let preview = preview.expect("preview");
    assert_eq!(
        (preview.count, preview.contacts.len(), preview.moves),
        (Estimate::exact(10), 10, Some((0, 2)))
    );
    assert_eq!(
        preview.without_value,
        [("External ID is one of (“c1”, “c2”)".to_owned(), 0)]
    );
    let counts = async |plan: &Plan, of_them: &[Plan]| {
        let query = CountQuery {
            plan,
            of_them,
            now: Clock::now(f.clock()),
            within: Some(Duration::from_mins(1)),
        };
        f.store().count_within(f.workspace, &query).await.expect("count")
    };
    let definitions = f.store().definitions(f.workspace).await.expect("read definitions");
    let some = Plan::of(&some, &definitions).expect("a plan");
    let three = Plan::contacts(&all[..3]);
    assert_eq!(
        counts(&some, &[three.clone(), some.but(&three)]).await,
        Some(vec![10, 1, 9])
    );
    assert_eq!(counts(&three, std::slice::from_ref(&some)).await, Some(vec![3, 1]));
    assert_eq!(counts(&Plan::contacts(&[]), &[]).await, Some(vec![0]));
    let extent = f.store().extent(f.workspace).await.expect("read");
    assert_eq!(
        (extent.last, extent.active),
        (*all.last().expect("a contact"), all.len() as u64)
    );
}

pub async fn another_workspace_has_segments_of_its_own(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    f.id(api_call().email("one@example.com").segment("list").upsert()).await;
    let segment = made(&f, "no id", &empty("externalCustomerId")).await;
    let first = f.enter_new_workspace("two").await;
    let hidden = f.app().segment(f.workspace, segment).await;
    assert!(matches!(hidden, Err(SegmentError::NotFound)), "{hidden:?}");
    assert_eq!(who(&f, &empty("externalCustomerId")).await, []);
    let mine = f.id(api_call().email("one@example.com").upsert()).await;
    assert_eq!(who(&f, &empty("externalCustomerId")).await, [mine]);
    let other = made(&f, "no id", &condition("email", "equals", json!("one@example.com"))).await;
    assert_eq!(other, SegmentId(1), "numbers are per workspace");
    assert_eq!(members(&f, other).await, [mine]);
    f.workspace = first;
    let found = f.app().segments(f.workspace, Some("NO")).await.expect("read segments");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].readable.as_deref(), Some("External ID is empty"));
}

pub async fn a_contact_page_says_why(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().email("one@example.com").segment("list").upsert()).await;
    f.id(api_call().external("two").segment("other").upsert()).await;
    made(&f, "no id", &empty("externalCustomerId")).await;
    made(&f, "new", &condition("createdAt", "in_last_days", json!(7))).await;
    let found = f
        .app()
        .segments_of(f.workspace, one)
        .await
        .expect("read segments of a contact");
    let found_segments: Vec<(&str, bool, &str)> = found
        .iter()
        .map(|standing| (standing.name.as_str(), standing.is_member, standing.because.as_str()))
        .collect();
    let expected = [
        ("list", true, "was put into the list"),
        ("other", false, "is not on the list"),
        ("no id", true, "External ID is empty"),
        ("new", true, "Created is in the last 7 days"),
    ];
    assert_eq!(found_segments, expected);
    let created = f.contact(one).await.created_at;
    let week = chrono::TimeDelta::days(7) + chrono::TimeDelta::microseconds(1);
    assert_eq!(found[3].until, Some(created + week));
}

pub async fn formulas_outlive_a_restart(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let one = f.id(api_call().email("one@example.com").upsert()).await;
    let segment = made(&f, "no id", &empty("externalCustomerId")).await;
    f.reopen().await;
    assert_eq!(members(&f, segment).await, [one]);
}
