//! What is kept of answers, and for how long.

use std::sync::Arc;
use std::time::Duration;

use super::answers::{Answers, Digest};
use super::messages::CheckToken;
use crate::domain::clock::Timestamp;
use crate::domain::secret::Secret;
use crate::domain::user::{Principal, UserAccount};
use crate::provider_broker::provider::ProviderError;
use crate::provider_broker::providers::oidc::access_claims::ForeignTokenRefusal;
use crate::provider_broker::providers::oidc::access_tokens::ForeignTokenError;
use crate::store::conformance::fixtures;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn question(token: &str) -> Digest {
    Answers::digest(&CheckToken {
        token: Secret::new(token),
        resource: fixtures::resource(),
    })
}

/// A caller whose token lives this long.
fn caller(lifetime: Duration) -> Principal {
    Principal {
        user: UserAccount {
            identity: fixtures::identity("ada"),
            created_at: NOW,
            last_login_at: NOW,
        },
        client: fixtures::client_id("client"),
        grant: None,
        scopes: fixtures::scopes("mcp:read"),
        resource: fixtures::resource(),
        expires_at: NOW + lifetime,
        bound_to: None,
        upstream: None,
    }
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[test]
fn a_good_answer_ends_with_its_token_or_with_the_cache() {
    let answers = Answers::new(seconds(30));
    for (token, lifetime, believed) in [("long", 3600, 30), ("short", 10, 10)] {
        let good = caller(seconds(lifetime));
        answers.keep(question(token), &Ok(good.clone()), NOW);
        let until = |count| answers.find(&question(token), NOW + seconds(count));
        assert_eq!(until(believed - 1), Some(Ok(Arc::new(good))), "{token}");
        assert_eq!(until(believed), None, "{token}");
    }
    assert_eq!(answers.find(&question("other"), NOW), None);
}

#[test]
fn a_refusal_is_kept_for_seconds_and_an_outage_not_at_all() {
    let answers = Answers::new(seconds(30));
    let refused = Err(ForeignTokenRefusal::Inactive.into());
    answers.keep(question("bad"), &refused, NOW);
    let found = |count| answers.find(&question("bad"), NOW + seconds(count));
    assert_eq!(found(4), Some(Err(ForeignTokenRefusal::Inactive)));
    assert_eq!(found(5), None);
    let outage = ForeignTokenError::Unavailable(ProviderError::unavailable("acme", "it is away"));
    answers.keep(question("unknown"), &Err(outage), NOW);
    assert_eq!(answers.find(&question("unknown"), NOW), None);
}

#[test]
fn nothing_is_kept_where_the_operator_wants_no_cache() {
    let answers = Answers::new(Duration::ZERO);
    answers.keep(question("good"), &Ok(caller(seconds(60))), NOW);
    answers.keep(question("bad"), &Err(ForeignTokenRefusal::Inactive.into()), NOW);
    assert_eq!(answers.find(&question("good"), NOW), None);
    assert_eq!(answers.find(&question("bad"), NOW), None);
}

#[test]
fn a_flood_of_bad_tokens_leaves_the_good_ones_there() {
    let answers = Answers::new(seconds(30));
    answers.keep(question("good"), &Ok(caller(seconds(60))), NOW);
    for number in 0..20_001 {
        let refused = Err(ForeignTokenRefusal::Inactive.into());
        answers.keep(question(&format!("bad-{number}")), &refused, NOW);
    }
    assert!(answers.find(&question("good"), NOW).is_some());
    assert!(answers.find(&question("bad-20000"), NOW).is_some());
    assert!(
        answers.find(&question("bad-0"), NOW).is_none(),
        "the oldest ones are asked about again"
    );
}
