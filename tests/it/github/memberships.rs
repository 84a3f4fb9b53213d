//! Organisations and teams: who sees them, who is let in because of them, and what policies make of them.

use mxcp_actors::provider_broker::provider::ProviderError;
use serde_json::json;

use super::fake::state::Canned;
use super::fake::{CLIENT_SECRET, Quirks};
use super::provider::user;
use super::{come_back, fake, log_in, project_of, provider_with, settings, told};
use crate::login::Browser;
use crate::server::PATIENCE;

fn member_of(memberships: &[&str]) -> Quirks {
    Quirks {
        memberships: memberships.iter().map(|name| (*name).to_owned()).collect(),
        ..Quirks::default()
    }
}

/// The groups of a user who logs in with these scopes, where these organisations are allowed.
async fn groups(quirks: Quirks, scopes: &[&str], allowed: &[&str]) -> Result<Vec<String>, ProviderError> {
    let fake = fake(quirks);
    let mut settings = settings(&fake, CLIENT_SECRET);
    settings.app.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    settings.allowed_orgs = allowed.iter().map(|name| (*name).to_owned()).collect();
    let found = user(&provider_with(settings, PATIENCE)).await?;
    Ok(found.groups.into_iter().collect())
}

const ACME: [&str; 3] = ["Acme", "Acme/Platform", "other"];

#[actix_web::test]
async fn organisations_and_teams_are_groups_where_the_token_shows_them() {
    for scope in ["read:org", "write:org", "admin:org"] {
        let found = groups(member_of(&ACME), &["user:email", scope], &[]).await;
        assert_eq!(found.unwrap(), ["acme", "acme/platform", "other"], "{scope}");
    }
    let hidden = groups(member_of(&ACME), &["user:email"], &[]).await;
    assert_eq!(hidden.unwrap(), Vec::<String>::new());
    let none = groups(member_of(&[]), &["read:org"], &[]).await;
    assert_eq!(none.unwrap(), Vec::<String>::new());
}

#[actix_web::test]
async fn lists_are_read_to_their_last_page() {
    // A full last page is followed by an empty one.
    for length in [49, 50, 51, 100, 130] {
        let names: Vec<String> = (0..length)
            .flat_map(|number| [format!("org{number:03}"), format!("acme/team{number:03}")])
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let found = groups(member_of(&names), &["read:org"], &[]).await.unwrap();
        assert_eq!(found.len(), 2 * length);
    }
}

#[actix_web::test]
async fn only_members_of_an_allowed_organisation_are_let_in() {
    let allowed = ["acme"];
    let found = groups(member_of(&ACME), &["read:org"], &allowed).await;
    assert_eq!(found.unwrap(), ["acme", "acme/platform", "other"]);
    // A team of the name, an organisation that begins with it, no membership, and a token that does not show any.
    for (memberships, scopes) in [
        (&["other/acme"][..], "read:org"),
        (&["acme-evil", "other"], "read:org"),
        (&[], "read:org"),
        (&ACME, "user:email"),
    ] {
        let refused = groups(member_of(memberships), &[scopes], &allowed)
            .await
            .unwrap_err();
        assert!(
            matches!(refused, ProviderError::UserNotAllowed { .. }),
            "{memberships:?}: {refused}"
        );
    }
    // The tokens of GitHub Apps have no scopes.
    let app = Quirks {
        expiring: true,
        ..member_of(&ACME)
    };
    assert!(groups(app, &[], &allowed).await.is_ok());
}

#[actix_web::test]
async fn an_answer_that_shows_no_memberships_ends_the_login_without_a_user() {
    for (answer, is_temporary) in [
        (Canned::Status(500), true),
        (Canned::RateLimited, true),
        (Canned::Garbage, true),
        (Canned::Redirect, true),
        (Canned::Status(401), false),
    ] {
        let quirks = Quirks {
            memberships_answer: Some(answer),
            ..member_of(&ACME)
        };
        let failed = groups(quirks, &["read:org"], &[]).await.unwrap_err();
        assert_eq!(failed.is_temporary(), is_temporary, "{answer:?}: {failed}");
        assert!(
            !matches!(failed, ProviderError::UserNotAllowed { .. }),
            "{answer:?}"
        );
    }
}

#[actix_web::test]
async fn policies_see_the_groups_and_strangers_are_told_which_setting_keeps_them_out() {
    let fake = fake(member_of(&ACME));
    let project = |organisation: &str| {
        // Who names organisations asks for the scope that shows them.
        project_of(&fake, &format!("client_secret: {CLIENT_SECRET}, allowed_orgs: {organisation}"), "")
            .tool(
                "deploy",
                "SELECT get_username() AS who",
                "  policies:\n    input:\n      - { condition: \"!('acme/platform' in user.groups)\", action: deny, reason: platform only }\n",
            )
    };
    let server = project("ACME").start();
    let result = log_in(&server).await.call("deploy", json!({})).await;
    assert_eq!(result["content"][0]["text"], r#"[{"who":"octocat"}]"#, "{result}");

    let server = project("elsewhere").start();
    let mut browser = Browser::new(&server);
    let back = come_back(&mut browser, "allow").await;
    let (error, description) = told(&browser.walk("GET", &back, String::new()).await);
    assert_eq!(error, "access_denied");
    assert!(description.contains("auth.github.allowed_orgs"), "{description}");
}
