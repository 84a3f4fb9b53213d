//! `projects.<project>.profiles.<profile>`: finding the active profile, and its sections.

use std::collections::BTreeMap;

use super::DuckdbSecret;
use super::telemetry::TelemetryFile;
use crate::config::Secret;
use crate::config::auth::AuthFile;
use crate::config::values::FreeText;
use crate::yaml::{Fields, FromYaml, Item, Mapping, suggestion};

/// The profile as written.
#[derive(Default)]
pub(in crate::config) struct UserProfile {
    pub(in crate::config) secrets: Vec<DuckdbSecret>,
    pub(in crate::config) plugin_config: BTreeMap<String, BTreeMap<String, Secret>>,
    pub(in crate::config) auth: AuthFile,
    pub(in crate::config) telemetry: TelemetryFile,
}

/// Which profile to read.
#[derive(Clone, Copy)]
pub(in crate::config) struct ActiveProfile<'a> {
    pub(in crate::config) project: &'a str,
    pub(in crate::config) profile: &'a str,
    /// Whether the profile may be absent: the one that the project names itself starts empty.
    pub(in crate::config) may_be_absent: bool,
}

impl ActiveProfile<'_> {
    /// Reads the profile below `projects`. `None` if it is absent or was refused.
    pub(super) fn read(self, projects: Item<'_>) -> Option<UserProfile> {
        if !projects.is_null() && projects.node().as_mapping().is_none() {
            return projects.refuse_kind("a mapping");
        }
        if projects.node().get(self.project).is_none() {
            return self.absent(projects, &[]);
        }
        let mut project = projects.entry(self.project)?.fields_or_empty()?;
        let profile = match project.take("profiles") {
            Some(profiles) => self.read_profile(profiles),
            None => self.missing(&mut project),
        };
        project.finish();
        profile
    }

    fn read_profile(self, profiles: Item<'_>) -> Option<UserProfile> {
        if !profiles.is_null() && profiles.node().as_mapping().is_none() {
            return profiles.refuse_kind("a mapping");
        }
        if profiles.node().get(self.profile).is_none() {
            let entries = profiles
                .node()
                .as_mapping()
                .map(Mapping::entries)
                .unwrap_or_default();
            let names: Vec<&str> = entries.iter().map(|entry| entry.key.text.as_str()).collect();
            return self.absent(profiles, &names);
        }
        profiles.entry(self.profile).and_then(UserProfile::from_yaml)
    }

    /// What to do when the way to the profile ends before it begins.
    pub(super) fn missing(self, fields: &mut Fields<'_>) -> Option<UserProfile> {
        if self.may_be_absent {
            fields.warn_all(self.starts_empty());
        } else {
            fields.refuse_all(self.not_found(&[]));
        }
        None
    }

    fn absent(self, mut item: Item<'_>, profiles: &[&str]) -> Option<UserProfile> {
        if self.may_be_absent {
            item.warn(self.starts_empty());
            return None;
        }
        item.refuse(self.not_found(profiles))
    }

    fn starts_empty(self) -> String {
        let Self { project, profile, .. } = self;
        format!(
            "has no profile '{profile}' of project '{project}': it starts with defaults and without authentication"
        )
    }

    fn not_found(self, profiles: &[&str]) -> String {
        let Self { project, profile, .. } = self;
        let hint = suggestion(profile, profiles);
        let known = if profiles.is_empty() {
            String::new()
        } else {
            format!(" Profiles: {}", profiles.join(", "))
        };
        format!("Profile '{profile}' not found in project '{project}'{hint}{known}")
    }
}

impl FromYaml for UserProfile {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields_or_empty()?;
        let profile = Self {
            secrets: fields.optional("secrets").unwrap_or_default(),
            plugin_config: fields.optional_with("plugin", plugin_config).unwrap_or_default(),
            auth: fields.optional("auth").unwrap_or_default(),
            telemetry: fields.optional("telemetry").unwrap_or_default(),
        };
        fields.finish();
        Some(profile)
    }
}

fn plugin_config(item: Item<'_>) -> Option<BTreeMap<String, BTreeMap<String, Secret>>> {
    let mut fields = item.fields()?;
    let config = fields.optional_with("config", |config| {
        config.map_with(|_, values| values.map_with(|_, value| FreeText::from_yaml(value).map(|text| text.0)))
    });
    fields.finish();
    Some(config.unwrap_or_default())
}
