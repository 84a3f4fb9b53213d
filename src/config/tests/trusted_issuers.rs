//! `auth.identity_assertions`: whose word is believed, and how their keys are found.

use url::Url;

use super::Machine;
use crate::config::{Auth, GrantType, IssuerDialect, IssuerKeys, TrustedIssuer};

/// The section with these keys, in flow YAML.
fn auth(keys: &str) -> Auth {
    Machine::with_auth(&format!("{{{keys}}}")).config().auth
}

/// Keys of a section that trusts these issuers.
fn trusted(issuers: &str) -> String {
    const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g";
    format!(
        "provider: local, local: {{users: [{{username: ada, password_hash: \"{HASH}\"}}]}}, identity_assertions: {{trusted_issuers: \
         [{issuers}]}}"
    )
}

fn trusted_one(issuer: &str) -> TrustedIssuer {
    auth(&trusted(issuer)).trusted_issuers.remove(0)
}

fn document(issuer: &str) -> IssuerKeys {
    IssuerKeys::Discovery(Url::parse(&format!("{issuer}/.well-known/openid-configuration")).unwrap())
}

#[test]
fn identity_providers_may_be_trusted_to_say_for_whom_a_client_acts() {
    let client = |secret: &str| {
        format!(
            "clients: [{{client_id: a, name: A{secret}, grant_types: ['urn:ietf:params:oauth:grant-type:jwt-bearer']}}]"
        )
    };
    let corp = "{config_url: 'https://idp.example/.well-known/openid-configuration', provider_name: corp}";
    let (with_secret, public) = (client(", client_secret: s"), client(""));
    let read = auth(&format!("{}, {with_secret}", trusted(corp)));
    let [issuer] = read.trusted_issuers.as_slice() else {
        panic!("{:?}", read.trusted_issuers)
    };
    assert_eq!(
        (&issuer.keys, &issuer.dialect),
        (&document("https://idp.example"), &IssuerDialect::Oidc)
    );
    assert_eq!(issuer.provider_name.as_deref(), Some("corp"));
    assert_eq!(read.clients[0].grant_types, [GrantType::JwtBearer]);
    assert!(
        auth("").trusted_issuers.is_empty(),
        "off unless somebody is named"
    );
    for (block, reason) in [
        (
            with_secret.clone(),
            "clients[0].client_id: asks for tokens itself (grant_types), which needs",
        ),
        (
            with_secret.clone(),
            "clients[0].client_id: has the grant type urn:ietf:params:oauth:grant-type:jwt-bearer, and no",
        ),
        (
            format!("{}, {public}", trusted(corp)),
            "jwt-bearer needs a client that proves who it is",
        ),
        (trusted(""), "trusted_issuers: expected at least one issuer"),
        (trusted(&format!("{corp}, {corp}")), "is trusted twice"),
        (
            trusted("{config_url: 'https://idp.example/'}"),
            "expected the issuer's address",
        ),
        (
            trusted(
                "{config_url: 'https://idp.example/.well-known/openid-configuration', provider_name: service_account}",
            ),
            "is the name of the provider of service accounts",
        ),
        (trusted("{}"), "config_url is missing"),
    ] {
        let errors = Machine::with_auth(&format!("{{{block}}}")).errors();
        assert!(errors.contains(reason), "{reason}: {errors}");
    }
}

#[test]
fn keys_are_found_by_a_document_or_at_an_address_of_their_own() {
    let keys_of = |issuer: &str| trusted_one(issuer).keys;
    for issuer in [
        "https://idp.example",
        "https://idp.example/",
        "https://idp.example/tenant",
    ] {
        let published = keys_of(&format!(
            "{{issuer: '{issuer}', jwks_uri: 'https://keys.example/jwks.json'}}"
        ));
        let expected = IssuerKeys::Published {
            issuer: issuer.to_owned(),
            jwks_uri: Url::parse("https://keys.example/jwks.json").unwrap(),
        };
        assert_eq!(published, expected, "the issuer is kept as it was written");
    }
    for (issuer, of) in [
        ("{provider: google}", "https://accounts.google.com"),
        (
            "{provider: keycloak, server_url: 'https://sso.example', realm: staff}",
            "https://sso.example/realms/staff",
        ),
        (
            "{provider: keycloak, server_url: 'https://sso.example/auth/', realm: staff}",
            "https://sso.example/auth/realms/staff",
        ),
        (
            "{provider: keycloak, config_url: 'https://sso.example/realms/staff/.well-known/openid-configuration'}",
            "https://sso.example/realms/staff",
        ),
    ] {
        assert_eq!(keys_of(issuer), document(of), "{issuer}");
    }
}

