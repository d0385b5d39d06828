//! Rule 10.

use super::model::{Model, RequestParts, api_call, first_name, merges_of, shown};
use crate::values::ChannelType;
use crate::*;
use proptest::prelude::*;

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";

fn undo(model: &mut Model, merge: MergeId) -> Decision {
    model.run(Command::Undo { merge })
}

/// What the contacts show, whenever they were updated.
fn looks(model: &Model) -> Vec<ObservableContact> {
    model
        .observables()
        .into_values()
        .map(|(observable, _)| observable)
        .collect()
}

/// Three contacts with overlapping attributes and segments.
fn three() -> (Model, [ContactId; 3]) {
    let mut model = Model::new();
    let a = model.id(api_call().email(ANN).name("Ann").group("a").group("all"));
    let b = model.id(api_call()
        .ext("B")
        .phone("+380501234567")
        .group("b")
        .group("all")
        .token("t"));
    let c = model.id(api_call().device("d").cookie("c").token("u").group("c"));
    (model, [a, b, c])
}

#[test]
fn the_survivor_s_values_win_blanks_are_filled_and_segments_unite() {
    let (mut model, [a, b, _]) = three();
    let decision = model.merge(b, a, false);
    assert_eq!(decision.outcome, Outcome::Merged);
    let survivor = model.contact(b);
    assert_eq!(first_name(survivor), Some("Ann"));
    assert_eq!(shown(survivor, ChannelType::Email), [ANN]);
    assert_eq!(survivor.segments().len(), 3);
    let record = model.state.merges.values().next().unwrap();
    assert_eq!(
        (record.moved.filled.len(), record.moved.identifiers.len(), record.forced),
        (1, 1, false)
    );
}

#[test]
fn the_absorbed_number_goes_on_answering() {
    let (mut model, [a, b, _]) = three();
    model.merge(b, a, false);
    assert_eq!(model.call(Call::Update, api_call().at(a).name("Eve")).contact, Some(b));
    assert_eq!(model.remove(a).contact, Some(b));
}

#[test]
fn two_external_ids_need_force_and_both_answer_afterwards() {
    let mut model = Model::new();
    let a = model.id(api_call().ext("A").email(ANN));
    let b = model.id(api_call().ext("B").email(BOB));
    let refused = model.merge(a, b, false);
    assert_eq!(refused.rejection, Some(Rejection::DifferentExternalIds));
    let in_the_way = Effect::NotLinked {
        identifier: api_call().ext("B").external_id.unwrap(),
        contact: Some(b),
        reason: NotLinkedReason::HoldsExternalId,
    };
    assert_eq!((refused.contact, refused.effects), (Some(a), vec![in_the_way]));
    model.merge(a, b, true);
    assert!(model.state.merges.values().next().unwrap().forced);
    assert_eq!(model.contact(a).external_id(), Some("A"));
    assert_eq!(
        shown(model.contact(a), ChannelType::Email),
        [ANN],
        "the survivor's value wins"
    );
    assert_eq!(model.upsert(api_call().ext("B")).contact, Some(a));
    assert_eq!(
        model.upsert(api_call().email(BOB)).contact,
        Some(a),
        "the absorbed email is still evidence"
    );
}

#[test]
fn crossing_and_repeated_merges_and_undos_are_refused() {
    let (mut model, [a, b, _]) = three();
    let merge = merges_of(&model.merge(a, b, false))[0].0;
    assert_eq!(model.merge(b, a, false).rejection, Some(Rejection::SameContact));
    assert_eq!(model.merge(a, a, false).rejection, Some(Rejection::SameContact));
    undo(&mut model, merge);
    assert_eq!(undo(&mut model, merge).rejection, Some(Rejection::AlreadyUndone));
    assert_eq!(
        undo(&mut model, MergeId(uuid::Uuid::nil())).rejection,
        Some(Rejection::MergeNotFound)
    );
}

#[test]
fn what_arrived_after_the_merge_stays_and_what_the_absorbed_one_brought_goes_home() {
    let (mut model, [a, b, _]) = three();
    let merge = merges_of(&model.merge(b, a, false))[0].0;
    model.upsert(api_call().ext("B").email(BOB).name("Eve").group("later"));
    assert_eq!(shown(model.contact(b), ChannelType::Email), [BOB]);
    undo(&mut model, merge);
    assert_eq!(
        shown(model.contact(a), ChannelType::Email),
        [ANN],
        "replaced meanwhile, and back"
    );
    assert_eq!(first_name(model.contact(a)), Some("Ann"));
    assert_eq!(
        (
            shown(model.contact(b), ChannelType::Email),
            first_name(model.contact(b))
        ),
        (vec![BOB], Some("Eve"))
    );
    assert_eq!(model.contact(b).segments().len(), 3, "b, all and later");
    assert_eq!(model.upsert(api_call().email(ANN)).contact, Some(a));
}

