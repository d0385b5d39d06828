//! Finding contacts by what a person types.

use crate::{Backend, Fixture, api_call, force_merge, remove};
use selfsame_domain::values::Region;
use selfsame_domain::{ContactId, FindQuery};

async fn found(f: &Fixture<'_>, typed: &str) -> Vec<ContactId> {
    let region = Region::parse("UA").expect("a region");
    let query = FindQuery::parse(typed, Some(&region)).expect("a query");
    let found = f.store().find(f.workspace, &query, 10).await.expect("find");
    found.into_iter().map(|details| details.contact.id).collect()
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
    for typed in ["ust-7", "extid:ann", "ann olena", "%", "_", "cust"] {
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

pub async fn another_workspace_finds_no_contact(backend: &mut dyn Backend) {
    let mut f = Fixture::new(backend).await;
    let ann = f.id(api_call().external("e1").first("Ann").upsert()).await;
    f.enter_new_workspace("other").await;
    for typed in ["e1", "ann", &format!("id:{}", ann.0)] {
        assert_eq!(found(&f, typed).await, [], "{typed}");
    }
}
