// A small mesh in simulated time that logs a trace: node mesh.mjs [STATES] [CORE] [SEED].
//
// Four agents elect a leader and take writes and reads. The leader crashes in the middle
// of a step, comes back from its disk, and leadership is handed over. An outsider starts
// late, is admitted and promoted; electors are demoted, replaced and dismissed. All drop
// what they have applied now and then. Packets take their time, and some are lost or
// arrive twice; a snapshot is with its packet. The trace goes to standard output.

import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { canonical, enveloped } from "./format.mjs";

const [states = "full", named = "", seed = "7"] = process.argv.slice(2);
const place = named ? pathToFileURL(resolve(named)) : new URL("./core.mjs", import.meta.url);
const core = await import(place);

const ELECTORS = ["a", "b", "c"];
const WORKERS = ["w"];
const OUTSIDER = "d";
const END = 60_000;
const configs = [...ELECTORS, ...WORKERS, OUTSIDER].map((agent_id) => ({
  mesh_id: "node", agent_id, initial_leaders: ELECTORS, workers: WORKERS,
  heartbeat_interval_ms: 500, election_timeout_ms: 1_000, leader_timeout_ms: 1_500,
  lease_ms: 900, clock_drift_ppm: 100, batch: 4,
}));

// --- chance, and what will happen ----------------------------------------------------

let drawn = Number(seed);
function random(most) {
  drawn = (Math.imul(drawn, 1_664_525) + 1_013_904_223) >>> 0; // Numerical Recipes
  return Math.floor((drawn / 2 ** 32) * (most + 1));
}

let now = 0;
let serial = 0;
const agenda = [];
const at = (when, act) => agenda.push({ when, serial: (serial += 1), act });

function run() {
  while (agenda.length) {
    agenda.sort((one, other) => one.when - other.when || one.serial - other.serial);
    const { when, act } = agenda.shift();
    if (when > END) break;
    now = when;
    act();
  }
}

// --- the trace -----------------------------------------------------------------------

let lines = 0;
const write = (line) => process.stdout.write(`${canonical(line)}\n`);
function log(rest) {
  lines += 1;
  write({ seq: lines, ...rest });
}

function logCall(agent, event, given, [state, outputs]) {
  const text = canonical(enveloped("State", state));
  const after = { none: {}, full: { state: enveloped("State", state) }, digest: {} }[states];
  if (states === "digest") after.digest = createHash("sha256").update(text).digest("hex");
  const told = outputs.map(({ kind, value }) => enveloped(kind, value));
  log({ agent, event, ...given, outputs: told, ...after });
}

// --- agents --------------------------------------------------------------------------

const agents = Object.fromEntries(
  configs.map((config) => [config.agent_id, {
    name: config.agent_id, config, disk: core.NOTHING_DURABLE, state: null, timers: {}, life: 0,
  }]),
);

function transmit(target, packet) {
  const copies = [1, 1, 1, 1, 1, 1, 1, 1, 2, 0][random(9)];
  for (let copy = 0; copy < copies; copy += 1) {
    at(now + 1 + random(40), () => give(agents[target], "Received", { packet, now }));
  }
}

function perform(agent, { kind, value }) {
  const { name, life } = agent;
  if (kind === "Persist") agent.disk = core.persisted(agent.disk, value);
  if (kind === "Discard") agent.disk = core.discarded(agent.disk, value);
  if (kind === "Restore") agent.disk = core.restored(agent.disk, value);
  if (kind === "Send") transmit(value.target, value.packet);
  if (kind === "Broadcast") value.targets.forEach((target) => transmit(target, value.packet));
  if (kind === "Disarm") delete agent.timers[value.timer];
  if (kind === "Arm") {
    const armed = (agent.timers[value.timer] = {});
    at(now + value.least + random(value.most - value.least), () => {
      if (agent.life !== life || agent.timers[value.timer] !== armed) return;
      delete agent.timers[value.timer];
      give(agents[name], "Elapsed", { timer: value.timer, now });
    });
  }
  if (kind === "Refused" && value.leader && value.leader !== name && agent.writing) {
    const { request, command } = agent.writing; // runtime.forward
    const rest = { sender: name, term: value.token, request, command };
    const packet = { kind: "Forward", value: { mesh: core.meshKey(agent.config), ...rest } };
    transmit(value.leader, packet);
  }
}

