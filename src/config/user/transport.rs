//! `transport`: how clients reach the server.

use std::path::PathBuf;
use std::time::Duration;

use super::rate_limits::RateLimits;
use super::tls::{Tls, TlsFile};
use crate::config::Secret;
use crate::config::folders::Folders;
use crate::config::inputs::Flags;
use crate::config::public_url::{AllowedHost, BaseUrl, Scheme, TrustedProxies, TrustedProxy};
use crate::config::surroundings::Surroundings;
use crate::config::values::{NOT_A_HOST, host, is_host, port, seconds};
use crate::yaml::{FromYaml, Item, KeyPath, Located, Location, Problems};

const DEFAULT_HOST: &str = "localhost";
const DEFAULT_PORT: u16 = 8000;
/// Each costs some kilobytes, and a file descriptor, of which systems commonly grant a process a thousand or more.
const DEFAULT_MAX_CONNECTIONS: usize = 4_096;
/// More than a mobile network takes, less than what makes holding connections open worth while.
const DEFAULT_REQUEST_TIMEOUT: Duration = Duration::from_secs(15);
/// Ten seconds below what Kubernetes grants by default: the rest is for queries that are interrupted and for the audit log.
const DEFAULT_SHUTDOWN_GRACE: Duration = Duration::from_secs(20);

/// The section as written.
#[derive(Default)]
pub(in crate::config) struct TransportFile {
    kind: Option<TransportKind>,
    http: HttpFile,
    shutdown_grace: Option<Duration>,
}

#[derive(Default)]
struct HttpFile {
    port: Option<Located<u16>>,
    host: Option<Located<String>>,
    scheme: Option<Located<Scheme>>,
    base_url: Option<BaseUrl>,
    trust_proxy: Option<bool>,
    trusted_proxies: Option<Located<Vec<TrustedProxy>>>,
    allowed_hosts: Vec<AllowedHost>,
    stateless: Option<bool>,
    rate_limits: Option<RateLimits>,
    max_connections: Option<usize>,
    request_timeout: Option<Duration>,
    tls: Option<TlsFile>,
}

/// How clients reach the server.
#[derive(Clone, Debug)]
pub struct Transport {
    /// The transport that `serve` offers.
    pub kind: TransportKind,
    /// The HTTP listener, for the transports that use one.
    pub http: Http,
    /// Who the client of the stdio transport is, where calls need a user.
    pub access_token: AccessToken,
    /// How long calls that are under way may take to finish once the server was told to stop.
    pub shutdown_grace: Duration,
}

/// Where the access token of the stdio transport's client comes from. There are no headers to carry one.
#[derive(Clone, Debug)]
pub enum AccessToken {
    /// There is none.
    Absent,
    /// `MXCP_ACCESS_TOKEN`
    Given(Secret),
    /// `--token-file`: read anew for each call, so that whoever refreshes the token can replace it.
    File(PathBuf),
}

/// The transports of MCP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TransportKind {
    /// Streamable HTTP, the current one.
    #[default]
    StreamableHttp,
    /// HTTP with server-sent events, the transport of 2024.
    Sse,
    /// Standard input and output.
    Stdio,
}

/// The HTTP listener.
#[derive(Clone, Debug)]
pub struct Http {
    /// The name or address to listen on.
    pub host: String,
    /// The port to listen on; 0 lets the system choose.
    pub port: u16,
    /// The scheme of public URLs, if it was set.
    pub scheme: Option<Scheme>,
    /// The public URL, if it was set.
    pub base_url: Option<BaseUrl>,
    /// The proxies whose `X-Forwarded-*` headers are believed; none unless `trust_proxy` is set.
    pub trusted_proxies: Option<TrustedProxies>,
    /// Host names that requests may use besides the ones that are known anyway.
    pub allowed_hosts: Vec<AllowedHost>,
    /// Whether sessions are done without.
    pub stateless: bool,
    /// How often one network may knock.
    pub rate_limits: RateLimits,
    /// How many connections may be open at once.
    pub max_connections: usize,
    /// How long a client may take to send the head of a request, and as long again for the body.
    pub request_timeout: Duration,
    /// The server's own certificate. Without one it speaks plain HTTP.
    pub tls: Option<Tls>,
}

impl FromYaml for TransportFile {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let file = Self {
            kind: fields.optional("provider"),
            http: fields.optional("http").unwrap_or_default(),
            shutdown_grace: fields.optional_with("shutdown_grace", |grace| seconds(grace, 0..=3_600)),
        };
        fields.finish();
        Some(file)
    }
}

impl TransportKind {
    /// The names on the command line and in the file.
    pub const NAMES: [(&'static str, Self); 3] = [
        ("streamable-http", Self::StreamableHttp),
        ("sse", Self::Sse),
        ("stdio", Self::Stdio),
    ];
}

impl FromYaml for TransportKind {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        item.choice(&Self::NAMES)
    }
}

