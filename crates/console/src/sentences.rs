//! Decisions in sentences: what was decided about a contact, by which rule and on what evidence.

use crate::contact_view::{identifier, key};
use crate::reasons;
use crate::texts::{Texts, When};
use selfsame_domain::{ContactId, Decision, Effect, NotLinkedReason, Rule};

/// A decision in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sentence {
    pub(crate) at: When,
    /// The absorbed contact that it was about; `None` for the contact of the page.
    pub(crate) about: Option<String>,
    /// What became of which call.
    pub(crate) what: String,
    /// How the contact was found.
    pub(crate) why: String,
    /// What else it did, or refused to do.
    pub(crate) effects: Vec<String>,
    /// Its identity, by which the API finds it.
    pub(crate) id: String,
}

impl Sentence {
    /// `touched` is the contact that the decision was about, `shown` the contact of the page.
    pub(crate) fn of(decision: &Decision, touched: ContactId, shown: ContactId, texts: Texts) -> Self {
        let outcome = texts.get(&format!("outcome-{}", decision.outcome.as_str()));
        let parts = [("outcome", outcome.as_str()), ("call", &decision.call)];
        Self {
            at: texts.when(decision.at),
            about: (touched != shown).then(|| contact(touched, texts)),
            what: texts.with_all("decision-what", &parts),
            why: why(decision, texts),
            effects: effects(decision, texts),
            id: decision.id.to_string(),
        }
    }
}

/// How the contact of a decision was found, or why the decision is a refusal.
pub(crate) fn why(decision: &Decision, texts: Texts) -> String {
    if let Some(rejection) = &decision.rejection {
        return texts.with("decision-rejected", "reason", &reasons::rejection(rejection, texts));
    }
    let rule = format!("rule-{}", decision.rule.as_str());
    match &decision.matched_by {
        Some(evidence) => texts.with(&rule, "evidence", &key(evidence, texts)),
        // These rules name their evidence; without any the sentence is another one.
        None if matches!(
            decision.rule,
            Rule::ExternalId | Rule::Adopt | Rule::Search | Rule::Restore
        ) =>
        {
            texts.get("rule-without-evidence")
        }
        None => texts.get(&rule),
    }
}

/// What else a decision did, or refused to do.
pub(crate) fn effects(decision: &Decision, texts: Texts) -> Vec<String> {
    decision.effects.iter().map(|effect| words(effect, texts)).collect()
}

fn contact(id: ContactId, texts: Texts) -> String {
    if id == ContactId::ERASED {
        texts.get("contact-erased")
    } else {
        texts.with("contact-numbered", "id", &id.to_string())
    }
}

/// What an effect did.
fn words(effect: &Effect, texts: Texts) -> String {
    let about =
        |name: &str, what: &selfsame_domain::Identifier| texts.with(name, "identifier", &identifier(what, texts));
    match effect {
        Effect::Attached { identifier } => about("effect-attached", identifier),
        Effect::Replaced { identifier } => about("effect-replaced", identifier),
        Effect::Restated { identifier } => about("effect-restated", identifier),
        Effect::Blocked { identifier, .. } => about("effect-blocked", identifier),
        Effect::Shared { identifier, .. } => about("effect-shared", identifier),
        Effect::Unsubscribed { identifier } => about("effect-unsubscribed", identifier),
        Effect::Resubscribed { identifier } => about("effect-resubscribed", identifier),
        Effect::Unshared { identifier } => about("effect-unshared", identifier),
        Effect::Moved {
            identifier: moved,
            from,
        } => {
            let (moved, from) = (identifier(moved, texts), contact(*from, texts));
            texts.with_all("effect-moved", &[("identifier", &moved), ("contact", &from)])
        }
        Effect::Quarantined {
            identifier: kept,
            limit,
        } => {
            let (kept, limit) = (identifier(kept, texts), limit.to_string());
            texts.with_all("effect-quarantined", &[("identifier", &kept), ("limit", &limit)])
        }
        Effect::NotLinked {
            identifier: kept,
            contact: other,
            reason: why,
        } => kept_apart(&identifier(kept, texts), *other, *why, texts),
        Effect::Merged {
            absorbed,
            rule,
            evidence,
            ..
        } => {
            let merged = texts.with("effect-merged", "contact", &contact(*absorbed, texts));
            let why = texts.get(&format!("merge-{}", rule.as_str()));
            match evidence {
                Some(evidence) => {
                    let evidence = texts.with("merge-evidence", "evidence", &key(evidence, texts));
                    format!("{merged} {why} {evidence}")
                }
                None => format!("{merged} {why}"),
            }
        }
        Effect::Unmerged { contact: id, .. } => texts.with("effect-unmerged", "contact", &contact(*id, texts)),
        other => more_words(other, texts),
    }
}

/// What effects did that are not about identifiers.
fn more_words(effect: &Effect, texts: Texts) -> String {
    let numbered = |name: &str, number: i64| texts.with(name, "id", &number.to_string());
    match effect {
        Effect::Changed { attributes } => {
            let named: Vec<String> = attributes.iter().map(|key| attribute(*key, texts)).collect();
            texts.with("effect-changed", "attributes", &named.join(", "))
        }
        Effect::Skipped(skipped) => {
            let parts = [("field", skipped.field.as_str()), ("reason", skipped.reason.as_str())];
            texts.with_all("effect-skipped", &parts)
        }
        Effect::VisitorAdopted { .. } => texts.get("effect-visitor-adopted"),
        Effect::EventWaits { .. } => texts.get("effect-event-waits"),
        Effect::EventsDeleted { count, .. } => texts.count("effect-events-deleted", *count as u64),
        Effect::OrderDeleted { external_id, .. } => texts.with("effect-order-deleted", "order", external_id.as_str()),
        Effect::SegmentAdded { segment } => numbered("effect-segment-added", segment.0),
        Effect::SegmentRemoved { segment } => numbered("effect-segment-removed", segment.0),
        Effect::SegmentCreated { segment }
        | Effect::SegmentChanged { segment }
        | Effect::SegmentDeleted { segment } => numbered("effect-segment-defined", segment.0),
        Effect::Category { category } => numbered("effect-category", category.0),
        Effect::Field { field } => numbered("effect-field", field.0),
        // Those above are all of [`words`].
        _ => texts.get("effect-other"),
    }
}

