//! Random histories keep the invariants: the model checks them after every command.

use super::model::{Model, RequestParts, api_call};
use crate::*;
use proptest::prelude::*;

#[derive(Debug, Clone)]
pub(super) enum Step {
    Call(Call, Vec<usize>),
    Remove(usize),
    Erase(usize),
    Merge(usize, usize, bool),
    Undo(usize),
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let call = prop_oneof![
        4 => Just(Call::Upsert),
        2 => Just(Call::Subscribe),
        2 => Just(Call::Update),
        1 => Just(Call::Order),
        1 => Just(Call::AppToken),
        1 => Just(Call::Event { creates: true }),
        1 => Just(Call::Bulk { dedupe_on: DedupeOn::EmailOrSms, restore: true }),
    ];
    prop_oneof![
        8 => (call, proptest::collection::vec(0usize..24, 1..6)).prop_map(|(call, parts)| Step::Call(call, parts)),
        1 => (0usize..12).prop_map(Step::Remove),
        1 => (0usize..12).prop_map(Step::Erase),
        2 => (0usize..12, 0usize..12, any::<bool>()).prop_map(|(a, b, force)| Step::Merge(a, b, force)),
        2 => (0usize..12).prop_map(Step::Undo),
    ]
}

pub(super) fn request(parts: &[usize]) -> ContactRequest {
    parts.iter().fold(api_call(), |contact_request, part| {
        let n = part % 4;
        match part / 4 {
            0 => contact_request.ext(&format!("X{n}")),
            1 => contact_request.email(&format!("p{n}@example.com")),
            2 => contact_request.phone(&format!("+38050123456{n}")),
            3 => contact_request.token(&format!("t{n}")),
            4 => contact_request.device(&format!("d{n}")).name("Ann"),
            _ => contact_request.cookie(&format!("c{n}")).group(&format!("g{n}")),
        }
    })
}

pub(super) fn command(model: &Model, step: Step) -> Option<Command> {
    let nth = |n: usize| {
        model
            .state
            .contacts
            .keys()
            .nth(n % model.state.contacts.len().max(1))
            .copied()
    };
    Some(match step {
        Step::Call(call, parts) => {
            let mut contact_request = request(&parts);
            contact_request.contact_id = if call == Call::Update { nth(parts[0]) } else { None };
            Command::Contact(call, Box::new(contact_request))
        }
        Step::Remove(n) => Command::Remove {
            contact: ContactRef::Id(nth(n)?),
            erase: false,
        },
        Step::Erase(n) => Command::Remove {
            contact: ContactRef::Id(nth(n)?),
            erase: true,
        },
        Step::Merge(a, b, force) => Command::Merge {
            survivor: nth(a)?,
            absorbed: nth(b)?,
            force,
        },
        Step::Undo(n) => Command::Undo {
            merge: *model.state.merges.keys().nth(n % model.state.merges.len().max(1))?,
        },
    })
}

proptest! {
    #[test]
    fn random_histories_keep_the_invariants(steps in proptest::collection::vec(step(), 1..40)) {
        let mut model = Model::new();
        for step in steps {
            if let Some(command) = command(&model, step) {
                let before = model.observables();
                let undone_pairs = model.undone_pairs();
                let by_hand = matches!(command, Command::Merge { .. });
                let decision = model.run(command);
                if !by_hand {
                    let met = undone_pairs.iter().find(|(one, other)| model.answers_as_one(*one, *other));
                    prop_assert_eq!(met, None, "what was taken apart merged by itself");
                }
                if matches!(decision.outcome, Outcome::Rejected | Outcome::Unmatched) {
                    prop_assert_eq!(model.observables(), before, "a refused command changed something");
                }
            }
        }
    }
}
