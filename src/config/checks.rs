//! What no single section can say: settings that are valid by themselves and exclude each other, or that people regret.

use std::net::IpAddr;

use super::Config;
use super::auth::{Auth, AuthFile, AuthMode, ClientFile, Persistence, RedirectUri};
use super::public_url::PublicUrl;
use super::user::{Transport, TransportKind};
use super::values::{is_loopback, is_loopback_host};
use super::written::Written;
use crate::yaml::{KeyPath, Located, Location, Problems};

/// Looks across sections. Nothing here stops the start.
pub(super) fn warn(
    written: &AuthFile,
    auth: &Auth,
    transport: &Transport,
    public_url: &PublicUrl,
    problems: &mut Problems,
) {
    if auth.is_open() && transport.kind != TransportKind::Stdio && !is_loopback_host(&transport.http.host) {
        let message = format!(
            "no authentication, and the server listens on {}: whoever reaches it may call everything",
            transport.http.host
        );
        let (location, path) = section(written);
        problems.warning(location, path, message);
    }
    // Without logins of its own the server keeps nothing and sends nobody anywhere.
    if auth.mode != AuthMode::Issuer || auth.provider.is_none() {
        return;
    }
    persistence(written, auth, transport, problems);
    for client in &written.clients {
        redirect_uris(client, auth, public_url, problems);
    }
}

/// Reports two listeners that cannot both have their port, which otherwise only the second of them would find out.
pub(super) fn ports(config: &Config, written: &Written, problems: &mut Problems) {
    let (http, kind) = (&config.transport.http, config.transport.kind);
    let Some(admin) = config
        .admin
        .listener
        .as_ref()
        .filter(|_| kind != TransportKind::Stdio)
    else {
        return;
    };
    if admin.port != http.port || http.port == 0 || !share_addresses(&admin.host, &http.host) {
        return;
    }
    let default = || Location::whole("the default");
    let place = |setting| written.own_place(setting).cloned();
    let public = place("transport.http.port").unwrap_or_else(default);
    let message = format!(
        "{} is the port of transport.http.port ({public}), too; the admin interface needs one of its own",
        admin.port
    );
    let location = written.place("admin.port").cloned().unwrap_or_else(default);
    problems.error(location, KeyPath::root().key("admin").key("port"), message);
}

/// Whether listeners on these hosts would have an address in common, as far as the names tell.
fn share_addresses(one: &str, other: &str) -> bool {
    let is_any = |host: &str| host.parse().is_ok_and(|address: IpAddr| address.is_unspecified());
    let is_local_name = one == "localhost" && is_loopback_host(other);
    let is_other_local_name = other == "localhost" && is_loopback_host(one);
    one == other || is_any(one) || is_any(other) || is_local_name || is_other_local_name
}

/// The place of the `auth` block, or its name if there is none.
fn section(written: &AuthFile) -> (Location, KeyPath) {
    match &written.section {
        Some(section) => (section.location.clone(), section.path.clone()),
        None => (Location::whole("auth"), KeyPath::root()),
    }
}

fn persistence(written: &AuthFile, auth: &Auth, transport: &Transport, problems: &mut Problems) {
    let is_memory = matches!(auth.persistence, Persistence::Memory);
    let (location, path) = match &written.persistence {
        Some(block) => (block.location.clone(), block.path.clone()),
        None => section(written),
    };
    if is_memory && written.persistence.is_none() {
        let message = "no persistence block: clients, codes and tokens are kept in memory and a restart ends all logins";
        problems.warning(location.clone(), path.clone(), message);
    }
    if is_memory && transport.http.stateless {
        let message = "stateless with memory persistence: another instance of this server would not know the tokens of this one";
        problems.warning(location, path, message);
    }
}

fn redirect_uris(client: &ClientFile, auth: &Auth, public_url: &PublicUrl, problems: &mut Problems) {
    for uri in &client.redirect_uris {
        if is_own_callback(uri, auth, public_url) {
            uri.warn(
                problems,
                "is this server's own callback, which no client can receive; authorizing to it is refused. Name the client's own redirect URI",
            );
        }
        let url = &uri.value.url;
        if public_url.is_always_http() && url.scheme() == "https" && !is_loopback(url) {
            uri.warn(
                problems,
                format!(
                    "is https while the public URL of this server is {public_url}: browsers and providers answer that with \"CSRF detected\" or \"invalid callback URL\". Set transport.http.scheme: https, trust_proxy: true or base_url"
                ),
            );
        }
    }
}

fn is_own_callback(uri: &Located<RedirectUri>, auth: &Auth, public_url: &PublicUrl) -> bool {
    let url = &uri.value.url;
    auth.provider.callback_path().is_some_and(|path| {
        let prefix = public_url.fixed().map_or("", |base_url| base_url.path());
        url.path().strip_prefix(prefix) == Some(path) && public_url.covers(url)
    })
}
