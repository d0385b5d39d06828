//! Short constructors of submissions.

use selfsame_application::{Replay, Submission};
use selfsame_domain::Command;
use selfsame_storage_conformance::api_call;

/// The command that adds or updates the contact of an external ID.
pub(crate) fn upsert(external: &str) -> Command {
    api_call().external(external).upsert()
}

/// A submission that adds or updates the contact of an external ID.
pub(crate) fn named(external: &str) -> Submission {
    Submission::of(upsert(external))
}

/// A submission of several commands.
pub(crate) fn together(commands: Vec<Command>) -> Submission {
    Submission {
        commands,
        ..named("nobody")
    }
}

/// A submission under an idempotency key.
pub(crate) fn keyed(key: &str, digest: u8, command: Command) -> Submission {
    let digest = vec![digest; 32];
    Submission {
        replay: Some(Replay {
            key: key.to_owned(),
            digest,
        }),
        ..Submission::of(command)
    }
}

/// A submission that is refused when its digest was seen within the window.
pub(crate) fn repeated(digest: u8, command: Command) -> Submission {
    Submission {
        duplicate_digest: Some(vec![digest; 32]),
        ..Submission::of(command)
    }
}

/// `count` external IDs with a common prefix.
pub(crate) fn names(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|index| format!("{prefix}{index}")).collect()
}
