//! Golden texts of results in each revision.

use std::borrow::Cow;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::mcp::wire::content::{
    BinaryContent, ContentBlock, MediaContent, ResourceBody, ResourceContents, TextContent,
};
use crate::mcp::wire::descriptor::{Resource, Role, Tool};
use crate::mcp::wire::json::EncodedJson;
use crate::mcp::wire::response;

/// What every modern result ends with.
const META: &str = r#""_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s","version":"1.0"}}"#;

const PRIVATE: CacheHint = CacheHint {
    ttl_milliseconds: 0,
    scope: CacheScope::Private,
};

fn server() -> ServerIdentity {
    ServerIdentity::new(Implementation {
        name: "s".to_owned(),
        version: "1.0".to_owned(),
        title: Some("S".to_owned()),
        description: None,
        website_url: None,
        icons: Vec::new(),
    })
}

fn encoded(result: &impl ResultBody, version: &str) -> String {
    let shape = Shape {
        version: ProtocolVersion::parse(version).unwrap(),
        server: &server(),
    };
    String::from_utf8(shape.encode(result)).unwrap()
}

fn resource() -> Resource {
    Resource {
        uri: "a://b".to_owned(),
        name: "n".to_owned(),
        title: None,
        description: None,
        mime_type: None,
        annotations: None,
        size: None,
        icons: Vec::new(),
        metadata: None,
    }
}

