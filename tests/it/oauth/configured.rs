//! The clients of the configuration of the server under test.

use mxcp_actors::client_registry::ConfiguredClients;
use mxcp_actors::domain::client::{Client, ClientConfiguration};
use mxcp_actors::domain::key_ring::KeyRing;
use mxcp_actors::domain::secret::Secret;

use super::server::{
    DEMO_CLIENT, DEMO_REDIRECT, DEMO_SECRET, ISSUER, MACHINE, OUT_OF_BAND, PLUS_CLIENT, PUBLIC_CLIENT,
    PUBLIC_REDIRECT, SPACED_CLIENT, START,
};

pub(super) fn configured_clients(keys: &KeyRing) -> ConfiguredClients {
    let demo = ClientConfiguration {
        id: DEMO_CLIENT.to_owned(),
        secret: Some(Secret::new(DEMO_SECRET)),
        keys: None,
        name: "Demo".to_owned(),
        redirect_uris: vec![DEMO_REDIRECT.to_owned(), OUT_OF_BAND.to_owned()],
        grant_types: vec!["authorization_code".to_owned(), "refresh_token".to_owned()],
        scopes: vec!["mcp:read".to_owned(), "mcp:write".to_owned()],
    };
    let public = ClientConfiguration {
        id: PUBLIC_CLIENT.to_owned(),
        secret: None,
        keys: None,
        name: "Public app".to_owned(),
        redirect_uris: vec![PUBLIC_REDIRECT.to_owned(), format!("{ISSUER}/github/callback")],
        grant_types: vec!["authorization_code".to_owned()],
        scopes: vec!["mxcp:access".to_owned(), "mxcp:admin".to_owned()],
    };
    let [spaced, plus] = [SPACED_CLIENT, PLUS_CLIENT].map(|(id, secret)| ClientConfiguration {
        id: id.to_owned(),
        secret: Some(Secret::new(secret)),
        keys: None,
        name: id.to_owned(),
        ..public.clone()
    });
    let machine = ClientConfiguration {
        id: MACHINE.0.to_owned(),
        secret: Some(Secret::new(MACHINE.1)),
        grant_types: [
            "client_credentials",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
        ]
        .map(str::to_owned)
        .into(),
        redirect_uris: Vec::new(),
        ..demo.clone()
    };
    [demo, public, spaced, plus, machine]
        .iter()
        .map(|configuration| Client::from_configuration(configuration, keys, START).unwrap())
        .map(|client| (client.id.clone(), client))
        .collect()
}
