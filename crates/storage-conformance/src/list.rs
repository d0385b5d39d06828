//! The one list of cases. Those of exports and of the storage itself are in `list_of_storage.rs`.

/// The one list of cases, by noun. `name;` is a function of that name in [`cases`](crate::cases), `name for table;` one with an
/// argument for every row of a table.
///
/// `, concurrent` marks a case with several submissions under way at once. Only such a case can depend on the batching of
/// submissions, so only these run without batching as well.
///
/// `for_each_case! { [callback] arguments }` calls `callback! { arguments list }`.
#[macro_export]
macro_rules! for_each_case {
    ([$($callback:tt)*] $($arguments:tt)*) => {
        $crate::and_cases_of_the_storage! {
            [$($callback)*]
            $($arguments)*
            contacts {
                a_new_contact_reads_back_whole;
                numbers_start_at_one_and_ascend;
                what_is_not_sent_is_kept;
                repeating_a_request_changes_nothing;
                setting_a_channel_keeps_the_others;
                one_request_may_set_two_values_of_a_type;
                one_phone_may_be_two_channels;
                the_text_typed_last_is_shown;
                every_attribute_reads_back_and_clears;
                every_source_reads_back;
                what_tokens_carry_reads_back;
                nothing_that_identifies_makes_no_contact;
                an_update_by_number_never_creates;
                an_update_restores;
                an_external_id_of_another_contact_is_refused;
                a_removed_contact_is_removed_once;
                the_most_recently_updated_of_several_is_taken;
                stronger_identifiers_are_looked_at_first;
                emails_answer_in_the_order_asked;
            }
            contact_keys {
                events_find_a_contact_by_its_key;
                a_contact_key_names_no_contact_in_other_calls;
                a_contact_key_makes_no_contact_a_known_person;
                events_of_a_key_wait_and_may_create;
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
            calls {
                subscribing_never_changes_a_channel_that_exists;
                subscribing_looks_at_no_token;
                subscribing_reports_the_state_of_the_email;
                subscribing_restores;
                subscribing_with_an_unknown_external_id_creates;
                orders_create_and_never_change;
                orders_look_for_the_phone_before_the_email_and_adopt;
                events_create_only_where_they_may;
                events_look_for_the_contact_number_first;
                events_leave_a_removed_contact_alone;
                app_tokens_are_appended;
                app_tokens_look_for_number_then_external_id_then_phone_then_email;
                bulk_adopts_the_match_without_an_external_id;
                bulk_takes_the_most_recently_updated;
                bulk_restores_only_on_request;
                bulk_looks_at_nothing_but_the_external_id_and_its_field;
                bulk_by_number_lets_the_external_id_win;
            }
            merges {
                the_survivor_s_values_win_and_blanks_are_filled;
                the_absorbed_number_goes_on_answering;
                what_cannot_be_merged_is_refused;
                two_external_ids_need_force;
                a_forced_chain_of_external_ids_comes_apart_again;
                too_many_identifiers_need_force;
                an_undo_needs_a_merge_that_stands;
                what_names_the_absorbed_contact_acts_on_the_survivor;
                merges_are_listed_latest_first_by_page;
                merges_of_one_moment_page_without_gaps;
                the_identity_lists_undone_merges_too;
            }
            undo {
                undoing_a_merge_leaves_no_trace;
                three_in_a_line;
                three_upwards;
                three_in_a_star;
                four_in_a_line;
                four_upwards;
                four_in_a_star;
                four_in_two_pairs;
                what_the_absorbed_brought_goes_home_alone;
                what_arrived_after_the_merge_stays;
                a_value_that_the_survivor_replaced_shows_again;
                a_segment_that_the_survivor_left_is_entered_again;
                a_channel_that_was_cleared_stays_empty_and_what_was_absorbed_goes_home;
                a_value_that_was_cleared_stays_cleared;
                what_was_claimed_meanwhile_does_not_come_back;
                a_removed_survivor_gives_the_absorbed_contact_back;
                what_was_taken_apart_merges_by_hand_only;
                what_was_taken_apart_stays_so_through_later_merges;
                what_was_taken_apart_stays_so_in_the_batch_that_undoes_a_later_merge;
                an_anonymous_contact_that_was_taken_apart_is_not_absorbed_again;
                an_undo_counts_within_its_submission;
                an_automatic_merge_is_undone_like_any_other;
                an_external_id_that_was_given_back_can_be_taken_again;
            }
            export {
                the_absorbed_keep_what_they_had;
                a_group_is_read_when_it_is_removed;
                visitors_are_read_to_the_last;
            }
            evidence {
                shared for kinds_below_external_id;
                blocked for kinds;
                quarantined for kinds_below_external_id;
                the_default_list_blocks_placeholders;
                a_blocked_pattern_never_matches;
                an_unblocked_value_matches_again_once_it_is_named;
                the_threshold_of_sharing_is_the_policy_s;
                a_shared_value_absorbs_no_contact;
                an_unclaimed_contact_is_absorbed_by_email_or_phone;
                who_disagrees_is_kept_apart;
                the_policy_turns_absorbing_off;
                unsubscribing_belongs_to_the_address;
                an_erasure_leaves_no_sighting_of_values_without_a_holder;
                shared_identifiers_are_listed_by_pages;
                quarantined_identifiers_are_listed_by_pages;
                created_and_merged_contacts_are_counted_by_period;
            }
            erasure {
                nothing_is_left;
                the_absorbed_go_along_however_it_is_named;
                a_removed_contact_can_be_erased;
                what_others_hold_is_kept;
                logs_of_other_contacts_stay_and_are_redacted;
                the_log_of_a_former_survivor_forgets_what_it_answered_for;
                a_decision_that_concerns_two_contacts_is_redacted_twice;
                numbers_stay_used_after_a_restart;
                erasing_within_a_submission_takes_what_came_before;
                a_contact_created_and_erased_in_one_batch_leaves_nothing;
                an_unsubscribed_address_stays_so;
                what_was_named_but_never_held_is_forgotten;
                merging_and_erasing_at_once_leaves_neither;
                merges_of_others_and_recorded_replies_forget_what_was_on_the_way;
            }
            visitors {
                a_cookie_opens_a_visitor;
                a_cookie_that_moves_ends_a_history;
                a_history_without_a_name_is_adopted;
                histories_go_with_a_merge_and_come_back;
                histories_of_a_chain_come_back_to_whom_they_belong;
                an_inner_undo_leaves_histories_with_the_chain;
                an_absorbed_visitor_brings_its_history;
                undoing_and_merging_at_once_moves_histories_along;
                undoing_and_claiming_at_once_splits_histories;
                the_first_thousand_visitors_are_listed;
            }
            segments {
                a_segment_is_made_once_by_its_name;
                an_unknown_number_is_reported;
                attaching_and_detaching_by_number_and_external_id;
                detaching_an_empty_list_empties_the_segment;
                emptying_and_editing_at_once;
                emptying_reaches_the_absorbed;
                contacts_of_a_segment_by_number_and_by_time;
                who_is_hidden_is_no_member;
                segments_are_found_by_part_of_their_name;
                segments_are_listed_by_number_and_page;
            }
            dynamic_segments {
                who_has_no_external_id_is_in_until_one_comes;
                removed_restored_and_erased_contacts;
                a_merge_and_its_undo_move_at_once;
                a_formula_is_edited_and_a_segment_deleted;
                a_list_is_deleted_with_its_memberships;
                segments_inside_segments;
                no_contact_is_put_into_a_dynamic_segment;
                members_come_by_pages_and_previews_by_moves;
                another_workspace_has_segments_of_its_own;
                a_contact_page_says_why;
                formulas_outlive_a_restart;
            }
            segment_fields {
                identifiers;
                of_identifiers;
                shared_identifiers;
                imports_that_changed_a_contact;
                attributes;
                custom_fields;
                a_value_that_is_missing_is_unlike_every_value;
            }
            segment_times {
                dates_and_times;
                created_and_updated;
                midnight_is_that_of_the_contact;
                today_is_that_of_the_contact;
                days_back_keep_the_time_of_day_when_clocks_change;
                leap_days_and_the_turn_of_the_year;
            }
            segment_agreement {
                a_storage_chooses_whom_the_evaluator_chooses;
            }
            segment_history {
                events_are_counted;
                events_happen_within_a_time;
                the_first_and_the_last_event;
                orders_with_an_item;
                parameters_of_events;
                the_history_of_visitors_and_of_the_absorbed_counts;
                orders_come_to_numbers;
                a_contact_page_says_what_happened;
            }
            categories {
                a_category_comes_with_its_segment;
                a_segment_of_that_name_becomes_the_category_s;
                renaming_takes_the_segment_along;
                an_archived_category_accepts_no_contact;
                subscriptions_are_replaced_as_a_whole;
                the_number_of_contacts_is_that_of_active_ones;
                numbers_of_categories_and_segments_ascend;
            }
            fields {
                values_read_back for field_types;
                an_unknown_or_archived_field_is_left_out;
                keys_are_unique_within_their_group;
                a_field_is_renamed;
                a_value_that_identifies_is_held;
                bulk_calls_find_by_a_value_that_identifies;
                bulk_calls_find_by_no_other_field;
                values_that_identify_are_compared_in_the_form_of_their_type;
                a_value_that_identifies_is_shared_by_the_third_external_id;
                fields_come_along_with_a_merge;
            }
            retention {
                events_are_kept_by_whole_months;
                more_events_than_go_at_once_expire;
                what_belongs_to_expired_events_stays;
                an_identity_is_remembered_as_long_as_events_are_kept;
                an_event_older_than_events_are_kept_is_refused;
                a_page_goes_on_after_events_that_expired;
            }
            search {
                the_last_updated_comes_first;
                by_number_the_lowest_comes_first;
                between_equals_the_higher_number_comes_first;
                pages_by_update_cover_everything;
                pages_by_number_cover_everything;
                contacts_after_a_number_cover_all_active_ones;
                contacts_before_an_update_cover_all_active_ones;
                names_are_compared_without_regard_to_case;
                names_are_compared_whole;
                composed_and_decomposed_names_differ;
                a_name_that_changed_is_found_by_the_new_one;
                a_name_that_a_merge_filled_is_found;
                all_that_is_asked_must_hold;
                removed_and_absorbed_contacts_are_not_found;
                what_is_no_evidence_is_found_all_the_same;
                kinds_do_not_mix;
            }
            tokens {
                a_token_is_activated_muted_and_unmuted;
                an_unknown_token_is_refused;
                the_owner_is_that_of_the_first_key_that_is_held;
                the_owner_of_an_absorbed_token_is_the_survivor;
                a_token_without_its_app_is_that_of_any_app;
                the_latest_of_several_apps_is_meant;
                history_of_a_token_without_its_app_joins_the_claim;
                an_event_finds_a_token_of_any_kind;
                an_event_with_a_shared_identifier_goes_to_its_only_holder for changeable_kinds;
                a_shared_identifier_gathers_one_anonymous_contact for changeable_kinds;
                a_shared_token_is_no_evidence_without_its_app;
                a_new_token_of_a_device_replaces_the_old_one;
                a_replaced_token_comes_back_with_the_undo;
            }
            trust {
                a_public_key_gathers_an_anonymous_contact;
                a_public_key_changes_no_known_person;
                a_public_key_leaves_history_with_the_holder_of_the_device;
            }
            log {
                every_decision_reads_back_as_it_was_answered;
                a_log_is_read_by_page;
                an_absorbed_contact_s_decisions_are_listed_latest_first;
                a_rejection_is_logged_for_the_contacts_that_it_concerns;
                a_decision_is_read_by_its_identity;
                a_decision_without_a_contact_is_read_by_its_id_and_names_no_contact;
                a_decision_without_a_contact_is_kept_for_a_month;
                an_unsubscription_is_logged_for_the_holders_of_the_address;
                what_is_removed_is_explained_until_it_is_erased;
                the_survivors_log_includes_the_absorbed_contacts_log_once;
                a_lookup_of_an_unknown_value_is_empty;
                the_first_hundred_holders_are_listed_by_contact_id;
                a_value_brought_by_two_contacts_is_listed_twice;
            }
            replies {
                the_same_request_gets_the_same_answer;
                another_request_under_the_same_key_is_refused;
                a_key_is_free_again_after_a_day;
                refusals_and_whole_submissions_are_recorded_too;
                answers_outlive_a_restart;
                another_server_knows_the_answer;
                one_key_at_once_from_two_servers_is_done_once, concurrent;
                keys_at_once_with_other_requests_are_refused, concurrent;
                keys_belong_to_their_workspace;
                the_longest_key_is_taken;
                pruning_deletes_what_expired;
                what_is_recorded_reads_back_whole;
                repeated_requests_are_taken_unless_the_policy_says_otherwise;
                a_repeated_request_is_refused_within_the_window;
                a_refused_request_may_be_repeated;
                of_repeated_requests_at_once_one_is_taken, concurrent;
                an_answer_about_a_removed_contact_goes_with_it;
                a_replayed_answer_without_a_contact_names_no_identifier;
            }
            dry_run {
                decides_as_the_real_thing for kinds;
                of_merges_and_undos_leaves_nothing;
                of_several_commands_builds_on_what_came_before;
                burns_no_numbers;
                neither_waits_nor_holds_up;
            }
            batches {
                one_identifier_thrice for kinds;
                an_identifier_that_wanders_within_a_batch for changeable_kinds;
                a_refused_command_leaves_the_others_alone;
                removing_and_restoring_in_one_batch;
                merging_a_chain_in_one_batch;
                crossing_merges_in_one_batch;
                who_is_made_and_absorbed_in_one_batch;
                three_thousand_commands_in_one_submission;
                one_contact_three_thousand_times;
                thousands_enter_and_leave_a_segment_and_go;
                thousands_merge_into_one_and_come_apart;
                submissions_that_wait_together_get_their_own_answers, concurrent;
                what_must_stand_alone_waits_its_turn, concurrent;
            }
            races {
                one_identifier_makes_one_contact for kinds, concurrent;
                one_value_of_a_field_makes_one_contact, concurrent;
                a_claim_by_many_has_one_winner for changeable_kinds, concurrent;
                merges_that_cross_leave_one_survivor, concurrent;
                merges_round_a_ring_end, concurrent;
                identifiers_in_opposite_orders_do_not_lock_up, concurrent;
                claims_merges_and_undos_at_once, concurrent;
                erasing_and_writing_at_once, concurrent;
                removing_and_restoring_at_once, concurrent;
                a_segment_of_one_name_is_made_once, concurrent;
                a_category_of_one_key_is_made_once, concurrent;
                a_field_of_one_key_is_made_once, concurrent;
                numbers_are_handed_out_once, concurrent;
                a_policy_that_changes_meanwhile, concurrent;
                readers_see_whole_submissions, concurrent;
                two_workspaces_do_not_wait_for_each_other, concurrent;
            }
            durability {
                an_identifier_outlives_a_restart for kinds;
                everything_outlives_a_restart;
                another_server_sees_what_was_acknowledged;
                a_dropped_transaction_leaves_nothing;
                a_dropped_submission_is_done_all_the_same, concurrent;
                a_closed_server_takes_nothing_and_loses_nothing, concurrent;
            }
            event_deletion {
                events_of_a_time_are_deleted;
                deleted_events_leave_the_counts_and_may_come_again;
                no_more_than_so_many_events_are_deleted_at_once;
                events_are_deleted_where_that_is_on_and_in_one_workspace;
                events_deleted_by_two_servers_at_once_are_counted_once, concurrent;
            }
            events {
                an_event_reads_back_whole;
                history_comes_latest_first_and_by_page;
                history_is_filtered_by_kind_and_time;
                what_waits_is_adopted for kinds;
                what_waits_is_adopted_within_a_batch for kinds;
                a_cookie_that_moves_divides_the_history;
                an_event_type_says_whether_its_events_create_contacts;
                events_are_counted_by_type_and_types_page;
                an_event_with_an_identity_is_stored_once;
                an_event_sent_to_two_servers_at_once_is_stored_once, concurrent;
                events_that_race_with_a_claim_are_not_lost, concurrent;
                an_event_of_a_removed_contact_waits_with_it;
                merges_bring_history_and_undoing_gives_it_back;
                erasing_leaves_no_history;
                a_subscription_is_recorded_as_an_event;
                a_dry_run_keeps_no_event;
                many_events_in_one_batch;
                visitors_of_a_cookie_are_listed_latest_first;
                history_survives_a_restart;
                history_is_the_workspace_s_own;
            }
            waiting {
                what_came_while_a_contact_was_removed_joins_it for kinds;
                what_came_while_a_contact_was_removed_joins_it_in_a_batch for kinds;
                an_update_by_number_brings_it_too for kinds;
                what_waits_behind_a_quarantined_value_joins_when_it_counts for kinds_below_external_id;
                what_waits_behind_a_quarantined_value_stays_when_it_moves for changeable_kinds;
                erasing_takes_along_what_waits for kinds;
                erasing_takes_along_what_waits_in_its_batch for kinds;
                what_waits_behind_a_value_of_two_stays_with_the_other;
                history_behind_a_removed_contacts_shared_value_joins_after_a_restore for changeable_kinds;
                what_names_a_shared_email_goes_with_its_only_holder;
            }
            late {
                history_that_comes_late_is_the_former_owner_s for changeable_kinds;
                late_history_of_what_many_shared_is_the_former_owner_s for changeable_kinds;
                what_comes_within_a_minute_is_of_now for changeable_kinds;
                late_history_in_the_batch_of_the_move for changeable_kinds;
                late_history_follows_merges_and_comes_back for changeable_kinds;
                late_history_of_a_removed_contact_waits_with_it for changeable_kinds;
                late_history_of_an_erased_contact_has_no_owner for changeable_kinds;
                late_history_that_races_with_an_erasure_leaves_nothing for changeable_kinds, concurrent;
                however_often_it_moved_its_time_is_found for changeable_kinds;
                an_offline_phone_reports_events_of_its_former_user;
                late_history_of_a_token_without_its_app_or_kind;
                late_history_of_a_token_that_its_device_replaced;
            }
            past {
                a_late_event_moves_no_identifier;
                an_owner_before_an_erased_contact_keeps_its_period;
                a_late_event_gives_no_external_id_to_the_present_owner;
                a_value_that_finds_no_contact_hides_no_owner;
            }
            order_races {
                a_thousand_orders_in_one_batch;
                an_order_sent_to_two_servers_at_once_is_one, concurrent;
                orders_that_race_with_an_erasure_leave_nothing_half, concurrent;
            }
            order_lists {
                orders_come_latest_first_and_by_page;
                orders_are_filtered_by_time;
            }
            order_shops {
                orders_of_two_shops_with_one_number_are_two;
                an_order_without_a_shop_gets_one;
                orders_are_deleted;
            }
            jobs {
                a_job_is_leased_once_and_reads_back;
                jobs_of_a_queue_run_one_after_the_other;
                an_expired_lease_is_taken_over;
                workspaces_take_turns_within_their_bound;
                a_queued_job_is_cancelled_and_a_running_one_is_asked_to_stop;
                jobs_that_ended_are_deleted_after_a_time;
                a_job_needs_its_workspace;
                of_workers_that_ask_at_once_one_gets_the_job;
            }
            import_undo {
                rows_are_taken_back_from_the_last_to_the_first;
                an_undo_that_is_given_up_can_be_asked_for_again;
                contacts_are_as_they_were_before_the_row;
                erasing_a_contact_forgets_what_imports_changed_of_it;
            }
            imports {
                an_accepted_import_is_there_after_a_restart_with_its_job;
                rows_are_recorded_once_and_in_their_order;
                an_import_that_is_over_has_no_body_and_takes_no_rows;
                cancelling_ends_what_waits_and_asks_what_runs;
                an_import_with_a_job_between_attempts_is_cancelled_at_once;
                an_idempotency_key_makes_one_import_for_a_time;
                rows_are_recorded_with_the_commit_of_their_decisions_or_neither_is;
                imports_are_listed_newest_first_and_are_the_workspace_s_own;
                imports_and_their_values_are_forgotten_after_a_time;
                erasing_a_contact_forgets_its_values_in_imports;
            }
            orders {
                an_order_reads_back_whole;
                amounts_are_exact;
                a_later_request_changes_what_it_says;
                what_comes_late_changes_no_status;
                a_late_status_is_recorded_at_its_date;
                a_status_is_recorded_once;
                an_unknown_customer_becomes_a_contact;
                a_known_contact_is_not_changed;
                an_unknown_external_id_is_adopted;
                a_known_order_stays_with_its_contact;
                a_removed_contact_keeps_its_orders;
                merges_bring_orders_and_undoing_gives_them_back;
                erasing_leaves_no_orders;
                a_dry_run_keeps_no_order;
                orders_survive_a_restart;
                orders_are_the_workspace_s_own;
            }
        }
    };
}
