//! `telemetry`: traces and metrics over OpenTelemetry.

use std::collections::BTreeMap;
use std::time::Duration;

use url::Url;

use crate::config::Secret;
use crate::config::environment::Environment;
use crate::config::values::{FreeText, seconds, web_address};
use crate::yaml::{FromYaml, Item, KeyPath, Location, Problems};

const DEFAULT_EXPORT_INTERVAL: Duration = Duration::from_mins(1);

/// The section as written.
#[derive(Default)]
pub(in crate::config) struct TelemetryFile {
    enabled: bool,
    endpoint: Option<Url>,
    headers: BTreeMap<String, Secret>,
    service_name: Option<String>,
    service_version: Option<String>,
    environment: Option<String>,
    resource_attributes: BTreeMap<String, String>,
    tracing: Option<Tracing>,
    metrics: Option<Metrics>,
}

/// What is told to an OpenTelemetry collector. Off by default.
#[derive(Clone, Debug)]
pub struct Telemetry {
    /// Whether anything is exported.
    pub enabled: bool,
    /// The collector's address, for OTLP over HTTP.
    pub endpoint: Option<Url>,
    /// Headers of every export, which may hold credentials.
    pub headers: BTreeMap<String, Secret>,
    /// `service.name`
    pub service_name: String,
    /// `service.version`, if not the server's own version.
    pub service_version: Option<String>,
    /// `deployment.environment`, by default the profile's name.
    pub environment: String,
    /// Further resource attributes.
    pub resource_attributes: BTreeMap<String, String>,
    /// Traces.
    pub tracing: Tracing,
    /// Metrics.
    pub metrics: Metrics,
}

/// Which traces are exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracing {
    /// Whether traces are exported.
    pub enabled: bool,
    /// Whether traces are printed too.
    pub console_export: bool,
}

/// Which metrics are exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metrics {
    /// Whether metrics are exported.
    pub enabled: bool,
    /// The time between two exports.
    pub export_interval: Duration,
}

impl FromYaml for TelemetryFile {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let file = Self {
            enabled: fields.optional("enabled").unwrap_or(false),
            endpoint: fields.optional_with("endpoint", web_address),
            headers: fields.optional_with("headers", secret_texts).unwrap_or_default(),
            service_name: fields.optional("service_name"),
            service_version: fields.optional("service_version"),
            environment: fields.optional("environment"),
            resource_attributes: fields.optional("resource_attributes").unwrap_or_default(),
            tracing: fields.optional("tracing"),
            metrics: fields.optional("metrics"),
        };
        fields.finish();
        Some(file)
    }
}

fn secret_texts(item: Item<'_>) -> Option<BTreeMap<String, Secret>> {
    item.map_with(|_, value| FreeText::from_yaml(value).map(|text| text.0))
}

impl FromYaml for Tracing {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let tracing = Self {
            enabled: fields.optional("enabled").unwrap_or(false),
            console_export: fields.optional("console_export").unwrap_or(false),
        };
        fields.finish();
        Some(tracing)
    }
}

impl FromYaml for Metrics {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let metrics = Self {
            enabled: fields.optional("enabled").unwrap_or(false),
            export_interval: fields
                .optional_with("export_interval", |interval| seconds(interval, 1..=86_400))
                .unwrap_or(DEFAULT_EXPORT_INTERVAL),
        };
        fields.finish();
        Some(metrics)
    }
}

impl TelemetryFile {
    /// The environment wins over the file. A signal without a block of its own follows `telemetry.enabled`; a block
    /// decides for itself.
    pub(in crate::config) fn resolve(
        self,
        profile: &str,
        environment: Environment<'_>,
        problems: &mut Problems,
    ) -> Telemetry {
        let mut tracing = self.tracing.unwrap_or(Tracing {
            enabled: true,
            console_export: false,
        });
        if let Some(console) = environment.switch("MXCP_TELEMETRY_TRACING_CONSOLE", problems) {
            tracing.console_export = console;
        }
        let mut metrics = self.metrics.unwrap_or(Metrics {
            enabled: true,
            export_interval: DEFAULT_EXPORT_INTERVAL,
        });
        if let Some(interval) = environment.positive_number("MXCP_TELEMETRY_METRICS_INTERVAL", problems) {
            metrics.export_interval = Duration::from_secs(interval);
        }
        let mut headers = self.headers;
        let more_headers = environment
            .pairs("OTEL_EXPORTER_OTLP_HEADERS", problems)
            .unwrap_or_default();
        headers.extend(
            more_headers
                .into_iter()
                .map(|(name, value)| (name, Secret::new(value))),
        );
        let mut resource_attributes = self.resource_attributes;
        resource_attributes.extend(
            environment
                .pairs("OTEL_RESOURCE_ATTRIBUTES", problems)
                .unwrap_or_default(),
        );
        let service_name = environment
            .setting("OTEL_SERVICE_NAME")
            .map(str::to_owned)
            .or(self.service_name);
        Telemetry {
            enabled: environment
                .switch("MXCP_TELEMETRY_ENABLED", problems)
                .unwrap_or(self.enabled),
            endpoint: endpoint_from(environment, problems).or(self.endpoint),
            headers,
            service_name: service_name.unwrap_or_else(|| "mxcp".to_owned()),
            service_version: self.service_version,
            environment: self.environment.unwrap_or_else(|| profile.to_owned()),
            resource_attributes,
            tracing,
            metrics,
        }
    }
}

fn endpoint_from(environment: Environment<'_>, problems: &mut Problems) -> Option<Url> {
    const NAME: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    let parsed = Url::parse(environment.setting(NAME)?).ok();
    let endpoint = parsed.filter(|url| matches!(url.scheme(), "http" | "https"));
    if endpoint.is_none() {
        problems.error(
            Location::whole("environment"),
            KeyPath::root().key(NAME),
            "expected an http or https URL",
        );
    }
    endpoint
}
