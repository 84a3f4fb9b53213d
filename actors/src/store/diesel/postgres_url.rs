//! The address of a PostgreSQL database, which usually holds a password.

use std::fmt;

use crate::domain::secret::Secret;

/// What libpq is told unless the operator said something else: give up on a server that does not answer, and say who
/// is calling.
const DEFAULTS: [(&str, &str); 6] = [
    ("connect_timeout", "2"),
    ("tcp_user_timeout", "5000"),
    ("keepalives_idle", "5"),
    ("keepalives_interval", "2"),
    ("keepalives_count", "2"),
    ("application_name", "mxcp-actor"),
];

/// A connection URL as libpq reads it (PostgreSQL documentation, section 34.1.1.2).
#[derive(Clone)]
pub(super) struct PostgresUrl {
    written: Secret,
    completed: Secret,
}

/// The text is no address of a PostgreSQL database. It is not repeated, because of the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the URL of the database is not accepted; accepted is postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with %2F for a \
     slash and %40 for an @ in the password"
)]
pub struct InvalidPostgresUrl;

/// Whether the text is an address of a PostgreSQL database, without asking anybody there.
pub fn check_postgresql_url(url: &Secret) -> Result<(), InvalidPostgresUrl> {
    PostgresUrl::parse(url).map(drop)
}

impl PostgresUrl {
    pub(super) fn parse(url: &Secret) -> Result<Self, InvalidPostgresUrl> {
        let text = url.expose().trim();
        let parts = Parts::of(text).ok_or(InvalidPostgresUrl)?;
        if text.contains('\0') || !parts.has_hosts() {
            return Err(InvalidPostgresUrl);
        }
        Ok(Self {
            written: Secret::new(text),
            completed: Secret::new(parts.complete(text)),
        })
    }

    /// The whole URL, for libpq.
    pub(super) fn expose(&self) -> &str {
        self.completed.expose()
    }

    /// `message` of libpq as one line: what it advises stands behind a tab and is left out, and what is secret in the URL,
    /// too, which it repeats when it cannot read it.
    pub(super) fn told(&self, message: &str) -> String {
        let said = message.lines().filter(|line| !line.starts_with('\t'));
        let said = said.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        let said: Vec<_> = said.filter(|line| !line.is_empty()).collect();
        self.redact(&said.join("; "))
    }

    /// `message` without what is secret in the URL.
    fn redact(&self, message: &str) -> String {
        let mut redacted = message
            .replace(self.completed.expose(), "(URL)")
            .replace(self.written.expose(), "(URL)");
        let passwords = Parts::of(self.written.expose())
            .into_iter()
            .flat_map(Parts::passwords);
        for password in passwords.filter(|password| !password.is_empty()) {
            redacted = redacted.replace(password, "(secret)");
        }
        redacted
    }
}

/// Hosts, ports and database, without user, password and parameters.
impl fmt::Display for PostgresUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(Parts::of(self.written.expose()).map_or("", |parts| parts.address))
    }
}

