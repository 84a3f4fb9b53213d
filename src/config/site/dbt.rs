//! `dbt`: settings for the dbt wrapper. The server itself does not use them; dbt resolves its paths.

use crate::yaml::{Fields, FromYaml, Item};

/// What the dbt wrapper is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dbt {
    /// Whether the wrapper is in use.
    pub enabled: bool,
    /// dbt's `model-paths`.
    pub model_paths: Vec<String>,
    /// dbt's `analysis-paths`.
    pub analysis_paths: Vec<String>,
    /// dbt's `test-paths`.
    pub test_paths: Vec<String>,
    /// dbt's `seed-paths`.
    pub seed_paths: Vec<String>,
    /// dbt's `macro-paths`.
    pub macro_paths: Vec<String>,
    /// dbt's `snapshot-paths`.
    pub snapshot_paths: Vec<String>,
    /// dbt's `target-path`.
    pub target_path: String,
    /// dbt's `clean-targets`.
    pub clean_targets: Vec<String>,
}

impl Default for Dbt {
    fn default() -> Self {
        let list = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        Self {
            enabled: true,
            model_paths: list(&["models"]),
            analysis_paths: list(&["analyses"]),
            test_paths: list(&["tests"]),
            seed_paths: list(&["seeds"]),
            macro_paths: list(&["macros"]),
            snapshot_paths: list(&["snapshots"]),
            target_path: "target".to_owned(),
            clean_targets: list(&["target", "dbt_packages"]),
        }
    }
}

impl FromYaml for Dbt {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let defaults = Self::default();
        let list = |fields: &mut Fields<'_>, key, default| fields.string_list(key).unwrap_or(default);
        let dbt = Self {
            enabled: fields.optional("enabled").unwrap_or(defaults.enabled),
            model_paths: list(&mut fields, "model_paths", defaults.model_paths),
            analysis_paths: list(&mut fields, "analysis_paths", defaults.analysis_paths),
            test_paths: list(&mut fields, "test_paths", defaults.test_paths),
            seed_paths: list(&mut fields, "seed_paths", defaults.seed_paths),
            macro_paths: list(&mut fields, "macro_paths", defaults.macro_paths),
            snapshot_paths: list(&mut fields, "snapshot_paths", defaults.snapshot_paths),
            target_path: fields.optional("target_path").unwrap_or(defaults.target_path),
            clean_targets: list(&mut fields, "clean_targets", defaults.clean_targets),
        };
        fields.finish();
        Some(dbt)
    }
}
