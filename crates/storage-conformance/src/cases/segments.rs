//! Static segments.

use crate::{Backend, Fixture, api_call, by_external, merge, remove, undo};
use selfsame_application::ports::{Page, SegmentQuery};
use selfsame_domain::{Command, ContactId, ContactRef, Effect, Outcome, Rejection, Segment, SegmentId, Skipped};

fn attach(segment: SegmentId, contacts: Vec<ContactRef>) -> Command {
    Command::Attach { segment, contacts }
}

fn detach(segment: SegmentId, contacts: Vec<ContactRef>) -> Command {
    Command::Detach { segment, contacts }
}

fn by_id(id: ContactId) -> ContactRef {
    ContactRef::Id(id)
}

async fn members(f: &Fixture<'_>, query: SegmentQuery) -> (Vec<ContactId>, u64) {
    let page = f
        .store()
        .in_segment(f.workspace, &query)
        .await
        .expect("read")
        .expect("the segment");
    (
        page.items.into_iter().map(|details| details.contact.id).collect(),
        page.total,
    )
}

fn query(segment: SegmentId) -> SegmentQuery {
    SegmentQuery {
        segment,
        by_time: false,
        ascending: true,
        offset: 0,
        limit: 100,
    }
}

async fn listed(f: &Fixture<'_>, name: Option<&str>, offset: u64, limit: u32) -> Page<Segment> {
    f.store()
        .segments(f.workspace, name, offset, limit)
        .await
        .expect("read segments")
}

pub async fn a_segment_is_made_once_by_its_name(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let decision = f.decide(api_call().external("a").segment("VIP").upsert()).await;
    let vip = f.segment("VIP").await;
    assert_eq!(vip, SegmentId(1));
    assert!(decision.effects.contains(&Effect::SegmentCreated { segment: vip }));
    let again = f.decide(api_call().external("b").segment("VIP").upsert()).await;
    assert!(!again.effects.contains(&Effect::SegmentCreated { segment: vip }));
    f.id(api_call().external("c").segment("vip").upsert()).await;
    assert_ne!(f.segment("vip").await, vip, "names are compared to the letter");
    let page = listed(&f, None, 0, 10).await;
    assert_eq!((page.total, page.items[0].created_at), (2, decision.at));
    assert_eq!(
        members(&f, query(vip)).await,
        (vec![ContactId(1), again.contact.expect("a contact")], 2)
    );
}

pub async fn an_unknown_number_is_reported(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let decision = f
        .decide(api_call().external("a").segment_id(SegmentId(77)).upsert())
        .await;
    assert_eq!(decision.outcome, Outcome::Created);
    let skipped = |effect: &Effect| matches!(effect, Effect::Skipped(Skipped { field, .. }) if field == "groups");
    assert!(decision.effects.iter().any(skipped), "{decision:?}");
    assert!(
        f.store()
            .in_segment(f.workspace, &query(SegmentId(77)))
            .await
            .expect("read")
            .is_none()
    );
    for command in [attach(SegmentId(77), Vec::new()), detach(SegmentId(77), Vec::new())] {
        assert_eq!(f.decide(command).await.rejection, Some(Rejection::SegmentNotFound));
    }
}

