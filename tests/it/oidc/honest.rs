//! What is sent to a provider that does everything right, and what is learnt from it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mxcp_actors::provider_broker::provider::CallbackIssuer;
use mxcp_actors::provider_broker::providers::google::google;
use mxcp_actors::provider_broker::providers::keycloak::keycloak;
use serde_json::json;

use super::fake::signing::Signer;
use super::*;

fn query(url: &Url) -> BTreeMap<String, String> {
    url.query_pairs().into_owned().collect()
}

#[actix_web::test]
async fn a_browser_leaves_with_state_nonce_and_challenge() {
    let house = house_with(PATIENCE, |settings| OidcSettings {
        audience: Some("https://api.example".to_owned()),
        extra_authorize_params: vec![("prompt".to_owned(), "consent".to_owned())],
        ..settings
    });
    let departure = house.departure().await.unwrap();
    assert!(
        departure
            .as_str()
            .starts_with(&format!("{}/authorize?", house.fake.url()))
    );
    let query = query(&departure);
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", CLIENT_ID),
        ("redirect_uri", CALLBACK),
        ("scope", "openid profile"),
        ("nonce", "the nonce"),
        ("code_challenge", secrets().verifier.challenge().as_str()),
        ("code_challenge_method", "S256"),
        ("audience", "https://api.example"),
        ("prompt", "consent"),
    ] {
        assert_eq!(query[name], value);
    }
    assert!(query["state"].len() > 40);
    house.user().await.unwrap();
    let seen = house.fake.script().seen.clone();
    let asked = seen.iter().find(|seen| seen.path == "/token").unwrap();
    assert_eq!(asked.form["audience"], "https://api.example");
    assert_eq!(asked.form["code_verifier"], secrets().verifier.secret().expose());
    let basic = asked.authorization.strip_prefix("Basic ").unwrap();
    assert_eq!(
        STANDARD.decode(basic).unwrap(),
        b"mxcp+server:s3cret%2F%2B%25+canary"
    );
    assert!(!asked.form.contains_key("client_secret"));
}

#[actix_web::test]
async fn a_user_is_learnt_from_the_identity_token_and_from_userinfo() {
    let house = house();
    let found = house.user().await.unwrap();
    assert_eq!(found.key, house.key("user-1"));
    assert_eq!(found.provider, "acme");
    assert_eq!(
        (found.username.as_deref(), found.name.as_deref()),
        (Some("ada"), Some("Ada Lovelace"))
    );
    assert_eq!(found.email.unwrap().as_str(), "ada@example.com");
    assert_eq!(found.scopes.to_string(), "mcp:read");
    assert!(!found.profile.contains_key("nonce"));
    let grant = house.grant().await.unwrap();
    assert_eq!(grant.tokens.scopes.to_string(), "openid profile", "as asked for");
}

#[actix_web::test]
async fn the_client_secret_goes_where_the_provider_takes_it() {
    let house = house();
    house.fake.script().discovery["token_endpoint_auth_methods_supported"] = json!(["client_secret_post"]);
    house.user().await.unwrap();
    let seen = house.fake.script().seen.clone();
    let asked = seen.iter().find(|seen| seen.path == "/token").unwrap();
    assert_eq!(
        (asked.authorization.as_str(), asked.form["client_secret"].as_str()),
        ("", CLIENT_SECRET)
    );
}

#[actix_web::test]
async fn an_address_that_is_not_verified_is_none_and_grants_nothing() {
    let mappings = |settings| OidcSettings {
        claim_mappings: ClaimMappings(
            [(
                "email".to_owned(),
                [("ada@example.com".to_owned(), vec!["admin".to_owned()])].into(),
            )]
            .into(),
        ),
        ..settings
    };
    for (verified, expected) in [
        (json!(true), 1),
        (json!("true"), 1),
        (json!(false), 0),
        (json!(null), 0),
    ] {
        let house = house_with(PATIENCE, mappings);
        // What another source says of its own address says nothing of this one.
        house.fake.script().claims["email_verified"] = json!(true);
        house.fake.script().userinfo["email_verified"] = verified;
        let found = house.user().await.unwrap();
        assert_eq!(
            (found.capabilities.len(), found.email.iter().count()),
            (expected, expected)
        );
    }
}

#[actix_web::test]
async fn a_login_name_is_found_whatever_the_provider_has() {
    for (claims, expected) in [
        (
            json!({ "preferred_username": "ada", "nickname": "countess" }),
            "ada",
        ),
        (
            json!({ "preferred_username": "", "nickname": "countess" }),
            "countess",
        ),
        (json!({ "preferred_username": null }), "ada@example.com"),
    ] {
        let house = house();
        for (name, value) in claims.as_object().unwrap() {
            house.fake.script().claims[name] = value.clone();
        }
        assert_eq!(house.user().await.unwrap().username.as_deref(), Some(expected));
    }
    let house = house();
    house.fake.script().claims["preferred_username"] = json!(null);
    house.fake.script().userinfo = json!({ "sub": "user-1" });
    assert_eq!(house.user().await.unwrap().username.as_deref(), Some("user-1"));
}

/// Some providers write a slash behind their issuer, which the address of the document does not show.
#[actix_web::test]
async fn an_issuer_may_end_with_a_slash() {
    let house = house();
    let issuer = format!("{}/", house.fake.url());
    house.fake.script().discovery["issuer"] = json!(issuer);
    assert!(
        house.user().await.is_err(),
        "the identity token is from another one"
    );
    house.clock.advance(Duration::from_mins(1));
    house.fake.script().claims["iss"] = json!(issuer);
    assert_eq!(house.user().await.unwrap().key.issuer, issuer);
}