// Let an agent handle a message; with `most` it crashes after so many outputs.
function give(agent, kind, value, most = Infinity) {
  if (!agent.state) return;
  const message = enveloped(kind, value);
  const called = core.step(agent.state, message);
  agent.writing = kind === "Write" ? value : null;
  logCall(agent.name, "step", { message }, called);
  const [state, outputs] = called;
  agent.state = state;
  outputs.slice(0, most).forEach((output) => perform(agent, output));
  if (most < Infinity) crash(agent, Math.min(most, outputs.length));
}

function crash(agent, performed) {
  agent.state = null;
  agent.timers = {};
  agent.life += 1;
  log({ agent: agent.name, event: "crash", performed });
}

function begin(agent, event) {
  const given = event === "recover" ? { durable: enveloped("Durable", agent.disk) } : {};
  const called =
    event === "recover" ? core.recover(agent.config, agent.disk) : core.initial(agent.config);
  logCall(agent.name, event, given, called);
  agent.state = called[0];
  called[1].forEach((output) => perform(agent, output));
}

// --- what happens --------------------------------------------------------------------

const leader = () =>
  Object.values(agents).find((agent) => agent.state && core.token(agent.state) > 0);
const someone = () => agents[[...ELECTORS, ...WORKERS][random(3)]];

// What is asked of the leader, one after the other, each until it is in force.
const wanted = [
  () => ["Change", { kind: "admit", target: OUTSIDER }],
  () => ["Change", { kind: "promote", target: OUTSIDER }],
  ({ name }) => ["Change", { kind: "demote", target: name }],
  () => ["Replace", { electors: ["a", "b", WORKERS[0]] }],
  () => ["Change", { kind: "dismiss", target: OUTSIDER }],
];
function change(number) {
  const asked = leader();
  if (!asked || wanted.length === 0) return;
  const [kind, { electors, ...rest }] = wanted[0](asked);
  const chosen = electors ? { electors } : rest;
  const before = asked.state.roll.index;
  give(asked, kind, { request: `m${number}`, ...chosen, detail: "north-7:7000" });
  if (asked.state.roll.index > before) wanted.shift();
}

write({
  trace: "primacy-trace/1", runtime: "node", states, whole: true, clocks: true,
  configs: configs.map((config) => enveloped("Config", config)),
});
for (const agent of Object.values(agents)) {
  const isLate = agent.name === OUTSIDER;
  at(isLate ? 9_000 : 0, () => begin(agent, "start"));
}
for (let number = 0; number < 45; number += 1) at(6_500 + 1_200 * number, () => change(number));
for (let number = 0; number < 40; number += 1) {
  const when = 4_000 + 1_300 * number;
  at(when, () => give(someone(), "Write", { request: `w${number}`, command: `x = ${number}` }));
  at(when + 200, () => give(someone(), "Read", { request: `r${number}`, now }));
  at(when + 300, () => {
    const asked = leader() ?? someone();
    give(asked, "LeaseRead", { request: `l${number}`, now });
  });
}
for (let when = 8_000; when < END; when += 3_000) {
  at(when, () => {
    for (const agent of Object.values(agents)) {
      const index = agent.state?.commit_index ?? 0;
      if (index > 0) give(agent, "Snapshotted", { index });
    }
  });
}
for (const [number, when] of [15_000, 32_000].entries()) {
  at(when, () => {
    const failing = leader();
    if (!failing) return;
    give(failing, "Write", { request: `c${number}`, command: "lost?" }, number);
    at(now + 6_000, () => begin(failing, "recover"));
  });
}
at(50_000, () => {
  const giving = leader();
  const target = ELECTORS.find((name) => giving && name !== giving.name);
  if (giving) give(giving, "Transfer", { request: "t1", target });
});
run();
log({ event: "end", lines });
