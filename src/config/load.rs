//! From two files, the environment and the command line to one [`Config`].

use std::path::Path;

use super::auth::AuthFile;
use super::checks;
use super::environment::Environment;
use super::find;
use super::folders::Folders;
use super::inputs::Inputs;
use super::public_url::{Authority, PublicUrl};
use super::references::References;
use super::site::{self, SiteFile};
use super::surroundings::Surroundings;
use super::user::{ActiveProfile, UserFile};
use super::written::Written;
use super::{Config, Project};
use crate::yaml::{self, Item, KeyPath, Location, Node, Problems};

/// Reads the configuration. All mistakes that can be found are reported together.
///
/// References are resolved, and sections are read, for the active project and profile only.
pub fn load(inputs: &Inputs<'_>) -> Result<Config, Problems> {
    let mut problems = Problems::new();
    let config = read(inputs, &mut problems);
    let (mut config, warnings) = problems.into_result(config)?;
    config.warnings = warnings;
    Ok(config)
}

fn read(inputs: &Inputs<'_>, problems: &mut Problems) -> Option<Config> {
    let environment = Environment::new(inputs.environment);
    let user_path = find::user_config(inputs.working_directory, environment, problems);
    let user_node = user_path.as_deref().map(|path| load_file(path, problems));
    let root = find::project_root(inputs.working_directory, problems)?;
    let site_node = load_file(&root.join(site::FILE_NAME), problems);
    let folders = Folders::new(root, environment.home());
    let references = References::new(environment, &folders);

    let mut written = Written::default();
    let (site, names) = read_site(site_node?, &references, inputs, &mut written, problems)?;
    let user = match (user_node, &names) {
        (Some(node), _) => read_user(node?, names.as_ref(), &references, &mut written, problems),
        (None, Some(names)) => {
            names.must_be_the_default(problems);
            Some(UserFile::default())
        }
        (None, None) => None,
    };
    let surroundings = Surroundings {
        environment,
        flags: inputs.flags,
        folders: &folders,
    };
    let has_database_path = environment.setting("MXCP_DUCKDB_PATH").is_some();
    written.note_overrides(inputs.flags, has_database_path);
    let config = assemble(site, user?, names?, surroundings, problems)?;
    checks::ports(&config, &written, problems);
    Some(Config { written, ..config })
}

fn load_file(path: &Path, problems: &mut Problems) -> Option<Node> {
    yaml::load(path, &path.display().to_string(), problems)
}

/// Which project and profile this start is about.
struct Names {
    project: String,
    profile: String,
    /// Whether the profile is the one that the project names itself.
    is_default_profile: bool,
}

impl Names {
    fn active(&self) -> ActiveProfile<'_> {
        ActiveProfile {
            project: &self.project,
            profile: &self.profile,
            may_be_absent: self.is_default_profile,
        }
    }

    /// Without a user configuration there is no other profile than the default one.
    fn must_be_the_default(&self, problems: &mut Problems) {
        if !self.is_default_profile {
            let Self { project, profile, .. } = self;
            let message = format!(
                "Profile '{profile}' not found in project '{project}': there is no MXCP_CONFIG and no ~/.mxcp/config.yml"
            );
            problems.error(Location::whole("user configuration"), KeyPath::root(), message);
        }
    }
}

/// The site file, and the names if it has them.
fn read_site(
    mut node: Node,
    references: &References<'_>,
    inputs: &Inputs<'_>,
    written: &mut Written,
    problems: &mut Problems,
) -> Option<(SiteFile, Option<Names>)> {
    references.resolve_all_but("profiles", &mut node, problems);
    let profile = choose_profile(&node, inputs, problems);
    if let Some(profile) = &profile
        && let Some(section) = node
            .get_mut("profiles")
            .and_then(|profiles| profiles.get_mut(profile))
    {
        references.resolve(section, &KeyPath::root().key("profiles").key(profile), problems);
        written.note(section, None);
    }
    written.note(&node, Some("profiles"));
    let site = SiteFile::read(Item::root(&node, problems), profile.as_deref())?;
    let names = match (&site.project, profile) {
        (Some(project), Some(profile)) => Some(Names {
            is_default_profile: site.profile.as_deref() == Some(&profile),
            project: project.clone(),
            profile,
        }),
        _ => None,
    };
    Some((site, names))
}

