//! The server that is examined: its address as a user types it, and requests to it.

use mxcp_actors::domain::secret::Secret;
use mxcp_actors::outbound::{ProbeAnswer, ProbeClient, ProbeError, ProbeRequest};
use serde_json::Value;
use url::{Url, form_urlencoded};

/// A server, from outside.
pub struct Target {
    client: ProbeClient,
    /// The address of the MCP endpoint, as typed and without a slash at its end.
    mcp: Url,
}

/// The address cannot be examined.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoTarget {
    /// It is no URL.
    #[error("--url is no URL: {0}; expected something like https://mcp.example.com/mcp")]
    NoUrl(#[from] url::ParseError),
    /// It is none that clients connect to.
    #[error("--url must begin with https:// or http:// and have a host, and no user, query or fragment")]
    Kind,
}

/// The address of the MCP endpoint: as typed, or `/mcp` of a bare address.
pub fn mcp_address(typed: &str) -> Result<Url, NoTarget> {
    let mut url = Url::parse(typed)?;
    let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() || !is_plain {
        return Err(NoTarget::Kind);
    }
    let path = url.path().trim_end_matches('/').to_owned();
    let path = if path.is_empty() { "/mcp".to_owned() } else { path };
    url.set_path(&path);
    Ok(url)
}

impl Target {
    /// The server with this MCP endpoint.
    pub fn new(client: ProbeClient, mcp: Url) -> Self {
        Self { client, mcp }
    }

    /// The MCP endpoint.
    pub fn mcp(&self) -> &Url {
        &self.mcp
    }

    /// Scheme, host and port.
    pub(super) fn origin(&self) -> String {
        self.mcp.origin().ascii_serialization()
    }

    /// The well-known address of a document, with the path of the endpoint at its end or without.
    pub(super) fn well_known(&self, document: &str, with_path: bool) -> Url {
        let mut url = self.mcp.clone();
        let path = if with_path { self.mcp.path() } else { "" };
        url.set_path(&format!("/.well-known/{document}{path}"));
        url
    }

    /// Asks with these headers.
    pub(super) async fn send(
        &self,
        method: &'static str,
        url: &Url,
        headers: &[(&'static str, &str)],
        body: Option<String>,
    ) -> Result<ProbeAnswer, ProbeError> {
        let mut sent = vec![(
            "accept",
            Secret::new("application/json, text/event-stream, text/html"),
        )];
        sent.push((
            "user-agent",
            Secret::new(concat!("mxcp-actor-doctor/", env!("CARGO_PKG_VERSION"))),
        ));
        sent.extend(headers.iter().map(|(name, value)| (*name, Secret::new(*value))));
        let request = ProbeRequest {
            method,
            url: url.clone(),
            headers: sent,
            body: body.map(Secret::new),
        };
        self.client.send(request).await
    }

    pub(super) async fn get(&self, url: &Url) -> Result<ProbeAnswer, ProbeError> {
        self.send("GET", url, &[], None).await
    }

    /// Posts a form.
    pub(super) async fn post_form(
        &self,
        url: &Url,
        headers: &[(&'static str, &str)],
        fields: &[(&str, &str)],
    ) -> Result<ProbeAnswer, ProbeError> {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let mut sent = vec![("content-type", "application/x-www-form-urlencoded")];
        sent.extend_from_slice(headers);
        self.send("POST", url, &sent, Some(body)).await
    }

    /// Posts JSON.
    pub(super) async fn post_json(
        &self,
        url: &Url,
        headers: &[(&'static str, &str)],
        body: &Value,
    ) -> Result<ProbeAnswer, ProbeError> {
        let mut sent = vec![("content-type", "application/json")];
        sent.extend_from_slice(headers);
        self.send("POST", url, &sent, Some(body.to_string())).await
    }
}

/// The JSON of an answer, which may come as one event of a stream.
pub(super) fn json(answer: &ProbeAnswer) -> Option<Value> {
    let is_stream = answer
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("text/event-stream"));
    if !is_stream {
        return serde_json::from_str(&answer.body).ok();
    }
    let mut data = answer.body.lines().filter_map(|line| line.strip_prefix("data:"));
    data.find_map(|data| serde_json::from_str(data.trim()).ok())
}

/// The beginning of what somebody else wrote, on one line.
pub(super) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 160;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_address_means_its_endpoint_and_a_slash_at_the_end_means_nothing() {
        for (typed, meant) in [
            ("https://mcp.example.com", "https://mcp.example.com/mcp"),
            ("https://mcp.example.com/", "https://mcp.example.com/mcp"),
            ("https://mcp.example.com/mcp/", "https://mcp.example.com/mcp"),
            ("http://localhost:8000/data/mcp", "http://localhost:8000/data/mcp"),
        ] {
            assert_eq!(mcp_address(typed).unwrap().as_str(), meant);
        }
        for typed in [
            "mcp.example.com",
            "ftp://x/",
            "https://a@x/",
            "https://x/?a=b",
            "https://x/#a",
        ] {
            assert!(mcp_address(typed).is_err(), "{typed}");
        }
    }
}
