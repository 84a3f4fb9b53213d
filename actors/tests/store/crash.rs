//! A server that is killed in the middle of exchanging codes loses nothing that it answered, and no code buys two pairs
//! of tokens.
//!
//! The server that is killed is this test program once more, told by its standard input what to do.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use diesel::sql_types::BigInt;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::store::open::{KeySettings, StoreSettings};

use crate::server::{Place, Server, keys, new_key};

const CODES: usize = 200;
/// Exchanges that are under way at once.
const THREADS: usize = 4;

/// What the doomed server is told: where its database is, its key, and codes, a line each.
fn told(place: &Place, key: &Secret, codes: &[Secret]) -> String {
    let database = match place {
        Place::Sqlite(_) => place.file().display().to_string(),
        Place::Postgresql(url) => url.clone(),
    };
    let mut lines = vec![database, key.expose().to_owned()];
    lines.extend(codes.iter().map(|code| code.expose().to_owned()));
    lines.join("\n")
}

#[test]
#[ignore = "started and killed by the tests below"]
fn doomed_server() {
    let mut lines = io::stdin().lines().map(Result::unwrap);
    let (database, key) = (lines.next().unwrap(), lines.next().unwrap());
    let keys = KeySettings {
        current: Some(Secret::new(key)),
        previous: Vec::new(),
    };
    let settings = if database.starts_with("postgresql:") {
        StoreSettings::Postgresql {
            url: Secret::new(database),
            keys,
        }
    } else {
        StoreSettings::Sqlite {
            path: database.into(),
            keys,
        }
    };
    let server = Server::open(&settings).unwrap();
    let codes = Mutex::new(lines.collect::<Vec<_>>());
    // What was printed about this test may stand before it in the same line.
    writeln!(io::stdout()).unwrap();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let next = || codes.lock().unwrap().pop();
                while let Some(code) = next() {
                    let pair = server.exchange(&Secret::new(code.clone())).unwrap();
                    writeln!(io::stdout(), "exchanged {code} {}", pair.access_token.expose()).unwrap();
                }
            });
        }
    });
}

/// Starts a server, kills it after so many answers, and gives back what it answered: tokens by code.
fn answers_of_a_doomed_server(told: &str, answers: usize) -> BTreeMap<String, Secret> {
    let mut server = Command::new(std::env::current_exe().unwrap())
        .args(["crash::doomed_server", "--exact", "--ignored", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = server.stdin.take().unwrap();
    let told = told.to_owned();
    // The pipe is smaller than the list, and breaks when its reader dies.
    let teller = thread::spawn(move || input.write_all(told.as_bytes()).ok());
    let mut output = BufReader::new(server.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let exchanged = |line: String| {
        let (code, token) = line.strip_prefix("exchanged ")?.split_once(' ')?;
        Some((code.to_owned(), Secret::new(token)))
    };
    let mut answered: BTreeMap<_, _> = output.by_ref().filter_map(exchanged).take(answers).collect();
    server.kill().unwrap();
    server.wait().unwrap();
    teller.join().unwrap();
    // What it answered before it died and was not read yet. The last line may be cut off, and so was its answer.
    answered.extend(output.filter_map(exchanged));
    answered
}

fn nothing_is_lost_or_spent_twice(place: &Place, answers: usize) {
    let key = new_key();
    let codes: Vec<Secret> = {
        let server = place.open(keys(&key)).unwrap();
        (0..CODES).map(|_| server.log_in(None).secret().clone()).collect()
    };
    let answered = answers_of_a_doomed_server(&told(place, &key, &codes), answers);
    assert!(answered.len() >= answers, "{} answers", answered.len());

    let server = place.open(keys(&key)).unwrap();
    assert_eq!(
        half_exchanged(place),
        0,
        "codes are spent or grants active without tokens"
    );
    for token in answered.values() {
        assert!(server.call(token).is_ok(), "a pair that was answered is lost");
    }
    let mut in_flight = 0;
    for code in &codes {
        let second = server.exchange(code);
        if answered.contains_key(code.expose()) {
            assert!(second.is_none(), "a code was exchanged twice");
        } else if second.is_none() {
            in_flight += 1;
        }
    }
    assert!(
        in_flight <= THREADS,
        "{in_flight} codes are spent and nobody got tokens for them"
    );
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

/// Exchanges of which the database knows a part only.
fn half_exchanged(place: &Place) -> i64 {
    const HALVES: &str = "SELECT count(*) AS rows FROM grants
        LEFT JOIN authorization_codes ON authorization_codes.grant_id = grants.id
        LEFT JOIN access_tokens ON access_tokens.grant_id = grants.id
        LEFT JOIN refresh_tokens ON refresh_tokens.grant_id = grants.id
        WHERE (consumed_at IS NULL) <> (activated_at IS NULL)
        OR (consumed_at IS NULL) <> (access_tokens.digest IS NULL)
        OR (consumed_at IS NULL) <> (refresh_tokens.digest IS NULL)";
    let count: Count = match place {
        Place::Sqlite(_) => {
            let path = place.file();
            let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
            sql_query(HALVES).get_result(&mut connection).unwrap()
        }
        Place::Postgresql(url) => {
            let mut connection = PgConnection::establish(url).unwrap();
            sql_query(HALVES).get_result(&mut connection).unwrap()
        }
    };
    count.rows
}

/// Each kill meets another moment of an exchange; so many meet every step of it.
const ANSWERS: [usize; 8] = [1, 5, 10, 20, 30, 50, 70, 90];

#[test]
fn a_killed_server_on_sqlite_loses_and_doubles_nothing() {
    for answers in ANSWERS {
        nothing_is_lost_or_spent_twice(&Place::sqlite(), answers);
    }
}

#[test]
fn a_killed_server_on_postgresql_loses_and_doubles_nothing() {
    for answers in ANSWERS {
        nothing_is_lost_or_spent_twice(&Place::postgresql(), answers);
    }
}
