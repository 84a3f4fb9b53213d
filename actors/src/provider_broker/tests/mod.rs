//! The broker, asked through its messages: pages and decisions, sessions and consents, both ways to log in.

mod consents;
pub(crate) mod fake;
mod outside;
mod pages;
mod passwords;
mod sessions;
mod upstream;

use crate::provider_broker::messages::{BeginSignIn, SignInStart};
use crate::system::tests::house::House;

/// A browser without cookies begins to sign in for itself.
async fn begin_sign_in(house: &House) -> SignInStart {
    let message = BeginSignIn {
        browser: None,
        public_url: fake::PUBLIC_URL.to_owned(),
    };
    house.actors().broker.ask(message).await.unwrap().unwrap()
}