pub async fn attaching_and_detaching_by_number_and_external_id(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").segment("s").upsert()).await;
    let two = f.id(api_call().external("b").upsert()).await;
    let three = f.id(api_call().external("c").upsert()).await;
    let gone = f.id(api_call().external("d").upsert()).await;
    f.decide(remove(gone)).await;
    let s = f.segment("s").await;
    let named = vec![
        by_id(two),
        by_id(two),
        by_external("c"),
        by_external("d"),
        by_id(ContactId(999)),
        by_external("x"),
    ];
    let decision = f.decide(attach(s, named)).await;
    assert_eq!(decision.outcome, Outcome::Updated);
    let fields: Vec<&str> = decision
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Skipped(skipped) => Some(skipped.field.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(
        fields,
        ["externalCustomerIds[3]", "contactIds[4]", "externalCustomerIds[5]"]
    );
    assert_eq!(members(&f, query(s)).await, (vec![one, two, three], 3));
    assert_eq!(f.contact(two).await.updated_at, decision.at);
    assert_eq!(f.decide(attach(s, vec![by_id(one)])).await.outcome, Outcome::Unchanged);
    let decision = f.decide(detach(s, vec![by_id(one), by_external("c")])).await;
    assert_eq!(decision.outcome, Outcome::Updated);
    assert_eq!(members(&f, query(s)).await, (vec![two], 1));
    assert_eq!(f.decide(detach(s, vec![by_id(one)])).await.outcome, Outcome::Unchanged);
    assert!(f.log(two).await.iter().any(|logged| logged.call == "attach"));
}

pub async fn detaching_an_empty_list_empties_the_segment(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let mut last = ContactId(0);
    for external in ["a", "b", "c"] {
        last = f
            .id(api_call().external(external).segment("s").segment("t").upsert())
            .await;
    }
    let (s, t) = (f.segment("s").await, f.segment("t").await);
    let decision = f.decide(detach(s, Vec::new())).await;
    assert_eq!(decision.outcome, Outcome::Updated);
    assert_eq!(f.decided(decision.id).await, Some(decision));
    assert_eq!(f.log(last).await.len(), 1, "logged once, not for every member");
    assert_eq!(members(&f, query(s)).await, (Vec::new(), 0));
    assert_eq!(members(&f, query(t)).await.1, 3);
    assert_eq!(listed(&f, None, 0, 10).await.total, 2, "it is still there");
}

pub async fn emptying_and_editing_at_once(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").segment("s").upsert()).await;
    let two = f.id(api_call().external("b").segment("s").upsert()).await;
    let s = f.segment("s").await;
    let commands = vec![
        detach(s, Vec::new()),
        detach(s, vec![by_id(one)]),
        attach(s, vec![by_id(two)]),
    ];
    f.decide_all(commands).await;
    assert_eq!(members(&f, query(s)).await, (vec![two], 1));
    f.decide_all(vec![attach(s, vec![by_id(one)]), detach(s, Vec::new())])
        .await;
    assert_eq!(members(&f, query(s)).await, (Vec::new(), 0));
}

pub async fn emptying_reaches_the_absorbed(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let one = f.id(api_call().external("a").upsert()).await;
    let two = f.id(api_call().device("d").segment("s").upsert()).await;
    let s = f.segment("s").await;
    let made = f.merge(one, two).await;
    assert_eq!(members(&f, query(s)).await, (vec![one], 1));
    f.decide(detach(s, Vec::new())).await;
    assert_eq!(members(&f, query(s)).await, (Vec::new(), 0));
    f.decide(undo(made)).await;
    assert_eq!(members(&f, query(s)).await, (Vec::new(), 0));
}

pub async fn contacts_of_a_segment_by_number_and_by_time(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    f.id(api_call().external("first").segment("s").upsert()).await;
    let s = f.segment("s").await;
    f.decide(detach(s, Vec::new())).await;
    let mut ids = Vec::new();
    for external in ["a", "b", "c", "d"] {
        ids.push(f.id(api_call().external(external).upsert()).await);
    }
    let entered = [ids[2], ids[0], ids[3], ids[1]];
    for id in entered {
        f.decide(attach(s, vec![by_id(id)])).await;
    }
    let backwards = |ids: &[ContactId]| ids.iter().rev().copied().collect::<Vec<_>>();
    let ordered = |by_time, ascending| SegmentQuery {
        by_time,
        ascending,
        ..query(s)
    };
    assert_eq!(members(&f, ordered(false, true)).await.0, ids);
    assert_eq!(members(&f, ordered(false, false)).await.0, backwards(&ids));
    assert_eq!(members(&f, ordered(true, true)).await.0, entered);
    assert_eq!(members(&f, ordered(true, false)).await.0, backwards(&entered));
    let page = |offset, limit| SegmentQuery {
        offset,
        limit,
        ..ordered(true, true)
    };
    assert_eq!(members(&f, page(1, 2)).await, (entered[1..3].to_vec(), 4));
    assert_eq!(members(&f, page(4, 2)).await, (Vec::new(), 4));
    assert_eq!(members(&f, page(99, 2)).await, (Vec::new(), 4));
    assert_eq!(members(&f, page(0, 0)).await, (Vec::new(), 4));
}

pub async fn who_is_hidden_is_no_member(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let mut ids = Vec::new();
    for external in ["a", "b", "c"] {
        ids.push(f.id(api_call().external(external).segment("s").upsert()).await);
    }
    let absorbed = f.id(api_call().device("d").segment("s").upsert()).await;
    let s = f.segment("s").await;
    f.decide(remove(ids[1])).await;
    f.decide(merge(ids[0], absorbed)).await;
    assert_eq!(
        members(&f, query(s)).await,
        (vec![ids[0], ids[2]], 2),
        "the survivor counts once"
    );
    f.decide(detach(s, vec![by_id(ids[0])])).await;
    assert_eq!(members(&f, query(s)).await, (vec![ids[2]], 1));
    assert!(f.details(ids[0]).await.expect("the contact").segments.is_empty());
    f.id(api_call().external("b").upsert()).await;
    assert_eq!(
        members(&f, query(s)).await,
        (vec![ids[1], ids[2]], 2),
        "a restored contact is a member again"
    );
}

pub async fn segments_are_found_by_part_of_their_name(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let names = [
        "Київ VIP",
        "київські",
        "100% sure",
        "under_score",
        "back\\slash",
        "Ünal",
        "STRASSE",
        "o'brien",
        "🦔 hedgehogs",
    ];
    let builder = names
        .iter()
        .fold(api_call().external("a"), |builder, name| builder.segment(name));
    f.id(builder.upsert()).await;
    let find = async |text: &str| -> Vec<String> {
        let page = listed(&f, Some(text), 0, 100).await;
        assert_eq!(page.total, page.items.len() as u64);
        page.items
            .into_iter()
            .map(|segment| segment.name.as_str().to_owned())
            .collect()
    };
    assert_eq!(
        find("КИЇВ").await,
        ["Київ VIP", "київські"],
        "without regard to case in every script"
    );
    assert_eq!(find("vip").await, ["Київ VIP"]);
    assert_eq!(find("%").await, ["100% sure"]);
    assert_eq!(find("_").await, ["under_score"]);
    assert_eq!(find("\\").await, ["back\\slash"]);
    assert_eq!(find("ünal").await, ["Ünal"]);
    assert_eq!(find("'").await, ["o'brien"]);
    assert_eq!(find("🦔").await, ["🦔 hedgehogs"]);
    assert_eq!(find("nothing").await, Vec::<String>::new());
    assert_eq!(find("").await.len(), names.len());
}

pub async fn segments_are_listed_by_number_and_page(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    for index in 0..7 {
        f.id(api_call()
            .external("a")
            .segment(&format!("segment {}", 9 - index))
            .upsert())
            .await;
    }
    let all = listed(&f, None, 0, 100).await;
    assert_eq!((all.total, all.items.len()), (7, 7));
    assert!(all.items.is_sorted_by_key(|segment| segment.id));
    for offset in 0..8_u64 {
        let page = listed(&f, Some("SEGMENT"), offset, 3).await;
        let expected: Vec<Segment> = all
            .items
            .iter()
            .skip(usize::try_from(offset).unwrap_or_default())
            .take(3)
            .cloned()
            .collect();
        assert_eq!((page.items, page.total), (expected, 7));
    }
}
