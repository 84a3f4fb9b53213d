//! Resources declared in YAML over SQL: listed, found by URI or template, read in both eras.

use awc::http::StatusCode;
use serde_json::{Value, json};

use crate::server::{Project, Server};

const BOOK: &str = "mxcp: 1
resource:
  uri: books://{shelf}/{title}
  name: book
  title: A book
  description: One book.
  parameters:
    - { name: shelf, type: integer, description: The shelf. }
    - { name: title, type: string, description: The title. }
  return: { type: object, properties: { shelf: { type: integer }, title: { type: string } } }
  source: { code: \"SELECT $shelf AS shelf, $title AS title WHERE $shelf < 10\" }
";

const MOTTO: &str = "mxcp: 1
resource:
  uri: shop://motto
  description: What we live by.
  mime_type: text/markdown
  return: { type: string }
  source: { code: \"SELECT '# Read \\\"more\\\"' AS motto\" }
";

const PIXEL: &str = "mxcp: 1
resource:
  uri: shop://pixel
  mime_type: image/png
  return: { type: string }
  source: { code: \"SELECT '\\\\x89PNG'::BLOB AS pixel\" }
";

const STOCK: &str = "mxcp: 1
resource:
  uri: shop://stock
  source: { code: \"SELECT range AS n FROM range(3)\" }
";

const BROKEN: &str = "mxcp: 1
resource:
  uri: shop://broken
  source: { code: \"SELECT error('the shelf fell') AS x\" }
";

const HUGE: &str = "mxcp: 1
resource:
  uri: shop://huge
  limits: { max_rows: 9 }
  source: { code: \"SELECT range AS n FROM range(100)\" }
";

fn shop() -> Server {
    Project::new()
        .file("resources/book.yml", BOOK)
        .file("resources/motto.yml", MOTTO)
        .file("resources/pixel.yaml", PIXEL)
        .file("resources/stock.yml", STOCK)
        .file("resources/broken.yml", BROKEN)
        .file("resources/huge.yml", HUGE)
        .start()
}

async fn read(server: &Server, uri: &str) -> Value {
    let answer = server.modern("resources/read", json!({ "uri": uri })).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.json()
}

#[actix_rt::test]
async fn fixed_resources_and_templates_stand_in_lists_of_their_own() {
    let server = shop();
    let list = server.modern("resources/list", json!({})).await.json()["result"].clone();
    let listed: Vec<(&str, &str)> = list["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|resource| {
            (
                resource["uri"].as_str().unwrap(),
                resource["mimeType"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        listed,
        [
            ("shop://broken", "application/json"),
            ("shop://huge", "application/json"),
            ("shop://motto", "text/markdown"),
            ("shop://pixel", "image/png"),
            ("shop://stock", "application/json"),
        ]
    );
    assert_eq!(
        (
            &list["resources"][2]["description"],
            &list["resources"][2]["name"]
        ),
        (&json!("What we live by."), &json!("shop://motto"))
    );
    assert_eq!(
        (&list["cacheScope"], list["ttlMs"].is_u64()),
        (&json!("public"), true)
    );
    let templates = server.modern("resources/templates/list", json!({})).await.json();
    assert_eq!(
        templates["result"]["resourceTemplates"],
        json!([{ "uriTemplate": "books://{shelf}/{title}", "name": "book", "title": "A book",
            "description": "One book.", "mimeType": "application/json" }])
    );
}

#[actix_rt::test]
async fn contents_have_the_form_of_their_type() {
    let server = shop();
    for (uri, contents) in [
        (
            "shop://motto",
            json!({ "uri": "shop://motto", "mimeType": "text/markdown", "text": "# Read \"more\"" }),
        ),
        (
            "shop://pixel",
            json!({ "uri": "shop://pixel", "mimeType": "image/png", "blob": "iVBORw==" }),
        ),
        (
            "shop://stock",
            json!({ "uri": "shop://stock", "mimeType": "application/json", "text": "[{\"n\":0},{\"n\":1},{\"n\":2}]" }),
        ),
        (
            "books://3/Moby%20Dick%2F1",
            json!({ "uri": "books://3/Moby%20Dick%2F1", "mimeType": "application/json",
                "text": "{\"shelf\":3,\"title\":\"Moby Dick/1\"}" }),
        ),
    ] {
        let result = read(&server, uri).await["result"].clone();
        assert_eq!(result["contents"], json!([contents]), "{uri}");
        assert_eq!(
            (&result["cacheScope"], &result["ttlMs"]),
            (&json!("private"), &json!(0))
        );
    }
}

#[actix_rt::test]
async fn what_is_not_there_is_not_found_in_the_words_of_each_era() {
    let server = shop();
    let session = server.open_session().await;
    // No such URI, and a template that matches but whose one row does not exist.
    for uri in ["shop://nothing", "books://99/Emma", "books://3/a/b", ""] {
        let modern = read(&server, uri).await["error"].clone();
        let expected = json!({ "code": -32602, "message": "Resource not found", "data": { "uri": uri } });
        assert_eq!(modern, expected, "{uri}");
        let message =
            json!({ "jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": { "uri": uri } });
        let legacy = server.legacy(Some(&session), &message).await.json()["error"].clone();
        let expected = json!({ "code": -32002, "message": "Resource not found", "data": { "uri": uri } });
        assert_eq!(legacy, expected, "{uri}");
    }
}

#[actix_rt::test]
async fn a_legacy_read_holds_its_contents_and_nothing_of_the_other_era() {
    let server = shop();
    let session = server.open_session().await;
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": { "uri": "books://1/Emma" } });
    assert_eq!(
        server.legacy(Some(&session), &message).await.json()["result"],
        json!({ "contents": [{ "uri": "books://1/Emma", "mimeType": "application/json",
            "text": "{\"shelf\":1,\"title\":\"Emma\"}" }] })
    );
}

#[actix_rt::test]
async fn wrong_variables_broken_sql_and_limits_say_what_is_wrong() {
    let server = shop();
    for (uri, code, part) in [
        ("books://three/Emma", -32602, "Error validating parameter 'shelf'"),
        ("shop://broken", -32603, "the shelf fell"),
        ("shop://huge", -32603, "9 rows (max_rows)"),
    ] {
        let error = read(&server, uri).await["error"].clone();
        assert_eq!(error["code"], code, "{error}");
        assert!(error["message"].as_str().unwrap().contains(part), "{error}");
    }
}
