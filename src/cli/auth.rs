//! `mxcp-actor auth`: what helps with logins: hashes for the configuration, and one attempt from the audit log.

pub(super) mod flow;

use std::io::{self, BufRead as _, Write as _};

use clap::{Args, Subcommand};
use mxcp_actors::domain::password::{PasswordCost, PasswordError, PasswordHasher};
use mxcp_actors::domain::randomness::SystemRandomness;
use mxcp_actors::domain::secret::Secret;

use super::console::Verdict;
use super::{CommandError, Surroundings};

/// What `auth` can do.
#[derive(Debug, Args)]
pub(super) struct Auth {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Reads a password from standard input and prints its Argon2id hash, for `auth.local.users[].password_hash`.
    HashPassword,
    /// Shows one attempt to log in, by the reference on an error page, a request id or a grant.
    Flow(flow::Flow),
}

/// Why there is no hash.
#[derive(Debug, thiserror::Error)]
pub(super) enum AuthError {
    /// Standard input cannot be read, or standard output not be written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Nothing was typed.
    #[error("no password was given on standard input")]
    Empty,
    /// The hash cannot be made.
    #[error("{0}")]
    Hash(#[from] PasswordError),
}

impl Auth {
    pub(super) fn run(self, surroundings: &Surroundings) -> Result<Verdict, CommandError> {
        match self.command {
            Command::HashPassword => Ok(hash_password().map(|()| Verdict::Good)?),
            Command::Flow(flow) => flow.run(surroundings),
        }
    }

    /// Whether a program reads the answer.
    pub(super) fn wants_json(&self) -> bool {
        match &self.command {
            Command::HashPassword => false,
            Command::Flow(flow) => flow.json_output,
        }
    }
}

fn hash_password() -> Result<(), AuthError> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let password = Secret::new(line.trim_end_matches(['\r', '\n']));
    if password.expose().is_empty() {
        return Err(AuthError::Empty);
    }
    let randomness = SystemRandomness::new();
    let hasher = PasswordHasher::new(PasswordCost::default(), &randomness)?;
    let hash = hasher.hash(&randomness, &password)?;
    Ok(writeln!(io::stdout(), "{}", hash.as_str())?)
}
