//! `auth.client_metadata_documents`: which clients are described by a document under a URL, which is their identifier.

use mxcp_actors::domain::client::{DocumentPolicy, Domain};

use crate::yaml::{FromYaml, Item};

/// The section: whose documents describe clients; `None` if none do.
pub(super) struct ClientMetadataDocuments(pub(super) Option<DocumentPolicy>);

impl Default for ClientMetadataDocuments {
    fn default() -> Self {
        Self(Some(DocumentPolicy::default()))
    }
}

impl FromYaml for ClientMetadataDocuments {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let defaults = DocumentPolicy::default();
        let is_enabled = fields.optional("enabled").unwrap_or(true);
        let allowed: Option<Vec<DomainName>> = fields.optional_with("allowed_domains", Item::one_or_many);
        let denied: Option<Vec<DomainName>> = fields.optional_with("denied_domains", Item::one_or_many);
        let ports: Option<Vec<Port>> = fields.optional_with("allowed_ports", Item::one_or_many);
        let allows_loopback = fields.optional("allow_loopback").unwrap_or(false);
        if is_enabled && allowed.as_ref().is_some_and(Vec::is_empty) {
            fields.refuse(
                "allowed_domains",
                "is empty, so every document would be refused; leave it out to accept every domain, or set enabled: false",
            );
        }
        fields.finish();
        let policy = DocumentPolicy {
            allowed_domains: allowed.map(domains),
            denied_domains: denied.map(domains).unwrap_or_default(),
            allowed_ports: ports.map_or(defaults.allowed_ports, |ports| {
                ports.into_iter().map(|Port(port)| port).collect()
            }),
            allows_loopback,
        };
        Some(Self(is_enabled.then_some(policy)))
    }
}

struct DomainName(Domain);

impl FromYaml for DomainName {
    fn from_yaml(mut item: Item<'_>) -> Option<Self> {
        match Domain::parse(&item.again().non_empty_string()?) {
            Ok(domain) => Some(Self(domain)),
            Err(error) => item.refuse(error.to_string()),
        }
    }
}

struct Port(u16);

impl FromYaml for Port {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        item.integer_in(1..=u16::MAX).map(Self)
    }
}

fn domains(names: Vec<DomainName>) -> Vec<Domain> {
    names.into_iter().map(|DomainName(domain)| domain).collect()
}
