//! `icons`: images that a client's user interface may show (MCP 2025-11-25, "Icons").

use crate::yaml::{FromYaml, Item};

/// One image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Icon {
    /// An `https:` or `data:` URI.
    pub source: String,
    /// The media type, if the source does not say.
    pub mime_type: Option<String>,
    /// Sizes such as `48x48`, or `any`.
    pub sizes: Vec<String>,
    /// The background that it is made for.
    pub theme: Option<IconTheme>,
}

/// The background that an icon is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IconTheme {
    /// A light background.
    Light,
    /// A dark background.
    Dark,
}

impl FromYaml for Icon {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named("the icon");
        let source = fields.required_with("src", read_source);
        let mime_type = fields.optional_with("mime_type", Item::non_empty_string);
        let sizes = fields.optional_with("sizes", Item::one_or_many::<Size>);
        let themes = [("light", IconTheme::Light), ("dark", IconTheme::Dark)];
        let theme = fields.optional_with("theme", |theme| theme.choice(&themes));
        fields.finish();
        Some(Self {
            source: source?,
            mime_type,
            sizes: sizes.unwrap_or_default().into_iter().map(|size| size.0).collect(),
            theme,
        })
    }
}

fn read_source(mut item: Item<'_>) -> Option<String> {
    let source = item.again().non_empty_string()?;
    match source.starts_with("https://") || source.starts_with("data:image/") {
        true => Some(source),
        false => item.refuse("expected an https:// address or a data:image/ URI; clients refuse other icons"),
    }
}

/// `48x48` or `any`.
struct Size(String);

impl FromYaml for Size {
    fn from_yaml(mut item: Item<'_>) -> Option<Self> {
        let text = item.again().non_empty_string()?;
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_size = text
            .split_once('x')
            .is_some_and(|(width, height)| is_number(width) && is_number(height));
        match is_size || text == "any" {
            true => Some(Self(text)),
            false => item.refuse("expected a size such as 48x48, or any"),
        }
    }
}
