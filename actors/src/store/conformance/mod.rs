//! What every store must do, as tests that are written once and run for each of them.
//!
//! One file per repository, one function per promise, each taking a fresh empty store. A store's own `tests.rs`
//! expands [`store_conformance_suite`]; a function that is missing in the list below is reported as dead code.

pub(crate) mod authorization_codes;
pub(crate) mod browser_sessions;
pub(crate) mod clients;
pub(crate) mod consents;
pub(crate) mod fixtures;
pub(crate) mod grants;
pub(crate) mod interactions;
pub(crate) mod keys;
pub(crate) mod mcp_sessions;
pub(crate) mod pending_logins;
pub(crate) mod replay_identifiers;
pub(crate) mod signing_keys;
pub(crate) mod tokens;
pub(crate) mod users;

/// Runs the suite against the store that `$store` makes anew for each test.
macro_rules! store_conformance_suite {
    ($store:expr) => {
        $crate::store::conformance::store_conformance_suite! { $store;
            authorization_codes:
                codes_are_found_by_digest_and_inserted_once
                wrong_verifiers_are_counted_even_when_they_come_at_once
                a_consumed_code_counts_no_verifiers
                old_codes_are_deleted_a_few_at_a_time;
            browser_sessions:
                browser_sessions_are_kept_until_deleted
                signing_out_everywhere_spares_other_users
                ended_browser_sessions_are_deleted;
            clients:
                clients_come_back_as_they_were
                an_identifier_is_given_once
                equal_registrations_find_the_first_one
                a_lapsed_equal_registration_gives_way
                a_hundred_equal_registrations_make_one_client
                issuing_and_renewing_count_as_use_and_prolong_the_registration
                use_prolongs_no_registration_without_an_end
                a_registration_is_prolonged_but_never_shortened
                lapsed_clients_are_deleted_and_others_stay
                a_flood_pushes_out_the_oldest_unused_clients_only
                a_flood_spares_clients_whose_login_is_under_way
                logins_that_anybody_can_begin_keep_a_bounded_number_of_clients
                a_registration_does_not_lapse_while_a_login_is_under_way
                a_document_replaces_what_it_said_before
                a_hundred_readings_of_a_document_make_one_client;
            consents:
                a_consent_is_kept_per_user_client_and_receiver
                consents_can_be_taken_back
                ended_consents_are_deleted;
            grants:
                grants_come_back_as_they_were
                a_grant_ends_once_and_keeps_its_first_reason
                live_grants_of_a_user_are_listed_oldest_first
                the_last_use_of_a_grant_is_its_newest_token_or_the_first_call_with_it
                grants_that_have_not_ended_are_counted
                overdue_grants_end_and_are_given_to_one_caller
                grants_without_living_tokens_are_overdue
                upstream_tokens_are_replaced_only_if_unchanged
                upstream_tokens_of_an_ended_grant_are_taken_once
                of_grants_that_end_at_once_one_had_the_last_upstream_tokens
                what_is_known_of_a_user_is_replaced_until_the_grant_ends
                deleting_an_ended_grant_takes_its_tokens_and_codes_along;
            interactions:
                interactions_come_back_as_they_were
                an_interaction_moves_on_from_the_expected_stage_only
                a_hundred_answers_decide_once
                ended_interactions_are_deleted;
            keys:
                keys_are_remembered_in_order_and_can_be_forgotten;
            mcp_sessions:
                mcp_sessions_come_back_as_they_were
                an_mcp_session_is_ended_once_and_by_its_owner
                the_latest_use_of_an_mcp_session_stays
                a_flood_of_mcp_sessions_pushes_out_what_its_owner_used_longest_ago
                idle_mcp_sessions_are_deleted_a_few_at_a_time;
            pending_logins:
                a_pending_login_is_taken_once
                a_hundred_callbacks_complete_one_login
                ended_pending_logins_are_deleted;
            replay_identifiers:
                an_identifier_is_accepted_once_until_it_ends
                a_hundred_replays_are_accepted_once
                ended_identifiers_are_deleted;
            signing_keys:
                signing_keys_come_back_as_they_were_and_the_old_ones_are_deleted
                of_a_hundred_replicas_one_makes_the_next_key;
            tokens:
                redeeming_stores_everything_at_once
                a_hundred_redemptions_succeed_once
                a_code_is_not_redeemed_late_or_without_its_grant
                rotating_stores_the_successors_at_once
                a_hundred_rotations_succeed_once
                nothing_is_rotated_after_the_end_of_the_grant
                the_first_use_is_recorded_once_for_the_pair
                an_access_token_is_revoked_alone
                an_access_token_is_issued_with_its_grant
                a_client_holds_a_bounded_number_of_direct_grants_of_a_user
                a_hundred_direct_issues_leave_what_is_allowed
                what_tokens_and_codes_are_bound_to_is_kept
                ended_tokens_are_deleted;
            users:
                an_account_remembers_its_first_and_latest_login;
        }
    };
    ($store:expr; $($area:ident: $($test:ident)+;)+) => {
        $($(
            #[test]
            fn $test() {
                $crate::store::conformance::$area::$test(&$store);
            }
        )+)+
    };
}
pub(crate) use store_conformance_suite;
