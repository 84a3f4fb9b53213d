//! How clients come to be: configured, or described by a document; and where they may be answered.

use super::*;
use crate::domain::key_ring::{DigestPurpose, KeyRing, MasterKey};
use crate::domain::randomness::SeededRandomness;
use crate::domain::redirect_uri::{InvalidRedirectUri, OUT_OF_BAND};
use crate::domain::secret::Secret;
use serde_json::json;

fn rules() -> MetadataRules {
    MetadataRules {
        allowed_scopes: ScopeSet::parse("mcp:read mxcp:access").unwrap(),
        default_scopes: ScopeSet::parse("mxcp:access").unwrap(),
        authentication_methods: AuthenticationMethod::ALL.to_vec(),
    }
}

fn keys() -> KeyRing {
    KeyRing::new(&MasterKey::generate(&SeededRandomness::new(1)).unwrap(), &[]).unwrap()
}

fn configuration() -> ClientConfiguration {
    ClientConfiguration {
        id: "mcp-test-client".to_owned(),
        secret: None,
        name: "Test".to_owned(),
        redirect_uris: Vec::new(),
        grant_types: Vec::new(),
        scopes: Vec::new(),
    }
}

fn configured(configuration: &ClientConfiguration) -> Result<Client, InvalidClientConfiguration> {
    Client::from_configuration(configuration, &keys(), Timestamp::UNIX_EPOCH)
}

#[test]
fn a_configured_client_has_the_defaults_of_the_file() {
    let client = configured(&configuration()).unwrap();
    let uris: Vec<_> = client.redirect_uris.iter().map(RedirectUri::as_str).collect();
    assert_eq!(uris, DEFAULT_REDIRECT_URIS);
    assert_eq!(client.scopes.to_string(), "mxcp:access");
    assert_eq!(client.credential, ClientCredential::Public);
    assert!(client.may_use(GrantType::AuthorizationCode) && !client.may_use(GrantType::RefreshToken));
    assert!(!client.is_expired(Timestamp::MAX));
}

#[test]
fn a_configured_client_may_use_the_out_of_band_form_and_any_place_for_its_secret() {
    let client = configured(&ClientConfiguration {
        secret: Some(Secret::new("mcp-test-secret")),
        redirect_uris: vec![
            "http://localhost:3000/callback".to_owned(),
            OUT_OF_BAND.to_owned(),
        ],
        grant_types: vec!["authorization_code".to_owned(), "refresh_token".to_owned()],
        ..configuration()
    })
    .unwrap();
    assert_eq!(
        client.choose_redirect_uri(Some(OUT_OF_BAND)).unwrap().as_str(),
        OUT_OF_BAND
    );
    let digest = keys().digest(DigestPurpose::ClientSecret, &Secret::new("mcp-test-secret"));
    assert_eq!(
        client.credential,
        ClientCredential::Secret {
            place: SecretPlace::HeaderOrBody,
            digest
        }
    );
    assert!(client.may_use(GrantType::RefreshToken));
}

#[test]
fn a_wrong_entry_of_the_configuration_is_named() {
    let refused = |change: fn(&mut ClientConfiguration)| {
        let mut configuration = configuration();
        change(&mut configuration);
        configured(&configuration).unwrap_err().to_string()
    };
    assert!(refused(|entry| entry.id.clear()).starts_with("client_id is malformed"));
    assert!(refused(|entry| entry.secret = Some(Secret::new(""))).starts_with("client_secret is empty"));
    assert!(
        refused(|entry| entry.redirect_uris = vec!["http://h/cb".into()])
            .starts_with("Invalid redirect_uri: redirect_uris[0]: http")
    );
    assert!(
        refused(|entry| entry.grant_types = vec!["password".into()])
            .starts_with("grant_types[0] is not supported")
    );
    assert!(refused(|entry| entry.scopes = vec!["a b".into()]).starts_with("scopes: "));
}

#[test]
fn a_request_without_redirect_uri_is_answered_only_if_there_is_no_choice() {
    let one = ClientConfiguration {
        redirect_uris: vec!["https://a/cb".to_owned()],
        ..configuration()
    };
    assert_eq!(
        configured(&one)
            .unwrap()
            .choose_redirect_uri(None)
            .unwrap()
            .as_str(),
        "https://a/cb"
    );
    assert_eq!(
        configured(&configuration()).unwrap().choose_redirect_uri(None),
        Err(RedirectRefusal::Missing)
    );
}

