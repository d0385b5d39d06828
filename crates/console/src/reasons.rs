//! Why something was refused, in the language of the page.

use crate::contact_view::kind;
use crate::texts::Texts;
use selfsame_domain::console::PasswordProblem;
use selfsame_domain::{ContactId, PolicyProblem, Rejection};

/// Why a command was refused. Repeats nothing that a sender chose but names of segments.
pub(crate) fn rejection(rejection: &Rejection, texts: Texts) -> String {
    let name = format!("reason-{}", rejection.code().replace('_', "-"));
    let quoted = |names: &[String]| {
        let quoted: Vec<String> = names.iter().map(|name| format!("“{name}”")).collect();
        quoted.join(", ")
    };
    match rejection {
        Rejection::ExternalIdHeld { holder } if *holder == ContactId::ERASED => {
            texts.with(&name, "contact", &texts.get("contact-erased"))
        }
        Rejection::ExternalIdHeld { holder } => {
            let contact = texts.with("contact-numbered", "id", &holder.to_string());
            texts.with(&name, "contact", &contact)
        }
        Rejection::SegmentCycle { way: names } | Rejection::SegmentInUse { by: names } => {
            texts.with(&name, "names", &quoted(names))
        }
        Rejection::TooManySegments { limit } => texts.with(&name, "limit", &texts.number(*limit as u64)),
        Rejection::EventTooOld { days } => texts.with(&name, "days", &texts.number(u64::from(*days))),
        Rejection::InvalidField { member, reason } => {
            texts.with_all(&name, &[("member", member.as_str()), ("reason", reason.as_str())])
        }
        Rejection::TooManyIdentifiers { kind: of, limit } => {
            let (of, limit) = (kind(*of, texts), texts.number(u64::from(*limit)));
            texts.with_all(&name, &[("kind", of.as_str()), ("limit", limit.as_str())])
        }
        _ => texts.get(&name),
    }
}

/// Why a password may not be set.
pub(crate) fn password(problem: PasswordProblem, texts: Texts) -> String {
    match problem {
        PasswordProblem::TooShort => texts.get("reason-password-short"),
        PasswordProblem::TooLong => texts.get("reason-password-long"),
        PasswordProblem::Guessable => texts.get("reason-password-guessable"),
    }
}

/// Why a policy may not be set.
pub(crate) fn policy(problem: PolicyProblem, texts: Texts) -> String {
    match problem {
        PolicyProblem::SharedThreshold => texts.get("reason-policy-shared"),
        PolicyProblem::Limit(of) => texts.with("reason-policy-limit", "kind", &kind(of, texts)),
        PolicyProblem::DuplicateWindow => texts.get("reason-policy-duplicates"),
        PolicyProblem::LastSeen => texts.get("reason-policy-seen"),
        PolicyProblem::Retention => texts.get("reason-policy-retention"),
        PolicyProblem::TooManyBlocked => texts.get("reason-policy-blocked"),
        PolicyProblem::TooManyPatterns => texts.get("reason-policy-patterns"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Language;
    use selfsame_domain::IdentifierKind;

    #[test]
    fn every_rejection_has_words_in_every_language() {
        let names = || vec!["A".to_owned()];
        let all = [
            Rejection::ContactNotFound,
            Rejection::ExternalIdHeld { holder: ContactId(7) },
            Rejection::NoIdentifier,
            Rejection::CookieAlone,
            Rejection::SegmentNotFound,
            Rejection::SegmentIsDynamic,
            Rejection::SegmentIsStatic,
            Rejection::UnknownSegmentInFormula,
            Rejection::SegmentCycle { way: names() },
            Rejection::SegmentInUse { by: names() },
            Rejection::SegmentOfCategory,
            Rejection::TooManySegments { limit: 500 },
            Rejection::CategoryNotFound { key: "x".to_owned() },
            Rejection::FieldNotFound,
            Rejection::InvalidField {
                member: "fields[7]".to_owned(),
                reason: "is wrong".to_owned(),
            },
            Rejection::FieldNotIdentifying,
            Rejection::NoDedupeValue,
            Rejection::EventsAreKept,
            Rejection::EventTooOld { days: 30 },
            Rejection::DatedAhead,
            Rejection::OrderNotFound,
            Rejection::OrderAmbiguous,
            Rejection::OrdersAreKept,
            Rejection::AlreadyExists { what: "key".to_owned() },
            Rejection::TokenNotFound,
            Rejection::SameContact,
            Rejection::DifferentExternalIds,
            Rejection::TooManyIdentifiers {
                kind: IdentifierKind::Email,
                limit: 5,
            },
            Rejection::MergeNotFound,
            Rejection::AlreadyUndone,
            Rejection::Changed,
            Rejection::DuplicatedRequest,
        ];
        for language in Language::ALL {
            for refused in &all {
                let text = rejection(refused, Texts(language));
                assert!(!text.contains("reason-") && !text.contains('{'), "{refused:?}: {text}");
            }
        }
        let ukrainian = rejection(&all[1], Texts(Language::Ukrainian));
        assert_eq!(ukrainian, "цей зовнішній ID належить іншому: контакт 7");
    }
}