#[test]
fn rule_10_an_undo_takes_from_the_survivor_what_the_absorbed_one_brought() {
    let phone = "+380501234567";
    let mut model = Model::new();
    let a = model.id(api_call().ext("A").email(ANN));
    let b = model.id(api_call().phone(phone));
    let before = looks(&model);
    let decision = model.upsert(api_call().ext("A").phone(phone));
    let merge = merges_of(&decision)[0].0;
    undo(&mut model, merge);
    assert_eq!(looks(&model), before, "the request that merged them named the phone");

    // Sent again, it is a phone that both carry.
    model.upsert(api_call().ext("A").phone(phone));
    assert_eq!(shown(model.contact(a), ChannelType::Sms), [phone]);
    assert_eq!(shown(model.contact(b), ChannelType::Sms), [phone]);
    let before = looks(&model);
    let merge = merges_of(&model.merge(a, b, false))[0].0;
    model.upsert(api_call().ext("A").phone(phone));
    undo(&mut model, merge);
    assert_eq!(looks(&model), before, "what it held before is its own");
}

#[test]
fn rule_10_what_is_named_while_the_merge_stands_goes_home_along_the_whole_chain() {
    let phone = "+380501234567";
    for first in [0, 1] {
        let mut model = Model::new();
        let a = model.id(api_call().ext("A"));
        let b = model.id(api_call().email(ANN));
        let c = model.id(api_call().phone(phone));
        let before = looks(&model);
        let inner = merges_of(&model.merge(b, c, false))[0].0;
        let outer = merges_of(&model.merge(a, b, false))[0].0;
        model.upsert(api_call().ext("A").phone(phone));
        let order = [[inner, outer], [outer, inner]][first];
        for merge in order {
            undo(&mut model, merge);
            let carry = [a, b, c].map(|id| shown(model.contact(id), ChannelType::Sms).len());
            assert!(carry.iter().sum::<usize>() == 1 && carry[0] == 0, "{carry:?}");
        }
        assert_eq!(looks(&model), before);
    }
}

#[test]
fn rule_10_a_phone_that_took_the_place_of_another_stays_with_the_survivor_too() {
    let (old, new) = ("+380501234567", "+380507654321");
    let mut model = Model::new();
    let a = model.id(api_call().ext("A").phone(old));
    let b = model.id(api_call().phone(new));
    let merge = merges_of(&model.upsert(api_call().ext("A").phone(new)))[0].0;
    undo(&mut model, merge);
    assert_eq!(shown(model.contact(a), ChannelType::Sms), [new]);
    assert_eq!(shown(model.contact(b), ChannelType::Sms), [new]);
}

#[test]
fn a_value_cleared_after_the_merge_does_not_come_back_with_another_undo() {
    let (mut model, [a, b, c]) = three();
    model.merge(b, a, false);
    let second = merges_of(&model.merge(b, c, false))[0].0;
    let mut clearing = api_call().ext("B");
    clearing.attributes.push(AttributeInput::first_name(None));
    model.upsert(clearing);
    undo(&mut model, second);
    assert_eq!(first_name(model.contact(b)), None);
}

#[test]
fn leaving_a_segment_after_the_merge_does_not_change_what_an_undo_brings_back() {
    let (mut model, [a, b, _]) = three();
    let merge = merges_of(&model.merge(b, a, false))[0].0;
    let segment = *model.contact(a).segments().first().unwrap_or(&SegmentId(0));
    assert_eq!(segment, SegmentId(0), "an absorbed contact is in no segment itself");
    let before: Vec<SegmentId> = model.contact(b).segments().into_iter().collect();
    for segment in &before {
        model.run(Command::Detach {
            segment: *segment,
            contacts: vec![ContactRef::Id(b)],
        });
    }
    assert!(model.contact(b).segments().is_empty());
    undo(&mut model, merge);
    assert_eq!(model.contact(a).segments().len(), 2);
    assert!(model.contact(b).segments().is_empty());
}

#[test]
fn erasing_a_survivor_erases_what_it_absorbed() {
    let (mut model, [a, b, _]) = three();
    model.merge(b, a, false);
    model.run(Command::Remove {
        contact: ContactRef::Id(a),
        erase: true,
    });
    assert!(!model.state.contacts.contains_key(&a) && !model.state.contacts.contains_key(&b));
}

proptest! {
    /// Merge then undo leaves what can be observed as it was, for any merges of four contacts undone in any order.
    #[test]
    fn undone_merges_leave_no_trace(
        merges in proptest::collection::vec((0usize..4, 0usize..4), 1..6),
        order in Just((0usize..6).collect::<Vec<_>>()).prop_shuffle(),
        touch in proptest::bool::ANY,
    ) {
        let (mut model, [a, b, c]) = three();
        let d = model.id(api_call().ext("D").email(BOB).name("Dan").token("v"));
        let ids = [a, b, c, d];
        let before = model.observables();
        let mut made = Vec::new();
        for (survivor, absorbed) in merges {
            let decision = model.merge(ids[survivor], ids[absorbed], true);
            made.extend(merges_of(&decision).into_iter().map(|merge| merge.0));
            if touch && decision.outcome == Outcome::Merged {
                // The same values again change nothing that can be observed, neither now nor after the undo.
                model.upsert(api_call().ext("D").token("v"));
            }
        }
        for index in order.into_iter().filter(|index| *index < made.len()) {
            prop_assert_eq!(undo(&mut model, made[index]).outcome, Outcome::Unmerged);
        }
        prop_assert_eq!(model.observables(), before);
    }
}
