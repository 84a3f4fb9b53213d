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
        allows_loopback_keys: false,
    }
}

fn keys() -> KeyRing {
    KeyRing::new(&MasterKey::generate(&SeededRandomness::new(1)).unwrap(), &[]).unwrap()
}

const AGE: DocumentAge = DocumentAge {
    read_at: Timestamp::UNIX_EPOCH,
    fresh_until: Timestamp::UNIX_EPOCH,
};

fn configuration() -> ClientConfiguration {
    ClientConfiguration {
        id: "mcp-test-client".to_owned(),
        secret: None,
        keys: None,
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
        keys: None,
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
        "https://claude.ai./x",
        "http://localhost",
        "http://localhost.evil/x",
        "http://127.0.0.2/x",
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
        Client::from_metadata_document(&url, document.as_object().unwrap().clone(), &rules(), AGE)
    };
    let client = read(&good).unwrap();
    assert_eq!(
        (client.id.as_str(), client.origin),
        (id, ClientOrigin::MetadataDocument(AGE))
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
    for member in ["client_secret", "client_secret_expires_at"] {
        assert_eq!(changed(member, json!(0)), InvalidMetadataDocument::HasSecret);
    }
    let secret_method = changed("token_endpoint_auth_method", json!("client_secret_post"));
    assert_eq!(secret_method, InvalidMetadataDocument::SecretAuthentication);
    let script = changed("redirect_uris", json!(["javascript:alert(1)"]));
    assert!(matches!(
        script,
        InvalidMetadataDocument::Metadata(InvalidMetadata::RedirectUri { .. })
    ));
}

#[test]
fn a_document_may_name_what_other_servers_have() {
    let id = "https://vscode.dev/oauth/client-metadata.json";
    let url = MetadataDocumentUrl::parse(&ClientId::parse(id).unwrap()).unwrap();
    let read = |grant_types: Value| {
        let document = json!({
            "client_id": id, "client_name": "VS Code", "redirect_uris": ["https://vscode.dev/redirect"],
            "grant_types": grant_types, "response_types": ["code", "token"], "scope": "openid mcp:read",
        });
        Client::from_metadata_document(&url, document.as_object().unwrap().clone(), &rules(), AGE)
    };
    let device_code = "urn:ietf:params:oauth:grant-type:device_code";
    let client = read(json!(["authorization_code", device_code])).unwrap();
    assert_eq!(client.grant_types, BTreeSet::from([GrantType::AuthorizationCode]));
    assert_eq!(client.scopes.to_string(), "mcp:read");
    let refused = read(json!([device_code])).unwrap_err().to_string();
    assert_eq!(refused, "grant_types: must contain authorization_code");
    let refused = read(json!([7])).unwrap_err().to_string();
    assert_eq!(refused, "grant_types: must be a list of texts");
}

#[test]
fn a_document_that_can_do_without_a_key_describes_a_public_client_where_keys_are_not_offered() {
    let id = "https://chatgpt.com/oauth/client.json";
    let url = MetadataDocumentUrl::parse(&ClientId::parse(id).unwrap()).unwrap();
    let read = |offered: &[AuthenticationMethod], method: Value, methods: Value| {
        let document = json!({
            "client_id": id, "client_name": "ChatGPT", "redirect_uris": ["https://chatgpt.com/connector/oauth/x"],
            "token_endpoint_auth_method": method, "token_endpoint_auth_methods_supported": methods,
            "token_endpoint_auth_signing_alg": "RS256", "jwks_uri": "https://chatgpt.com/oauth/jwks.json",
        });
        let rules = MetadataRules {
            authentication_methods: offered.to_vec(),
            ..rules()
        };
        let client = Client::from_metadata_document(&url, document.as_object().unwrap().clone(), &rules, AGE);
        client
            .map(|client| client.credential)
            .map_err(|error| error.to_string())
    };
    let public = &[AuthenticationMethod::None];
    let (jwt, both) = (json!("private_key_jwt"), json!(["none", "private_key_jwt"]));
    let refused = "token_endpoint_auth_method: is not supported; accepted is none";
    assert_eq!(
        read(public, jwt.clone(), both.clone()),
        Ok(ClientCredential::Public)
    );
    assert_eq!(
        read(public, Value::Null, both.clone()),
        Ok(ClientCredential::Public)
    );
    assert_eq!(
        read(public, json!("none"), json!([])),
        Ok(ClientCredential::Public)
    );
    assert_eq!(read(public, jwt.clone(), json!([])), Err(refused.to_owned()));
    assert_eq!(
        read(public, Value::Null, json!(["private_key_jwt"])),
        Err(refused.to_owned())
    );
    let keys = ClientKeys::Address("https://chatgpt.com/oauth/jwks.json".to_owned());
    assert_eq!(
        read(&AuthenticationMethod::ALL, jwt, both),
        Ok(ClientCredential::Keys(keys))
    );
}

#[test]
fn a_document_of_this_machine_may_lie_at_any_port_and_without_tls() {
    let parse = |text: &str| MetadataDocumentUrl::parse(&ClientId::parse(text).unwrap()).unwrap();
    for (text, port, is_https) in [
        ("http://localhost:8000/x", 8000, false),
        ("http://127.0.0.1/x", 80, false),
        ("http://[::1]:8000/x", 8000, false),
        ("https://localhost/x", 443, true),
    ] {
        let url = parse(text);
        assert_eq!((url.port(), url.is_https()), (port, is_https), "{text}");
        assert!(url.is_loopback(), "{text}");
    }
    assert!(!parse("https://claude.ai/x").is_loopback());
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
