//! The page for browsers where nobody logs in.

use awc::http::StatusCode;

use crate::server::Project;

#[actix_rt::test]
async fn without_logins_a_browser_is_told_what_this_is_and_how_to_connect() {
    let server = Project::new().tool("one", "SELECT 1 AS x", "").start();
    let page = server.request("GET", "/", &[], Vec::new()).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(page.header("x-frame-options"), Some("DENY"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let text = String::from_utf8(page.body).unwrap();
    let resource = server.at("/mcp").replace('/', "&#x2f;");
    let command = format!("claude mcp add --transport http test {resource}");
    assert!(text.contains(&command), "{text}");
    assert!(text.contains("Nobody has to sign in"), "{text}");
    assert!(!text.contains("<form") && !text.contains("<a "), "{text}");
}

#[actix_rt::test]
async fn a_page_of_another_site_learns_nothing_by_rebinding_its_name() {
    let server = Project::new().start();
    let page = server
        .request("GET", "/", &[("Host", "evil.example.com")], Vec::new())
        .await;
    assert_eq!(page.status, StatusCode::MISDIRECTED_REQUEST);
    assert!(
        !String::from_utf8_lossy(&page.body).contains("localhost"),
        "{page:?}"
    );
}
