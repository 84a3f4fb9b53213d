//! Another server of this kind as the authorization server: its tokens are opaque, and it says what they are worth.

use super::*;
use crate::login::{self, CLIENT, CLIENT_SECRET as LOGIN_SECRET};

#[actix_rt::test]
async fn one_server_logs_users_in_and_another_one_answers_them() {
    let users = login::configuration(&[("ada", "name: Ada")]);
    let authorization = Project::new()
        .user_config(&users)
        .tool("one", "SELECT 1 AS x", "")
        .start();
    let auth = format!(
        "mode: introspection, authorization: {{ required_scopes: ['mcp:read'] }},\n  introspection: {{ issuer: '{}', \
         endpoint: '{}', audience: '{}/mcp', client_id: {CLIENT}, client_secret: {LOGIN_SECRET}, cache_ttl: 0 }}",
        login::PUBLIC,
        authorization.at("/introspect"),
        login::PUBLIC
    );
    let resource = project(&auth).start();
    let metadata = resource.get("/.well-known/oauth-protected-resource").await.json();
    assert_eq!(metadata["authorization_servers"], json!([login::PUBLIC]));

    let caller = Caller::log_in(&authorization, "ada").await;
    let token = caller.secrets()[1].clone();
    let expected = r#"[{"name":"ada","provider":"introspection","token":""}]"#;
    assert_eq!(who(&resource, &token).await, Ok(expected.to_owned()));
    assert_eq!(who(&resource, "mcp_access_unknown").await, Err(401));

    let form = format!("token={token}&client_id={CLIENT}&client_secret={LOGIN_SECRET}");
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let revoked = authorization
        .request("POST", "/revoke", &headers, form.into_bytes())
        .await;
    assert_eq!(revoked.status.as_u16(), 200);
    assert_eq!(who(&resource, &token).await, Err(401));
}