#[actix_web::test]
async fn what_the_operator_sets_is_asked_instead_of_what_was_discovered() {
    let house = house();
    let set = |path: &str| Some(Url::parse(&format!("{}{path}", house.fake.url())).unwrap());
    let (auth_url, token_url, userinfo_url) = (set("/elsewhere"), set("/token"), set("/me"));
    let other = house_with(PATIENCE, |settings| OidcSettings {
        auth_url,
        token_url,
        userinfo_url,
        ..settings
    });
    let departure = other.departure().await.unwrap();
    assert!(
        departure
            .as_str()
            .starts_with(&format!("{}/elsewhere?", house.fake.url()))
    );
    house.fake.script().has_id_token = false;
    other.user().await.unwrap_err();
    assert_eq!(
        (
            house.fake.script().count("/token"),
            other.fake.script().count("/token")
        ),
        (1, 0)
    );
}

#[actix_web::test]
async fn the_issuer_of_a_callback_is_known() {
    let house = house();
    let url = house.fake.url().to_owned();
    assert_eq!(
        house.provider.callback_issuer().await,
        Ok(CallbackIssuer::Perhaps(url.clone()))
    );
    let strict = super::house();
    strict.fake.script().discovery["authorization_response_iss_parameter_supported"] = json!(true);
    let url = strict.fake.url().to_owned();
    assert_eq!(
        strict.provider.callback_issuer().await,
        Ok(CallbackIssuer::Always(url))
    );
}

#[actix_web::test]
async fn tokens_are_given_back_where_the_provider_takes_them() {
    let house = house();
    let tokens = house.grant().await.unwrap().tokens;
    house.provider.revoke(&tokens).await.unwrap();
    let seen = house.fake.script().seen.clone();
    let given_back: Vec<_> = seen.iter().filter(|seen| seen.path == "/revoke").collect();
    let tokens_of = |seen: &&fake::Seen| seen.form["token"].clone();
    assert_eq!(
        given_back.iter().map(tokens_of).collect::<Vec<_>>(),
        ["rt-canary", "at-canary"]
    );
    assert!(
        given_back
            .iter()
            .all(|seen| seen.authorization.starts_with("Basic "))
    );
    let without = super::house();
    without.fake.script().discovery["revocation_endpoint"] = json!(null);
    without.provider.revoke(&tokens).await.unwrap();
    assert_eq!(without.fake.script().count("/revoke"), 0);
}

#[actix_web::test]
async fn google_lets_in_the_allowed_domains_by_the_signed_claim() {
    let at_google = |domains: &'static [&'static str]| {
        house_with(PATIENCE, |settings| {
            let domains: Vec<_> = domains.iter().map(|domain| (*domain).to_owned()).collect();
            google(settings, &domains)
        })
    };
    let house = at_google(&["Example.com"]);
    house.fake.script().claims["preferred_username"] = json!(null);
    let query = query(&house.departure().await.unwrap());
    assert_eq!(
        (
            query["hd"].as_str(),
            query["access_type"].as_str(),
            query["prompt"].as_str()
        ),
        ("example.com", "offline", "consent")
    );
    for hosted in [
        json!(null),
        json!("evil.example"),
        json!("example.com.evil.example"),
    ] {
        house.fake.script().claims["hd"] = hosted;
        house.fake.script().userinfo["hd"] = json!("example.com");
        let refused = house.user().await.unwrap_err();
        assert_eq!(
            refused,
            ProviderError::UserNotAllowed {
                reason: "allowed_domains"
            }
        );
    }
    house.fake.script().claims["hd"] = json!("example.COM");
    assert_eq!(house.user().await.unwrap().username.as_deref(), Some("ada"));
    house.fake.script().claims["iss"] = json!("accounts.google.com");
    assert_eq!(
        house.user().await.unwrap().key,
        house.key("user-1"),
        "one issuer, however it is written"
    );
    let several = at_google(&["a.example", "b.example"]);
    several.fake.script().claims["preferred_username"] = json!(null);
    several.fake.script().claims["hd"] = json!("b.example");
    assert_eq!(
        several.user().await.unwrap().username.as_deref(),
        Some("ada@example.com")
    );
    assert!(!super::house().departure().await.unwrap().as_str().contains("hd="));
}

#[actix_web::test]
async fn keycloaks_roles_become_groups_and_capabilities() {
    let house = house_with(PATIENCE, |settings| {
        let roles = [("staff".to_owned(), vec!["read".to_owned()])].into();
        keycloak(OidcSettings {
            claim_mappings: ClaimMappings([("realm_access.roles".to_owned(), roles)].into()),
            ..settings
        })
    });
    let claims = json!({
        "iss": house.fake.url(), "sub": "user-1", "realm_access": { "roles": ["staff"] },
        "resource_access": { "mxcp": { "roles": ["editor"] } },
    });
    let token = Signer::ed25519("one", 1).sign(&claims);
    house.fake.script().tokens["access_token"] = json!(token);
    house.fake.script().userinfo["groups"] = json!(["/ops"]);
    let found = house.user().await.unwrap();
    assert_eq!(
        found.groups.iter().map(String::as_str).collect::<Vec<_>>(),
        ["/ops", "mxcp:editor", "staff"]
    );
    assert_eq!(
        found.capabilities.iter().map(String::as_str).collect::<Vec<_>>(),
        ["read"]
    );
}
