//! Storing and matching identifiers of each kind.

use super::kinds::{alone, beside, may_be_shared, sample, values, with_other};
use crate::{Backend, Fixture, api_call, identifier, merge_of};
use selfsame_domain::{Effect, IdentifierKind, IdentifierState, MergeRule, NotLinkedReason, Outcome, Rule};

pub async fn attach(backend: &mut dyn Backend, kind: IdentifierKind) {
    let f = Fixture::new(backend).await;
    let identifier = sample(kind);
    let base = if kind == IdentifierKind::ExternalId {
        api_call().device("d")
    } else {
        api_call().external("base")
    };
    let id = f.id(base.clone().upsert()).await;
    assert!(f.holders(&identifier.key).await.is_empty());
    let decision = f.decide(base.with(kind, values(kind)[0]).upsert()).await;
    assert_eq!((decision.outcome, decision.contact), (Outcome::Updated, Some(id)));
    assert!(
        decision.effects.contains(&Effect::Attached {
            identifier: identifier.clone()
        }),
        "{decision:?}"
    );
    assert_eq!(f.holders(&identifier.key).await, [id]);
    let lookup = f.lookup(&identifier.key).await;
    assert_eq!(lookup.holders.len(), 1);
    assert_eq!((lookup.holders[0].contact, lookup.holders[0].removed), (id, false));
    assert_eq!(lookup.holders[0].held.identifier, identifier);
    assert_eq!(lookup.holders[0].held.state, IdentifierState::Active);
}

pub async fn find(backend: &mut dyn Backend, kind: IdentifierKind) {
    let f = Fixture::new(backend).await;
    let [anonymous, known, ..] = values(kind);
    let first = f.id(alone(kind, anonymous).upsert()).await;
    let second = f.id(api_call().external("e").with(kind, known).upsert()).await;
    for (value, id) in [(anonymous, first), (known, second)] {
        let decision = f.decide(api_call().with(kind, value).first("Ann").upsert()).await;
        assert_eq!(
            (decision.outcome, decision.contact, decision.rule),
            (Outcome::Updated, Some(id), Rule::Search)
        );
        assert_eq!(decision.matched_by, Some(identifier(kind, value).key));
    }
    assert_eq!(f.all().await, [first, second]);
}

pub async fn adopt(backend: &mut dyn Backend, kind: IdentifierKind) {
    let f = Fixture::new(backend).await;
    let [value, ..] = values(kind);
    let id = f.id(alone(kind, value).upsert()).await;
    let decision = f.decide(api_call().external("e").with(kind, value).upsert()).await;
    assert_eq!(
        (decision.outcome, decision.contact, decision.rule),
        (Outcome::Updated, Some(id), Rule::Adopt)
    );
    assert_eq!(decision.matched_by, Some(sample(kind).key));
    assert_eq!(f.contact(id).await.external_id(), Some("e"));
    assert_eq!(f.all().await, [id]);
}

pub async fn keep_apart(backend: &mut dyn Backend, kind: IdentifierKind) {
    let f = Fixture::new(backend).await;
    let [value, ..] = values(kind);
    let first = f.id(api_call().external("a").with(kind, value).upsert()).await;
    let decision = f.decide(api_call().external("b").with(kind, value).upsert()).await;
    assert_eq!((decision.outcome, decision.rule), (Outcome::Created, Rule::NoMatch));
    let second = decision.contact.expect("a contact");
    assert_ne!(first, second);
    let (identifier, why) = (sample(kind), NotLinkedReason::HoldsExternalId);
    let not_linked = Effect::NotLinked {
        identifier: identifier.clone(),
        contact: Some(first),
        reason: why,
    };
    assert!(decision.effects.contains(&not_linked), "{decision:?}");
    let holders = if may_be_shared(kind) {
        vec![first, second]
    } else {
        vec![second]
    };
    assert_eq!(f.holders(&identifier.key).await, holders);
    assert_eq!(f.all().await, [first, second]);
}

pub async fn claim(backend: &mut dyn Backend, kind: IdentifierKind) {
    let f = Fixture::new(backend).await;
    let [value, ..] = values(kind);
    let key = sample(kind).key;
    let first = f.id(api_call().external("a").with(kind, value).upsert()).await;
    let second = f.id(api_call().external("b").upsert()).await;
    let decision = f.decide(api_call().external("b").with(kind, value).upsert()).await;
    let moved = Effect::Moved {
        identifier: sample(kind),
        from: first,
    };
    assert!(decision.effects.contains(&moved), "{decision:?}");
    assert_eq!(decision.contact, Some(second));
    assert_eq!(f.holders(&key).await, [second]);
    assert!(!f.contact(first).await.holds(&key));
    assert!(
        f.log(first).await.contains(&decision),
        "the former owner's log shows whom it went to"
    );
    let back = f.decide(api_call().external("a").with(kind, value).upsert()).await;
    assert!(
        back.effects.contains(&Effect::Moved {
            identifier: sample(kind),
            from: second
        }),
        "{back:?}"
    );
    assert_eq!(f.holders(&key).await, [first]);
}