impl FromYaml for HttpFile {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let file = Self {
            port: fields.optional_with("port", |item| Located::read_with(item, port)),
            host: fields.optional_with("host", host),
            scheme: fields.optional("scheme"),
            base_url: fields.optional("base_url"),
            trust_proxy: fields.optional("trust_proxy"),
            trusted_proxies: fields.optional_with("trusted_proxies", |item| {
                Located::read_with(item, Item::one_or_many)
            }),
            allowed_hosts: fields
                .optional_with("allowed_hosts", Item::one_or_many)
                .unwrap_or_default(),
            stateless: fields.optional("stateless"),
            rate_limits: fields.optional("rate_limits"),
            max_connections: fields.optional_with("max_connections", |most| most.integer_in(1..=1_000_000)),
            request_timeout: fields.optional_with("request_timeout", |time| seconds(time, 1..=600)),
            tls: fields.optional("tls"),
        };
        fields.finish();
        Some(file)
    }
}

impl TransportFile {
    /// The command line wins over the file.
    pub(in crate::config) fn resolve(
        self,
        surroundings: Surroundings<'_>,
        problems: &mut Problems,
    ) -> Option<Transport> {
        let Surroundings {
            environment,
            flags,
            folders,
        } = surroundings;
        let kind = flags.transport.or(self.kind).unwrap_or_default();
        if flags.token_file.is_some() && kind != TransportKind::Stdio {
            let message = "has no effect: only the client of the stdio transport is named by it";
            problems.warning(Location::whole("--token-file"), KeyPath::root(), message);
        }
        let http = self.http.resolve(flags, folders, problems)?;
        let access_token = match (&flags.token_file, environment.setting("MXCP_ACCESS_TOKEN")) {
            (Some(file), _) => AccessToken::File(file.clone()),
            (None, Some(token)) => AccessToken::Given(Secret::new(token.trim())),
            (None, None) => AccessToken::Absent,
        };
        Some(Transport {
            kind,
            http,
            access_token,
            shutdown_grace: self.shutdown_grace.unwrap_or(DEFAULT_SHUTDOWN_GRACE),
        })
    }
}

impl HttpFile {
    fn resolve(self, flags: &Flags, folders: &Folders, problems: &mut Problems) -> Option<Http> {
        self.check(flags, problems);
        let has_tls = self.tls.is_some();
        let tls = self.tls.and_then(|tls| tls.resolve(folders, problems));
        let trusted_proxies = self.trust_proxy.unwrap_or(false).then(|| {
            let listed = self
                .trusted_proxies
                .map(|proxies| proxies.value)
                .unwrap_or_default();
            TrustedProxies::new(listed)
        });
        if has_tls && tls.is_none() {
            return None;
        }
        Some(Http {
            host: flags
                .host
                .clone()
                .or(self.host.map(|host| host.value))
                .unwrap_or_else(|| DEFAULT_HOST.to_owned()),
            port: flags
                .port
                .or(self.port.map(|port| port.value))
                .unwrap_or(DEFAULT_PORT),
            scheme: self.scheme.map(|scheme| scheme.value),
            base_url: self.base_url,
            trusted_proxies,
            allowed_hosts: self.allowed_hosts,
            stateless: flags.stateless || self.stateless.unwrap_or(false),
            rate_limits: self.rate_limits.unwrap_or_default(),
            max_connections: self.max_connections.unwrap_or(DEFAULT_MAX_CONNECTIONS),
            request_timeout: self.request_timeout.unwrap_or(DEFAULT_REQUEST_TIMEOUT),
            tls,
        })
    }

    /// What single keys cannot show, and what the command line may get wrong.
    fn check(&self, flags: &Flags, problems: &mut Problems) {
        if let (Some(scheme), Some(_)) = (&self.scheme, &self.tls)
            && scheme.value == Scheme::Http
        {
            scheme.refuse::<()>(
                problems,
                "http contradicts the tls block: with a certificate the server speaks https",
            );
        }
        if flags.host.as_deref().is_some_and(|host| !is_host(host)) {
            problems.error(Location::whole("--host"), KeyPath::root(), NOT_A_HOST);
        }
        let port = match (flags.port, &self.port) {
            (Some(flag), _) => Some((flag, Location::whole("--port"), KeyPath::root())),
            (None, Some(port)) => Some((port.value, port.location.clone(), port.path.clone())),
            (None, None) => None,
        };
        if let (Some((443, location, path)), None) = (port, &self.tls) {
            problems.warning(
                location,
                path,
                "port 443 without a tls block: the server speaks plain HTTP there",
            );
        }
        if let Some(proxies) = &self.trusted_proxies
            && self.trust_proxy != Some(true)
        {
            proxies.warn(problems, "has no effect without trust_proxy: true");
        }
    }
}
