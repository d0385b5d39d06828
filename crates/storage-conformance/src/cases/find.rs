//! Finding contacts by what a person types.

use crate::{Backend, Fixture, api_call, erase, force_merge, merge_of, remove, undo};
use selfsame_domain::values::Region;
use selfsame_domain::{ContactId, FindQuery};
use std::time::Duration;

/// Longer than any test takes.
const AMPLE: Duration = Duration::from_mins(2);

fn query(typed: &str) -> FindQuery {
    let region = Region::parse("UA").expect("a region");
    FindQuery::parse(typed, Some(&region)).expect("a query")
}

async fn found_of(f: &Fixture<'_>, typed: &str, limit: u32, time: Duration) -> (Vec<ContactId>, bool) {
    let found = f.store().find(f.workspace, &query(typed), limit, time).await;
    let found = found.expect("find");
    let ids = found.items.into_iter().map(|details| details.contact.id).collect();
    (ids, found.is_partial)
}

async fn found(f: &Fixture<'_>, typed: &str) -> Vec<ContactId> {
    found_of(f, typed, 10, AMPLE).await.0
}

/// Brings the index up to date, a few contacts at a time.
async fn index(f: &Fixture<'_>) {
    while f.store().index(f.workspace, 3).await.expect("index") {}
    let unindexed = f.store().unindexed().await.expect("look");
    assert!(!unindexed.contains(&f.workspace), "the index has everything");
}

pub async fn a_person_is_found_by_every_identifier_and_name(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let ann = api_call()
        .external("Cust-7")
        .email("ann.smith@example.com")
        .sms("+380501234567");
    let ann = f.id(ann.first("Ann").last("Smith").upsert()).await;
    let other = f
        .id(api_call().external("Z-1").first("Olena").last("Їжак").upsert())
        .await;
    let by_id = format!("id:{}", ann.0);
    for typed in [
        "Cust-7",
        "Cus",
        "extid:Cust-7",
        "extid:Cu",
        &by_id,
        "ANN.smith@example.com",
        "ann.s",
        "+380501234567",
        "050 123-45-67",
        "050123",
        "ann",
        "SMI",
        "ann smith",
        "smith an",
    ] {
        assert_eq!(found(&f, typed).await, [ann], "{typed}");
    }
    for typed in ["їж", "Олена", "olena їжак", "Z-1"] {
        let expected = if typed == "Олена" { vec![] } else { vec![other] };
        assert_eq!(found(&f, typed).await, expected, "{typed}");
    }
    for typed in ["extid:ann", "ann olena", "%", "_", "st"] {
        assert_eq!(found(&f, typed).await, [], "{typed}");
    }
}

pub async fn what_fits_best_comes_first(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let named = f.id(api_call().external("e1").first("77x").upsert()).await;
    let begins = f.id(api_call().external("77-b").upsert()).await;
    let same = f.id(api_call().external("77").upsert()).await;
    assert_eq!(found(&f, "77").await, [same, begins, named]);
    assert_eq!(found(&f, &begins.0.to_string()).await.first(), Some(&begins));
}

pub async fn no_more_are_found_than_asked_for(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    for index in 0..15 {
        f.id(api_call()
            .external(&format!("e{index}"))
            .email(&format!("e{index}@example.com"))
            .first("Eve")
            .upsert())
            .await;
    }
    assert_eq!(found(&f, "e").await.len(), 10);
}

pub async fn removed_contacts_are_not_found_and_absorbed_ones_are_their_survivors(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let gone = f.id(api_call().external("gone").first("Gone").upsert()).await;
    f.decide(remove(gone)).await;
    let survivor = f.id(api_call().external("kept").first("Ann").upsert()).await;
    let absorbed = f.id(api_call().email("old@example.com").first("Old").upsert()).await;
    f.decide(force_merge(survivor, absorbed)).await;
    assert_eq!(found(&f, "gone").await, []);
    assert_eq!(found(&f, "old@").await, [survivor]);
    assert_eq!(found(&f, &format!("id:{}", absorbed.0)).await, [survivor]);
    assert_eq!(found(&f, &format!("id:{}", gone.0)).await, []);
}