#[test]
fn an_issuer_may_write_as_google_or_keycloak_do() {
    let google = trusted_one("{provider: google, allowed_domains: [Acme.example]}");
    let allowed_domains = vec!["acme.example".to_owned()];
    assert_eq!(google.dialect, IssuerDialect::Google { allowed_domains });
    let keycloak = trusted_one("{provider: keycloak, server_url: 'https://sso.example', realm: staff}");
    assert_eq!(keycloak.dialect, IssuerDialect::Keycloak);
}

#[test]
fn keys_that_are_found_in_two_ways_or_in_none_stop_the_start() {
    const PUBLISHED: &str = "issuer: 'https://idp.example', jwks_uri: 'https://idp.example/keys'";
    const DOCUMENT: &str = "config_url: 'https://idp.example/.well-known/openid-configuration'";
    for (issuer, reason) in [
        (
            format!("{{{DOCUMENT}, {PUBLISHED}}}"),
            "jwks_uri: goes without config_url: the keys of an issuer are found in one way",
        ),
        (
            format!("{{provider: keycloak, {DOCUMENT}, server_url: 'https://sso.example', realm: a}}"),
            "server_url: goes without config_url",
        ),
        (
            format!("{{{DOCUMENT}, issuer: 'https://idp.example'}}"),
            "issuer: goes with jwks_uri alone",
        ),
        (
            "{jwks_uri: 'https://idp.example/keys'}".to_owned(),
            "Trusted issuer is incomplete: issuer is missing",
        ),
        (
            "{issuer: 'https://idp.example'}".to_owned(),
            "issuer: goes with jwks_uri alone",
        ),
        (
            "{}".to_owned(),
            "config_url is missing; accepted in its place: issuer and jwks_uri",
        ),
        (
            "{provider: keycloak}".to_owned(),
            "accepted in its place: issuer and jwks_uri, or server_url and realm",
        ),
        (
            "{provider: keycloak, server_url: 'https://sso.example'}".to_owned(),
            "server_url: goes with realm, which is missing",
        ),
        (
            "{provider: keycloak, realm: staff}".to_owned(),
            "realm: goes with server_url, which is missing",
        ),
        (
            "{server_url: 'https://sso.example', realm: a}".to_owned(),
            "server_url: goes with provider: keycloak alone",
        ),
        (
            format!("{{{DOCUMENT}, allowed_domains: [acme.example]}}"),
            "allowed_domains: goes with provider: google alone",
        ),
        (
            "{issuer: 'https://idp.example', jwks_uri: 'http://idp.example/keys'}".to_owned(),
            "jwks_uri: must be https",
        ),
        (
            "{issuer: 'https://idp.example?tenant=1', jwks_uri: 'https://idp.example/keys'}".to_owned(),
            "issuer: expected what the issuer writes as iss",
        ),
        (
            "{issuer: idp, jwks_uri: 'https://idp.example/keys'}".to_owned(),
            "issuer: expected an http or https URL",
        ),
        (
            format!("{{{DOCUMENT}}}, {{{PUBLISHED}}}"),
            "https://idp.example is trusted twice",
        ),
        (
            "{provider: github}".to_owned(),
            "\"github\" is not accepted. Accepted: oidc, google, keycloak",
        ),
    ] {
        let errors = Machine::with_auth(&format!("{{{}}}", trusted(&issuer))).errors();
        assert!(errors.contains(reason), "{reason}: {errors}");
    }
}
