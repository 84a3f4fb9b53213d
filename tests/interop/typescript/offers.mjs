// What the TypeScript clients do beside calling a tool: list and read resources, get prompts, keep a note.

import assert from "node:assert/strict";

/** The resource and the prompt of the project, and a text that each must hold. */
export const OFFER_OPTIONS = {
  resource: { type: "string" },
  "resource-expect": { type: "string" },
  prompt: { type: "string" },
  "prompt-arguments": { type: "string" },
  "prompt-expect": { type: "string" },
  complete: { type: "string" },
  "complete-expect": { type: "string" },
};

/** Lists resources and prompts, and holds one of each against what is expected. */
export async function checkOffers(client, options) {
  const resources = (await client.listResources()).resources.map((resource) => resource.uri);
  assert.ok(resources.includes(options.resource), `${options.resource} is not among the resources ${resources}`);
  assert.equal(await readText(client, options.resource), options["resource-expect"]);
  const prompts = (await client.listPrompts()).prompts.map((prompt) => prompt.name);
  assert.ok(prompts.includes(options.prompt), `${options.prompt} is not among the prompts ${prompts}`);
  const given = JSON.parse(options["prompt-arguments"]);
  const prompt = await client.getPrompt({ name: options.prompt, arguments: given });
  assert.equal(prompt.messages[0].content.text, options["prompt-expect"]);
  const { completion } = await client.complete({
    ref: { type: "ref/prompt", name: options.prompt },
    argument: { name: Object.keys(given)[0], value: options.complete },
  });
  assert.deepEqual(completion.values, JSON.parse(options["complete-expect"]));
}

/** Stores a note of the demo project, and finds it in the list and by its URI. */
export async function checkNotes(client, username) {
  const note = { title: "Interop", content: "Hello World" };
  const created = await client.callTool({ name: "create_secure_note", arguments: note });
  assert.ok(!created.isError, JSON.stringify(created.content));
  const id = created.structuredContent.note_id;
  const list = await client.callTool({ name: "list_secure_notes", arguments: {} });
  assert.ok(list.structuredContent.result.some((listed) => listed.note_id === id), `${id} is not in the list`);
  const templates = (await client.listResourceTemplates()).resourceTemplates.map((template) => template.uriTemplate);
  assert.deepEqual(templates, ["user://notes/{note_id}"]);
  const { title, content } = JSON.parse(await readText(client, `user://notes/${id}`));
  assert.deepEqual({ title, content }, note);
  assert.equal(JSON.parse(await readText(client, "user://profile")).user_id, username);
}

/** The text of a resource that holds one. */
async function readText(client, uri) {
  const { contents } = await client.readResource({ uri });
  assert.equal(contents.length, 1, `${uri} has ${contents.length} contents`);
  return contents[0].text;
}
