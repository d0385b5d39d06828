//! The closed lists of our API: the domain's enums in their JSON form, with a schema.
//!
//! Separate enums prevent a rename in the domain from changing the API unnoticed: every variant is mapped by hand,
//! and the compiler reports missing ones.

use selfsame_domain::values::Source;
use selfsame_domain::{
    ContactState, IdentifierKind, MergeRule, NotLinkedReason, Outcome, Rule, Stability, SubscribeStatus,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! mirrored {
    ($(#[$meta:meta])* $name:ident of $domain:ident, $case:tt { $($(#[$doc:meta])* $variant:ident,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = $case)]
        #[schema(as = $domain)]
        pub(crate) enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl From<$domain> for $name {
            fn from(value: $domain) -> Self {
                match value {
                    $($domain::$variant => Self::$variant,)+
                }
            }
        }

        impl From<$name> for $domain {
            fn from(value: $name) -> Self {
                match value {
                    $($name::$variant => Self::$variant,)+
                }
            }
        }
    };
}

mirrored! {
    /// What became of a command: `created`, `updated`, `restored`, `unchanged`, `removed`, `erased`, `merged`, `unmerged`,
    /// `unmatched` (no contact was found and the call creates none) or `rejected`.
    OutcomeName of Outcome, "snake_case" {
        /// Something was made.
        Created,
        /// Something that can be observed changed.
        Updated,
        /// A removed contact came back.
        Restored,
        /// Nothing that can be observed changed.
        Unchanged,
        /// A contact was removed; it can come back.
        Removed,
        /// Everything about a contact was deleted for good.
        Erased,
        /// Two contacts were merged by hand.
        Merged,
        /// A merge was undone.
        Unmerged,
        /// No contact was found, and the call does not create one.
        Unmatched,
        /// The command was refused and changed nothing.
        Rejected,
    }
}

mirrored! {
    /// Which rule found the contact: `contact_id` (named by it), `external_id` (it holds the external ID), `restore` (the
    /// removed one came back), `adopt` (an unknown external ID went to a contact that held none), `search` (another
    /// identifier found it), `no_match` or `explicit` (by hand).
    RuleName of Rule, "snake_case" {
        /// Named by its contact ID.
        ContactId,
        /// It holds the external ID.
        ExternalId,
        /// A removed contact came back.
        Restore,
        /// An unknown external ID went to a contact that held none.
        Adopt,
        /// The search order of the call found it.
        Search,
        /// Nothing matched.
        NoMatch,
        /// By hand.
        Explicit,
    }
}

mirrored! {
    /// Why two contacts were merged: `absorb_anonymous` (the former owner of a claimed identifier held nothing but changeable
    /// ones), `absorb_unclaimed` (it held the same email or phone, and no external ID) or `explicit` (by hand).
    MergeRuleName of MergeRule, "snake_case" {
        /// The former owner held nothing but changeable identifiers.
        AbsorbAnonymous,
        /// It held the same email or phone, and no external ID.
        AbsorbUnclaimed,
        /// By hand.
        Explicit,
    }
}

mirrored! {
    /// Why an identifier of the request, or the other contact that holds it, was not linked with the decided contact: `holds_external_id`,
    /// `disagrees` (the other contact holds another email or phone), `policy_off`, `undone`, `limit`, `channel_exists`, `held_by_other`,
    /// `only_names` (the call finds contacts by it, and attaches it to none), `public_key` (a public key changes nothing about a known person),
    /// `past` (a late event takes no identifier from its present holder) or `forgotten` (the owner at the time of the event was erased).
    NotLinkedReasonName of NotLinkedReason, "snake_case" {
        /// It holds an external ID of its own.
        HoldsExternalId,
        /// It holds another email or phone.
        Disagrees,
        /// The workspace does not merge unclaimed contacts.
        PolicyOff,
        /// A merge of the two was undone; they merge by hand only.
        Undone,
        /// Together they would hold too many identifiers.
        Limit,
        /// The call never changes a channel that exists.
        ChannelExists,
        /// Another contact holds this external ID.
        HeldByOther,
        /// The call finds contacts by it, and attaches it to none.
        OnlyNames,
        /// A public key changes nothing about a known person.
        PublicKey,
        /// A late event takes no identifier from the contact that holds it now.
        Past,
        /// The contact that had it when the event happened was erased since.
        Forgotten,
    }
}

mirrored! {
    /// The kinds of identifiers.
    KindName of IdentifierKind, "snake_case" {
        /// The customer's own, permanent identifier.
        ExternalId,
        /// An email address.
        Email,
        /// A phone number.
        Phone,
        /// A mobile push token.
        MobilePush,
        /// A web push token.
        WebPush,
        /// A Telegram token.
        Telegram,
        /// A device.
        DeviceId,
        /// A web visitor's cookie.
        Cookie,
        /// A custom field that identifies.
        Field,
        /// The contact key of the wire protocol.
        ContactKey,
    }
}

mirrored! {
    /// How lasting an identifier is: `permanent`, `conditionally_permanent` (email, phone), `changeable` (tokens, devices,
    /// cookies) or `declared` (custom fields, contact keys).
    StabilityName of Stability, "snake_case" {
        /// Leads every search; never given to a second contact.
        Permanent,
        /// Received at a registration.
        ConditionallyPermanent,
        /// Belongs to the contact that claimed it last.
        Changeable,
        /// Declared by the workspace.
        Declared,
    }
}

mirrored! {
    /// Whether a contact answers for itself.
    ContactStateName of ContactState, "snake_case" {
        /// It is seen and matched.
        Active,
        /// It was removed and can come back.
        Removed,
        /// It was absorbed; the survivor answers for it.
        Merged,
    }
}

mirrored! {
    /// The source of a contact or an identifier.
    SourceName of Source, "SCREAMING_SNAKE_CASE" {
        /// A form or script of a site.
        SiteAutomated,
        /// An individual message to an unknown address.
        IMessage,
        /// A campaign.
        Campaign,
        /// A file or a bulk call.
        Import,
        /// A person at the console.
        Manual,
        /// A subscription call.
        Subscription,
        /// An order.
        Order,
        /// A call that adds one contact.
        Api,
        /// An event.
        Event,
        /// A mobile application.
        App,
    }
}

mirrored! {
    /// What a subscribe call says about the email.
    EmailStatusName of SubscribeStatus, "SCREAMING_SNAKE_CASE" {
        /// The email awaits confirmation.
        NeedConfirmation,
        /// The email is confirmed and was subscribed to something new.
        Subscribed,
        /// The email is confirmed and had everything already.
        AlreadySubscribed,
        /// The email is unsubscribed or blocked.
        Blacklisted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: impl Serialize) -> Option<String> {
        serde_json::to_value(value)
            .ok()
            .and_then(|value| value.as_str().map(str::to_owned))
    }

    #[test]
    fn the_names_are_the_stable_texts_of_the_domain() {
        for kind in IdentifierKind::ALL {
            assert_eq!(text(KindName::from(kind)).as_deref(), Some(kind.as_str()));
        }
        for source in Source::ALL {
            assert_eq!(text(SourceName::from(source)).as_deref(), Some(source.as_str()));
        }
        for outcome in [Outcome::Created, Outcome::Unmatched, Outcome::Rejected] {
            assert_eq!(text(OutcomeName::from(outcome)).as_deref(), Some(outcome.as_str()));
        }
        for rule in [Rule::ContactId, Rule::NoMatch, Rule::Explicit] {
            assert_eq!(text(RuleName::from(rule)).as_deref(), Some(rule.as_str()));
        }
        for rule in [
            MergeRule::AbsorbAnonymous,
            MergeRule::AbsorbUnclaimed,
            MergeRule::Explicit,
        ] {
            assert_eq!(text(MergeRuleName::from(rule)).as_deref(), Some(rule.as_str()));
        }
    }
}
