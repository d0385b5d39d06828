//! A snapshot that breaks its contract fails the batch.

use super::model::{Model, RequestParts, api_call};
use crate::{Call, Command, ContactState, Envelope, Fresh, Invariant, resolve};

fn fails(model: &Model, command: Command) -> Invariant {
    let envelope = Envelope {
        decision: crate::DecisionId(uuid::Uuid::nil()),
        at: model.time(),
        command,
    };
    resolve(&[envelope], &model.state, &model.policy).unwrap_err()
}

#[test]
fn a_contact_cannot_be_made_without_a_new_id() {
    let mut model = Model::new();
    model.state.fresh = Fresh::default();
    let made = Command::Contact(Call::Upsert, Box::new(api_call().ext("A")));
    assert_eq!(fails(&model, made), Invariant::NoNewId("contact"));
    let named = Command::CreateCategory {
        key: crate::values::CategoryKey::parse("news").unwrap(),
        name: crate::values::CategoryName::parse("News").unwrap(),
    };
    assert_eq!(fails(&model, named), Invariant::NoNewId("category"));
}

#[test]
fn a_merge_cannot_be_undone_without_its_survivor() {
    let mut model = Model::new();
    let survivor = model.id(api_call().ext("A"));
    let absorbed = model.id(api_call().email("ann@example.com"));
    model.merge(survivor, absorbed, false);
    model.state.contacts.remove(&survivor);
    assert_eq!(model.contact(absorbed).state, ContactState::Merged);
    let merge = *model.state.merges.keys().next().unwrap();
    let failed = fails(&model, Command::Undo { merge });
    assert_eq!(failed, Invariant::MissingContact(survivor));
}
