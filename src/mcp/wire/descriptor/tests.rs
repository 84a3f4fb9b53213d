//! Golden texts of descriptors in each revision.

use serde_json::value::RawValue;

use super::*;

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).unwrap()
}

fn icon() -> Icon {
    Icon {
        source: "https://a.example/i.png".to_owned(),
        mime_type: Some("image/png".to_owned()),
        sizes: vec!["48x48".to_owned()],
        theme: Some(IconTheme::Dark),
    }
}

fn check(described: &impl Describe, golden: [(&str, &str); 5]) {
    for (version, expected) in golden {
        let mut out = Vec::new();
        described.write(ProtocolVersion::parse(version).unwrap(), &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), expected, "{version}");
    }
}

#[test]
fn a_tool_in_each_revision() {
    let tool = Tool {
        name: "t".to_owned(),
        title: Some("T".to_owned()),
        description: Some("d".to_owned()),
        input_schema: raw(r#"{"type":"object", "$defs":{"b":1,"a":2}}"#),
        output_schema: Some(raw(r#"{"type":"object"}"#)),
        annotations: Some(ToolAnnotations {
            title: Some("TT".to_owned()),
            read_only: Some(true),
            open_world: Some(false),
            ..ToolAnnotations::default()
        }),
        icons: vec![icon()],
        metadata: Some(raw(r#"{"a/b":1}"#)),
    };
    let since_2025_11 = concat!(
        r#"{"name":"t","title":"T","description":"d","inputSchema":{"type":"object", "$defs":{"b":1,"a":2}},"#,
        r#""outputSchema":{"type":"object"},"annotations":{"title":"TT","readOnlyHint":true,"openWorldHint":false},"#,
        r#""icons":[{"src":"https://a.example/i.png","mimeType":"image/png","sizes":["48x48"],"theme":"dark"}],"#,
        r#""_meta":{"a/b":1}}"#
    );
    check(
        &tool,
        [
            (
                "2024-11-05",
                r#"{"name":"t","description":"d","inputSchema":{"type":"object", "$defs":{"b":1,"a":2}}}"#,
            ),
            (
                "2025-03-26",
                concat!(
                    r#"{"name":"t","description":"d","inputSchema":{"type":"object", "$defs":{"b":1,"a":2}},"#,
                    r#""annotations":{"title":"TT","readOnlyHint":true,"openWorldHint":false}}"#
                ),
            ),
            (
                "2025-06-18",
                concat!(
                    r#"{"name":"t","title":"T","description":"d","#,
                    r#""inputSchema":{"type":"object", "$defs":{"b":1,"a":2}},"outputSchema":{"type":"object"},"#,
                    r#""annotations":{"title":"TT","readOnlyHint":true,"openWorldHint":false},"_meta":{"a/b":1}}"#
                ),
            ),
            ("2025-11-25", since_2025_11),
            ("2026-07-28", since_2025_11),
        ],
    );
}

#[test]
fn a_resource_in_each_revision() {
    let resource = Resource {
        uri: "a://b".to_owned(),
        name: "n".to_owned(),
        title: Some("N".to_owned()),
        description: None,
        mime_type: Some("text/plain".to_owned()),
        annotations: Some(Annotations {
            audience: vec![Role::User, Role::Assistant],
            priority: Some(0.5),
            last_modified: Some("2025-01-12T15:00:58Z".to_owned()),
        }),
        size: Some(12),
        icons: vec![icon()],
        metadata: Some(raw("{}")),
    };
    let oldest = concat!(
        r#"{"uri":"a://b","name":"n","mimeType":"text/plain","#,
        r#""annotations":{"audience":["user","assistant"],"priority":0.5},"size":12}"#
    );
    let newest = concat!(
        r#"{"uri":"a://b","name":"n","title":"N","mimeType":"text/plain","annotations":{"#,
        r#""audience":["user","assistant"],"priority":0.5,"lastModified":"2025-01-12T15:00:58Z"},"size":12,"#,
        r#""icons":[{"src":"https://a.example/i.png","mimeType":"image/png","sizes":["48x48"],"theme":"dark"}],"#,
        r#""_meta":{}}"#
    );
    check(
        &resource,
        [
            ("2024-11-05", oldest),
            ("2025-03-26", oldest),
            (
                "2025-06-18",
                concat!(
                    r#"{"uri":"a://b","name":"n","title":"N","mimeType":"text/plain","annotations":{"#,
                    r#""audience":["user","assistant"],"priority":0.5,"lastModified":"2025-01-12T15:00:58Z"},"#,
                    r#""size":12,"_meta":{}}"#
                ),
            ),
            ("2025-11-25", newest),
            ("2026-07-28", newest),
        ],
    );
}

#[test]
fn a_template_and_a_prompt_in_each_revision() {
    let template = ResourceTemplate {
        uri_template: "a://{id}".to_owned(),
        name: "n".to_owned(),
        title: Some("N".to_owned()),
        description: Some("d".to_owned()),
        mime_type: None,
        annotations: None,
        icons: Vec::new(),
        metadata: None,
    };
    let untitled = r#"{"uriTemplate":"a://{id}","name":"n","description":"d"}"#;
    let titled = r#"{"uriTemplate":"a://{id}","name":"n","title":"N","description":"d"}"#;
    check(
        &template,
        [
            ("2024-11-05", untitled),
            ("2025-03-26", untitled),
            ("2025-06-18", titled),
            ("2025-11-25", titled),
            ("2026-07-28", titled),
        ],
    );
    let prompt = Prompt {
        name: "p".to_owned(),
        title: Some("P".to_owned()),
        description: None,
        arguments: vec![PromptArgument {
            name: "a".to_owned(),
            title: Some("A".to_owned()),
            description: None,
            required: true,
        }],
        icons: Vec::new(),
        metadata: None,
    };
    let untitled = r#"{"name":"p","arguments":[{"name":"a","required":true}]}"#;
    let titled = r#"{"name":"p","title":"P","arguments":[{"name":"a","title":"A","required":true}]}"#;
    check(
        &prompt,
        [
            ("2024-11-05", untitled),
            ("2025-03-26", untitled),
            ("2025-06-18", titled),
            ("2025-11-25", titled),
            ("2026-07-28", titled),
        ],
    );
}

#[test]
fn the_server_itself_in_each_revision() {
    let server = Implementation {
        name: "s".to_owned(),
        version: "1.0".to_owned(),
        title: Some("S".to_owned()),
        description: Some("d".to_owned()),
        website_url: Some("https://a.example".to_owned()),
        icons: vec![icon()],
    };
    let newest = concat!(
        r#"{"name":"s","title":"S","version":"1.0","description":"d","websiteUrl":"https://a.example","#,
        r#""icons":[{"src":"https://a.example/i.png","mimeType":"image/png","sizes":["48x48"],"theme":"dark"}]}"#
    );
    check(
        &server,
        [
            ("2024-11-05", r#"{"name":"s","version":"1.0"}"#),
            ("2025-03-26", r#"{"name":"s","version":"1.0"}"#),
            ("2025-06-18", r#"{"name":"s","title":"S","version":"1.0"}"#),
            ("2025-11-25", newest),
            ("2026-07-28", newest),
        ],
    );
}
