// Runs all vectors and scenarios of a folder: node vectors.mjs FOLDER [CORE].
//
// CORE is the module that is tested, core.mjs beside this file if none is named. It
// prints one line of JSON: how many vectors passed, and by file the first that failed.
// It stops at the first failure of each file, and fails if a file is not what the
// manifest says.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { canonical, enveloped } from "./format.mjs";

const [folder, named] = process.argv.slice(2);
const place = named ? pathToFileURL(resolve(named)) : new URL("./core.mjs", import.meta.url);
const core = await import(place);

const called = ([state, outputs]) => ({
  state: enveloped("State", state),
  outputs: outputs.map(({ kind, value }) => enveloped(kind, value)),
});
const CALLS = {
  step: ({ state, message }) => called(core.step(state.value, message)),
  initial: ({ config }) => called(core.initial(config.value)),
  recover: ({ config, durable }) => called(core.recover(config.value, durable.value)),
  token: ({ state }) => ({ token: core.token(state.value) }),
  has_lease: ({ state, now }) => ({ has_lease: core.hasLease(state.value, now) }),
  mesh_state: ({ state }) => ({
    mesh_state: enveloped("MeshState", core.meshState(state.value)),
  }),
  admit: ({ fence, token }) => {
    const [after, verdict] = core.admit(fence.value, token);
    return { fence: enveloped("Fence", after), verdict: enveloped("Verdict", verdict) };
  },
  config: ({ config }) => {
    const accepted = core.isWorking(config);
    const isEven = config.initial_leaders.length % 2 === 0;
    const mesh = accepted ? core.meshKey(config) : null;
    return { accepted, mesh, warned: accepted && isEven };
  },
};

// Judge a vector: the first difference in words, or nothing.
function vectorFails({ vector, call, given, expected }) {
  const got = canonical(CALLS[call](given));
  return got === canonical(expected) ? "" : `${vector}: got ${got}`;
}

// Judge a line of a scenario; `agents` is what the lines before it have led to.
function lineFails(line, agents, head) {
  if (line.event === "crash" || line.event === "end") return "";
  const config = head.configs.find((each) => each.value.agent_id === line.agent);
  const begin = { start: () => core.initial(config.value), step: () => core.step(agents[line.agent], line.message) };
  begin.recover = () => core.recover(config.value, line.durable.value);
  const { state, outputs } = called(begin[line.event]());
  agents[line.agent] = state.value;
  if (canonical(outputs) !== canonical(line.outputs)) return `seq ${line.seq}: outputs ${canonical(outputs)}`;
  if (line.state && canonical(state) !== canonical(line.state)) return `seq ${line.seq}: state ${canonical(state)}`;
  const digest = createHash("sha256").update(canonical(state)).digest("hex");
  return line.digest && line.digest !== digest ? `seq ${line.seq}: digest` : "";
}

function fileFails(text, holds) {
  const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  const [head, agents] = [lines[0], {}];
  for (const line of holds === "trace" ? lines.slice(1) : lines) {
    const failed = holds === "trace" ? lineFails(line, agents, head) : vectorFails(line);
    if (failed) return failed;
    passed += 1;
  }
  return "";
}

let passed = 0;
const failed = {};
const { files } = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
for (const [name, { holds, sha256 }] of Object.entries(files)) {
  const text = readFileSync(join(folder, name), "utf8");
  let found = "";
  if (createHash("sha256").update(text).digest("hex") !== sha256) found = "not as the manifest says";
  try {
    found ||= fileFails(text, holds);
  } catch (error) {
    found = `${error}`;
  }
  if (found) failed[name] = found.slice(0, 300);
}
console.log(JSON.stringify({ passed, failed }));