/// The parts of a URL, cut where libpq cuts: a user and a password end at the first `@` unless a `/` comes before it.
#[derive(Clone, Copy)]
struct Parts<'a> {
    credentials: &'a str,
    /// Hosts, ports and database.
    address: &'a str,
    /// Without the question mark; `None` if there is none.
    query: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let rest = text
            .strip_prefix("postgresql://")
            .or_else(|| text.strip_prefix("postgres://"))?;
        let (credentials, rest) = match rest.split_once(['@', '/']) {
            Some((credentials, after)) if rest.as_bytes().get(credentials.len()) == Some(&b'@') => {
                (credentials, after)
            }
            Some(_) | None => ("", rest),
        };
        let (address, query) = match rest.split_once('?') {
            Some((address, query)) => (address, Some(query)),
            None => (rest, None),
        };
        Some(Self {
            credentials,
            address,
            query,
        })
    }

    /// Whether what libpq takes for hosts and ports can be that. If not, it is a password with a slash or an `@`, and
    /// whoever names the host would say half of it.
    fn has_hosts(self) -> bool {
        let hosts = self.address.split('/').next().unwrap_or_default();
        !hosts.contains('@')
            && hosts.split(',').all(|host| {
                let after_host = host.rsplit(']').next().unwrap_or_default();
                let port = after_host.split_once(':').map_or("", |(_, port)| port);
                port.bytes().all(|byte| byte.is_ascii_digit())
            })
    }

    fn parameters(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let pairs = self.query.unwrap_or_default().split('&');
        pairs.filter_map(|pair| pair.split_once('='))
    }

    fn complete(self, text: &str) -> String {
        let is_missing = |name: &str| self.parameters().all(|(set, _)| set != name);
        let missing = DEFAULTS.iter().filter(|(name, _)| is_missing(name));
        let missing: Vec<_> = missing.map(|(name, value)| format!("{name}={value}")).collect();
        let separator = match self.query {
            None => "?",
            Some("") => "",
            Some(_) => "&",
        };
        format!("{text}{separator}{}", missing.join("&"))
    }

    /// The password before the host, and those among the parameters.
    fn passwords(self) -> impl Iterator<Item = &'a str> {
        let password = self.credentials.split_once(':').map(|(_, password)| password);
        let parameters = self
            .parameters()
            .filter(|(name, _)| matches!(*name, "password" | "sslpassword"));
        password.into_iter().chain(parameters.map(|(_, value)| value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> PostgresUrl {
        PostgresUrl::parse(&Secret::new(text)).unwrap()
    }

    #[test]
    fn a_server_that_does_not_answer_is_given_up() {
        for (written, begin) in [
            (
                "postgres://u@db/x",
                "postgres://u@db/x?connect_timeout=2&tcp_user_timeout=5000&",
            ),
            (
                "postgres://u:a?b@db/x",
                "postgres://u:a?b@db/x?connect_timeout=2&tcp_user_timeout=5000&",
            ),
            ("postgresql:///x?", "postgresql:///x?connect_timeout=2&"),
            (
                "postgres://db?sslmode=require&connect_timeout=9",
                "postgres://db?sslmode=require&connect_timeout=9&tcp_",
            ),
        ] {
            let completed = url(written).expose().to_owned();
            assert!(completed.starts_with(begin), "{completed}");
            assert_eq!(completed.matches("connect_timeout").count(), 1, "{completed}");
        }
    }

    #[test]
    fn other_addresses_are_refused_without_repeating_them() {
        for text in [
            "",
            "mysql://u:canary@db/x",
            "host=db password=canary",
            "/tmp/oauth.db",
            "postgres://u:canary/slash@db/x",
            "postgres://u:one@canary@db/x",
            "postgres://db:canary",
        ] {
            let refused = PostgresUrl::parse(&Secret::new(text)).err().unwrap();
            assert!(!refused.to_string().contains("canary"), "{text}");
        }
    }

    #[test]
    fn many_ways_to_name_a_server_are_accepted() {
        for (text, shown) in [
            (
                "postgres://a:5432,b:5433/x?target_session_attrs=read-write",
                "a:5432,b:5433/x",
            ),
            ("postgresql://u:p%2F@[::1]:5432/x", "[::1]:5432/x"),
            ("postgresql://[2001:db8::1]/x", "[2001:db8::1]/x"),
            ("postgresql://me%40corp:p#?@db/x", "db/x"),
            ("postgresql:///x?host=/run/postgresql", "/x"),
        ] {
            assert_eq!(url(text).to_string(), shown);
        }
    }

    #[test]
    fn what_libpq_says_is_one_line_without_its_advice() {
        let said = "connection to server at \"db\" (::1), port 1 failed: Connection refused\n\tIs the server running on that host?\n\
                    connection to server at \"db\" (127.0.0.1), port 1 failed: FATAL:  no canary\n";
        assert_eq!(
            url("postgres://u:canary@db:1/x").told(said),
            "connection to server at \"db\" (::1), port 1 failed: Connection refused; \
             connection to server at \"db\" (127.0.0.1), port 1 failed: FATAL: no (secret)"
        );
    }

    #[test]
    fn what_is_printed_has_no_password() {
        let with_password = url("postgresql://user:canary@db.example:5433/x?sslpassword=canary2");
        assert_eq!(with_password.to_string(), "db.example:5433/x");
        for message in [
            format!("could not parse \"{}\"", with_password.expose()),
            "bad value postgresql://user:canary@db.example:5433/x?sslpassword=canary2".to_owned(),
            "no such user: user:canary".to_owned(),
            "sslpassword canary2 is wrong".to_owned(),
        ] {
            assert!(!with_password.redact(&message).contains("canary"), "{message}");
        }
    }
}
