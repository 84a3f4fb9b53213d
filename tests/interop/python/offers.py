"""What the Python clients do beside calling a tool: list and read resources, get prompts, keep a note."""

import json
from argparse import ArgumentParser, Namespace
from typing import Any

from mcp.types import PromptReference


def add_options(options: ArgumentParser) -> None:
    """The resource and the prompt of the project, and a text that each must hold."""
    options.add_argument("--resource", required=True, help="the URI of a listed resource")
    options.add_argument("--resource-expect", required=True, help="its whole text")
    options.add_argument("--prompt", required=True, help="the name of a listed prompt")
    options.add_argument("--prompt-arguments", type=json.loads, default={}, help="its arguments, a JSON object")
    options.add_argument("--prompt-expect", required=True, help="the whole text of its first message")
    options.add_argument("--complete", required=True, help="the beginning of its first argument")
    options.add_argument("--complete-expect", type=json.loads, required=True, help="what completes it, a JSON list")


async def check_offers(client: Any, options: Namespace) -> None:
    """Lists resources and prompts, and holds one of each against what is expected."""
    resources = [resource.uri for resource in (await client.list_resources()).resources]
    assert options.resource in resources, f"{options.resource!r} is not among the resources {resources}"
    text = await read_text(client, options.resource)
    assert text == options.resource_expect, f"{options.resource} holds {text!r}"
    prompts = [prompt.name for prompt in (await client.list_prompts()).prompts]
    assert options.prompt in prompts, f"{options.prompt!r} is not among the prompts {prompts}"
    message = (await client.get_prompt(options.prompt, options.prompt_arguments)).messages[0]
    assert message.content.text == options.prompt_expect, f"{options.prompt} says {message.content.text!r}"
    argument = {"name": next(iter(options.prompt_arguments)), "value": options.complete}
    completed = await client.complete(PromptReference(type="ref/prompt", name=options.prompt), argument)
    assert completed.completion.values == options.complete_expect, f"{argument} is completed by {completed}"


async def check_notes(client: Any, username: str) -> None:
    """Stores a note of the demo project, and finds it in the list and by its URI."""
    created = (await client.call_tool("create_secure_note", {"title": "Interop", "content": "Hello World"})).structured_content
    listed = (await client.call_tool("list_secure_notes", {})).structured_content["result"]
    assert created["note_id"] in [note["note_id"] for note in listed], f"{created} is not among {listed}"
    templates = [template.uri_template for template in (await client.list_resource_templates()).resource_templates]
    assert templates == ["user://notes/{note_id}"], templates
    note = json.loads(await read_text(client, f"user://notes/{created['note_id']}"))
    assert (note["title"], note["content"]) == ("Interop", "Hello World"), note
    profile = json.loads(await read_text(client, "user://profile"))
    assert profile["user_id"] == username, profile


async def read_text(client: Any, uri: str) -> str:
    """The text of a resource that holds one."""
    [contents] = (await client.read_resource(uri)).contents
    return contents.text
