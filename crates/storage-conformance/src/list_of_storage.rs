//! The end of the one list of cases.

/// Calls `callback! { arguments cases }`; the cases of the storage itself follow the given ones.
#[doc(hidden)]
#[macro_export]
macro_rules! and_cases_of_the_storage {
    ([$($callback:tt)*] $($before:tt)*) => {
        $($callback)*! {
            $($before)*
            changes {
                changes_of_contacts_are_listed_in_commit_order;
                a_contact_that_loses_something_is_updated;
                the_feed_is_filtered_by_kind;
                a_commit_is_never_cut;
                a_reader_misses_nothing_while_servers_write, concurrent;
                a_place_that_is_forgotten_or_unknown_is_refused;
            }
            webhooks {
                webhooks_are_kept_and_their_urls_are_unique;
                webhooks_of_another_workspace_are_not_seen;
                messages_are_stored_with_the_position;
                messages_about_one_contact_wait_for_each_other;
                an_attempt_is_recorded_while_its_message_is_pending;
                dead_messages_are_listed_and_revived;
                webhooks_with_work_are_due;
                a_job_is_replaced_when_it_is_over;
                an_erasure_deletes_the_messages_about_the_contact;
                old_messages_are_pruned;
            }
            memberships {
                changes_of_contacts_are_recorded;
                merges_and_their_undo_are_recorded;
                an_erasure_leaves_no_record;
                events_visitors_and_orders_are_recorded;
                lists_are_recorded;
                an_edited_formula_moves_contacts;
                time_moves_contacts;
                an_edited_condition_on_the_time_has_due_times;
                a_long_history_moves_a_contact;
                what_no_commit_writes_moves_contacts;
                past_members_are_those_of_the_revision;
                a_contact_page_says_since_when;
                members_are_counted_by_day;
                many_moves_take_several_commits;
                servers_that_record_at_once_record_once, concurrent;
                a_record_is_of_its_workspace;
            }
            record_upkeep {
                the_record_counts_the_members_of_segments;
                memberships_that_ended_are_deleted_after_a_time;
                a_wrong_record_is_found;
            }
            revisions {
                a_commit_raises_the_revision_by_one;
                what_changes_nothing_raises_nothing;
                a_contact_carries_the_commit_that_changed_it;
                commits_of_several_servers_leave_no_gaps;
                a_write_is_stale_when_what_it_read_has_changed;
                a_write_stands_when_something_else_has_changed;
                what_was_absent_and_is_there_makes_a_write_stale;
                what_was_there_and_is_gone_makes_a_write_stale;
                a_reply_that_was_recorded_meanwhile_makes_a_write_stale;
                an_outdated_policy_is_reported;
                an_exclusive_transaction_reads_what_stays_true;
            }
            isolation {
                one_identifier_in_two_workspaces for kinds;
                contact_ids_of_another_workspace_name_no_contact;
                erasing_in_one_leaves_the_other;
                policies_are_their_own;
                an_unknown_workspace_takes_nothing;
            }
            workspaces {
                a_new_workspace_reads_back;
                names_of_workspaces_are_unique;
                of_one_name_at_once_one_is_made;
                bootstrap_works_once;
                of_servers_that_start_at_once_one_bootstraps;
                keys_read_back_by_time;
                every_right_reads_back;
                a_key_needs_its_workspace_and_a_digest_of_its_own;
                a_revoked_key_is_known_as_such_everywhere;
                the_last_use_of_a_key_is_noted;
                keys_open_until_they_end;
                the_access_version_follows_revocations_and_the_policy;
                a_key_from_memory_writes_nothing_after_a_revocation_elsewhere;
                a_key_sees_the_policy_of_its_workspace;
                the_storage_answers;
            }
            sites {
                a_site_reads_back_by_its_key;
                origins_are_added_one_by_one;
                a_domain_goes_to_the_site_that_has_it_or_that_shops_share;
                the_first_signing_secret_is_made_once;
                names_and_keys_of_sites_are_unique;
                the_use_of_a_key_is_noted;
                a_site_changes_for_everybody_at_once;
                a_removed_site_opens_nothing;
                origins_are_known_while_a_site_has_them;
                two_signing_secrets_are_live;
                identity_tokens_are_taken_until_the_second_rotation;
                sites_keep_to_their_workspace;
            }
            users {
                an_invitation_reads_back_until_it_is_accepted;
                an_invitation_needs_its_workspace_and_a_digest_of_its_own;
                of_several_who_accept_one_invitation_one_joins;
                people_are_one_by_their_address;
                every_role_reads_back_and_a_second_invitation_changes_it;
                a_workspace_keeps_an_admin;
                a_session_opens_until_it_ends;
                a_session_follows_its_member;
                a_new_password_ends_the_other_sessions;
                what_is_over_is_deleted;
                the_audit_log_reads_back_page_by_page;
                people_keep_to_their_workspace;
            }
            second_factors {
                a_second_factor_counts_once_it_is_confirmed;
                of_several_who_bring_one_code_one_succeeds;
                a_removed_second_factor_leaves_nothing;
                second_factors_are_listed_by_workspace;
                an_account_of_a_provider_is_one_person;
            }
            snapshots {
                an_empty_footprint_loads_nothing;
                a_snapshot_brings_the_holders_of_its_keys_whole;
                a_removed_holder_comes_by_exclusive_identifiers_only;
                an_absorbed_number_brings_who_answers;
                a_merge_brings_its_whole_group;
                open_visitors_come_with_their_cookies;
                closed_visitors_come_with_their_times for changeable_kinds;
                owners_of_tokens_and_devices_come_from_the_first_move_on for changeable_kinds;
                the_catalog_comes_by_number_name_and_key;
                fresh_numbers_are_enough_and_ascend;
            }
            units {
                an_exclusive_identifier_with_two_owners_is_refused;
                a_shared_identifier_with_two_owners_is_taken;
                a_row_that_is_not_there_is_not_removed;
                segments_and_categories_are_unique;
                keys_of_fields_are_unique;
                a_cookie_has_one_open_visitor;
                rows_that_the_batch_did_not_load_are_repointed;
                changes_and_records_stand_or_fall_together;
                a_large_number_reads_back;
            }
            find {
                a_person_is_found_by_every_identifier_and_name;
                what_fits_best_comes_first;
                no_more_are_found_than_asked_for;
                removed_contacts_are_not_found_and_absorbed_ones_are_their_survivors;
                a_substring_is_found_before_and_after_it_is_indexed;
                beginnings_come_before_starts_of_words_and_these_before_other_places;
                an_index_that_is_behind_shows_nothing_old;
                a_search_that_ends_early_says_so;
                two_servers_index_the_same_changes;
                another_workspace_finds_no_contact;
            }
            uploads {
                an_upload_becomes_the_body_of_its_import;
                what_was_broken_off_is_deleted;
                an_inspection_without_problems_lets_the_import_go_on;
                problems_wait_for_a_decision;
                an_import_without_a_decision_is_cancelled;
            }
            exports {
                connectors_are_kept_and_named_once;
                an_export_changes_from_the_version_that_was_read;
                a_run_is_queued_once_and_reads_back;
                cancelling_a_run_cancels_its_job;
                a_run_under_way_is_asked_to_stop;
            }
            export_segments {
                the_catalog_has_segments_and_fields_with_their_last_change;
                a_deleted_segment_is_kept_for_exports;
                periods_are_read_once_each_since_a_commit;
            }
            export_snapshots {
                changed_contacts_are_read_once_each_since_a_commit;
                unsubscribing_changes_those_who_show_the_address;
                merges_and_their_undoing_change_both_contacts;
                what_was_erased_and_deleted_is_noted;
                changed_orders_are_read_since_a_commit;
                events_are_read_again_when_their_visitor_is_adopted;
                visitors_are_read_again_when_they_are_adopted;
                merges_are_found_by_the_absorbed_contact;
                a_write_that_is_held_open_is_in_the_next_snapshot;
                a_snapshot_is_of_its_workspace;
            }
            violations {
                none_in_an_empty_storage;
                a_cycle_of_merges;
                a_wrong_canonical_contact;
                a_chain_that_stops_half_way;
                a_survivor_that_does_not_exist;
                an_identifier_without_an_owner;
                an_identifier_of_an_absorbed_contact;
                a_membership_without_a_contact;
                a_visitor_of_an_absorbed_contact;
                what_is_of_a_contact_that_does_not_exist;
                what_was_brought_by_a_contact_that_does_not_exist;
                a_membership_of_a_segment_that_does_not_exist;
                an_event_of_a_visitor_that_does_not_exist;
                a_contact_that_brought_two_external_ids;
                a_merge_that_no_record_could_undo;
                the_first_thousand_visitors_are_listed;
            }
        }
    };
}
