//! Definitions, projects and sessions for the tests of this room.

use std::path::Path;
use std::time::Duration;

use mxcp_actors::sql_executor::checker::Checker;
use mxcp_actors::sql_executor::engine::generation::{Generation, InstanceSettings};
use mxcp_actors::sql_executor::engine::session::Session;
use mxcp_actors::sql_executor::value::{DateTime, SqlValue};
use serde_json::value::RawValue;

use super::check::check;
use super::load::{DefinitionFile, FolderPlaces, Load, Loaded, ProjectFolders, load, settle};
use super::model::{Definition, Tool, TypeDefinition};
use super::params::ParameterSet;
use super::registry::{Registry, Runnable};
use crate::yaml::{FromYaml, Item, Problems, parse};

/// Reads a value, with everything that was reported: errors first, then warnings.
pub(crate) fn read<T: FromYaml>(text: &str) -> (Option<T>, Vec<String>) {
    let mut problems = Problems::new();
    let node = parse("test.yml", text.as_bytes(), &mut problems);
    let value = node.and_then(|node| T::from_yaml(Item::root(&node, &mut problems)));
    (value, reported(&problems))
}

/// Errors, then warnings.
pub(crate) fn reported(problems: &Problems) -> Vec<String> {
    let all = problems.errors().iter().chain(problems.warnings());
    all.map(ToString::to_string).collect()
}

/// Reads a value that nothing is wrong with.
pub(crate) fn good<T: FromYaml>(text: &str) -> T {
    let (value, reported) = read(text);
    assert_eq!(reported, Vec::<String>::new(), "{text}");
    value.unwrap()
}

/// A tool with these parameters, given as YAML below `parameters:`.
pub(crate) fn tool_with(parameters: &str) -> Tool {
    let text = format!("tool:\n  name: t\n  source: {{code: SELECT 1}}\n  parameters:\n{parameters}");
    match good::<Definition>(&text) {
        Definition::Tool(tool) => tool,
        other => panic!("{other:?}"),
    }
}

/// Compiled parameters, given as YAML below `parameters:`.
pub(crate) fn parameters(parameters: &str) -> ParameterSet {
    let mut problems = Problems::new();
    let set = ParameterSet::compile(&tool_with(parameters).parameters, &mut problems);
    assert_eq!(reported(&problems), Vec::<String>::new(), "{parameters}");
    set.unwrap()
}

/// One parameter `x`, required, of a type that is given as a YAML flow mapping without braces.
pub(crate) fn one(definition: &str) -> ParameterSet {
    parameters(&format!("    - {{name: x, {definition}}}"))
}

/// A type.
pub(crate) fn type_of(text: &str) -> TypeDefinition {
    good(text)
}

/// Reads arguments; all messages of what is wrong with them.
pub(crate) fn arguments(set: &ParameterSet, json: &str) -> Result<Vec<(String, SqlValue)>, Vec<String>> {
    let raw: &RawValue = serde_json::from_str(json).unwrap();
    set.read_json(Some(raw))
        .map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

/// The value of the one argument `x`.
pub(crate) fn value(set: &ParameterSet, json: &str) -> Result<SqlValue, String> {
    let values = arguments(set, &format!(r#"{{"x":{json}}}"#)).map_err(|errors| errors.join("\n"))?;
    Ok(values.into_iter().next().unwrap().1)
}

/// A project folder with these files.
pub(crate) struct Project(pub(crate) tempfile::TempDir);

impl Project {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let project = Self(folder);
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn load(&self) -> Load {
        let root = self.path();
        load(&ProjectFolders {
            root,
            tools: &root.join("tools"),
            resources: &root.join("resources"),
            prompts: &root.join("prompts"),
            places: FolderPlaces::default(),
        })
    }

    /// Everything that is wrong, after loading alone.
    pub(crate) fn load_errors(&self) -> Vec<String> {
        errors(self.load().files)
    }

    /// Loads and checks.
    pub(crate) fn check(&self, checker: &mut Checker) -> Vec<DefinitionFile<Runnable>> {
        check(self.load().files, checker)
    }

    /// A registry of a project that nothing is wrong with.
    pub(crate) fn registry(&self) -> Registry {
        let (good, _) =
            settle(self.check(&mut checker()), false).unwrap_or_else(|problems| panic!("{problems}"));
        Registry::new(good)
    }
}

/// Everything that is wrong with the files.
pub(crate) fn errors<T>(files: Vec<DefinitionFile<T>>) -> Vec<String> {
    match settle(files, false) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.errors().iter().map(ToString::to_string).collect(),
    }
}

/// The only definition of a project.
pub(crate) fn only(load: Load) -> Loaded {
    let (mut good, _) = settle(load.files, false).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(good.len(), 1);
    good.remove(0)
}

/// Checks on an empty database in memory, for longer than any test needs.
pub(crate) fn checker() -> Checker {
    let generation = Generation::in_memory(&InstanceSettings::default()).unwrap();
    Checker::new(&generation, Duration::from_mins(1))
}

/// An instant, however it is written.
pub(crate) fn instant(micros: i64) -> SqlValue {
    SqlValue::DateTime(DateTime {
        micros,
        text: String::new(),
    })
}

/// A session of an empty database in memory.
pub(crate) fn session() -> Session {
    let generation = Generation::in_memory(&InstanceSettings::default()).unwrap();
    generation.session().unwrap()
}
