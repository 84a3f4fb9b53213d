//! Grants that others have: copies of one that was made by a login, each of another user and with tokens of its own.

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection, SqliteConnection};

use super::project::{Project, Store};

/// A server that was just set up, and one that a large company has used for years.
pub(crate) const GRANTS: [u32; 2] = [10, 1_000_000];

/// What differs between the two databases: the numbers from 1 to N, an identifier and a digest made of such a number.
struct Dialect {
    numbers: &'static str,
    identifier: &'static str,
    digest: fn(&str) -> String,
}

const SQLITE: Dialect = Dialect {
    numbers: "WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < COUNT)",
    identifier: "printf('%08x-0000-4000-8000-%012x', i, i)",
    digest: |_| "randomblob(32)".to_owned(),
};

const POSTGRESQL: Dialect = Dialect {
    numbers: "WITH numbers(i) AS (SELECT generate_series(1, COUNT))",
    identifier: "lpad(to_hex(i), 8, '0') || '-0000-4000-8000-' || lpad(to_hex(i), 12, '0')",
    digest: |kind| format!("sha256(('{kind}' || i)::bytea)"),
};

/// Copies the first grant that is in the store, with its tokens. No server may be running.
pub(crate) fn add(project: &Project, count: u32) {
    let run = |dialect: &Dialect| dialect.statements().replace("COUNT", &count.to_string());
    match &project.store {
        Store::Sqlite(path) => {
            let mut file = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
            file.batch_execute(&run(&SQLITE)).unwrap();
        }
        Store::Postgresql(url) => {
            let mut database = PgConnection::establish(url).unwrap();
            database.batch_execute(&run(&POSTGRESQL)).unwrap();
        }
    }
}

impl Dialect {
    fn statements(&self) -> String {
        let Self {
            numbers, identifier, ..
        } = self;
        let (access, refresh) = ((self.digest)("access"), (self.digest)("refresh"));
        format!(
            "BEGIN;
             {numbers} INSERT INTO grants SELECT {identifier}, client_id, user_issuer, 'user ' || i, user_account, scopes,
                 resource, upstream_tokens, created_at + i, expires_at, activated_at, tokens_end_at, ended_at, end_reason
                 FROM (SELECT * FROM grants LIMIT 1) AS grants, numbers;
             {numbers} INSERT INTO access_tokens SELECT {access}, {identifier}, NULL, scopes, resource, issued_at,
                 expires_at + i, first_used_at, revoked_at FROM (SELECT * FROM access_tokens LIMIT 1) AS tokens, numbers;
             {numbers} INSERT INTO refresh_tokens SELECT {refresh}, {identifier}, client_id, scopes, resource, issued_at,
                 expires_at + i, pair_first_used_at, rotated_at, rotation_key, next_access_token, next_refresh_token
                 FROM (SELECT * FROM refresh_tokens LIMIT 1) AS tokens, numbers;
             COMMIT; ANALYZE;"
        )
    }
}
