//! From the result of a resource's statement to the contents that a client reads.

use mxcp_actors::sql_executor::engine::data_type::DataType;

use crate::endpoints::model::TypeKind;
use crate::endpoints::registry::{Program, RunnableResource};
use crate::mcp::wire::content::{BinaryContent, ResourceBody, ResourceContents, TextContent};
use crate::mcp::wire::json::EncodedJson;

/// In which form a resource's result stands in its contents, and what that is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    mime_type: String,
    form: ContentForm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ContentForm {
    /// The JSON text of the result.
    Json,
    /// The only value, which is a text.
    Text,
    /// The only value, which is bytes.
    Bytes,
}

impl Contents {
    pub(super) fn of(resource: &RunnableResource) -> Self {
        let columns = match &resource.routine.program {
            Program::Sql(statement) => statement.columns(),
            Program::CallerSql { .. } | Program::Messages(_) => &[],
        };
        let returns = resource.definition.returns.as_ref();
        let form = match (returns.map(|returns| &returns.kind), columns) {
            (Some(TypeKind::String(_)), [(_, DataType::Blob)]) => ContentForm::Bytes,
            (Some(TypeKind::String(_)), _) => ContentForm::Text,
            _ => ContentForm::Json,
        };
        let usual = match form {
            ContentForm::Json => "application/json",
            ContentForm::Text => "text/plain",
            ContentForm::Bytes => "application/octet-stream",
        };
        let declared = resource.definition.mime_type.as_deref();
        Self {
            mime_type: declared.unwrap_or(usual).to_owned(),
            form,
        }
    }

    /// The media type.
    pub fn mime_type(&self) -> &str {
        &self.mime_type
    }

    /// The contents of the resource at `uri`, whose result is `json`. A null text is an empty one.
    pub fn holding<'a>(&'a self, uri: &'a str, json: &'a [u8]) -> ResourceContents<'a> {
        let as_json = || ResourceBody::Text(TextContent::Json(EncodedJson::from_encoder(json)));
        let as_text = |text: String| ResourceBody::Text(TextContent::Plain(text.into()));
        let as_bytes = |base64: String| ResourceBody::Blob(BinaryContent::Base64(base64.into()));
        let body = match self.form {
            ContentForm::Json => as_json(),
            ContentForm::Text => text(json).map_or_else(as_json, as_text),
            ContentForm::Bytes => text(json).map_or_else(as_json, as_bytes),
        };
        ResourceContents {
            uri: uri.into(),
            mime_type: Some(self.mime_type().into()),
            body,
        }
    }
}

/// The text in a result that is one text or null.
fn text(json: &[u8]) -> Option<String> {
    let text: Option<String> = serde_json::from_slice(json).ok()?;
    Some(text.unwrap_or_default())
}
