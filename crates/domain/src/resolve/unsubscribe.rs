//! Unsubscribed email addresses.

use super::context::Context;
use super::decision_builder::Decided;
use super::evidence::{self, Evidence};
use crate::values::Email;
use crate::{Effect, Identifier, Outcome, Rule};

/// Marks an email address as unsubscribed, or removes the mark. The mark belongs to the address, for each contact that holds it now or later.
/// It is in the logs of the contacts that show the address now, unless the address is blocked: the footprint lacks the holders of a blocked
/// value.
pub(super) fn set(cx: &mut Context<'_>, email: &Email, unsubscribed: bool) -> Decided {
    cx.decision.rule = Rule::Explicit;
    let identifier = Identifier::email(email);
    let mut record = cx.state.key_record(&identifier.key);
    if record.unsubscribed_at.is_some() == unsubscribed {
        return Decided::without_contact(Outcome::Unchanged);
    }
    record.unsubscribed_at = unsubscribed.then_some(cx.decision.at);
    if evidence::of(&cx.state, &identifier) != Evidence::Blocked {
        cx.decision.affected.extend(cx.state.showing(&identifier.key));
    }
    cx.state.keys.insert(identifier.key.clone(), record);
    cx.decision.report(if unsubscribed {
        Effect::Unsubscribed { identifier }
    } else {
        Effect::Resubscribed { identifier }
    });
    Decided::without_contact(Outcome::Updated)
}