fn kept_apart(kept: &str, other: Option<ContactId>, why: NotLinkedReason, texts: Texts) -> String {
    let reason = texts.get(match why {
        NotLinkedReason::HoldsExternalId => "apart-holds-external-id",
        NotLinkedReason::Disagrees => "apart-disagrees",
        NotLinkedReason::PolicyOff => "apart-policy-off",
        NotLinkedReason::Undone => "apart-undone",
        NotLinkedReason::Limit => "apart-limit",
        NotLinkedReason::ChannelExists => "apart-channel-exists",
        NotLinkedReason::HeldByOther => "apart-held-by-other",
        NotLinkedReason::OnlyNames => "apart-only-names",
        NotLinkedReason::PublicKey => "apart-public-key",
        NotLinkedReason::Past => "apart-past",
        NotLinkedReason::Forgotten => "apart-forgotten",
    });
    match other {
        Some(other) => {
            let other = contact(other, texts);
            let parts = [("identifier", kept), ("contact", &other), ("reason", &reason)];
            texts.with_all("effect-kept-apart", &parts)
        }
        None => texts.with_all("effect-left-out", &[("identifier", kept), ("reason", &reason)]),
    }
}

/// What an attribute is called.
pub(crate) fn attribute(key: selfsame_domain::AttributeKey, texts: Texts) -> String {
    match key {
        selfsame_domain::AttributeKey::Field(id) => texts.with("field-custom", "id", &id.to_string()),
        built_in => texts.get(&format!("field-{}", built_in.to_text())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Language;
    use selfsame_domain::values::Email;
    use selfsame_domain::{
        AttributeKey, DecisionId, Identifier, IdentifierKey, IdentifierKind, MergeId, MergeRule, Outcome, Timestamp,
    };

    fn decision(rule: Rule, matched_by: Option<IdentifierKey>, effects: Vec<Effect>) -> Decision {
        Decision {
            id: DecisionId(uuid::Uuid::nil()),
            at: Timestamp::UNIX_EPOCH,
            call: "upsert".to_owned(),
            outcome: Outcome::Updated,
            contact: Some(ContactId(1)),
            rule,
            matched_by,
            effects,
            rejection: None,
            email_status: None,
            redacted: false,
            undo: Vec::new(),
        }
    }

    #[test]
    fn a_decision_names_rule_and_evidence() {
        let email = Identifier::email(&Email::parse("Ann@Example.com").expect("an email"));
        let effects = vec![
            Effect::Merged {
                merge: MergeId(uuid::Uuid::nil()),
                absorbed: ContactId(7),
                rule: MergeRule::AbsorbUnclaimed,
                evidence: Some(email.key.clone()),
            },
            Effect::NotLinked {
                identifier: email.clone(),
                contact: Some(ContactId(9)),
                reason: NotLinkedReason::HoldsExternalId,
            },
        ];
        let made = decision(Rule::Search, Some(email.key), effects);
        let english = Sentence::of(&made, ContactId(7), ContactId(1), Texts(Language::English));
        assert_eq!(english.about.as_deref(), Some("contact 7"));
        assert_eq!(english.what, "The call “upsert” updated the contact.");
        assert_eq!(english.why, "It was found by its email ann@example.com.");
        assert_eq!(
            english.effects,
            [
                "Absorbed contact 7. It held the same email or phone and no external ID (rule 6). Evidence: email ann@example.com.",
                "The email Ann@Example.com also belongs to contact 9, which stays apart: it has an external ID of its own (rule 1).",
            ]
        );
    }

    #[test]
    fn every_rule_reason_and_attribute_has_words_in_every_language() {
        for language in Language::ALL {
            let texts = Texts(language);
            let key = IdentifierKey {
                kind: IdentifierKind::Email,
                value: "a@example.com".to_owned(),
            };
            for rule in [
                Rule::ContactId,
                Rule::ExternalId,
                Rule::Restore,
                Rule::Adopt,
                Rule::Search,
                Rule::NoMatch,
                Rule::Explicit,
            ] {
                for matched_by in [None, Some(key.clone())] {
                    let sentence = Sentence::of(
                        &decision(rule, matched_by, Vec::new()),
                        ContactId(1),
                        ContactId(1),
                        texts,
                    );
                    assert!(
                        !sentence.why.contains("rule-") && !sentence.why.contains('{'),
                        "{sentence:?}"
                    );
                }
            }
            for kind in IdentifierKind::ALL {
                assert!(texts.has(&format!("kind-{}", kind.as_str())), "{kind}");
            }
            for key in AttributeKey::BUILT_IN {
                assert!(texts.has(&format!("field-{}", key.to_text())), "{key:?}");
            }
            for rule in [
                MergeRule::AbsorbAnonymous,
                MergeRule::AbsorbUnclaimed,
                MergeRule::Explicit,
            ] {
                assert!(texts.has(&format!("merge-{}", rule.as_str())), "{rule:?}");
            }
        }
    }
}