pub async fn a_substring_is_found_before_and_after_it_is_indexed(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let ann = api_call()
        .external("Cust-7")
        .email("ann.smith@example.com")
        .sms("+380501234567");
    let ann = f.id(ann.first("Ann Maria").last("Їжаченко").upsert()).await;
    f.id(api_call().external("Z-1").email("olena@shop.example").upsert())
        .await;
    for _ in 0..2 {
        for typed in [
            "ust-7",
            "cust",
            "extid:UST",
            "smith@ex",
            "MITH",
            "345-67",
            "0123 45",
            "maria",
            "жач",
            "їжаченко maria",
            "ith 4567",
            "nn ченко",
        ] {
            assert_eq!(found(&f, typed).await, [ann], "{typed}");
        }
        for typed in [
            "extid:smith",
            "345-76",
            "smith olena",
            "mithh",
            "m%h",
            "_",
            "ar",
            "smithexample",
        ] {
            assert_eq!(found(&f, typed).await, [], "{typed}");
        }
        index(&f).await;
    }
}

pub async fn beginnings_come_before_starts_of_words_and_these_before_other_places(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let inside = f
        .id(api_call().external("e1").email("blacksmith@example.com").upsert())
        .await;
    let word = f
        .id(api_call().external("e2").email("ann.smith@example.com").upsert())
        .await;
    let named = f.id(api_call().external("e3").last("Smithson").upsert()).await;
    let begins = f
        .id(api_call().external("e4").email("smith@example.com").upsert())
        .await;
    let same = f.id(api_call().external("smith").upsert()).await;
    for _ in 0..2 {
        assert_eq!(found(&f, "smith").await, [same, begins, named, word, inside]);
        assert_eq!(
            found_of(&f, "smith", 4, AMPLE).await,
            (vec![same, begins, named, word], false)
        );
        index(&f).await;
    }
}

pub async fn an_index_that_is_behind_shows_nothing_old(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let changed = f.id(api_call().external("e1").first("Oldname").upsert()).await;
    let gone = f.id(api_call().external("e2").first("Coldname").upsert()).await;
    let erased = f.id(api_call().external("e3").first("Boldname").upsert()).await;
    let survivor = f.id(api_call().external("e4").upsert()).await;
    let absorbed = f.id(api_call().email("x.absorbed@example.com").upsert()).await;
    index(&f).await;
    assert_eq!(found(&f, "dnam").await, [changed, gone, erased]);
    f.decide(api_call().external("e1").first("Newname").upsert()).await;
    f.decide(remove(gone)).await;
    f.decide(erase(erased)).await;
    let merged = f.decide(force_merge(survivor, absorbed)).await;
    for _ in 0..2 {
        assert_eq!(found(&f, "dnam").await, []);
        assert_eq!(found(&f, "ewna").await, [changed]);
        assert_eq!(found(&f, "absorbed").await, [survivor]);
        index(&f).await;
    }
    f.decide(undo(merge_of(&merged))).await;
    for _ in 0..2 {
        assert_eq!(found(&f, "absorbed").await, [absorbed]);
        index(&f).await;
    }
}

pub async fn a_search_that_ends_early_says_so(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let ann = f.id(api_call().external("e1").email("ann@example.com").upsert()).await;
    index(&f).await;
    assert_eq!(found_of(&f, "example", 10, AMPLE).await, (vec![ann], false));
    assert_eq!(found_of(&f, "example", 10, Duration::ZERO).await, (vec![], true));
    assert_eq!(found_of(&f, "ann@", 1, Duration::ZERO).await, (vec![ann], false));
    assert_eq!(found_of(&f, "ex", 10, Duration::ZERO).await, (vec![], false));
}

pub async fn two_servers_index_the_same_changes(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let other = f.another();
    let mut ids = Vec::new();
    for index in 0..9 {
        ids.push(
            f.id(api_call().email(&format!("{index}.shared@example.com")).upsert())
                .await,
        );
    }
    for _ in 0..4 {
        let (one, two) = futures::join!(f.store().index(f.workspace, 3), other.index(f.workspace, 3));
        one.and(two).expect("index");
    }
    index(&f).await;
    assert_eq!(found(&f, "shared").await, ids);
}

pub async fn another_workspace_finds_no_contact(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let ann = f.id(api_call().external("e1").first("Joanna").upsert()).await;
    index(&f).await;
    f.enter_new_workspace("other").await;
    for _ in 0..2 {
        for typed in ["e1", "ann", "anna", &format!("id:{}", ann.0)] {
            assert_eq!(found(&f, typed).await, [], "{typed}");
        }
        index(&f).await;
    }
}
