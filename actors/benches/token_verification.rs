//! What it costs to find out whose access token it is, where that was found out less than a second ago.
#![expect(clippy::expect_used, reason = "a benchmark that cannot run ends here")]

use std::future::{Future as _, ready};
use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use criterion::{Criterion, criterion_group, criterion_main};
use mxcp_actors::domain::client::ClientId;
use mxcp_actors::domain::clock::{FixedClock, Timestamp};
use mxcp_actors::domain::grant::GrantId;
use mxcp_actors::domain::opaque_token::AccessToken;
use mxcp_actors::domain::randomness::SystemRandomness;
use mxcp_actors::domain::resource::ResourceIndicator;
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::domain::secret::{Secret, SecretDigest};
use mxcp_actors::domain::user::{Principal, UserAccount, UserIdentity, UserKey};
use mxcp_actors::error::CallError;
use mxcp_actors::token_store::messages::VerifyTokenError;
use mxcp_actors::token_store::verified_tokens::{Verification, VerifiedTokens};

/// Nobody's token ends meanwhile.
const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
/// Callers of the last second.
const CALLERS: usize = 1_000;

fn principal(randomness: &SystemRandomness, resource: &ResourceIndicator) -> Principal {
    let key = UserKey {
        issuer: "local".to_owned(),
        subject: "testuser".to_owned(),
    };
    Principal {
        user: UserAccount {
            identity: UserIdentity::bare(key, "local"),
            created_at: NOW,
            last_login_at: NOW,
        },
        client: ClientId::parse("bench").expect("it is an identifier"),
        grant: Some(GrantId::generate(randomness).expect("the system has randomness")),
        scopes: ScopeSet::parse("mxcp:access").expect("it is a scope"),
        resource: resource.clone(),
        expires_at: Timestamp::MAX,
        bound_to: None,
        upstream: None,
    }
}

/// As a call does it: the form, the digest, the cache. `found` says who it is where the cache does not know.
fn verify(
    verified: &VerifiedTokens,
    token: &Secret,
    resource: &ResourceIndicator,
    clock: &FixedClock,
    found: impl Fn() -> Verification,
) -> Verification {
    AccessToken::parse(token.expose()).expect("it is a token");
    let digest = SecretDigest::plain(token);
    let verification = pin!(verified.verify(digest, resource.clone(), clock, || ready(found())));
    match verification.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(verification) => verification,
        // Nobody else asks, so there is nobody to wait for.
        Poll::Pending => Err(CallError::Stopped),
    }
}

fn remembered(criterion: &mut Criterion) {
    let (randomness, clock) = (SystemRandomness::new(), FixedClock::at(NOW));
    let resource = ResourceIndicator::parse("http://localhost:8000/mcp").expect("it is an address");
    let verified = VerifiedTokens::new();
    let tokens: Vec<_> = (0..CALLERS)
        .map(|_| AccessToken::generate(&randomness).expect("the system has randomness"))
        .map(|token| Secret::new(token.expose()))
        .collect();
    let caller = Arc::new(principal(&randomness, &resource));
    for token in &tokens {
        let found = || Ok(Ok(Arc::clone(&caller)));
        verify(&verified, token, &resource, &clock, found)
            .expect("somebody answers")
            .expect("it is good");
    }
    let mut turn = tokens.iter().cycle();
    criterion.bench_function("a token that was verified less than a second ago", |bencher| {
        bencher.iter(|| {
            let token = turn.next().expect("there are tokens");
            let unknown = || Ok(Err(VerifyTokenError::Unknown));
            let verification = verify(&verified, token, &resource, &clock, unknown);
            black_box(verification.expect("nobody was asked").expect("it is remembered"))
        });
    });
}

criterion_group!(benches, remembered);
criterion_main!(benches);