/// The active profile: command line, then environment, then the site file.
fn choose_profile(site: &Node, inputs: &Inputs<'_>, problems: &mut Problems) -> Option<String> {
    let variable = Environment::new(inputs.environment).setting("MXCP_PROFILE");
    let (profile, location) = match (&inputs.flags.profile, variable) {
        (Some(flag), _) => (flag.as_str(), Location::whole("--profile")),
        (None, Some(variable)) => (variable, Location::whole("MXCP_PROFILE")),
        (None, None) => {
            let node = site.get("profile")?;
            (node.as_scalar()?.text(), node.location().clone())
        }
    };
    if profile.contains(['/', '\\']) || profile.chars().any(char::is_control) {
        let message = "the profile's name becomes part of file names and must not contain slashes";
        problems.error(location, KeyPath::root(), message);
        return None;
    }
    (!profile.is_empty()).then(|| profile.to_owned())
}

fn read_user(
    mut node: Node,
    names: Option<&Names>,
    references: &References<'_>,
    written: &mut Written,
    problems: &mut Problems,
) -> Option<UserFile> {
    references.resolve_all_but("projects", &mut node, problems);
    if let Some(names) = names {
        let way = ["projects", &names.project, "profiles", &names.profile];
        let path = way.iter().fold(KeyPath::root(), |path, key| path.key(key));
        if let Some(section) = way.iter().try_fold(&mut node, |node, key| node.get_mut(key)) {
            references.resolve(section, &path, problems);
            written.note(section, None);
            written.note_at(section, &path);
        }
    }
    written.note(&node, Some("projects"));
    UserFile::read(Item::root(&node, problems), names.map(Names::active))
}

fn assemble(
    site: SiteFile,
    user: UserFile,
    names: Names,
    surroundings: Surroundings<'_>,
    problems: &mut Problems,
) -> Option<Config> {
    let Names { project, profile, .. } = names;
    let site = site.resolve(&profile, surroundings, problems);
    let transport = user.transport.resolve(surroundings, problems);
    let auth = user.profile.auth.resolve(surroundings, problems);
    let admin = user.admin.resolve(surroundings, problems);
    let logging = user.logging.resolve(surroundings, problems);
    let telemetry = user
        .profile
        .telemetry
        .resolve(&profile, surroundings.environment, problems);

    let (site, transport, auth) = (site?, transport?, auth?);
    let redirect_hosts = redirect_hosts(&user.profile.auth);
    let public_url = PublicUrl::new(&transport.http, redirect_hosts);
    checks::warn(&user.profile.auth, &auth, &transport, &public_url, problems);
    Some(Config {
        project: Project {
            name: project,
            profile,
            root: surroundings.folders.root().to_path_buf(),
        },
        paths: site.paths,
        database: site.database,
        drift: site.drift,
        audit: site.audit,
        sql_tools: site.sql_tools,
        dbt: site.dbt,
        extensions: site.extensions,
        plugins: site.plugins,
        secret_names: site.secrets,
        transport,
        public_url,
        auth,
        admin: admin?,
        limits: user.limits,
        logging: logging?,
        telemetry,
        models: user.models,
        vault: user.vault,
        onepassword: user.onepassword,
        duckdb_secrets: user.profile.secrets,
        plugin_config: user.profile.plugin_config,
        written: Written::default(),
        warnings: Vec::new(),
    })
}

/// The hosts of the configured clients' redirect URIs; widely copied samples name this server there.
fn redirect_hosts(auth: &AuthFile) -> Vec<Authority> {
    let uris = auth.clients.iter().flat_map(|client| &client.redirect_uris);
    let web = uris.filter(|uri| matches!(uri.value.url.scheme(), "http" | "https"));
    web.filter_map(|uri| Authority::of_url(&uri.value.url)).collect()
}
