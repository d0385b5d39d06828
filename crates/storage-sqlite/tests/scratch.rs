//! The conformance suite on SQLite: a file of its own for every test.

use async_trait::async_trait;
use selfsame_application::LaneOptions;
use selfsame_application::ports::Store;
use selfsame_storage_conformance::{Backend, ManualClock};
use selfsame_storage_sqlite::{SqliteOptions, SqliteStore};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::runtime::Handle;

struct Sqlite {
    store: SqliteStore,
    clock: ManualClock,
    lane: LaneOptions,
    directory: TempDir,
}

impl Sqlite {
    async fn new(batch_commands: usize) -> Self {
        let directory = tempfile::tempdir().expect("make a directory");
        let lane = LaneOptions {
            batch_commands,
            ..LaneOptions::default()
        };
        Self {
            store: open(&directory).await,
            clock: ManualClock::new(),
            lane,
            directory,
        }
    }
}

async fn open(directory: &TempDir) -> SqliteStore {
    let url = format!("sqlite://{}/selfsame.db", directory.path().display());
    SqliteStore::open(&url, SqliteOptions::default())
        .await
        .expect("open the store")
}

#[async_trait]
impl Backend for Sqlite {
    fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.store.clone())
    }

    fn clock(&self) -> &ManualClock {
        &self.clock
    }

    async fn reopen(&mut self) {
        self.store.close().await.expect("close the store");
        self.store = open(&self.directory).await;
    }

    fn another(&self) -> Arc<dyn Store> {
        let store = tokio::task::block_in_place(|| Handle::current().block_on(open(&self.directory)));
        Arc::new(store)
    }

    fn lane(&self) -> LaneOptions {
        self.lane
    }
}

mod batched {
    use super::Sqlite;

    selfsame_storage_conformance::conformance_tests! { (Sqlite::new(256)) contacts {
                    a_new_contact_reads_back_whole;
                    numbers_start_at_one_and_ascend;
                    what_is_not_sent_is_kept;
                    repeating_a_request_changes_nothing;
                }
                identifiers {
                    attach for kinds;
                    find for kinds_below_external_id;
                    adopt for kinds_below_external_id;
                    keep_apart for kinds_below_external_id;
                    claim for changeable_kinds;
                    absorb_anonymous for changeable_kinds;
                    replace for replaceable_kinds;
                    letter_case for kinds;
                    odd_texts for kinds_of_text;
                    longest for kinds_of_text;
                }
                lifecycle {
                    remove_hides for kinds;
                    restore for kinds;
                    erase_frees for kinds;
                    merge_moves for kinds;
                }
                evidence {
                    shared for kinds_below_external_id;
                    blocked for kinds;
                    quarantined for kinds_below_external_id;
                    the_default_list_blocks_placeholders;
                    a_blocked_pattern_never_matches;
                    an_unblocked_value_matches_again_once_it_is_named;
                    the_threshold_of_sharing_is_the_policy_s;
                    a_shared_value_absorbs_nobody;
                    an_unclaimed_contact_is_absorbed_by_email_or_phone;
                    who_disagrees_is_kept_apart;
                    the_policy_turns_absorbing_off;
                    unsubscribing_belongs_to_the_address;
                }
    }
}

mod one_by_one {
    use super::Sqlite;

    selfsame_storage_conformance::conformance_tests! { (Sqlite::new(1)) contacts {
                    a_new_contact_reads_back_whole;
                    numbers_start_at_one_and_ascend;
                    what_is_not_sent_is_kept;
                    repeating_a_request_changes_nothing;
                }
                identifiers {
                    attach for kinds;
                    find for kinds_below_external_id;
                    adopt for kinds_below_external_id;
                    keep_apart for kinds_below_external_id;
                    claim for changeable_kinds;
                    absorb_anonymous for changeable_kinds;
                    replace for replaceable_kinds;
                    letter_case for kinds;
                    odd_texts for kinds_of_text;
                    longest for kinds_of_text;
                }
                lifecycle {
                    remove_hides for kinds;
                    restore for kinds;
                    erase_frees for kinds;
                    merge_moves for kinds;
                }
                evidence {
                    shared for kinds_below_external_id;
                    blocked for kinds;
                    quarantined for kinds_below_external_id;
                    the_default_list_blocks_placeholders;
                    a_blocked_pattern_never_matches;
                    an_unblocked_value_matches_again_once_it_is_named;
                    the_threshold_of_sharing_is_the_policy_s;
                    a_shared_value_absorbs_nobody;
                    an_unclaimed_contact_is_absorbed_by_email_or_phone;
                    who_disagrees_is_kept_apart;
                    the_policy_turns_absorbing_off;
                    unsubscribing_belongs_to_the_address;
                }
    }
}
