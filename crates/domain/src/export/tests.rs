//! What datasets are, and what rows contacts, orders and events become.

use super::*;
use crate::values::{Email, ExternalId, Source};
use crate::{
    Contact, ContactId, ContactState, Event, EventId, EventParams, HeldIdentifier, Identifier, IdentifierState, Origin,
    Subject, Timestamp, VisitorId,
};
use std::collections::BTreeSet;
use uuid::Uuid;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(seconds, 0).unwrap()
}

fn held(identifier: Identifier, channel: Option<crate::values::ChannelType>) -> HeldIdentifier {
    HeldIdentifier {
        identifier,
        home: ContactId(7),
        owner: ContactId(7),
        state: IdentifierState::Active,
        hidden_by: None,
        channels: channel.into_iter().collect(),
        details: crate::ChannelDetails::default(),
        confirmed: true,
        source: Source::Api,
        first_seen: at(1),
        last_seen: at(2),
    }
}

fn ann() -> Contact {
    let mut contact = Contact::new(ContactId(7), Source::Api, at(1));
    contact.identifiers = vec![
        held(Identifier::external_id(&ExternalId::parse("C-1").unwrap()), None),
        held(
            Identifier::email(&Email::parse("Ann@Example.com").unwrap()),
            Some(crate::values::ChannelType::Email),
        ),
    ];
    contact
}

