//! A flood of logins: checking a password is slow on purpose, and costs those who have logged in nothing.

use futures_util::future::join_all;
use mxcp_actors::domain::password::{PasswordCost, PasswordHasher};
use mxcp_actors::domain::randomness::SeededRandomness;
use mxcp_actors::domain::secret::Secret;
use serde_json::json;

use crate::login::{Browser, Caller, configuration};
use crate::server::Project;

/// As many as one name may be guessed at once.
const GUESSES: usize = 10;
const CALLS: usize = 5;

/// A password whose check takes a processor a good part of a second.
fn dear() -> String {
    let cost = PasswordCost {
        memory_kibibytes: 64 * 1024,
        iterations: 8,
        parallelism: 1,
    };
    let randomness = SeededRandomness::new(2);
    let hasher = PasswordHasher::new(cost, &randomness).unwrap();
    let hash = hasher.hash(&randomness, &Secret::new("nobody types this"));
    hash.unwrap().as_str().to_owned()
}

/// The configuration in which the passwords of these users are dear to check.
fn with_dear_passwords(config: &str, names: &[&str]) -> String {
    let hash = dear();
    names.iter().fold(config.to_owned(), |config, name| {
        let user = format!("username: {name}, password_hash: '");
        let (before, rest) = config.split_once(&user).unwrap();
        let (_, after) = rest.split_once('\'').unwrap();
        format!("{before}{user}{hash}'{after}")
    })
}

#[actix_rt::test]
async fn calls_are_answered_while_a_flood_of_passwords_is_checked() {
    let names = ["bob", "eve", "mallory"];
    let users: Vec<_> = ["ada"].iter().chain(&names).map(|name| (*name, "")).collect();
    let server = Project::new()
        .tool("one", "SELECT 1 AS x", "")
        .user_config(&with_dear_passwords(&configuration(&users), &names))
        .start();
    let ada = Caller::log_in(&server, "ada").await;
    let mut pages = Vec::new();
    for name in names.iter().cycle().take(names.len() * GUESSES) {
        let mut browser = Browser::new(&server);
        let form = browser.begin(None).await;
        pages.push((browser, form, name));
    }
    let guesses = pages.iter_mut().map(|(browser, form, name)| async move {
        let answers = [("username", **name), ("password", "a guess")];
        browser.submit(form, &answers).await
    });
    let calls = async {
        for _ in 0..CALLS {
            let answer = ada.call("one", json!({})).await;
            assert_eq!(answer["isError"], false, "{answer}");
        }
    };
    tokio::select! {
        biased;
        _ = join_all(guesses) => panic!("the guesses were checked before the calls were answered"),
        () = calls => {}
    }
}