#[test]
fn a_tool_result_in_each_revision() {
    let result = CallToolResult::from_json(br#"{"a":"x\"y"}"#);
    let text = r#""content":[{"type":"text","text":"{\"a\":\"x\\\"y\"}"}]"#;
    let structured = r#""structuredContent":{"a":"x\"y"}"#;
    let unstructured = format!("{{{text},\"isError\":false}}");
    let both = format!("{{{text},{structured},\"isError\":false}}");
    for (version, expected) in [
        ("2024-11-05", unstructured.clone()),
        ("2025-03-26", unstructured),
        ("2025-06-18", both.clone()),
        ("2025-11-25", both),
        (
            "2026-07-28",
            format!(r#"{{"resultType":"complete",{text},{structured},"isError":false,{META}}}"#),
        ),
    ] {
        assert_eq!(encoded(&result, version), expected, "{version}");
    }
}

#[test]
fn values_that_are_no_objects_are_wrapped() {
    for (json, expected) in [
        (
            "[1,2]",
            r#"{"content":[{"type":"text","text":"[1,2]"}],"structuredContent":{"result":[1,2]},"isError":false}"#,
        ),
        (
            "null",
            r#"{"content":[{"type":"text","text":"null"}],"structuredContent":{"result":null},"isError":false}"#,
        ),
    ] {
        assert_eq!(
            encoded(&CallToolResult::from_json(json.as_bytes()), "2025-11-25"),
            expected
        );
    }
    let unwrapped = CallToolResult {
        content: Vec::new(),
        structured: Some(StructuredContent::Value(EncodedJson::checked("[1]").unwrap())),
        is_error: false,
    };
    assert_eq!(
        encoded(&unwrapped, "2025-11-25"),
        r#"{"content":[],"isError":false}"#
    );
    let modern = encoded(&unwrapped, "2026-07-28");
    assert!(modern.contains(r#""structuredContent":[1]"#), "{modern}");
}

#[test]
fn a_failed_tool_tells_the_model() {
    assert_eq!(
        encoded(&CallToolResult::error("Unknown \"x\""), "2025-11-25"),
        r#"{"content":[{"type":"text","text":"Unknown \"x\""}],"isError":true}"#
    );
}

#[test]
fn blocks_a_revision_does_not_know_become_text() {
    let media = || MediaContent {
        data: BinaryContent::Bytes(Cow::Borrowed(b"\xff\x00\x01\x02")),
        mime_type: "audio/wav".into(),
        annotations: None,
    };
    let result = CallToolResult {
        content: vec![
            ContentBlock::Image(MediaContent {
                mime_type: "image/png".into(),
                ..media()
            }),
            ContentBlock::Audio(media()),
            ContentBlock::ResourceLink(Cow::Owned(resource())),
            ContentBlock::Resource {
                contents: ResourceContents {
                    uri: "a://b".into(),
                    mime_type: Some("text/plain".into()),
                    body: ResourceBody::Text(TextContent::Plain("t".into())),
                },
                annotations: None,
            },
        ],
        structured: None,
        is_error: false,
    };
    let image = r#"{"type":"image","data":"/wABAg==","mimeType":"image/png"}"#;
    let audio = r#"{"type":"audio","data":"/wABAg==","mimeType":"audio/wav"}"#;
    let no_audio = r#"{"type":"text","text":"[audio content left out: audio/wav]"}"#;
    let link = r#"{"type":"resource_link","uri":"a://b","name":"n"}"#;
    let no_link = r#"{"type":"text","text":"[resource n: a://b]"}"#;
    let embedded = r#"{"type":"resource","resource":{"uri":"a://b","mimeType":"text/plain","text":"t"}}"#;
    for (version, blocks) in [
        ("2024-11-05", [image, no_audio, no_link, embedded]),
        ("2025-03-26", [image, audio, no_link, embedded]),
        ("2025-06-18", [image, audio, link, embedded]),
        ("2025-11-25", [image, audio, link, embedded]),
    ] {
        let expected = format!(r#"{{"content":[{}],"isError":false}}"#, blocks.join(","));
        assert_eq!(encoded(&result, version), expected, "{version}");
    }
}

#[test]
fn lists_are_cacheable_in_the_modern_era_only() {
    let tool = Tool {
        name: "t".to_owned(),
        title: None,
        description: None,
        input_schema: serde_json::value::RawValue::from_string("{}".to_owned()).unwrap(),
        output_schema: None,
        annotations: None,
        icons: Vec::new(),
        metadata: None,
    };
    let page = ListResult {
        items: vec![&tool],
        next_cursor: Some("c".to_owned()),
        cache: CacheHint {
            ttl_milliseconds: 5000,
            scope: CacheScope::Public,
        },
    };
    let members = r#""tools":[{"name":"t","inputSchema":{}}],"nextCursor":"c""#;
    assert_eq!(encoded(&page, "2025-11-25"), format!("{{{members}}}"));
    assert_eq!(
        encoded(&page, "2026-07-28"),
        format!(r#"{{"resultType":"complete",{members},"ttlMs":5000,"cacheScope":"public",{META}}}"#)
    );
    let empty = ListResult::<Resource> {
        items: Vec::new(),
        next_cursor: None,
        cache: PRIVATE,
    };
    assert_eq!(encoded(&empty, "2024-11-05"), r#"{"resources":[]}"#);
}

#[test]
fn reads_and_prompts() {
    let read = ReadResourceResult {
        contents: vec![ResourceContents {
            uri: "a://b".into(),
            mime_type: None,
            body: ResourceBody::Blob(BinaryContent::Base64("AAE=".into())),
        }],
        cache: PRIVATE,
    };
    let members = r#""contents":[{"uri":"a://b","blob":"AAE="}]"#;
    assert_eq!(encoded(&read, "2025-06-18"), format!("{{{members}}}"));
    assert_eq!(
        encoded(&read, "2026-07-28"),
        format!(r#"{{"resultType":"complete",{members},"ttlMs":0,"cacheScope":"private",{META}}}"#)
    );
    let prompt = GetPromptResult {
        description: None,
        messages: vec![PromptMessage {
            role: Role::User,
            content: ContentBlock::text("hi"),
        }],
    };
    let members = r#""messages":[{"role":"user","content":{"type":"text","text":"hi"}}]"#;
    assert_eq!(encoded(&prompt, "2025-06-18"), format!("{{{members}}}"));
    assert_eq!(
        encoded(&prompt, "2026-07-28"),
        format!(r#"{{"resultType":"complete",{members},{META}}}"#)
    );
}

#[test]
fn completions_stop_at_a_hundred() {
    let few = CompleteResult::new(vec!["a".to_owned(), "b".to_owned()]);
    assert_eq!(
        encoded(&few, "2025-11-25"),
        r#"{"completion":{"values":["a","b"],"total":2,"hasMore":false}}"#
    );
    let many = CompleteResult::new((0..250).map(|n| n.to_string()).collect());
    let many: Value = serde_json::from_str(&encoded(&many, "2025-11-25")).unwrap();
    assert_eq!(many["completion"]["values"].as_array().map(Vec::len), Some(100));
    assert_eq!(many["completion"]["total"], 250);
    assert_eq!(many["completion"]["hasMore"], true);
}

#[test]
fn acknowledgements_are_empty_in_the_legacy_era() {
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        assert_eq!(encoded(&EmptyResult, version), "{}");
    }
    let request = RequestId::Text("l".into());
    assert_eq!(
        encoded(&ListenResult { request: &request }, "2026-07-28"),
        concat!(
            r#"{"resultType":"complete","_meta":{"io.modelcontextprotocol/subscriptionId":"l","#,
            r#""io.modelcontextprotocol/serverInfo":{"name":"s","version":"1.0"}}}"#
        )
    );
}

fn capabilities() -> ServerCapabilities {
    ServerCapabilities {
        tools: Some(true),
        prompts: Some(false),
        resources: Some(ResourcesCapability {
            subscribe: true,
            list_changed: false,
        }),
        logging: true,
        completions: true,
        extensions: Some(EncodedJson::checked(r#"{"io.modelcontextprotocol/tasks":{}}"#).unwrap()),
    }
}

#[test]
fn the_handshake_in_each_revision() {
    let (capabilities, identity) = (capabilities(), server());
    let lists = concat!(
        r#""tools":{"listChanged":true},"prompts":{"listChanged":false},"#,
        r#""resources":{"subscribe":true,"listChanged":false},"logging":{}"#
    );
    let untitled = r#"{"name":"s","version":"1.0"}"#;
    let titled = r#"{"name":"s","title":"S","version":"1.0"}"#;
    for (version, completions, server_info) in [
        ("2024-11-05", "", untitled),
        ("2025-03-26", r#","completions":{}"#, untitled),
        ("2025-06-18", r#","completions":{}"#, titled),
        ("2025-11-25", r#","completions":{}"#, titled),
    ] {
        let result = InitializeResult {
            protocol_version: ProtocolVersion::parse(version).unwrap(),
            capabilities: &capabilities,
            server: identity.implementation(),
            instructions: Some("use it"),
        };
        let expected = format!(r#"{{"protocolVersion":"{version}","capabilities":{{{lists}{completions}}},"#)
            + &format!(r#""serverInfo":{server_info},"instructions":"use it"}}"#);
        assert_eq!(encoded(&result, version), expected);
    }
}

#[test]
fn discovery_lists_every_version() {
    let capabilities = capabilities();
    let result = DiscoverResult {
        capabilities: &capabilities,
        instructions: None,
        cache: PRIVATE,
    };
    let expected = concat!(
        r#"{"resultType":"complete","#,
        r#""supportedVersions":["2026-07-28","2025-11-25","2025-06-18","2025-03-26","2024-11-05"],"#,
        r#""capabilities":{"tools":{"listChanged":true},"prompts":{"listChanged":false},"#,
        r#""resources":{"subscribe":true,"listChanged":false},"logging":{},"completions":{},"#,
        r#""extensions":{"io.modelcontextprotocol/tasks":{}}},"ttlMs":0,"cacheScope":"private","#
    );
    assert_eq!(encoded(&result, "2026-07-28"), format!("{expected}{META}}}"));
}

#[test]
fn a_response_has_room_for_its_result() {
    let rows = json!([{"id": 1, "name": "a \"quoted\" name"}, {"id": 2, "name": "\u{1f600}"}]).to_string();
    let identity = server();
    let shape = Shape {
        version: ProtocolVersion::MODERN,
        server: &identity,
    };
    let result = CallToolResult::from_json(rows.as_bytes());
    let bytes = response::result(&RequestId::Integer(9), &result, shape);
    let message: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(message["id"], 9);
    assert_eq!(message["result"]["content"][0]["text"], rows.as_str());
    assert_eq!(
        message["result"]["structuredContent"]["result"][1]["name"],
        "\u{1f600}"
    );
}

proptest! {
    #[test]
    fn text_and_structure_say_the_same(
        rows in prop::collection::vec(prop::collection::hash_map(any::<String>(), any::<String>(), 0..4), 0..6),
        version in prop::sample::select(ProtocolVersion::ALL.to_vec()),
    ) {
        let rows = json!(rows);
        let json = rows.to_string();
        let identity = server();
        let bytes = Shape { version, server: &identity }.encode(&CallToolResult::from_json(json.as_bytes()));
        let result: Value = serde_json::from_slice(&bytes).unwrap();
        let text = result["content"][0]["text"].as_str().unwrap();
        prop_assert_eq!(serde_json::from_str::<Value>(text).unwrap(), rows.clone());
        let structured = result.get("structuredContent").map(|wrapper| wrapper["result"].clone());
        prop_assert_eq!(structured, version.knows(Feature::StructuredOutput).then_some(rows));
    }

    #[test]
    fn bytes_come_out_as_base64(bytes in prop::collection::vec(any::<u8>(), 0..10_000)) {
        use base64::Engine as _;
        let block = ContentBlock::Image(MediaContent {
            data: BinaryContent::Bytes(Cow::Borrowed(&bytes)),
            mime_type: "image/png".into(),
            annotations: None,
        });
        let result = CallToolResult { content: vec![block], structured: None, is_error: false };
        let result: Value = serde_json::from_str(&encoded(&result, "2025-11-25")).unwrap();
        let data = result["content"][0]["data"].as_str().unwrap();
        prop_assert_eq!(base64::engine::general_purpose::STANDARD.decode(data).unwrap(), bytes);
    }
}
