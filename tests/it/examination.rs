//! What `doctor` says of clients and answers that a test makes up: how long an answer takes by a clock of the test, and where a
//! client's document lies. What it says of the real clients is in `doctor.rs`.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web;
use mxcp_actor::doctor::profile::Profile;
use mxcp_actor::doctor::report::{Outcome, Report};
use mxcp_actor::doctor::target::{Target, mcp_address};
use mxcp_actor::doctor::{Examination, Identity, examine};
use mxcp_actors::domain::clock::{FixedClock, Timestamp};
use mxcp_actors::domain::pkce::CodeVerifier;
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::outbound::ProbeClient;
use serde_json::json;

use crate::doctor::{configuration, proxy};
use crate::login::PASSWORD;
use crate::server::{PATIENCE, Project};
use crate::serving::Serving;

/// What claude.ai waits for.
const TEN_SECONDS: Duration = Duration::from_secs(10);

fn project(configuration: &str) -> Project {
    Project::new()
        .tool("one", "SELECT 1 AS x", "")
        .user_config(configuration)
}

fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock::at(Timestamp::from_seconds(1_700_000_000)))
}

async fn examined(url: &str, profiles: &[Profile], identity: Identity, clock: &Arc<FixedClock>) -> Report {
    let mcp = mcp_address(url).unwrap();
    let host = mcp.host_str().unwrap().to_owned();
    let client = ProbeClient::new(&host, None, PATIENCE, Arc::<FixedClock>::clone(clock)).unwrap();
    examine(&Examination {
        target: &Target::new(client, mcp),
        profiles,
        identity,
        verifier: CodeVerifier::from_bits(&[7; 32]),
    })
    .await
}

/// How a check went, and what was said.
fn line<'a>(report: &'a Report, client: &str, check: &str) -> (Outcome, &'a str) {
    let mut findings = report.findings.iter();
    let found = findings.find(|finding| finding.client == client && finding.check == check);
    let found = found.unwrap_or_else(|| panic!("no {check} of {client} in {report:#?}"));
    (found.outcome, &found.detail)
}

/// What is found behind a proxy where this path takes so long, by both of the clients that ten seconds tell apart.
async fn behind_slow(path: &'static str, takes: Duration) -> Report {
    let clock = clock();
    let passing = Arc::clone(&clock);
    let (proxy, behind) = proxy("", move |request| {
        if request.path() == path {
            passing.advance(takes);
        }
    });
    let server = project(&configuration(&format!("base_url: '{}'", proxy.url()))).start();
    *behind.lock().unwrap() = server.at("");
    let ada = Identity::User {
        name: "ada".to_owned(),
        password: Secret::new(PASSWORD),
    };
    let played = ["claude.ai", "claude-code"].map(|name| Profile::named(name).unwrap());
    examined(proxy.url(), &played, ada, &clock).await
}

#[actix_rt::test]
async fn an_answer_that_comes_later_than_a_client_waits_fails_that_client_at_each_step() {
    for (path, checks) in [
        ("/.well-known/oauth-protected-resource/mcp", &["discovery"][..]),
        ("/register", &["registration"]),
        (
            "/token",
            &["wrong code", "wrong refresh token", "forgotten client"],
        ),
    ] {
        let report = behind_slow(path, TEN_SECONDS).await;
        for check in checks {
            let (outcome, detail) = line(&report, "claude.ai", check);
            assert_eq!(outcome, Outcome::Failed, "{path}, {check}: {detail}");
            let told = "the answer took 10 s, and claude.ai waits 10 s";
            assert!(detail.starts_with(told), "{detail}");
            let (outcome, detail) = line(&report, "claude-code", check);
            assert_eq!(outcome, Outcome::Ok, "it waits longer: {path}, {check}: {detail}");
        }
        let of_user = ["code exchange", "refresh", "refresh after a lost answer"];
        let late = if path == "/token" {
            Outcome::Failed
        } else {
            Outcome::Ok
        };
        for check in of_user {
            assert_eq!(line(&report, "server", check).0, late, "{path}, {check}");
        }
        assert_eq!(line(&report, "server", "logout").0, Outcome::Ok, "{path}");
        let failed = checks.len() + if path == "/token" { of_user.len() } else { 0 };
        assert_eq!(report.count(Outcome::Failed), failed, "{path}: {report:#?}");
    }
}

#[actix_rt::test]
async fn an_answer_that_comes_just_in_time_fails_nobody() {
    let just_in_time = TEN_SECONDS.checked_sub(Duration::from_micros(1)).unwrap();
    let report = behind_slow("/token", just_in_time).await;
    assert_eq!(report.count(Outcome::Failed), 0, "{report:#?}");
}

/// Claude Code, as if its document lay there.
fn described_at(document: &str) -> Profile {
    Profile {
        document: Some(document.to_owned().leak()),
        ..Profile::named("claude-code").unwrap()
    }
}

#[actix_rt::test]
async fn the_document_of_a_client_is_read_or_it_is_said_what_helps() {
    let with_documents = configuration("").replace("{ enabled: false }", "{ allow_loopback: true }");
    let server = project(&with_documents).start();
    let publisher = Serving::start(|url| {
        let id = format!("{url}/client.json");
        let document = json!({
            "client_id": id, "client_name": "Claude Code", "token_endpoint_auth_method": "none",
            "redirect_uris": Profile::named("claude-code").unwrap().redirect_uris,
        });
        move |config: &mut web::ServiceConfig| {
            let answer = document.clone();
            let publish = move || {
                let answer = answer.clone();
                async move { HttpResponse::Ok().json(answer) }
            };
            config.route("/client.json", web::get().to(publish));
        }
    });
    for (path, expected, says) in [
        ("/client.json", Outcome::Ok, "is read"),
        (
            "/absent.json",
            Outcome::Warn,
            "auth.client_metadata_documents.enabled: false",
        ),
    ] {
        let document = format!("{}{path}", publisher.url());
        let played = [described_at(&document)];
        let report = examined(&server.at("/mcp"), &played, Identity::Nobody, &clock()).await;
        let (outcome, detail) = line(&report, "claude-code", "metadata document");
        assert_eq!(outcome, expected, "{detail}");
        assert!(detail.contains(says), "{detail}");
        assert!(report.is_good(), "it can register, too: {report:#?}");
    }
}
