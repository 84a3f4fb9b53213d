//! Every statement of the store finds its rows by an index.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl, sql_query};

use super::*;
use crate::store::conformance;

/// Small tables that are read as a whole.
const MAY_SCAN: [&str; 4] = [
    "`master_keys`",
    "`signing_keys`",
    "SELECT COUNT(*) FROM `clients`",
    "sqlite_master",
];

/// How the folders begin whose databases are listened to. Other tests run meanwhile, with statements of their own.
const RECORDED: &str = "mxcp-actor-recorded-";

static STATEMENTS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Every connection of this process has one.
#[derive(Default)]
struct Recorder {
    is_ours: bool,
}

impl Instrumentation for Recorder {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartEstablishConnection { url, .. } => {
                self.is_ours = url.contains(RECORDED);
            }
            InstrumentationEvent::StartQuery { query, .. } if self.is_ours => {
                let text = query.to_string();
                let statement = text.split(" -- binds").next().unwrap_or_default();
                STATEMENTS
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(statement.to_owned());
            }
            _ => {}
        }
    }
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// Uses everything once, on connections that record what they are asked.
fn recorded_statements() -> BTreeSet<String> {
    set_default_instrumentation(|| Some(Box::new(Recorder::default()))).unwrap();
    for use_store in [
        conformance::authorization_codes::wrong_verifiers_are_counted_even_when_they_come_at_once,
        conformance::authorization_codes::old_codes_are_deleted_a_few_at_a_time,
        conformance::browser_sessions::browser_sessions_are_kept_until_deleted,
        conformance::browser_sessions::signing_out_everywhere_spares_other_users,
        conformance::browser_sessions::ended_browser_sessions_are_deleted,
        conformance::clients::equal_registrations_find_the_first_one,
        conformance::clients::a_registration_is_prolonged_but_never_shortened,
        conformance::clients::lapsed_clients_are_deleted_and_others_stay,
        conformance::clients::a_flood_pushes_out_the_oldest_unused_clients_only,
        conformance::clients::a_flood_spares_clients_whose_login_is_under_way,
        conformance::consents::consents_can_be_taken_back,
        conformance::consents::ended_consents_are_deleted,
        conformance::grants::live_grants_of_a_user_are_listed_oldest_first,
        conformance::grants::overdue_grants_end_and_are_given_to_one_caller,
        conformance::grants::upstream_tokens_are_replaced_only_if_unchanged,
        conformance::grants::deleting_an_ended_grant_takes_its_tokens_and_codes_along,
        conformance::interactions::an_interaction_moves_on_from_the_expected_stage_only,
        conformance::interactions::ended_interactions_are_deleted,
        conformance::keys::keys_are_remembered_in_order_and_can_be_forgotten,
        conformance::mcp_sessions::mcp_sessions_come_back_as_they_were,
        conformance::mcp_sessions::an_mcp_session_is_ended_once_and_by_its_owner,
        conformance::mcp_sessions::the_latest_use_of_an_mcp_session_stays,
        conformance::mcp_sessions::a_flood_of_mcp_sessions_pushes_out_what_its_owner_used_longest_ago,
        conformance::mcp_sessions::idle_mcp_sessions_are_deleted_a_few_at_a_time,
        conformance::pending_logins::a_pending_login_is_taken_once,
        conformance::pending_logins::ended_pending_logins_are_deleted,
        conformance::replay_identifiers::an_identifier_is_accepted_once_until_it_ends,
        conformance::replay_identifiers::ended_identifiers_are_deleted,
        conformance::signing_keys::signing_keys_come_back_as_they_were_and_the_old_ones_are_deleted,
        conformance::tokens::a_hundred_redemptions_succeed_once,
        conformance::tokens::nothing_is_rotated_after_the_end_of_the_grant,
        conformance::tokens::a_hundred_rotations_succeed_once,
        conformance::tokens::the_first_use_is_recorded_once_for_the_pair,
        conformance::tokens::an_access_token_is_revoked_alone,
        conformance::tokens::an_access_token_is_issued_with_its_grant,
        conformance::tokens::ended_tokens_are_deleted,
        conformance::users::an_account_remembers_its_first_and_latest_login,
    ] as [fn(&DieselStore); 37]
    {
        let folder = tempfile::Builder::new().prefix(RECORDED).tempdir().unwrap();
        use_store(&TestStore::new(TestPlace::Sqlite(folder)).store);
    }
    let recorded = STATEMENTS.lock().unwrap_or_else(PoisonError::into_inner);
    let begins = ["SELECT", "INSERT", "UPDATE", "DELETE"];
    recorded
        .iter()
        .filter(|statement| begins.iter().any(|word| statement.starts_with(word)))
        .filter(|statement| !statement.contains("__diesel"))
        .cloned()
        .collect()
}

#[test]
fn no_statement_looks_through_a_table() {
    let statements = recorded_statements();
    assert!(
        statements.len() > 60,
        "{} statements were recorded",
        statements.len()
    );
    let place = TestPlace::sqlite();
    drop(place.open(PATIENT));
    let StoreConnection::Sqlite(mut connection) = place.connect(PATIENT) else {
        unreachable!()
    };
    let mut scans = Vec::new();
    for statement in &statements {
        let plan: Vec<Step> = sql_query(format!("EXPLAIN QUERY PLAN {statement}"))
            .load(&mut connection)
            .unwrap();
        let is_scan = |step: &Step| {
            let is_sorted = step.detail.contains("TEMP B-TREE");
            is_sorted || (step.detail.starts_with("SCAN ") && !step.detail.contains(" USING "))
        };
        if plan.iter().any(is_scan) && !MAY_SCAN.iter().any(|allowed| statement.contains(allowed)) {
            let steps: Vec<_> = plan.into_iter().map(|step| step.detail).collect();
            scans.push(format!("{statement}\n    {}", steps.join("\n    ")));
        }
    }
    assert_eq!(scans, Vec::<String>::new());
}
