//! Two servers on one store: nothing of a login is in the memory of one of them.

use std::rc::Rc;
use std::time::Duration;

use super::browser::{Browser, location, parameter};
use super::client::{Fields, call};
use super::outside::{Upstream, callback};
use super::server::{DEMO_CLIENT, DEMO_SECRET, Server};

#[actix_web::test]
async fn each_step_of_a_login_at_a_provider_may_reach_another_server() {
    let [one, two] = Server::two_outside(Rc::new(Upstream::default())).await;
    for [here, there] in [[&one, &two], [&two, &one]] {
        let browser = Browser::new(here);
        let consent = browser.open(&Fields::demo().uri()).await.form();
        let browser = browser.at(there);
        let departure = location(&browser.submit_once(&consent, &[]).await);
        let browser = browser.at(here);
        let back = location(&browser.get(&callback(&departure, "code=upstream")).await);
        let exchange = Fields::demo_exchange(&parameter(&back, "code").unwrap());
        let first = exchange.to_token(there).await;
        assert_eq!(first.status, 200, "{}", first.body);
        assert_eq!(call(here, &first.text("access_token")).await.body, "583231");
        let second = Fields::demo_refresh(&first.text("refresh_token"))
            .to_token(there)
            .await;
        assert_eq!(call(here, &second.text("access_token")).await.body, "583231");
        let refresh_token = second.text("refresh_token");
        let given_back = [
            ("client_id", DEMO_CLIENT),
            ("client_secret", DEMO_SECRET),
            ("token", refresh_token.as_str()),
        ];
        assert_eq!(there.post("/revoke", &given_back).await.status, 200);
        // What was verified a second ago is good for a second.
        here.clock.advance(Duration::from_secs(2));
        for tokens in [&first, &second] {
            assert_eq!(call(here, &tokens.text("access_token")).await.status, 401);
        }
    }
}
