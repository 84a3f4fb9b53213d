//! Names and URIs that stand for two definitions. Tools, resources and prompts share one set of names.

use std::collections::BTreeMap;

use super::{DefinitionFile, Loaded};
use crate::endpoints::model::Definition;
use crate::yaml::{Located, Problems};

/// Marks every file whose name or URI another file has too.
pub(super) fn mark(files: &mut [DefinitionFile<Loaded>]) {
    let mut by_address: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (position, file) in files.iter().enumerate() {
        if let Ok(loaded) = &file.content {
            by_address
                .entry(identity(&loaded.definition))
                .or_default()
                .push(position);
        }
    }
    for positions in by_address.into_values().filter(|positions| positions.len() > 1) {
        refuse_all(files, &positions);
    }
}

/// Two templates that differ in the names of their variables only are one address.
fn identity(definition: &Definition) -> String {
    match definition {
        Definition::Resource(resource) => resource.uri.value.skeleton(),
        Definition::Tool(_) | Definition::Prompt(_) => definition.address().value,
    }
}

fn refuse_all(files: &mut [DefinitionFile<Loaded>], positions: &[usize]) {
    let definitions = positions
        .iter()
        .filter_map(|position| files.get(*position)?.content.as_ref().ok())
        .map(|loaded| &loaded.definition);
    let has_resource = definitions
        .clone()
        .any(|definition| matches!(definition, Definition::Resource(_)));
    let word = if has_resource { "URI" } else { "name" };
    let addresses: Vec<Located<String>> = definitions.map(Definition::address).collect();
    let places: Vec<String> = addresses
        .iter()
        .map(|address| address.location.to_string())
        .collect();
    for (position, address) in positions.iter().zip(&addresses) {
        let Some(file) = files.get_mut(*position) else {
            continue;
        };
        let mut problems = Problems::new();
        let message = format!(
            "Duplicate endpoint {word} '{}': {}",
            address.value,
            places.join(", ")
        );
        address.refuse::<()>(&mut problems, message);
        file.content = Err(problems);
    }
}
