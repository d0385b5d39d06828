//! The application: use cases over one store.

use crate::access::{Principal, Recognised, SharedReads};
use crate::console::Passwords;
use crate::exports::ExportOutlets;
use crate::jobs::JobSignals;
use crate::lane::{Lane, LaneOptions, dry_run};
use crate::ports::{AccessVersion, Clock, IdentityProvider, Ids, SiteAccess, Store};
use crate::submit::{Submission, SubmitError};
use crate::webhooks::WebhookOutlets;
use selfsame_domain::{Command, Decision, DecisionId, Envelope, KeyId, SiteId, Timestamp, WorkspaceId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Settings of the application.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Bounds of the write lane.
    pub lane: LaneOptions,
}

/// The use cases. A clone shares all state.
#[derive(Debug, Clone)]
pub struct Application {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    /// When this server last stored the use of each key.
    pub(crate) touched: Arc<Mutex<HashMap<KeyId, Timestamp>>>,
    /// When this server last stored the use of each site's key.
    pub(crate) sites_seen: Arc<Mutex<HashMap<SiteId, Timestamp>>>,
    pub(crate) credential_reads: SharedReads<Vec<u8>, Principal>,
    pub(crate) recognised: Recognised,
    pub(crate) site_reads: SharedReads<String, SiteAccess>,
    pub(crate) origin_reads: SharedReads<String, ()>,
    pub(crate) jobs: Arc<JobSignals>,
    /// None where exports are not configured.
    pub(crate) outlets: Option<Arc<ExportOutlets>>,
    /// None where webhooks are not configured.
    pub(crate) webhook_outlets: Option<Arc<WebhookOutlets>>,
    pub(crate) passwords: Passwords,
    /// None where people sign in with passwords alone.
    pub(crate) identity_provider: Option<Arc<dyn IdentityProvider>>,
    lane: Lane,
}

impl Application {
    /// Builds the application. The first submission needs a running tokio runtime.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>, options: Options) -> Self {
        let lane = Lane::new(Arc::clone(&store), Arc::clone(&clock), Arc::clone(&ids), options.lane);
        Self {
            store,
            clock,
            ids,
            touched: Arc::default(),
            sites_seen: Arc::default(),
            credential_reads: SharedReads::default(),
            recognised: Recognised::default(),
            site_reads: SharedReads::default(),
            origin_reads: SharedReads::default(),
            jobs: Arc::default(),
            outlets: None,
            webhook_outlets: None,
            passwords: Passwords::default(),
            identity_provider: None,
            lane,
        }
    }

    /// Decides commands and commits the decisions in one transaction, together with other waiting submissions of the
    /// workspace. Every write of Selfsame goes through here.
    pub async fn submit(&self, workspace: WorkspaceId, submission: Submission) -> Result<Vec<Decision>, SubmitError> {
        self.lane.submit(workspace, submission, None).await
    }

    /// As [`Self::submit`], for a caller that was recognised from memory ([`Self::recognise`]) at an access version of the
    /// workspace. If that has changed, nothing is done, and the error is [`SubmitError::AccessChanged`].
    pub async fn submit_on(
        &self,
        workspace: WorkspaceId,
        submission: Submission,
        access: AccessVersion,
    ) -> Result<Vec<Decision>, SubmitError> {
        self.lane.submit(workspace, submission, Some(access)).await
    }

    /// As [`Self::submit`], for background work: all live submissions go first. It has a transaction of its own, so the
    /// caller controls its length; also returns how long the work took without the wait for its turn.
    pub(crate) async fn submit_in_background(
        &self,
        workspace: WorkspaceId,
        submission: Submission,
    ) -> Result<(Vec<Decision>, Duration), SubmitError> {
        self.lane.submit_in_background(workspace, submission).await
    }

    /// How many submissions [`Self::submit`] has accepted on this server so far.
    pub fn live_submissions(&self) -> u64 {
        self.lane.live_submissions()
    }

    /// Returns what [`Self::submit`] would decide now for a submission with these commands and this duplicate digest.
    /// Writes and locks nothing.
    pub async fn dry_run(
        &self,
        workspace: WorkspaceId,
        commands: Vec<Command>,
        duplicate_digest: Option<Vec<u8>>,
    ) -> Result<Vec<Decision>, SubmitError> {
        let at = self.clock.now();
        let envelope = |command| Envelope {
            decision: DecisionId(self.ids.uuid(at)),
            at,
            command,
        };
        let envelopes: Vec<Envelope> = commands.into_iter().map(envelope).collect();
        Ok(dry_run(&*self.store, workspace, &envelopes, duplicate_digest.as_deref()).await?)
    }

    /// The store, for reads. Reads have no rules beyond the contracts of the ports.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// The clock.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// The generator of IDs.
    pub fn ids(&self) -> &dyn Ids {
        &*self.ids
    }

    /// How many submissions are accepted and not yet answered.
    pub fn lane_depth(&self) -> usize {
        self.lane.depth()
    }

    /// How many submissions the lane accepts at a time. One more is refused as busy.
    pub fn queue_depth(&self) -> usize {
        self.lane.capacity()
    }

    /// Refuses new submissions, and returns when all accepted ones are answered and durable.
    pub async fn close(&self) {
        self.lane.close().await;
    }
}
