//! What the acts of the authorization server cost: exchanging codes, refreshing, registering, introspecting, and a call whose
//! token is not remembered as verified.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::http::Connection;
use super::load::{Calls, Client, WARM_UP, measure};
use super::process::Server;
use super::project::{DataSet, Persistence, Project, QUERIES};
use super::report::Report;
use super::sign_in::{REDIRECT_URI, Session, exchange, form_post};
use super::{MEASURED_FOR, call, stored};

/// Connections that are used at once.
const CONNECTIONS: usize = 8;
/// Codes to exchange. The tokens of so many take turns in one connection for longer than one is remembered as verified.
const CODES: usize = 12_000;

/// Measures one server whose store holds that many grants of others.
pub(crate) fn measure_server(report: &mut Report, data: &DataSet, persistence: Persistence, grants: u32) {
    let project = Project::write(data, persistence);
    // Makes the store, and the grant that is copied.
    let server = Server::start(&project);
    Session::open(&server).token();
    drop(server);
    stored::add(&project, grants);

    let server = Server::start(&project);
    let pairs = measure_exchange(report, &server, persistence, grants);
    let mut run = |act: &str, clients| {
        let (measured, _) = measure::<Box<dyn Client>>(&server, WARM_UP, MEASURED_FOR, clients);
        report.act(persistence, grants, act, &measured);
    };
    let [constant, ..] = &QUERIES;
    let unknown: Vec<_> = pairs
        .iter()
        .map(|pair| call(constant, &pair.access_token))
        .collect();
    let introspections = pairs
        .iter()
        .map(|pair| introspection(&pair.access_token))
        .collect();
    run("call, token not remembered", vec![Box::new(Calls::new(unknown))]);
    run("introspection", vec![Box::new(Calls::new(introspections))]);
    let refreshing = pairs.into_iter().take(CONNECTIONS);
    run(
        "refresh",
        refreshing
            .map(|pair| Box::new(Refreshes(pair)) as Box<dyn Client>)
            .collect(),
    );
    run(
        "registration",
        (0..CONNECTIONS)
            .map(|_| Box::new(Registrations) as Box<dyn Client>)
            .collect(),
    );
}

/// Exchanges codes that were made before, and gives back what they were exchanged for.
fn measure_exchange(
    report: &mut Report,
    server: &Server,
    persistence: Persistence,
    grants: u32,
) -> Vec<Pair> {
    let mut session = Session::open(server);
    let codes: Vec<_> = (0..CODES).map(|_| session.code()).collect();
    let clients = codes.chunks(CODES.div_ceil(CONNECTIONS)).map(|codes| Exchanges {
        codes: codes.to_vec(),
        pairs: Vec::new(),
    });
    let patience = Duration::from_mins(1);
    let (measured, clients) = measure(server, Duration::ZERO, patience, clients.collect());
    report.act(persistence, grants, "exchange", &measured);
    clients.into_iter().flat_map(|client| client.pairs).collect()
}

/// What a client holds.
struct Pair {
    access_token: String,
    refresh_token: String,
}

impl Pair {
    /// Asks for a pair.
    fn ask(connection: &mut Connection, request: &[u8]) -> Self {
        let answer = connection.exchange(request);
        Self {
            access_token: answer.member("access_token"),
            refresh_token: answer.member("refresh_token"),
        }
    }
}

/// Exchanges codes until there are none.
struct Exchanges {
    codes: Vec<String>,
    pairs: Vec<Pair>,
}

impl Client for Exchanges {
    fn act(&mut self, connection: &mut Connection) -> bool {
        let Some(code) = self.codes.pop() else {
            return false;
        };
        self.pairs.push(Pair::ask(connection, &exchange(&code)));
        true
    }
}

/// Refreshes what it got from refreshing.
struct Refreshes(Pair);

impl Client for Refreshes {
    fn act(&mut self, connection: &mut Connection) -> bool {
        let Self(pair) = self;
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", "bench"),
            ("refresh_token", &pair.refresh_token),
        ];
        *pair = Pair::ask(connection, &form_post("/token", &form));
        true
    }
}

/// Registers clients, no two alike.
struct Registrations;

impl Client for Registrations {
    fn act(&mut self, connection: &mut Connection) -> bool {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let metadata = format!(
            r#"{{"client_name":"Client {number}","redirect_uris":["{REDIRECT_URI}"],"token_endpoint_auth_method":"none"}}"#
        );
        let headers = [("Content-Type", "application/json")];
        let answer = connection.exchange(&Connection::request("POST", "/register", &headers, &metadata));
        answer.member("client_id");
        true
    }
}

impl Client for Box<dyn Client> {
    fn act(&mut self, connection: &mut Connection) -> bool {
        (**self).act(connection)
    }
}

/// A resource server asks what a token is worth.
fn introspection(token: &str) -> Vec<u8> {
    let form = [
        ("client_id", "resource-server"),
        ("client_secret", "resource-server-secret"),
        ("token", token),
    ];
    form_post("/introspect", &form)
}
