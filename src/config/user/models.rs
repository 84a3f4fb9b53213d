//! `models`: the language models that evaluations may use.

use std::collections::BTreeMap;
use std::time::Duration;

use url::Url;

use crate::config::Secret;
use crate::config::values::{seconds, web_address};
use crate::yaml::{FromYaml, Item};

/// The known models.
#[derive(Clone, Debug, Default)]
pub struct Models {
    /// The name of the model that is used unless an evaluation names one.
    pub default: Option<String>,
    /// The models by name.
    pub models: BTreeMap<String, Model>,
}

/// One model.
#[derive(Clone, Debug)]
pub struct Model {
    /// Whose interface it speaks.
    pub kind: ModelKind,
    /// The key to that interface.
    pub api_key: Option<Secret>,
    /// An address other than the vendor's.
    pub base_url: Option<Url>,
    /// How long an answer may take.
    pub timeout: Option<Duration>,
    /// How often a failed request is repeated.
    pub max_retries: Option<u32>,
}

/// The interfaces that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelKind {
    /// `claude`
    Claude,
    /// `openai`
    OpenAi,
}

impl FromYaml for Models {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let models = Self {
            default: fields.optional("default"),
            models: fields.optional("models").unwrap_or_default(),
        };
        fields.finish();
        Some(models)
    }
}

impl FromYaml for Model {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let kind = fields.required_with("type", |kind| {
            kind.choice(&[("claude", ModelKind::Claude), ("openai", ModelKind::OpenAi)])
        });
        let api_key = fields.optional("api_key");
        let base_url = fields.optional_with("base_url", web_address);
        let timeout = fields.optional_with("timeout", |timeout| seconds(timeout, 1..=86_400));
        let max_retries = fields.optional("max_retries");
        fields.finish();
        Some(Self {
            kind: kind?,
            api_key,
            base_url,
            timeout,
            max_retries,
        })
    }
}
