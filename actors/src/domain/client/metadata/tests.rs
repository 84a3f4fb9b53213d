//! What a client may say about itself, and how much of it.

use super::*;
use crate::domain::redirect_uri::OUT_OF_BAND;
use proptest::prelude::*;
use serde_json::json;

fn rules() -> MetadataRules {
    MetadataRules {
        allowed_scopes: ScopeSet::parse("mcp:read mxcp:access").unwrap(),
        default_scopes: ScopeSet::parse("mxcp:access").unwrap(),
        authentication_methods: AuthenticationMethod::ALL.to_vec(),
        allows_loopback_keys: false,
    }
}

fn validate(document: &Value) -> Result<ClientMetadata, InvalidMetadata> {
    ClientMetadata::validate(document.as_object().unwrap().clone(), &rules())
}

/// The smallest acceptable document with one more member.
fn with(member: &str, value: Value) -> Value {
    let mut document = json!({ "redirect_uris": ["https://app.example.com/cb"] });
    document[member] = value;
    document
}

fn problem_with(member: &str, value: Value) -> (&'static str, MetadataProblem) {
    match validate(&with(member, value)).expect_err(member) {
        InvalidMetadata::Member { member, problem } => (member, problem),
        other => panic!("{other}"),
    }
}

#[test]
fn the_registration_of_the_guide_is_accepted() {
    let metadata = validate(&json!({
        "client_name": "My Application",
        "redirect_uris": ["https://myapp.example.com/oauth/callback"],
        "grant_types": ["authorization_code"],
        "scope": "mxcp:access"
    }))
    .unwrap();
    assert_eq!(metadata.name.as_deref(), Some("My Application"));
    assert_eq!(metadata.grant_types, [GrantType::AuthorizationCode].into());
    assert_eq!(metadata.scopes, ScopeSet::parse("mxcp:access").unwrap());
    assert_eq!((metadata.authentication, metadata.keys), (None, None));
}

#[test]
fn what_is_left_out_gets_its_default() {
    let metadata = validate(&with("client_name", Value::Null)).unwrap();
    assert_eq!(metadata.grant_types, GrantType::OF_ANY_CLIENT.into());
    assert_eq!(metadata.scopes, rules().default_scopes);
    assert_eq!(
        (metadata.name, metadata.members.len()),
        (None, 1),
        "null means absent"
    );
}

#[test]
fn nobody_registers_more_scopes_than_are_allowed() {
    let scopes = |asked: &str| validate(&with("scope", asked.into())).unwrap().scopes.to_string();
    assert_eq!(scopes("mcp:admin mcp:read"), "mcp:read");
    assert_eq!(scopes("mcp:admin"), "mxcp:access");
    assert_eq!(scopes(""), "mxcp:access");
    assert_eq!(problem_with("scope", json!("a\\b")).0, "scope");
    assert_eq!(problem_with("scope", json!(["a"])).0, "scope");
}

#[test]
fn a_name_that_shows_as_nothing_is_none() {
    for name in ["", " ", "\u{a0}\u{2003}", "\u{3164}", "\u{2800} \u{115f}"] {
        let metadata = validate(&with("client_name", name.into())).unwrap();
        assert_eq!((metadata.name, metadata.members.len()), (None, 1), "{name:?}");
    }
    let seen = validate(&with("client_name", "\u{3164}a".into())).unwrap();
    assert_eq!(seen.name.as_deref(), Some("\u{3164}a"));
}

#[test]
fn redirect_uris_have_an_error_code_of_their_own() {
    for (uris, message) in [
        (
            json!(["https://a/cb", "javascript:alert(1)"]),
            "Invalid redirect_uri: redirect_uris[1]: its scheme",
        ),
        (
            json!(["http://evil.example/cb"]),
            "Invalid redirect_uri: redirect_uris[0]: http is accepted for",
        ),
        (
            json!([OUT_OF_BAND]),
            "Invalid redirect_uri: redirect_uris[0]: urn:ietf:wg:oauth:2.0:oob is accepted",
        ),
        (json!([]), "redirect_uris must be a list of 1 to 20 texts"),
        (json!("https://a/cb"), "redirect_uris must be a list"),
        (json!([1]), "redirect_uris must be a list"),
        (json!(vec!["https://a/cb"; 21]), "redirect_uris must be a list"),
    ] {
        let error = validate(&with("redirect_uris", uris)).unwrap_err();
        assert_eq!(error.code(), "invalid_redirect_uri");
        assert!(error.to_string().starts_with(message), "{error}");
    }
    assert_eq!(validate(&json!({})).unwrap_err(), InvalidMetadata::RedirectUris);
}

#[test]
fn what_is_not_offered_is_refused_with_what_is() {
    let unsupported = |accepted: &str| MetadataProblem::Unsupported(accepted.to_owned());
    let both = "authorization_code, refresh_token";
    assert_eq!(
        problem_with("grant_types", json!(["authorization_code", "implicit"])).1,
        unsupported(both)
    );
    assert_eq!(
        problem_with("grant_types", json!(["password"])).1,
        unsupported(both)
    );
    assert!(matches!(
        problem_with("grant_types", json!(["refresh_token"])).1,
        MetadataProblem::Inconsistent(_)
    ));
    assert_eq!(
        problem_with("response_types", json!(["token"])).1,
        unsupported("code")
    );
    assert_eq!(problem_with("response_types", json!([])).1, unsupported("code"));
    let methods = "none, client_secret_basic, client_secret_post, private_key_jwt";
    assert_eq!(
        problem_with("token_endpoint_auth_method", json!("client_secret_jwt")).1,
        unsupported(methods)
    );
    assert_eq!(
        validate(&with("grant_types", json!("x"))).unwrap_err().code(),
        "invalid_client_metadata"
    );
}

