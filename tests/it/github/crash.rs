//! Replicas that want the same new pair of GitHub: one asks, the other waits. One that dies before it has kept the pair: with
//! a GitHub that bears a repetition nobody notices, and with a strict one the login ends, for a reason that is known.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use mxcp_actors::client_registry::ClientRegistrySettings;
use mxcp_actors::domain::client::ClientId;
use mxcp_actors::domain::clock::{Clock, FixedClock};
use mxcp_actors::domain::grant::{Grant, GrantId, GrantState};
use mxcp_actors::domain::key_ring::{KeyRing, MasterKey};
use mxcp_actors::domain::opaque_token::LoginState;
use mxcp_actors::domain::pkce::CodeVerifier;
use mxcp_actors::domain::randomness::{Randomness, SeededRandomness};
use mxcp_actors::domain::resource::ResourceIndicator;
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::domain::sealing::Sealed;
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::domain::user::{UserAccount, UserIdentity, UserKey};
use mxcp_actors::provider_broker::errors::UpstreamError;
use mxcp_actors::provider_broker::messages::{RefreshUpstreamTokens, RefreshUpstreamTokensReply};
use mxcp_actors::provider_broker::provider::{OutsideProvider, UpstreamRequest, UpstreamSecrets};
use mxcp_actors::replica_bus::ReplicaBus;
use mxcp_actors::store::{GrantRepository as _, MemoryStore, Store};
use mxcp_actors::system::{ActorsSettings, LoginSettings, RunningActors, Surroundings};
use mxcp_actors::token_store::messages::UpstreamRefresh;
use mxcp_actors::token_store::{BeginUpstreamRefresh, EndUpstreamRefresh};

use super::fake::state::Rotation;
use super::fake::{CLIENT_SECRET, FakeGithub, Quirks};
use super::{NOW, at_github, callback, fake, provider};
use crate::server::PATIENCE;

/// A replica, and a grant whose access token has ended.
struct Replica {
    running: RunningActors,
    clock: Arc<FixedClock>,
    grant: GrantId,
}

async fn replica(fake: &FakeGithub) -> Replica {
    let [replica] = replicas(fake).await;
    replica
}

/// So many replicas on one store.
async fn replicas<const COUNT: usize>(fake: &FakeGithub) -> [Replica; COUNT] {
    let randomness = Arc::new(SeededRandomness::new(5));
    let master = MasterKey::generate(&*randomness).unwrap();
    let keys = Arc::new(KeyRing::new(&master, &[]).unwrap());
    let clock = Arc::new(FixedClock::at(NOW));
    let store = Arc::new(MemoryStore::new());
    let grant = grant(fake, &keys, &randomness).await;
    store.insert_grant(&grant).unwrap();
    let start = async || {
        let login = LoginSettings::Outside(Rc::new(provider(fake, CLIENT_SECRET, PATIENCE)));
        let mut settings = ActorsSettings::new(ClientRegistrySettings::with_scopes(ScopeSet::empty()), login);
        settings.deadline = PATIENCE;
        let surroundings = Surroundings {
            store: Arc::<MemoryStore>::clone(&store) as Arc<dyn Store>,
            keys: Arc::<KeyRing>::clone(&keys),
            clock: Arc::<FixedClock>::clone(&clock) as Arc<dyn Clock>,
            randomness: Arc::<SeededRandomness>::clone(&randomness) as Arc<dyn Randomness>,
            bus: ReplicaBus::alone(),
        };
        Replica {
            running: RunningActors::start(settings, surroundings).await.unwrap(),
            clock: Arc::<FixedClock>::clone(&clock),
            grant: grant.id,
        }
    };
    let mut started = Vec::with_capacity(COUNT);
    for _ in 0..COUNT {
        started.push(start().await);
    }
    started.try_into().unwrap_or_else(|_| panic!("so many"))
}

/// A grant with tokens that the fake gave.
async fn grant(fake: &FakeGithub, keys: &KeyRing, randomness: &SeededRandomness) -> Grant {
    let github = provider(fake, CLIENT_SECRET, PATIENCE);
    let secrets = UpstreamSecrets {
        verifier: CodeVerifier::from_bits(&[3; 32]),
        nonce: Secret::new("nonce"),
        redirect_uri: callback(),
    };
    let request = UpstreamRequest {
        state: &LoginState::generate(randomness).unwrap(),
        redirect_uri: &secrets.redirect_uri,
        challenge: &secrets.verifier.challenge(),
        nonce: &secrets.nonce,
    };
    let departure = github.authorization_url(&request).await.unwrap();
    let back = at_github(&departure, "allow").await;
    let code = Secret::new(back.query_pairs().next().unwrap().1);
    let tokens = github.exchange_code(&code, &secrets).await.unwrap().tokens;
    let id = GrantId::generate(randomness).unwrap();
    let key = UserKey {
        issuer: fake.url().to_owned(),
        subject: "583231".to_owned(),
    };
    Grant {
        id,
        client: ClientId::parse("client").unwrap(),
        user: UserAccount {
            identity: UserIdentity::bare(key, "github"),
            created_at: NOW,
            last_login_at: NOW,
        },
        scopes: ScopeSet::empty(),
        resource: ResourceIndicator::parse("http://localhost:8000/mcp").unwrap(),
        upstream_tokens: Some(tokens.seal(keys, randomness, id).unwrap()),
        created_at: NOW,
        expires_at: None,
        state: GrantState::Active { since: NOW },
    }
}