pub async fn absorb_anonymous(backend: &mut dyn Backend, kind: IdentifierKind) {
    let f = Fixture::new(backend).await;
    let [value, ..] = values(kind);
    let key = sample(kind).key;
    let anonymous = f.id(alone(kind, value).town("Lviv").segment("s").upsert()).await;
    let id = f.id(api_call().external("a").email("a@example.com").upsert()).await;
    let decision = f.decide(api_call().external("a").with(kind, value).upsert()).await;
    assert_eq!((decision.outcome, decision.contact), (Outcome::Updated, Some(id)));
    let merge = f.merge_record(merge_of(&decision)).await;
    assert_eq!(
        (merge.survivor, merge.absorbed, merge.rule),
        (id, anonymous, MergeRule::AbsorbAnonymous)
    );
    assert_eq!((merge.evidence, merge.decision), (Some(key.clone()), decision.id));
    assert_eq!(f.all().await, [id]);
    assert_eq!(
        f.contact(anonymous).await,
        f.contact(id).await,
        "the absorbed number is answered by the survivor"
    );
    assert_eq!(f.contact(id).await.segments().len(), 1, "segments come along");
    assert_eq!(f.holders(&key).await, [id]);
}

pub async fn replace(backend: &mut dyn Backend, kind: IdentifierKind) {
    let f = Fixture::new(backend).await;
    let [old, new, ..] = values(kind);
    let id = f.id(with_other(kind, old, "other").upsert()).await;
    let decision = f.decide(api_call().with(kind, new).update(id)).await;
    assert_eq!(
        (decision.outcome, decision.contact, decision.rule),
        (Outcome::Updated, Some(id), Rule::ContactId)
    );
    assert!(
        decision.effects.contains(&Effect::Replaced {
            identifier: sample(kind)
        }),
        "{decision:?}"
    );
    assert!(
        f.holders(&sample(kind).key).await.is_empty(),
        "a replaced value stops matching"
    );
    assert!(f.lookup(&sample(kind).key).await.holders.is_empty());
    assert_eq!(f.holders(&identifier(kind, new).key).await, [id]);
    let other = f.decide(alone(kind, old).upsert()).await;
    assert_eq!(other.outcome, Outcome::Created, "a replaced value is free");
    assert_ne!(other.contact, Some(id));
}

pub async fn letter_case(backend: &mut dyn Backend, kind: IdentifierKind) {
    let f = Fixture::new(backend).await;
    let (value, other, same) = match kind {
        IdentifierKind::Email => ("Ann@Example.com", "aNN@eXAMPLE.COM", true),
        IdentifierKind::Phone => ("+380 50 123-45-67", "380501234567", true),
        _ => ("Ann", "aNN", false),
    };
    let first = f.id(alone(kind, value).upsert()).await;
    let second = f.id(beside(kind, other, "another").upsert()).await;
    assert_eq!(first == second, same);
    let found = f.holders(&identifier(kind, value).key).await;
    assert_eq!(found, [first], "{value} is held once");
    assert_eq!(f.holders(&identifier(kind, other).key).await, [second]);
}

/// Texts are stored exactly: other scripts, four-byte characters, combining marks in both forms, blanks,
/// characters of patterns and quotes.
pub async fn odd_texts(backend: &mut dyn Backend, kind: IdentifierKind) {
    let f = Fixture::new(backend).await;
    let texts: &[&str] = match kind {
        IdentifierKind::Email => &[
            "їжак@приклад.укр",
            "o'hara%_@example.com",
            "\"a b\"@example.com",
            "é@example.com",
        ],
        _ => &[
            "їжак",
            "🦔👩‍👩‍👧",
            "e\u{301}",
            "\u{e9}",
            "a b",
            "a%",
            "a_",
            "a'b\"c\\d",
            "ab",
            "{\"a\":[1,null]}",
            "a,b",
            "a/b",
            "ß",
            "ss",
        ],
    };
    let mut ids = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let device = format!("d{index}");
        ids.push(f.id(beside(kind, text, &device).upsert()).await);
    }
    for (text, id) in texts.iter().zip(&ids) {
        assert_eq!(f.holders(&identifier(kind, text).key).await, [*id], "{text:?}");
        let contact = f.contact(*id).await;
        let typed: Vec<&str> = contact
            .visible(kind)
            .iter()
            .map(|held| held.identifier.typed.as_str())
            .collect();
        assert_eq!(typed, [*text]);
    }
    assert_eq!(f.all().await.len(), texts.len());
}

pub async fn longest(backend: &mut dyn Backend, kind: IdentifierKind) {
    let f = Fixture::new(backend).await;
    let longest = match kind {
        IdentifierKind::ExternalId => "🦔".repeat(100),
        IdentifierKind::Email => format!(
            "{}@{}.example.com",
            "a".repeat(60),
            ["b".repeat(60), "c".repeat(60)].join(".")
        ),
        IdentifierKind::DeviceId => "🦔".repeat(selfsame_domain::values::DeviceId::MAX_CHARS),
        IdentifierKind::Cookie => "🦔".repeat(selfsame_domain::values::Cookie::MAX_CHARS),
        _ => distinct("🦔", selfsame_domain::values::Token::MAX_CHARS),
    };
    let id = f.id(alone(kind, &longest).upsert()).await;
    let key = identifier(kind, &longest).key;
    assert_eq!(f.holders(&key).await, [id]);
    assert_eq!(f.id(api_call().external("e").with(kind, &longest).upsert()).await, id);
    assert_eq!(f.lookup(&key).await.holders[0].held.identifier.typed, longest);
}

/// A long text that does not compress well: compression must not hide an engine's limit of index entries.
fn distinct(mark: &str, chars: usize) -> String {
    let mut state = 1_u64;
    let mut text = mark.to_owned();
    for _ in 1..chars {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let code = 0x4E00 + u32::try_from(state >> 40).unwrap_or_default() % 0x5000;
        text.extend(char::from_u32(code));
    }
    text
}
