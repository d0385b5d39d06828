//! Taking back what a row of an import changed.

use super::model::{Model, RequestParts, api_call, first_name, merges_of, shown};
use crate::values::ChannelType;
use crate::*;

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";
const PHONE: &str = "+380501234567";

fn import(model: &mut Model, request: ContactRequest) -> Decision {
    let call = Call::Bulk {
        dedupe_on: DedupeOn::EmailOrSms,
        restore: true,
    };
    model.call(call, request)
}

fn take_back(model: &mut Model, row: &Decision) -> Decision {
    model.run(Command::TakeBack {
        contact: row.contact,
        parts: row.undo.iter().map(stored).collect(),
    })
}

/// The part as storage returns it.
fn stored(part: &ContactUndo) -> ContactUndo {
    let read = ContactUndo::from_stored(&part.to_stored().unwrap()).unwrap();
    assert_eq!(&read, part);
    read
}

fn kept(decision: &Decision) -> Vec<&str> {
    let kept = |effect| match effect {
        &Effect::Skipped(Skipped { ref field, .. }) => Some(field.as_str()),
        _ => None,
    };
    decision.effects.iter().filter_map(kept).collect()
}

#[test]
fn a_contact_is_as_it_was() {
    let mut model = Model::new();
    let id = model.id(api_call().email(ANN).name("Ann").group("Old"));
    let before = model.observables();
    let mut request = api_call().ext("A").email(ANN).phone(PHONE).name("Eve").group("New");
    request.left_segments = vec![crate::values::SegmentName::parse("Old").unwrap()];
    let row = import(&mut model, request);
    assert_eq!((row.outcome, row.contact), (Outcome::Updated, Some(id)));
    let undone = take_back(&mut model, &row);
    assert_eq!((undone.outcome, kept(&undone)), (Outcome::Updated, vec![]));
    assert_eq!(model.observables(), before);
    assert_eq!(take_back(&mut model, &row).outcome, Outcome::Unchanged, "a second time");
}

#[test]
fn a_value_that_was_replaced_is_back_and_matches() {
    let mut model = Model::new();
    let id = model.id(api_call().ext("A").email(ANN).phone(PHONE));
    let row = import(&mut model, api_call().ext("A").email(BOB));
    assert_eq!(shown(model.contact(id), ChannelType::Email), [BOB]);
    take_back(&mut model, &row);
    assert_eq!(shown(model.contact(id), ChannelType::Email), [ANN]);
    assert_eq!(model.upsert(api_call().email(ANN)).contact, Some(id));
    assert_ne!(model.upsert(api_call().email(BOB)).contact, Some(id));
}

#[test]
fn a_contact_that_was_made_is_removed_and_its_external_id_is_free() {
    let mut model = Model::new();
    let row = import(&mut model, api_call().ext("A").email(ANN).name("Ann").group("New"));
    let id = row.contact.unwrap();
    let undone = take_back(&mut model, &row);
    assert_eq!((undone.outcome, undone.contact), (Outcome::Removed, Some(id)));
    let contact = model.contact(id);
    assert!(contact.identifiers.is_empty() && contact.memberships.is_empty() && contact.attributes.0.is_empty());
    let again = model.upsert(api_call().ext("A").email(ANN));
    assert_eq!(again.outcome, Outcome::Created);
    assert_ne!(again.contact, Some(id));
}

#[test]
fn what_was_changed_since_stays_and_is_listed() {
    let mut model = Model::new();
    let id = model.id(api_call().ext("A").email(ANN).name("Ann"));
    let row = import(
        &mut model,
        api_call().ext("A").email(BOB).phone(PHONE).name("Eve").group("New"),
    );
    model.upsert(api_call().ext("A").email("eve@example.com").name("Ida"));
    let undone = take_back(&mut model, &row);
    assert_eq!(kept(&undone), ["firstName", "email"]);
    let contact = model.contact(id);
    assert_eq!(first_name(contact), Some("Ida"));
    assert_eq!(shown(contact, ChannelType::Email), ["eve@example.com"]);
    assert!(shown(contact, ChannelType::Sms).is_empty() && contact.segments().is_empty());
}

#[test]
fn a_contact_that_was_made_and_changed_since_keeps_its_identifiers() {
    let mut model = Model::new();
    let row = import(&mut model, api_call().ext("A").email(ANN).name("Ann"));
    let id = row.contact.unwrap();
    model.upsert(api_call().ext("A").group("Mine"));
    let undone = take_back(&mut model, &row);
    assert_eq!((undone.outcome, kept(&undone)), (Outcome::Updated, vec!["contact"]));
    let contact = model.contact(id);
    assert!(contact.is_active() && contact.has_external_id());
    assert_eq!(first_name(contact), None);
    assert_eq!(contact.segments().len(), 1);
}