fn cell(dataset: Dataset, row: &Row, name: &str) -> Cell {
    let place = dataset.columns().iter().position(|column| column.name == name);
    row[place.unwrap_or_else(|| panic!("no column {name}"))].clone()
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

#[test]
fn every_dataset_is_whole() {
    for dataset in Dataset::ALL {
        assert_eq!(Dataset::from_text(dataset.as_str()), Some(dataset));
        let names: BTreeSet<&str> = dataset.columns().iter().map(|column| &*column.name).collect();
        assert_eq!(names.len(), dataset.columns().len(), "{dataset:?}: a name twice");
        let keys = dataset.key().iter().chain(dataset.owners());
        for name in keys {
            assert!(names.contains(name), "{dataset:?}: {name}");
            assert_ne!(*name, "externalCustomerId", "{dataset:?} could not leave it out");
        }
        assert!(dataset.columns().iter().all(|column| !column.description.is_empty()));
    }
}

/// The columns of the wire protocol, in their order, then ours.
#[test]
fn contacts_have_the_columns_of_the_protocol() {
    let names: Vec<&str> = Dataset::Contacts.columns().iter().map(|column| &*column.name).collect();
    assert_eq!(
        names.join(" "),
        "contactId contactSource createdDate email emailDomain emailStatus externalCustomerId firstName languageCode lastClickedDate \
         lastReceivedDate lastSentDate lastViewedDate lastName sms totalClicked totalReceived totalSent totalViewed deletedDate mergedInto"
    );
}

#[test]
fn a_contact_is_a_row() {
    let contact = ann();
    let row = contact_row(&contact, |_| false);
    let get = |name| cell(Dataset::Contacts, &row, name);
    assert_eq!(row.len(), Dataset::Contacts.columns().len());
    assert_eq!(get("contactId"), Cell::Integer(7));
    assert_eq!(get("email"), text("Ann@Example.com"));
    assert_eq!(get("emailDomain"), text("example.com"));
    assert_eq!(get("emailStatus"), text("CONFIRMED"));
    assert_eq!(get("externalCustomerId"), text("C-1"));
    assert_eq!((get("deletedDate"), get("mergedInto")), (Cell::Null, Cell::Null));
    let row = contact_row(&contact, |_| true);
    assert_eq!(cell(Dataset::Contacts, &row, "emailStatus"), text("UNSUBSCRIBED"));
    assert_eq!(identifier_rows(&contact).len(), 2);
}

#[test]
fn removed_and_absorbed_contacts_say_so() {
    let mut contact = ann();
    (contact.state, contact.updated_at) = (ContactState::Removed, at(9));
    let row = contact_row(&contact, |_| false);
    assert_eq!(cell(Dataset::Contacts, &row, "deletedDate"), Cell::Time(at(9)));
    assert_eq!(cell(Dataset::Contacts, &row, "email"), text("Ann@Example.com"));
    (contact.state, contact.canonical, contact.merged_into) = (ContactState::Merged, ContactId(3), Some(ContactId(5)));
    contact.identifiers.clear();
    let row = contact_row(&contact, |_| false);
    assert_eq!(cell(Dataset::Contacts, &row, "mergedInto"), Cell::Integer(3));
    assert_eq!(cell(Dataset::Contacts, &row, "deletedDate"), Cell::Null);
    assert_eq!(cell(Dataset::Contacts, &row, "email"), Cell::Null);
}

#[test]
fn texts_are_cut_at_a_character_and_counted() {
    let mut short = "я".repeat(50);
    assert!(!cut(&mut short, 50));
    assert_eq!(short.chars().count(), 50);
    let mut long = "😀".repeat(51);
    assert!(cut(&mut long, 50));
    assert_eq!(long, "😀".repeat(50));
    let set = ColumnSet::new(Dataset::Contacts, true);
    let mut plan = TablePlan::new(&set).unwrap();
    let mut full: Row = vec![Cell::Null; Dataset::Contacts.columns().len()];
    full[1] = text(&"ж".repeat(60));
    full[4] = text(&"d".repeat(100));
    let row = plan.row(full);
    assert_eq!(row[1], text(&"ж".repeat(50)));
    assert_eq!(row[4], text(&"d".repeat(100)));
    assert_eq!(plan.values_cut(), 1);
}

#[test]
fn an_export_keeps_the_columns_that_it_was_made_with() {
    let without = ColumnSet::new(Dataset::Contacts, false);
    assert!(!without.has_external_id());
    assert_eq!(without.lacking(), ["externalCustomerId"]);
    let mut plan = TablePlan::new(&without).unwrap();
    let row = plan.row(contact_row(&ann(), |_| false));
    assert_eq!(row.len(), Dataset::Contacts.columns().len() - 1);
    assert!(!row.contains(&text("C-1")));
    let with = ColumnSet::new(Dataset::Contacts, true);
    assert!(with.has_external_id() && with.lacking().is_empty());
    let newer = ColumnSet {
        dataset: Dataset::Contacts,
        columns: vec!["contactId".to_owned(), "unknown".to_owned()],
    };
    assert!(matches!(TablePlan::new(&newer), Err(PlanProblem::UnknownColumn { .. })));
}

fn event(params: &str, subject: Option<Subject>) -> Event {
    Event {
        id: EventId(Uuid::nil()),
        decision: crate::DecisionId(Uuid::nil()),
        type_key: crate::values::EventTypeKey::parse("viewed").unwrap(),
        key_value: None,
        subject,
        occurred_at: at(5),
        received_at: at(6),
        origin: Origin::Api,
        params: EventParams::parse(params).unwrap(),
    }
}

#[test]
fn parameters_of_events_are_cut_to_fifty_of_three_hundred_characters() {
    let (row, cut) = event_row(&event(r#"{"a":"x","b":1.10}"#, None), None);
    assert_eq!(cell(Dataset::Events, &row, "paramsJson"), text(r#"{"a":"x","b":1.1}"#));
    assert_eq!(cut, 0);
    let members: Vec<String> = (0..60)
        .map(|number| format!(r#""p{number:02}":"{}""#, "ї".repeat(301)))
        .collect();
    let (row, cut) = event_row(&event(&format!("{{{}}}", members[..20].join(",")), None), None);
    assert_eq!(cut, 20);
    let Cell::Text(params) = cell(Dataset::Events, &row, "paramsJson") else {
        panic!("no text")
    };
    let read: serde_json::Value = serde_json::from_str(&params).unwrap();
    assert_eq!(read["p00"].as_str().map(|value| value.chars().count()), Some(300));
    let short: Vec<String> = (0..60).map(|number| format!(r#""p{number:02}":1"#)).collect();
    let (row, cut) = event_row(&event(&format!("{{{}}}", short.join(",")), None), None);
    assert_eq!(cut, 10);
    let Cell::Text(params) = cell(Dataset::Events, &row, "paramsJson") else {
        panic!("no text")
    };
    let read: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&params).unwrap();
    assert_eq!(
        (read.len(), read.contains_key("p49"), read.contains_key("p50")),
        (50, true, false)
    );
}

#[test]
fn an_event_of_a_visitor_is_its_owner_s() {
    let visitor = VisitorId(Uuid::max());
    let (row, _) = event_row(&event("{}", Some(Subject::Visitor(visitor))), Some(ContactId(4)));
    assert_eq!(cell(Dataset::Events, &row, "contactId"), Cell::Integer(4));
    assert_eq!(cell(Dataset::Events, &row, "visitorId"), text(&visitor.to_string()));
    let (row, _) = event_row(&event("{}", Some(Subject::Contact(ContactId(2)))), None);
    assert_eq!(cell(Dataset::Events, &row, "contactId"), Cell::Integer(2));
    assert_eq!(cell(Dataset::Events, &row, "visitorId"), Cell::Null);
}

#[test]
fn page_views_have_rows_of_their_own() {
    let params = r#"{"url":"https://shop.example/","title":7,"x":"y"}"#;
    let mut viewed = event(params, Some(Subject::Contact(ContactId(2))));
    assert_eq!(page_view_row(&viewed, None), None);
    viewed.type_key = crate::values::EventTypeKey::parse(crate::PAGE_VIEW).unwrap();
    let row = page_view_row(&viewed, None).unwrap();
    assert_eq!(row.len(), Dataset::PageViews.columns().len());
    let get = |name| cell(Dataset::PageViews, &row, name);
    assert_eq!(get("contactId"), Cell::Integer(2));
    assert_eq!(get("url"), text("https://shop.example/"));
    assert_eq!((get("title"), get("referrer")), (Cell::Null, Cell::Null));
}

#[test]
fn schedules_are_checked_and_do_not_pile_up() {
    assert_eq!(Schedule::every(0), Err(ScheduleProblem::Minutes));
    assert_eq!(Schedule::every(44_641), Err(ScheduleProblem::Minutes));
    let every = Schedule::every(15).unwrap();
    assert_eq!(every.next(at(0)), Some(at(900)));
    let cron = |expression, zone| Schedule::cron(expression, zone, at(0));
    assert_eq!(cron("0 3 * *", "UTC"), Err(ScheduleProblem::Expression));
    assert_eq!(cron("0 0 3 * * *", "UTC"), Err(ScheduleProblem::Expression));
    assert_eq!(cron("0 3 * * *", "Nowhere"), Err(ScheduleProblem::TimeZone));
    // Three in the morning in Kyiv is one in UTC in winter, and midnight in summer.
    let daily = cron("0 3 * * *", "Europe/Kyiv").unwrap();
    let winter: Timestamp = "2026-01-10T12:00:00Z".parse().unwrap();
    let summer: Timestamp = "2026-07-10T12:00:00Z".parse().unwrap();
    assert_eq!(daily.next(winter), "2026-01-11T01:00:00Z".parse().ok());
    assert_eq!(daily.next(summer), "2026-07-11T00:00:00Z".parse().ok());
    let json = serde_json::to_string(&daily).unwrap();
    assert_eq!(serde_json::from_str::<Schedule>(&json).unwrap(), daily);
}

#[test]
fn identities_of_rows_are_the_same_in_every_run() {
    let contact = ann();
    assert_eq!(identifier_rows(&contact), identifier_rows(&contact));
    let ids: BTreeSet<String> = identifier_rows(&contact)
        .iter()
        .map(|row| format!("{:?}", row[0]))
        .collect();
    assert_eq!(ids.len(), 2);
}