impl Replica {
    async fn begin(&self) -> UpstreamRefresh {
        let message = BeginUpstreamRefresh { grant: self.grant };
        self.running.actors.tokens.ask(message).await.unwrap().unwrap()
    }

    async fn begin_mine(&self) -> Sealed {
        match self.begin().await {
            UpstreamRefresh::Yours { noted, .. } => noted,
            other => panic!("{other:?}"),
        }
    }

    async fn ask_github(&self, tokens: Sealed) -> RefreshUpstreamTokensReply {
        let message = RefreshUpstreamTokens {
            provider: "github".to_owned(),
            grant: self.grant,
            user: UserKey {
                issuer: "https://github.com".to_owned(),
                subject: "583231".to_owned(),
            },
            tokens,
        };
        self.running.actors.broker.ask(message).await.unwrap()
    }

    /// GitHub answers, and nobody is left to keep the answer. Until the note runs out, nobody else asks.
    async fn die_with_the_new_pair(&self) {
        let noted = self.begin_mine().await;
        self.ask_github(noted).await.unwrap();
        assert!(matches!(self.begin().await, UpstreamRefresh::UnderWay(_)));
        self.clock.advance(Duration::from_secs(29));
        assert!(matches!(self.begin().await, UpstreamRefresh::UnderWay(_)));
        self.clock.advance(Duration::from_secs(1));
    }
}

fn ending(rotation: Rotation) -> FakeGithub {
    fake(Quirks {
        expiring: true,
        first_lifetime: Some(30),
        rotation,
        ..Quirks::default()
    })
}

#[actix_web::test]
async fn while_one_replica_asks_github_the_other_one_waits_and_uses_the_same_pair() {
    let fake = ending(Rotation::Strict);
    let [one, two] = replicas(&fake).await;
    let noted = one.begin_mine().await;
    assert!(matches!(two.begin().await, UpstreamRefresh::UnderWay(_)));
    let renewed = one.ask_github(noted.clone()).await.unwrap();
    let kept = EndUpstreamRefresh {
        grant: one.grant,
        noted,
        renewed: Some(renewed.sealed),
    };
    assert_eq!(one.running.actors.tokens.ask(kept).await, Ok(Ok(true)));
    match two.begin().await {
        UpstreamRefresh::Ready(access) => assert!(access.token.is_same_as(&renewed.tokens.access_token)),
        other => panic!("{other:?}"),
    }
    let asked = fake.state().count("POST /login/oauth/access_token");
    assert_eq!(asked, 2, "for the code, and once for the new pair");
}

#[actix_web::test]
async fn a_github_that_bears_a_repetition_gives_another_pair() {
    let fake = ending(Rotation::Lenient);
    let replica = replica(&fake).await;
    replica.die_with_the_new_pair().await;
    let noted = replica.begin_mine().await;
    let renewed = replica.ask_github(noted.clone()).await.unwrap();
    let kept = EndUpstreamRefresh {
        grant: replica.grant,
        noted,
        renewed: Some(renewed.sealed),
    };
    assert_eq!(replica.running.actors.tokens.ask(kept).await, Ok(Ok(true)));
    match replica.begin().await {
        UpstreamRefresh::Ready(access) => assert!(access.token.is_same_as(&renewed.tokens.access_token)),
        other => panic!("{other:?}"),
    }
}

#[actix_web::test]
async fn a_strict_github_says_no_which_is_no_passing_failure() {
    let fake = ending(Rotation::Strict);
    let replica = replica(&fake).await;
    replica.die_with_the_new_pair().await;
    let noted = replica.begin_mine().await;
    let refused = replica.ask_github(noted).await.unwrap_err();
    assert!(matches!(refused, UpstreamError::Provider(error) if !error.is_temporary()));
}

#[actix_web::test]
async fn who_comes_back_after_its_time_does_not_overwrite_what_another_one_keeps() {
    let fake = ending(Rotation::Lenient);
    let replica = replica(&fake).await;
    let late = replica.begin_mine().await;
    replica.clock.advance(Duration::from_secs(30));
    let noted = replica.begin_mine().await;
    let renewed = replica.ask_github(noted.clone()).await.unwrap().sealed;
    let end = |noted, renewed| {
        replica.running.actors.tokens.ask(EndUpstreamRefresh {
            grant: replica.grant,
            noted,
            renewed,
        })
    };
    assert_eq!(end(noted, Some(renewed.clone())).await, Ok(Ok(true)));
    assert_eq!(end(late.clone(), Some(renewed)).await, Ok(Ok(false)));
    assert_eq!(end(late, None).await, Ok(Ok(false)));
}