#[test]
fn a_refused_redirect_uri_comes_with_a_hint() {
    let uris = [
        "https://a.example/cb".to_owned(),
        "http://localhost:3000/cb".to_owned(),
    ];
    let client = configured(&ClientConfiguration {
        redirect_uris: uris.to_vec(),
        ..configuration()
    })
    .unwrap();
    let hint = |requested: &str| match client.choose_redirect_uri(Some(requested)).expect_err(requested) {
        RedirectRefusal::NotRegistered { hint } => hint,
        other => panic!("{requested}: {other}"),
    };
    assert_eq!(hint("https://a.example/cb/"), Some(RedirectHint::TrailingSlash));
    assert_eq!(hint("https://a.example:8443/cb"), Some(RedirectHint::Port));
    assert_eq!(hint("http://127.0.0.1:4000/cb"), Some(RedirectHint::LoopbackName));
    assert_eq!(hint("https://localhost:3000/cb"), Some(RedirectHint::Scheme));
    assert_eq!(hint("https://evil.example/cb"), None);
    let invalid = client.choose_redirect_uri(Some("javascript:alert(1)"));
    assert_eq!(invalid, Err(RedirectRefusal::Invalid(InvalidRedirectUri::Scheme)));
    let message = client
        .choose_redirect_uri(Some("https://a.example/cb/"))
        .unwrap_err()
        .to_string();
    assert!(
        message.ends_with("; one that differs only in the trailing slash is"),
        "{message}"
    );
}

#[test]
fn the_url_of_a_document_is_plain() {
    let parse = |text: &str| MetadataDocumentUrl::parse(&ClientId::parse(text).unwrap());
    let url = parse("https://claude.ai/oauth/mcp-oauth-client-metadata").unwrap();
    assert_eq!(
        (url.host(), url.as_str()),
        ("claude.ai", "https://claude.ai/oauth/mcp-oauth-client-metadata")
    );
    for text in [
        "http://claude.ai/x",
        "https://claude.ai",
        "https://claude.ai/",
        "https://u@claude.ai/x",
        "https://claude.ai/x#f",
        "https://claude.ai/x?y",
        "https://claude.ai/a/../x",
        "https://claude.ai/%2e/x",
        "https://Claude.ai/x",
        "https://claude.ai:/x",
        "https://0x7f.1/x",
        "https:claude.ai/x",
        "https://claude.ai\\x",
    ] {
        assert_eq!(parse(text), Err(InvalidDocumentUrl), "{text}");
    }
    assert!(MetadataDocumentUrl::is_meant_by(
        &ClientId::parse("http://claude.ai/x").unwrap()
    ));
    assert!(!MetadataDocumentUrl::is_meant_by(
        &ClientId::parse("mcp-test-client").unwrap()
    ));
}

#[test]
fn a_document_describes_the_client_under_whose_url_it_lies() {
    let id = "https://claude.ai/oauth/claude-code-client-metadata";
    let url = MetadataDocumentUrl::parse(&ClientId::parse(id).unwrap()).unwrap();
    let good = json!({
        "client_id": id, "client_name": "Claude Code", "token_endpoint_auth_method": "none",
        "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
    });
    let read = |document: &Value| {
        Client::from_metadata_document(
            &url,
            document.as_object().unwrap().clone(),
            &rules(),
            Timestamp::UNIX_EPOCH,
        )
    };
    let client = read(&good).unwrap();
    assert_eq!(
        (client.id.as_str(), client.origin),
        (id, ClientOrigin::MetadataDocument)
    );
    assert!(
        client
            .choose_redirect_uri(Some("http://localhost:51234/callback"))
            .is_ok()
    );
    let changed = |member: &str, value: Value| {
        let mut document = good.clone();
        document[member] = value;
        read(&document).unwrap_err()
    };
    assert_eq!(
        changed("client_id", json!(format!("{id}/"))),
        InvalidMetadataDocument::OtherClientId
    );
    assert_eq!(
        changed("client_name", Value::Null),
        InvalidMetadataDocument::NoName
    );
    assert_eq!(
        changed("client_secret", json!("x")),
        InvalidMetadataDocument::HasSecret
    );
    let secret_method = changed("token_endpoint_auth_method", json!("client_secret_post"));
    assert_eq!(secret_method, InvalidMetadataDocument::SecretAuthentication);
    let script = changed("redirect_uris", json!(["javascript:alert(1)"]));
    assert!(matches!(
        script,
        InvalidMetadataDocument::Metadata(InvalidMetadata::RedirectUri { .. })
    ));
}

#[test]
fn client_identifiers_are_printable() {
    for text in ["", "a\nb", "caf\u{e9}", &"a".repeat(LONGEST_CLIENT_ID + 1)] {
        assert_eq!(ClientId::parse(text), Err(InvalidClientId), "{text}");
    }
    assert_eq!(
        ClientId::generate(&SeededRandomness::new(1))
            .unwrap()
            .as_str()
            .len(),
        36
    );
}
