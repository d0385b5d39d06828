//! Which submissions share a transaction.

use super::queue::LaneOptions;
use crate::ports::AccessVersion;
use crate::submit::{ImportBatch, Replay, Reply};
use selfsame_domain::{Envelope, Timestamp};
use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use tokio::sync::oneshot;

/// An accepted submission.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) envelopes: Vec<Envelope>,
    pub(super) replay: Option<Replay>,
    pub(super) duplicate_digest: Option<Vec<u8>>,
    pub(super) bytes: usize,
    /// Rows of an import. Such a job comes from the background, so it is alone in its batch.
    pub(super) import: Option<ImportBatch>,
    /// The access version at which the caller was recognised; none when its key was read for this request.
    pub(super) access: Option<AccessVersion>,
    pub(super) at: Timestamp,
    /// When its turn came; only background work asks.
    pub(super) turn: Option<Arc<OnceLock<Instant>>>,
    pub(super) reply: oneshot::Sender<Reply>,
}

impl Job {
    fn stands_alone(&self) -> bool {
        self.envelopes.iter().any(|envelope| envelope.command.stands_alone())
    }
}

/// Takes submissions from the front that may share a transaction: at least one, whatever its size.
pub(super) fn take_batch(queue: &mut VecDeque<Job>, options: &LaneOptions) -> Vec<Job> {
    let mut batch: Vec<Job> = Vec::new();
    let (mut commands, mut bytes) = (0, 0);
    while let Some(next) = queue.front() {
        commands += next.envelopes.len();
        bytes += next.bytes;
        let full = commands > options.batch_commands || bytes > options.batch_bytes;
        let alone = next.stands_alone() || batch.first().is_some_and(Job::stands_alone);
        if !batch.is_empty() && (full || alone) {
            break;
        }
        batch.extend(queue.pop_front());
    }
    batch
}

#[cfg(test)]
mod tests {
    use super::*;
    use selfsame_domain::{Command, ContactId, ContactRef, DecisionId, MergeId};
    use uuid::Uuid;

    fn job(commands: Vec<Command>, bytes: usize) -> Job {
        let at = Timestamp::UNIX_EPOCH;
        let envelope = |command| Envelope {
            decision: DecisionId(Uuid::nil()),
            at,
            command,
        };
        let envelopes = commands.into_iter().map(envelope).collect();
        Job {
            envelopes,
            replay: None,
            duplicate_digest: None,
            bytes,
            import: None,
            access: None,
            at,
            turn: None,
            reply: oneshot::channel().0,
        }
    }

    fn remove() -> Command {
        Command::Remove {
            contact: ContactRef::Id(ContactId(1)),
            erase: false,
        }
    }

    fn sizes(jobs: Vec<Job>, options: LaneOptions) -> Vec<usize> {
        let mut queue = VecDeque::from(jobs);
        let mut sizes = Vec::new();
        while !queue.is_empty() {
            sizes.push(take_batch(&mut queue, &options).len());
        }
        sizes
    }

    #[test]
    fn commands_and_bytes_bound_a_batch_but_one_submission_always_goes() {
        let options = LaneOptions {
            batch_commands: 3,
            batch_bytes: 100,
            depth: 9,
        };
        let three = vec![
            job(vec![remove(); 2], 0),
            job(vec![remove()], 0),
            job(vec![remove()], 0),
        ];
        assert_eq!(sizes(three, options), [2, 1]);
        assert_eq!(
            sizes(vec![job(vec![remove(); 7], 0), job(vec![remove()], 0)], options),
            [1, 1]
        );
        assert_eq!(
            sizes(vec![job(vec![remove()], 60), job(vec![remove()], 60)], options),
            [1, 1]
        );
    }

    #[test]
    fn a_command_that_stands_alone_shares_no_batch() {
        let undo = || Command::Undo {
            merge: MergeId(Uuid::nil()),
        };
        let jobs = vec![
            job(vec![remove()], 0),
            job(vec![undo()], 0),
            job(vec![remove()], 0),
            job(vec![remove()], 0),
        ];
        assert_eq!(sizes(jobs, LaneOptions::default()), [1, 1, 2]);
    }
}
