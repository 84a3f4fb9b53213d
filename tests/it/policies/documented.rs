//! What `docs/reference/policies.md` shows is what happens.

use serde_json::json;

use super::{project, telling_nobody, text};
use crate::login::Caller;
use crate::server::Project;

const PAGE: &str = include_str!("../../../docs/reference/policies.md");

/// The blocks of the page in this language.
fn blocks(language: &str) -> Vec<&'static str> {
    let start = format!("```{language}\n");
    PAGE.split(&start)
        .skip(1)
        .filter_map(|rest| Some(rest.split_once("\n```")?.0))
        .collect()
}

/// The files that the page shows: path and content.
fn files() -> impl Iterator<Item = (&'static str, &'static str)> {
    blocks("yaml").into_iter().map(|block| {
        let (path, content) = block.split_once('\n').unwrap();
        (path.strip_prefix("# ").unwrap(), content)
    })
}

fn with_files(project: Project) -> Project {
    files().fold(project, |project, (path, content)| project.file(path, content))
}

#[test]
fn a_mistake_is_told_as_the_page_says() {
    let (path, content) = files().next().unwrap();
    let misspelt = content.replacen("user.role", "user.rol", 1);
    let (_, said) = Project::new().file(path, &misspelt).start_and_fail();
    let line = said.lines().find(|line| line.contains("user.rol")).unwrap();
    assert!(PAGE.contains(line), "{said}");
}

#[actix_rt::test]
async fn the_first_example_answers_as_the_page_says() {
    let server = with_files(project()).start();
    let open = with_files(Project::new()).start();
    let [colleague, hr] = blocks("json")[..] else {
        panic!("two answers are shown")
    };
    let (ada, bob) = (
        Caller::log_in(&server, "ada").await,
        Caller::log_in(&server, "bob").await,
    );
    assert_eq!(
        text(&bob.call("get_employee", json!({ "id": 2 })).await),
        colleague
    );
    assert_eq!(text(&ada.call("get_employee", json!({ "id": 2 })).await), hr);
    let director = bob.call("get_employee", json!({ "id": 1 })).await;
    assert!(
        text(&director).ends_with("The director's record is for HR"),
        "{director}"
    );
    let call = json!({ "name": "get_employee", "arguments": { "id": 2 } });
    let nobody = Caller::nobody(&open).ask("tools/call", call).await;
    let told = nobody["error"]["message"].as_str().unwrap();
    assert!(PAGE.contains(&format!("\n{told}\n")), "{nobody}");
    let telling = with_files(telling_nobody()).start();
    let nobody = Caller::nobody(&telling)
        .call("get_employee", json!({ "id": 2 }))
        .await;
    assert!(PAGE.contains(text(&nobody)), "{nobody}");
}

/// Every condition in the table of wishes compiles for a tool that has the arguments it names.
#[actix_rt::test]
async fn the_conditions_of_the_page_can_be_used() {
    let table = PAGE.split_once("| you want | condition |").unwrap().1;
    let table = table.split_once("\n\n").unwrap().0;
    let conditions: Vec<(&str, &str)> = table
        .lines()
        .skip(2)
        .map(|line| {
            let (condition, rest) = line.split_once('`').unwrap().1.split_once('`').unwrap();
            let is_output = rest.contains("`output`") || rest.contains("in `output`");
            (condition, if is_output { "output" } else { "input" })
        })
        .collect();
    assert_eq!(conditions.len(), 8);
    let mut project = Project::new();
    for (number, (condition, stage)) in conditions.iter().enumerate() {
        let parameters = "  parameters: [{ name: amount, type: number, description: a }, { name: owner, type: string, description: o }]\n";
        let lines = format!(
            "{parameters}  policies: {{ {stage}: [{{ condition: \"{condition}\", action: deny }}] }}\n"
        );
        project = project.tool(
            &format!("t{number}"),
            "SELECT $amount AS amount, $owner AS owner",
            &lines,
        );
    }
    let server = project.start();
    assert_eq!(
        server
            .logged_before_listening()
            .iter()
            .filter(|line| line.contains("policies"))
            .count(),
        0
    );
}