#[test]
fn a_removed_contact_that_came_back_is_removed_again() {
    let mut model = Model::new();
    let id = model.id(api_call().ext("A").email(ANN).name("Ann"));
    model.remove(id);
    let before = model.observables();
    let row = import(&mut model, api_call().ext("A").name("Eve"));
    assert_eq!(row.outcome, Outcome::Restored);
    assert_eq!(take_back(&mut model, &row).outcome, Outcome::Removed);
    assert_eq!(model.observables(), before);
    let row = import(&mut model, api_call().ext("A").name("Eve"));
    model.upsert(api_call().ext("A").phone(PHONE));
    let undone = take_back(&mut model, &row);
    assert_eq!((undone.outcome, kept(&undone)), (Outcome::Updated, vec!["contact"]));
    assert_eq!(first_name(model.contact(id)), Some("Ann"));
}

#[test]
fn merges_are_undone() {
    let mut model = Model::new();
    let by_phone = model.id(api_call().phone(PHONE).name("Ann"));
    let by_email = model.id(api_call().email(ANN).group("Old"));
    let before = model.observables();
    let row = import(&mut model, api_call().ext("A").phone(PHONE).email(ANN));
    assert_eq!(merges_of(&row).len(), 1, "{row:?}");
    assert!(model.answers_as_one(by_phone, by_email));
    let undone = take_back(&mut model, &row);
    assert_eq!(kept(&undone), Vec::<&str>::new());
    assert_eq!(model.observables(), before);
}

#[test]
fn a_token_goes_back_to_whom_it_was_taken_from() {
    let mut model = Model::new();
    let former = model.id(api_call().ext("A").token("t"));
    let other = model.id(api_call().ext("B").email(BOB));
    let before = model.observables();
    let row = import(&mut model, api_call().ext("B").token("t"));
    assert_eq!(
        row.undo.iter().map(|part| part.contact).collect::<Vec<_>>(),
        [former, other]
    );
    let undone = take_back(&mut model, &row);
    assert_eq!(kept(&undone), Vec::<&str>::new());
    assert_eq!(model.observables(), before);
    // Unless another contact has it by now.
    let row = import(&mut model, api_call().ext("B").token("t"));
    let third = model.id(api_call().ext("C").token("t"));
    let undone = take_back(&mut model, &row);
    assert_eq!(kept(&undone), ["mobile_push"]);
    assert!(!shown(model.contact(third), ChannelType::MobilePush).is_empty());
}

#[test]
fn rows_of_one_contact_are_taken_back_from_the_last_to_the_first() {
    let mut model = Model::new();
    let id = model.id(api_call().ext("A").name("Ann").email(ANN));
    let before = model.observables();
    let names = ["Eve", "Ida", "Ann"];
    let rows: Vec<Decision> = names
        .into_iter()
        .map(|name| {
            import(
                &mut model,
                api_call().ext("A").name(name).email(&format!("{name}@example.org")),
            )
        })
        .collect();
    for row in rows.iter().rev() {
        assert_eq!(kept(&take_back(&mut model, row)), Vec::<&str>::new());
    }
    assert_eq!(model.observables(), before);
    assert_eq!(first_name(model.contact(id)), Some("Ann"));
}

#[test]
fn the_log_does_not_keep_what_is_needed_to_take_back() {
    let mut model = Model::new();
    let row = import(&mut model, api_call().ext("A").email(ANN));
    assert!(!row.undo.is_empty());
    assert!(model.log.iter().all(|entry| entry.decision.undo.is_empty()));
    assert!(
        model.upsert(api_call().ext("A").name("Ann")).undo.is_empty(),
        "no import"
    );
    assert!(
        import(&mut model, api_call().ext("A")).undo.is_empty(),
        "nothing changed"
    );
}

#[test]
fn the_part_of_a_new_contact_is_short() {
    let mut model = Model::new();
    let row = import(&mut model, api_call().ext("A").email(ANN).phone(PHONE).name("Ann"));
    let text = row.undo[0].to_stored().unwrap();
    assert!(text.len() < 350, "{} bytes: {text}", text.len());
}

#[test]
fn a_part_that_an_earlier_version_stored_is_read() {
    let mut model = Model::new();
    let id = model.id(api_call().ext("A").email(ANN).name("Ann"));
    let before = model.observables();
    let mut row = import(&mut model, api_call().ext("A").email(BOB).name("Eve").group("New"));
    let texts = row.undo.iter().map(|part| serde_json::to_string(part).unwrap());
    row.undo = texts.map(|text| ContactUndo::from_stored(&text).unwrap()).collect();
    take_back(&mut model, &row);
    assert_eq!((row.contact, model.observables()), (Some(id), before));
    assert!(ContactUndo::from_stored("{}").is_err() && ContactUndo::from_stored(r#"{"c":1}"#).is_err());
}
