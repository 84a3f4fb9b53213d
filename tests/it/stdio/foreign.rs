//! A client whose token is another server's: that one is asked about it, does not answer, or gave it too few scopes.

use serde_json::{Value, json};

use super::client::{Client, call};
use super::identity::open;
use crate::foreign::told::{active, introspection, say};
use crate::foreign::{claims, issuer, signed, verifier, with};
use crate::oidc::fake::Canned;
use crate::server::Project;

fn client(project: &Project, token: &str) -> Client {
    let mut client = Client::start_with(project, &[], &[("MXCP_ACCESS_TOKEN", token)]);
    assert!(client.ask(open())["result"].is_object());
    client
}

/// What SQL knows of the caller, or the error.
fn who(client: &mut Client) -> Result<Value, (i64, String)> {
    answered(&client.ask(call(1, "who")))
}

fn answered(answer: &Value) -> Result<Value, (i64, String)> {
    match &answer["error"] {
        Value::Null => Ok(answer["result"]["content"][0]["text"].clone()),
        error => Err((
            error["code"].as_i64().unwrap(),
            error["message"].as_str().unwrap().to_owned(),
        )),
    }
}

fn refused(message: &str) -> Result<Value, (i64, String)> {
    Err((-32600, message.to_owned()))
}

#[test]
fn the_issuer_is_asked_about_the_token_for_each_call() {
    let issuer = issuer();
    say(&issuer, active(&issuer));
    let mut client = client(&introspection(&issuer, ", cache_ttl: 0"), "opaque");
    let ada = json!(r#"[{"name":"ada","provider":"introspection","token":""}]"#);
    assert_eq!(who(&mut client), Ok(ada.clone()));
    assert_eq!(issuer.script().seen.last().unwrap().form["token"], "opaque");
    say(&issuer, json!({ "active": false }));
    assert_eq!(who(&mut client), refused("Authentication required"));
    say(&issuer, active(&issuer));
    assert_eq!(who(&mut client), Ok(ada));
    assert_eq!(issuer.script().count("/introspect"), 3);
}

#[test]
fn an_issuer_that_is_down_is_told_and_ends_nothing() {
    let issuer = issuer();
    say(&issuer, active(&issuer));
    let mut client = client(&introspection(&issuer, ", cache_ttl: 0"), "opaque");
    for (canned, told) in [
        (
            Canned::Status(500),
            "cannot be asked just now: it has an internal error",
        ),
        (
            Canned::Garbage,
            "gave an answer that cannot be used: it does not say what a token is worth",
        ),
    ] {
        issuer.script().instead = [("/introspect", canned)].into();
        let told = format!("the identity provider introspection {told}");
        assert_eq!(who(&mut client), refused(&told), "{canned:?}");
    }
    issuer.script().instead.clear();
    assert!(who(&mut client).is_ok(), "the same client goes on");
}

#[test]
fn a_good_token_without_the_scope_is_told_so() {
    let issuer = issuer();
    let few = with(claims(&issuer), "scope", json!("other"));
    let lacking = "this needs more scopes than the token has";
    let mut signed_client = client(&verifier(&issuer, ""), &signed(&issuer, &few));
    assert_eq!(who(&mut signed_client), refused(lacking));
    say(&issuer, with(active(&issuer), "scope", json!("other")));
    let mut opaque = client(&introspection(&issuer, ""), "opaque");
    assert_eq!(who(&mut opaque), refused(lacking));

    let mut reader = client(&verifier(&issuer, ""), &signed(&issuer, &claims(&issuer)));
    assert!(who(&mut reader).is_ok());
    let answer = reader.ask(call(2, "write"));
    assert_eq!(
        answered(&answer),
        refused("Insufficient scope: this needs mcp:write"),
        "{answer}"
    );
}