#[test]
fn keys_are_public_and_go_with_their_method() {
    let jwt = |more: Value| {
        let mut document = with("token_endpoint_auth_method", json!("private_key_jwt"));
        document
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        validate(&document)
    };
    let public = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": "A".repeat(43) }] });
    assert_eq!(
        jwt(json!({ "jwks": public })).unwrap().keys,
        Some(ClientKeys::Inline(public.clone()))
    );
    let address = "https://chatgpt.com/oauth/jwks.json";
    assert_eq!(
        jwt(json!({ "jwks_uri": address })).unwrap().keys,
        Some(ClientKeys::Address(address.to_owned()))
    );
    assert!(jwt(json!({})).is_err());
    assert!(jwt(json!({ "jwks": public, "jwks_uri": address })).is_err());
    assert!(jwt(json!({ "jwks_uri": "http://chatgpt.com/jwks.json" })).is_err());
    for private in [
        json!({ "kty": "RSA", "d": "x" }),
        json!({ "kty": "oct", "k": "x" }),
    ] {
        assert_eq!(
            problem_with("jwks", json!({ "keys": [private] })),
            ("jwks", MetadataProblem::PrivateKey)
        );
    }
    assert_eq!(
        validate(&with("jwks", public)).unwrap().keys,
        None,
        "not needed without the method"
    );
}

#[test]
fn names_cannot_deceive() {
    for name in [
        "evil\u{202e}gpj",
        "line\nbreak",
        "zero\u{200b}width",
        "\u{1b}[31mred",
        "\u{2066}x",
        "tag\u{e0041}",
    ] {
        assert_eq!(
            problem_with("client_name", json!(name)),
            ("client_name", MetadataProblem::DeceptiveText),
            "{name:?}"
        );
    }
    assert_eq!(
        problem_with("client_name", json!("x".repeat(201))).1,
        MetadataProblem::TooLarge("200 characters")
    );
    assert_eq!(
        problem_with("client_name", json!(7)).1,
        MetadataProblem::WrongType("a text")
    );
    let name = "Größe \u{1f469}\u{200d}\u{1f4bb} <b>";
    assert_eq!(
        validate(&with("client_name", json!(name)))
            .unwrap()
            .name
            .as_deref(),
        Some(name)
    );
    assert_eq!(validate(&with("client_name", json!(" "))).unwrap().name, None);
}

#[test]
fn addresses_are_of_the_web() {
    for member in ["client_uri", "logo_uri", "policy_uri", "tos_uri"] {
        for address in [
            "javascript:alert(1)",
            "data:image/png;base64,AA",
            "https://",
            "https://a@b/",
            "/logo.png",
        ] {
            assert_eq!(problem_with(member, json!(address)).0, member, "{address}");
        }
        assert!(validate(&with(member, json!("https://app.example.com/x"))).is_ok());
    }
}

#[test]
fn documents_are_bounded() {
    let nested = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    assert!(validate(&with("x", nested(5))).is_ok());
    assert_eq!(
        problem_with("x", nested(6)).1,
        MetadataProblem::TooLarge("6 levels of nesting")
    );
    assert_eq!(
        problem_with("x", json!("y".repeat(16 * 1024))).1,
        MetadataProblem::TooLarge("16 KiB")
    );
    let many: Map<_, _> = (0..65).map(|number| (number.to_string(), json!(1))).collect();
    assert!(ClientMetadata::validate(many, &rules()).is_err());
    assert_eq!(
        problem_with("contacts", json!(vec!["a@b"; 11])).1,
        MetadataProblem::TooLarge("10 contacts")
    );
}

#[test]
fn what_belongs_to_the_server_is_not_taken_from_the_client() {
    let metadata = validate(&with("client_secret", json!("chosen by the client"))).unwrap();
    assert!(!metadata.members.contains_key("client_secret"));
}

#[test]
fn equal_registrations_have_equal_fingerprints_whatever_the_port() {
    let fingerprint = |uri: &str, name: &str| {
        validate(&json!({ "redirect_uris": [uri], "client_name": name, "x": { "b": 1, "a": 2 } }))
            .unwrap()
            .fingerprint()
    };
    let first = fingerprint("http://127.0.0.1:1111/cb", "Claude");
    assert_eq!(fingerprint("http://127.0.0.1:2222/cb", "Claude"), first);
    assert_ne!(fingerprint("http://127.0.0.1:1111/cb2", "Claude"), first);
    assert_ne!(fingerprint("http://127.0.0.1:1111/cb", "Claud"), first);
    assert_ne!(
        fingerprint("https://127.0.0.1:1111/cb", "Claude"),
        fingerprint("https://127.0.0.1:2222/cb", "Claude")
    );
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-z_]{1,12}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_document_makes_the_validation_panic_or_widens_scopes(
        member in prop_oneof![Just("redirect_uris"), Just("client_name"), Just("scope"), Just("jwks"), Just("grant_types"), Just("contacts"), Just("x")],
        value in any_json(),
    ) {
        if let Ok(metadata) = validate(&with(member, value)) {
            prop_assert!(metadata.scopes.is_subset_of(&rules().allowed_scopes));
            prop_assert!(!metadata.redirect_uris.is_empty());
            prop_assert!(metadata.grant_types.contains(&GrantType::AuthorizationCode));
        }
    }
}
