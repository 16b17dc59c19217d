// A second implementation of an agent of primacy, written from docs/specification.md.
//
// It is here to show that the vectors and the traces serve a runtime in another
// language. States, packets and outputs are plain objects with the fields of the format
// of storing (docs/conformance.md), in that order; nothing is changed in place. Clauses
// of the specification stand beside the lines that keep them.

const NOBODY = "";

// --- sets and maps of agents ---------------------------------------------------------

const setOf = (ids) => [...new Set(ids)].sort((a, b) => (a < b ? -1 : 1));
const without = (set, agent) => set.filter((each) => each !== agent);
const common = (set, other) => set.filter((each) => other.includes(each));
const less = (set, other) => set.filter((each) => !other.includes(each));
const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

// A map has a number for every agent; those that are 0 are not written down.
const mapOf = (pairs) =>
  Object.fromEntries(pairs.filter(([, number]) => number).sort(([a], [b]) => (a < b ? -1 : 1)));
const numberOf = (map, agent) => (Object.hasOwn(map, agent) ? map[agent] : 0);
const within = (map, agents) =>
  mapOf(Object.entries(map).filter(([each]) => agents.includes(each)));
const setAll = (map, agents, value) =>
  mapOf([...Object.entries(within(map, less(Object.keys(map), agents))),
    ...agents.map((each) => [each, value])]);
const setOne = (map, agent, value) => setAll(map, [agent], value);
const atLeast = (map, value) => Object.keys(map).filter((each) => map[each] >= value);

// --- rolls: clauses roll.* and quorum.* ----------------------------------------------

const votersOf = (roll) => setOf([...roll.electors, ...roll.outgoing]);
const membersOf = (roll) => setOf([...votersOf(roll), ...roll.workers]); // roll.members
const isVoter = (roll, agent) => votersOf(roll).includes(agent);
const isJoint = (roll) => !isSame(roll.electors, roll.outgoing);

// The highest number that more than half of some agents have reached.
function middle(map, agents) {
  const held = agents.map((each) => numberOf(map, each)).sort((a, b) => a - b);
  return held[Math.floor((held.length - 1) / 2)];
}

// The highest number that a quorum has reached.
const reachedByQuorum = (map, roll) =>
  Math.min(middle(map, roll.electors), middle(map, roll.outgoing)); // quorum.joint

const isMajority = (agents, electors) =>
  2 * common(electors, agents).length > electors.length; // quorum.majority

// quorum.electors-only, quorum.joint
const isQuorum = (roll, agents) =>
  isMajority(agents, roll.electors) && isMajority(agents, roll.outgoing);

// --- what is derived from a configuration --------------------------------------------

const firstRoll = ({ initial_leaders: electors, workers }) =>
  ({ electors, outgoing: electors, workers, index: 0, term: 0 }); // roll.first
export const meshKey = (config) =>
  `${config.mesh_id}(${config.initial_leaders.join(",")})`; // config.identity

const isName = (text) => /^[A-Za-z0-9._-]+$/.test(text); // config.names

// Tell whether a configuration can work: clauses config.*.
export function isWorking(config) {
  const { initial_leaders: electors, workers } = config;
  const both = [...electors, ...workers];
  const [beat, election] = [config.heartbeat_interval_ms, config.election_timeout_ms];
  const drift = config.clock_drift_ppm;
  return (
    [config.mesh_id, config.agent_id, ...both].every(isName) &&
    isSame(setOf(electors), electors) &&
    isSame(setOf(workers), workers) && // config.unique
    electors.length > 0 && // config.initial-leaders
    common(electors, workers).length === 0 && // config.one-part
    beat >= 1 && config.batch >= 1 && config.lease_ms >= 0 && drift >= 0 && // config.counts
    election > beat && config.leader_timeout_ms >= Math.max(election, 2 * beat) && // config.timeouts
    drift < 1_000_000 && (config.lease_ms === 0 || drift >= 1) && // config.drift
    config.lease_ms <= Math.floor((election * (1_000_000 - drift)) / (1_000_000 + drift)) // config.lease
  );
}

// --- the log: an array of its entries; behind a snapshot an object that has one -------

const startOf = (log) => (Array.isArray(log) ? 0 : log.start);
const startTerm = (log) => (Array.isArray(log) ? 0 : log.start_term);
const entriesOf = (log) => (Array.isArray(log) ? log : log.entries);
const withEntries = (log, entries) => (Array.isArray(log) ? entries : { ...log, entries });
const lastIndex = (log) => startOf(log) + entriesOf(log).length;
const lastTerm = (log) => termAt(log, lastIndex(log));
function termAt(log, index) {
  if (index === 0) return 0;
  return index > startOf(log) ? entriesOf(log)[index - startOf(log) - 1].term : startTerm(log);
}
const accepts = (log, index, term) => index <= lastIndex(log) && termAt(log, index) === term;
const cut = (log, after, end) =>
  entriesOf(log).slice(after - startOf(log), Math.max(end, after) - startOf(log));
const spliced = (log, after, entries) =>
  withEntries(log, [...cut(log, startOf(log), after), ...entries]);

// snapshot.keeps-roll
const behind = (start, start_term, start_roll, entries) =>
  ({ start, start_term, start_roll, entries });
const compacted = (log, index, roll) =>
  behind(index, termAt(log, index), roll, cut(log, index, lastIndex(log)));
const noop = (term) => ({ term, kind: "noop", command: "", request: "" });

// The last roll that a log sets, or the one before it; if it sets none that of its
// start, or the first.
function rollOf(log, first, skipped = 0) {
  const entries = entriesOf(log);
  const places = [...entries.keys()].filter((at) => entries[at].kind === "roll");
  const at = places[places.length - 1 - skipped];
  if (at === undefined) return startOf(log) > 0 ? log.start_roll : first;
  const { electors, outgoing, workers, term: of } = entries[at];
  return { electors, outgoing, workers, index: startOf(log) + at + 1, term: of }; // roll.of-log
}
const rollAt = (log, index, first) =>
  rollOf(withEntries(log, cut(log, startOf(log), index)), first);

// The last position up to an index whose term is not above another. log.hint
function probe(log, index, term) {
  let found = Math.min(index, lastIndex(log));
  while (found > startOf(log) && termAt(log, found) > term) found -= 1;
  return found < startOf(log) || termAt(log, found) > term ? 0 : found;
}

// --- outputs -------------------------------------------------------------------------

const out = (kind, value) => ({ kind, value });
const send = (target, packet) => out("Send", { target, packet });
const broadcast = (targets, packet) => out("Broadcast", { targets, packet });
const arm = (timer, least, most) => out("Arm", { timer, least, most });
const stale = (state, request, reason) =>
  out("Stale", { request, reason, leader: state.leader, token: term(state) });
const refused = (state, request, reason) =>
  out("Refused", { request, reason, leader: state.leader, token: term(state) });
const rejected = (reason, sender) => out("Rejected", { reason, sender });
const persist = (durable, after, entries) =>
  out("Persist", { term: durable.term, voted_for: durable.voted_for, after, entries });
const persistTerm = (durable) => persist(durable, lastIndex(durable.log), []);

// A packet of an agent: its kind, the three fields of all packets, and its own.
const packet = (kind, state, rest, of = term(state)) => ({
  kind,
  value: { mesh: meshKey(state.config), sender: me(state), term: of, ...rest },
});

// Timers. timer.promise, timer.randomised
const promiseTimer = ({ election_timeout_ms: t }) => arm("election", t, t);
const patienceTimer = ({ election_timeout_ms: t }) => arm("election", 0, t);
const electionTimer = ({ election_timeout_ms: t }) => arm("election", t, 2 * t);
const claimTimer = ({ leader_timeout_ms: t }) => arm("election", t, t); // claim.leader-timeout
const windowTimer = promiseTimer; // claim.window
const checkTimer = claimTimer; // leader.quorum-check
const heartbeatTimer = ({ heartbeat_interval_ms: t }) => arm("heartbeat", t, t);

// --- states --------------------------------------------------------------------------

const term = (state) => state.durable.term;
const me = (state) => state.config.agent_id;
const isElector = (state, agent) => isVoter(state.roll, agent);
const isMember = (state, agent) => membersOf(state.roll).includes(agent);
const voters = (state) => without(votersOf(state.roll), me(state));
const members = (state) => without(membersOf(state.roll), me(state));
const lead = (state, changes) => ({
  ...state,
  leadership: { ...state.leadership, ...changes },
});

const NO_LEADERSHIP = {
  match: {}, next: {}, installing: {}, seen: {},
  round: 0, confirmed_round: 0, checked_round: 0,
  lease_round: 0, lease_start: 0, lease_until: 0, lease_given: false, lease_void: false,
  transferee: NOBODY, reads: [],
};

export const NOTHING_DURABLE = { term: 0, voted_for: NOBODY, log: [] };

export const initial = (config) => recover(config, NOTHING_DURABLE);

// restart.from-disk, restart.follower, restart.forgets, restart.from-snapshot
export function recover(config, durable) {
  const roll = rollOf(durable.log, firstRoll(config));
  let wait = "stand";
  let timers = [];
  if (durable.term > 0) {
    [wait, timers] = ["promise", [promiseTimer(config)]]; // vote.after-restart
  } else if (isVoter(roll, config.agent_id)) {
    [wait, timers] = ["claim", [claimTimer(config)]]; // claim.leader-timeout
  }
  const state = {
    config, durable, roll, role: "follower", wait, leader: NOBODY,
    commit_index: startOf(durable.log), granted: [], lowest_claim: NOBODY, last_heartbeat: 0,
    alive: membersOf(roll), is_cut_off: false, parked: [], leadership: NO_LEADERSHIP,
  };
  return [state, timers];
}

// The disk after a Persist, a Discard and a Restore.
export const persisted = (durable, { term: of, voted_for, after, entries }) => ({
  term: of, voted_for, log: spliced(durable.log, after, entries),
});
export const discarded = (durable, { index, roll }) =>
  ({ ...durable, log: compacted(durable.log, index, roll) });
export const restored = (durable, write) => ({
  term: write.term, voted_for: write.voted_for,
  log: write.keeps_rest
    ? compacted(durable.log, write.index, write.roll)
    : behind(write.index, write.index_term, write.roll, []),
});

// --- what is asked of a state --------------------------------------------------------

export const token = (state) => (state.role === "leader" ? term(state) : 0); // fencing.leader-only

// fencing.lower-refused, fencing.monotone
export function admit(fence, given) {
  if (given < 1 || given < fence.highest) return [fence, "refused"];
  return [{ highest: given }, "admitted"];
}

// lease.leader-only, lease.confirmed, lease.expires, transfer.voids-lease
export function hasLease(state, now) {
  const { lease_given: isGiven, lease_void: isVoid, lease_until: until } = state.leadership;
  const isAllowed = state.role === "leader" && state.config.lease_ms > 0;
  return isAllowed && isGiven && !isVoid && now < until;
}

// watch.mesh-state
export const meshState = (state) => ({
  has_leader: state.leader !== NOBODY,
  leader_id: state.leader === NOBODY ? null : state.leader,
  term: term(state),
  last_leader_heartbeat: state.last_heartbeat,
  initial_leader_election_in_progress: state.lowest_claim !== NOBODY,
});

const hasCommittedInTerm = (state) =>
  accepts(state.durable.log, state.commit_index, term(state)); // read.own-term

// --- a step --------------------------------------------------------------------------

export function step(state, message) {
  const [after, outputs] = handle(state, message);
  return [after, [...outputs, ...observe(state, after)]]; // output.observations-last
}

function handle(state, { kind, value }) {
  switch (kind) {
    case "Received": return onReceived(state, value.packet, value.now);
    case "Elapsed": return onElapsed(state, value);
    case "Write": return onWrite(state, value);
    case "Read": return onRead(state, value);
    case "LeaseRead": return onLeaseRead(state, value);
    case "Transfer": return onTransfer(state, value);
    case "Change": return onChange(state, value);
    case "Replace": return onReplace(state, value);
    case "Snapshotted": return onSnapshotted(state, value);
    default: return [state, [rejected("unknown kind of message", NOBODY)]]; // message.kind
  }
}

function onReceived(state, { kind, value }, now) {
  const reason = defect(state, kind, value);
  if (reason) return [state, [rejected(reason, kind in HANDLERS ? value.sender : NOBODY)]]; // message.unchanged
  const isRequest = kind === "VoteRequest" || kind === "PreVoteRequest";
  if (isRequest && isWithheld(state, kind, value)) return [state, []]; // vote.unanswered
  const handler = HANDLERS[kind];
  if (!bringsHigherTerm(state, kind, value)) return handler(state, value, now);
  const [current, adopted] = adopt(state, value.term); // term.higher
  const [after, outputs] = handler(current, value, now);
  return [after, [...adopted, ...outputs, ...refuseReads(state)]]; // output.durable-first
}

function bringsHigherTerm(state, kind, value) {
  if (value.term <= term(state)) return false; // term.never-falls
  if (kind === "PreVoteRequest") return false; // vote.pre-vote-changes-nothing
  return kind !== "PreVoteReply" || !value.granted;
}

function onElapsed(state, { timer, now }) {
  if (timer === "heartbeat") {
    if (state.role !== "leader") return [state, []]; // timer.late-is-safe
    if (isLeaving(state)) return leave(state); // change.removed-leader
    const [begun, outputs] = beginRound(state, now);
    return [begun, [heartbeatTimer(state.config), ...outputs]]; // heartbeat.regular
  }
  if (state.role === "leader") return checkQuorum(state);
  if (state.wait === "promise") {
    if (isBootstrapping(state)) return [{ ...state, wait: "claim" }, [claimTimer(state.config)]];
    return [{ ...state, wait: "stand" }, [patienceTimer(state.config)]];
  }
  if (state.wait === "claim") return claim(state);
  if (state.wait === "window" && state.lowest_claim !== me(state)) {
    return [{ ...state, wait: "stand" }, [electionTimer(state.config)]]; // claim.others-defer
  }
  return stand(state);
}

// --- what cannot be valid: clauses message.* -----------------------------------------

const NO_ELECTOR = "an agent that is not on the roll it needs to be on";
const WRONG_ROLL = "a roll that its sender's log cannot have";
const BAD_POSITION = "a log position, round or commit index that cannot be";
const BAD_ENTRIES = "entries whose terms fall or lie outside the message's";
const SECOND_LEADER = "another leader in the same term";
const LEAST_TERM_0 = ["Claim", "PreVoteReply", "ReadIndexRequest", "ReadIndexReply"];

// index 0 has term 0, and no other index has
const isPosition = (index, of, highest) =>
  index === 0 ? of === 0 : index > 0 && of > 0 && of <= highest;

function isOrdered(entries, lowest, highest) {
  let before = Math.max(lowest, 1);
  for (const entry of entries) {
    if (entry.term < before) return false;
    before = entry.term;
  }
  return entries.length === 0 || before <= highest;
}

function defect(state, kind, value) {
  if (!(kind in HANDLERS)) return "unknown kind of message"; // message.kind
  if (value.mesh !== meshKey(state.config)) {
    return "another mesh, or other initial leaders"; // message.mesh
  }
  if (value.sender === NOBODY || value.sender === me(state)) {
    return "a sender that is nobody, or this agent itself"; // message.sender
  }
  if (value.term < (LEAST_TERM_0.includes(kind) ? 0 : 1)) {
    return "a term below the least that this kind can carry"; // message.term
  }
  const isSecond =
    value.term === term(state) && state.leader !== NOBODY && state.leader !== value.sender;
  switch (kind) {
    case "Claim": // claim.initial-leaders-only
      return state.config.initial_leaders.includes(value.sender) ? "" : NO_ELECTOR;
    case "PreVoteRequest":
    case "VoteRequest":
      if (!isPosition(value.last_index, value.last_term, value.term - 1)) return BAD_POSITION;
      return rollDefect(state, value);
    case "Heartbeat":
      if (!isPosition(value.commit_index, value.commit_term, value.term)) return BAD_POSITION;
      if (value.round < 1) return BAD_POSITION;
      return isSecond ? SECOND_LEADER : ""; // message.one-leader
    case "HeartbeatReply":
      if (!isPosition(value.last_index, value.last_term, value.term)) return BAD_POSITION;
      return value.round < 0 ? BAD_POSITION : "";
    case "Append":
      if (!isPosition(value.prev_index, value.prev_term, value.term)) return BAD_POSITION;
      if (value.commit_index < 0) return BAD_POSITION;
      if (!isOrdered(value.entries, value.prev_term, value.term)) return BAD_ENTRIES;
      return isSecond ? SECOND_LEADER : ""; // message.one-leader
    case "Install":
      if (value.index < 1) return BAD_POSITION;
      if (!isPosition(value.index, value.index_term, value.term)) return BAD_POSITION;
      if (!isRollOf(state, value.roll, value.index, value.index_term)) return WRONG_ROLL;
      if (value.roll.electors.length === 0) return WRONG_ROLL; // change.never-empty
      if (value.roll.outgoing.length === 0) return WRONG_ROLL;
      return isSecond ? SECOND_LEADER : ""; // message.one-leader
    case "AppendReply":
      return isPosition(value.index, value.index_term, value.term) ? "" : BAD_POSITION;
    case "ReadIndexReply":
    case "ForwardReply":
      return value.index < 0 ? BAD_POSITION : "";
    default:
      return "";
  }
}

function rollDefect(state, { sender, roll, last_index: last, last_term: highest }) {
  if (!membersOf(roll).includes(sender)) return NO_ELECTOR; // stand.taken-off
  if (roll.index === 0 && !isVoter(roll, sender)) return NO_ELECTOR; // stand.electors-only
  return isRollOf(state, roll, last, highest) ? "" : WRONG_ROLL;
}

// Tell whether a log with that last position can have that roll.
function isRollOf(state, roll, last, highest) {
  if (!isPosition(roll.index, roll.term, highest) || roll.index > last) return false; // roll.position
  const first = state.config.initial_leaders;
  const isFirst = isSame(roll.electors, first) && isSame(roll.outgoing, first);
  return roll.index > 0 || isFirst; // roll.first
}

// --- following -----------------------------------------------------------------------

// term.higher, term.durable
function adopt(state, of) {
  const durable = { ...state.durable, term: of, voted_for: NOBODY };
  if (state.role === "leader") {
    const [follower, outputs] = relinquish(state);
    return [{ ...follower, durable }, [persistTerm(durable), ...outputs]];
  }
  const follower = { ...state, durable, role: "follower", leader: NOBODY, granted: [] };
  return [follower, [persistTerm(durable)]];
}

// leader.relinquishes
function relinquish(state) {
  const follower = {
    ...state, role: "follower", wait: "stand", leader: NOBODY, granted: [],
    leadership: NO_LEADERSHIP,
  };
  return [follower, [out("Disarm", { timer: "heartbeat" }), electionTimer(state.config)]];
}

// leader.followed, vote.sticky
const follow = (state, leader, heard, alive) => ({
  ...state, role: "follower", wait: "promise", leader, granted: [], lowest_claim: NOBODY,
  last_heartbeat: heard, alive, is_cut_off: false,
});

// --- the initial election: clauses claim.* -------------------------------------------

const isBootstrapping = (state) =>
  lastIndex(state.durable.log) === 0 && state.leader === NOBODY && isElector(state, me(state));

function claim(state) {
  const claiming = { ...state, wait: "window", lowest_claim: me(state) };
  const mine = packet("Claim", state, {});
  return [claiming, [windowTimer(state.config), broadcast(voters(state), mine)]]; // claim.announced
}

function onClaim(state, { sender }) {
  if (!isBootstrapping(state)) return [state, []]; // claim.only-at-first
  if (state.role !== "follower") return [state, []]; // claim.one-election
  if (state.wait === "claim") {
    if (me(state) < sender) return claim(state); // claim.lower-claims-too
    return [{ ...state, wait: "window", lowest_claim: sender }, [windowTimer(state.config)]]; // claim.joins
  }
  if (state.wait === "window" && sender < state.lowest_claim) {
    return [{ ...state, lowest_claim: sender }, []]; // claim.lowest-stands
  }
  return [state, []];
}

// --- elections: clauses stand.* and vote.* -------------------------------------------

function position(state) {
  const { log } = state.durable;
  return { last_index: lastIndex(log), last_term: lastTerm(log), roll: state.roll }; // roll.travels
}

// Tell whether an agent is on the roll, or an uncommitted change takes it off.
function mayStand(state) {
  if (isElector(state, me(state))) return true;
  if (state.roll.index <= state.commit_index) return false;
  const before = rollOf(state.durable.log, firstRoll(state.config), 1);
  return isVoter(before, me(state)); // stand.taken-off
}

function stand(state) {
  if (!mayStand(state)) return [{ ...state, leader: NOBODY }, []]; // stand.electors-only
  const standing = {
    ...state, role: "pre-candidate", wait: "stand", leader: NOBODY,
    granted: [me(state)], // stand.grants-anew
    is_cut_off: state.role !== "follower" || state.is_cut_off, // watch.partition
  };
  if (isQuorum(state.roll, standing.granted)) return campaign(standing, false);
  const request = packet("PreVoteRequest", state, position(state), term(state) + 1); // stand.pre-vote
  return [standing, [electionTimer(state.config), broadcast(voters(state), request)]];
}

function campaign(state, isTransfer) {
  const durable = { ...state.durable, term: term(state) + 1, voted_for: me(state) }; // stand.next-term
  const candidate = {
    ...state, durable, role: "candidate", wait: "stand", leader: NOBODY,
    granted: [me(state)], // stand.grants-anew
  };
  if (isQuorum(state.roll, candidate.granted)) {
    const [leader, outputs] = openTerm(candidate);
    return [leader, [persistTerm(durable), ...outputs]];
  }
  const rest = { ...position(state), transfer: isTransfer };
  const request = packet("VoteRequest", candidate, rest);
  return [candidate, [
    persistTerm(durable), // vote.durable
    electionTimer(state.config),
    broadcast(voters(state), request),
  ]];
}

// vote.sticky, vote.after-restart, vote.released
function isWithheld(state, kind, request) {
  const isBound = state.role === "leader" || state.wait === "promise";
  if (request.term < term(state) || !isBound) return false; // vote.stale-term
  if (state.leader === NOBODY) return true; // vote.after-restart
  const isHandedOver = kind === "VoteRequest" && request.transfer;
  return !isHandedOver && request.sender !== state.leader;
}

// vote.roll, vote.log
function isElectable(state, request) {
  if (!isVoter(request.roll, me(state))) return false;
  const { log } = state.durable;
  if (request.last_term !== lastTerm(log)) return request.last_term > lastTerm(log);
  return request.last_index >= lastIndex(log);
}

function onPreVoteRequest(state, request) {
  const vote = state.durable.voted_for;
  const isFree =
    request.term > term(state) ||
    (request.term === term(state) && (vote === NOBODY || vote === request.sender)); // vote.one-per-term
  const rest = { proposed: request.term, granted: isFree && isElectable(state, request) };
  return [state, [send(request.sender, packet("PreVoteReply", state, rest))]];
}

function onVoteRequest(state, request) {
  const answer = (granted) => send(request.sender, packet("VoteReply", state, { granted }));
  const vote = state.durable.voted_for;
  if (request.term < term(state)) return [state, [answer(false)]]; // vote.stale-term
  if (vote === request.sender) return [state, [answer(true)]]; // vote.repeated
  if (vote !== NOBODY) return [state, [answer(false)]]; // vote.one-per-term
  if (!isElectable(state, request)) return [state, [answer(false)]]; // vote.refusal-answered
  const durable = { ...state.durable, voted_for: request.sender };
  const voter = { ...state, durable, role: "follower", granted: [] };
  const outputs = [persistTerm(durable), answer(true)]; // vote.durable
  if (state.wait === "promise") return [voter, outputs]; // vote.keeps-promise
  return [{ ...voter, wait: "stand" }, [...outputs, electionTimer(state.config)]]; // vote.rearms-on-grant
}

function onPreVoteReply(state, reply) {
  if (state.role !== "pre-candidate") return [state, []];
  if (!reply.granted || reply.proposed !== term(state) + 1) return [state, []]; // stand.pre-vote
  const supported = { ...state, granted: setOf([...state.granted, reply.sender]) };
  if (!isQuorum(state.roll, supported.granted)) return [supported, []];
  return campaign(supported, false);
}

function onVoteReply(state, reply) {
  if (reply.term < term(state)) return [state, []]; // vote.stale-grant
  if (state.role !== "candidate" || !reply.granted) return [state, []];
  const supported = { ...state, granted: setOf([...state.granted, reply.sender]) }; // vote.counted-once
  if (!isQuorum(state.roll, supported.granted)) return [supported, []];
  return openTerm(supported); // quorum.wins
}

// --- the leader's log: clauses leader.*, log.*, write.*, commit.* --------------------

function openTerm(state) {
  const { config } = state;
  const next = setAll({}, members(state), lastIndex(state.durable.log) + 1);
  const leader = {
    ...state, role: "leader", wait: "stand", leader: me(state), granted: [],
    lowest_claim: NOBODY, alive: membersOf(state.roll), is_cut_off: false,
    leadership: { ...NO_LEADERSHIP, next },
  };
  const timers = [checkTimer(config), arm("heartbeat", 0, 0)]; // heartbeat.first
  const [grown, outputs] = appendEntry(leader, noop(term(state))); // leader.noop
  const [committed, applied] = advance(grown);
  return [committed, [...outputs, ...timers, ...applied]];
}

function appendEntry(state, entry) {
  const { log } = state.durable;
  const { match, next } = state.leadership;
  const [before, after] = [lastIndex(log), lastIndex(log) + 1];
  const durable = { ...state.durable, log: spliced(log, before, [entry]) }; // leader.append-only
  const inStep = common(members(state), atLeast(next, after)); // log.in-step
  const grown = lead({ ...state, durable }, {
    match: setOne(match, me(state), after),
    next: setAll(next, inStep, after + 1),
  });
  const append = packet("Append", state, {
    prev_index: before, prev_term: lastTerm(log), entries: [entry],
    commit_index: state.commit_index,
  });
  return [grown, [persist(durable, before, [entry]), broadcast(inStep, append)]]; // write.durable
}

function whyNoWrite(state) {
  if (state.leader === NOBODY) return "no leader is known";
  if (state.role !== "leader") return "this agent does not lead"; // write.leader-only
  if (state.leadership.transferee !== NOBODY) return "leadership is being transferred"; // transfer.no-write
  return "";
}

function onWrite(state, { request, command }) {
  const reason = whyNoWrite(state);
  if (reason) return [state, [refused(state, request, reason)]]; // write.redirect
  const entry = { term: term(state), kind: "command", command, request }; // write.named
  const [grown, outputs] = appendEntry(state, entry);
  const index = lastIndex(grown.durable.log);
  const accepted = out("WriteAccepted", { request, index, token: term(state) });
  const [committed, applied] = advance(grown);
  return [committed, [...outputs, accepted, ...applied]];
}

function onForward(state, { sender, term: of, request, command }) {
  const answer = (accepted, index) =>
    send(sender, packet("ForwardReply", state, { request, accepted, index }));
  if (of !== term(state) || whyNoWrite(state)) return [state, [answer(false, 0)]]; // fencing.forwarded
  const entry = { term: term(state), kind: "command", command, request };
  const [grown, outputs] = appendEntry(state, entry);
  const [committed, applied] = advance(grown);
  const reply = answer(true, lastIndex(grown.durable.log));
  return [committed, [...outputs, reply, ...applied]];
}

function onForwardReply(state, { accepted, request, index, term: of }) {
  if (accepted) return [state, [out("WriteAccepted", { request, index, token: of })]];
  return [state, [refused(state, request, "another leader than the one it was meant for")]];
}

function appendReply(state, leader, accepted, index) {
  const rest = { accepted, index, index_term: termAt(state.durable.log, index) };
  return send(leader, packet("AppendReply", state, rest));
}

function onAppend(state, append) {
  const { log } = state.durable;
  if (append.term < term(state)) {
    return [state, [appendReply(state, append.sender, false, lastIndex(log))]]; // log.stale-answered
  }
  const following = follow(state, append.sender, state.last_heartbeat, state.alive);
  const timer = promiseTimer(state.config);
  if (append.prev_index < state.commit_index) { // log.below-commit
    return [following, [timer, appendReply(state, append.sender, true, state.commit_index)]];
  }
  if (!accepts(log, append.prev_index, append.prev_term)) { // log.consistency
    const hint = probe(log, append.prev_index, append.prev_term);
    return [following, [timer, appendReply(state, append.sender, false, hint)]];
  }
  const end = append.prev_index + append.entries.length;
  const known = Math.min(append.commit_index, end); // commit.verified
  const held = cut(log, append.prev_index, end);
  if (end <= lastIndex(log) && isSame(held, append.entries)) { // log.no-truncation
    const reply = appendReply(following, append.sender, true, end);
    const [committed, applied] = commitUpTo(following, known);
    return [committed, [timer, reply, ...applied]];
  }
  const grownLog = spliced(log, append.prev_index, append.entries); // log.conflict
  const roll = rollOf(grownLog, firstRoll(state.config)); // roll.of-log
  const grown = { ...following, durable: { ...state.durable, log: grownLog }, roll };
  const reply = appendReply(grown, append.sender, true, end);
  const [committed, applied] = commitUpTo(grown, known);
  const written = persist(grown.durable, append.prev_index, append.entries); // log.durable
  return [committed, [written, timer, reply, ...applied]];
}

function onAppendReply(state, reply) {
  if (reply.term < term(state)) return [state, []]; // commit.stale-acknowledgement
  if (state.role !== "leader") return [state, []];
  const { match, next } = state.leadership;
  const { sender, index } = reply;
  const [held, last] = [numberOf(match, sender), lastIndex(state.durable.log)];
  if (reply.accepted && index > last) return [state, [rejected(BAD_POSITION, sender)]];
  if (!isMember(state, sender)) return [state, []]; // roll.members-only
  if (index < held) return [state, []]; // commit.match-never-falls
  if (!reply.accepted) return resume(state, sender, index, reply.index_term);
  if (index === held) return [state, []];
  const following = Math.max(numberOf(next, sender), index + 1); // log.next-above-match
  const matched = lead(state, {
    match: setOne(match, sender, index),
    next: setOne(next, sender, following),
  });
  const [committed, applied] = advanceAndSettle(matched);
  if (following > last) return [committed, applied];
  const [served, sent] = sendFrom(committed, sender, following - 1);
  return [served, [...applied, ...sent]];
}

function resume(state, target, index, of) {
  const held = numberOf(state.leadership.match, target);
  return sendFrom(state, target, Math.max(held, probe(state.durable.log, index, of)));
}

function sendFrom(state, target, prev) {
  const { log } = state.durable;
  if (prev < startOf(log)) return sendSnapshot(state, target); // log.install-instead
  const entries = cut(log, prev, prev + state.config.batch); // log.batch
  const append = packet("Append", state, {
    prev_index: prev, prev_term: termAt(log, prev), entries, commit_index: state.commit_index,
  });
  const next = setOne(state.leadership.next, target, prev + entries.length + 1);
  return [lead(state, { next }), [send(target, append)]];
}

function sendSnapshot(state, target) {
  const { log } = state.durable;
  const { match, next, installing } = state.leadership;
  const held = numberOf(match, target);
  if (numberOf(installing, target) > held) return [state, []]; // snapshot.once-at-a-time
  const install = packet("Install", state, {
    index: log.start, index_term: log.start_term, roll: log.start_roll, // snapshot.keeps-roll
  });
  const sent = lead(state, {
    next: setOne(next, target, held + 1), // log.next-above-match
    installing: setOne(installing, target, log.start),
  });
  return [sent, [send(target, install)]];
}

// --- snapshots: clauses snapshot.* ---------------------------------------------------

function onSnapshotted(state, { index }) {
  const { log } = state.durable;
  if (index > state.commit_index) return [state, []]; // snapshot.committed-only
  if (index <= startOf(log)) return [state, []]; // snapshot.never-back
  const roll = rollAt(log, index, firstRoll(state.config)); // snapshot.keeps-roll
  const value = { index, index_term: termAt(log, index), roll };
  return [{ ...state, durable: discarded(state.durable, value) }, [out("Discard", value)]];
}

function onInstall(state, { sender, term: of, index, index_term, roll }) {
  const { durable } = state;
  if (of < term(state)) {
    return [state, [appendReply(state, sender, false, lastIndex(durable.log))]]; // log.stale-answered
  }
  const following = follow(state, sender, state.last_heartbeat, state.alive);
  const timer = promiseTimer(state.config);
  if (index <= state.commit_index) { // snapshot.known
    return [following, [timer, appendReply(state, sender, true, state.commit_index)]];
  }
  const keeps_rest = accepts(durable.log, index, index_term); // snapshot.rest-kept, snapshot.replaces-all
  const { term: own, voted_for } = durable;
  const write = { term: own, voted_for, index, index_term, roll, keeps_rest };
  const disk = restored(durable, write);
  const after = {
    ...following, durable: disk, commit_index: index,
    roll: rollOf(disk.log, firstRoll(state.config)), // roll.of-log
    parked: state.parked.filter((read) => read.index > index),
  };
  const reply = appendReply(after, sender, true, index);
  return [after, [out("Restore", write), timer, reply, ...servedBy(state, index)]]; // snapshot.durable
}

function advance(state) {
  const index = reachedByQuorum(state.leadership.match, state.roll); // commit.quorum
  if (index <= state.commit_index) return [state, []]; // commit.never-back
  if (index < state.roll.index) return [state, []]; // commit.own-roll
  if (!accepts(state.durable.log, index, term(state))) return [state, []]; // commit.own-term
  return commitUpTo(state, index);
}

// commit.never-back, commit.in-order, read.when-applied
function commitUpTo(state, index) {
  if (index <= state.commit_index) return [state, []];
  const entries = cut(state.durable.log, state.commit_index, index);
  const parked = state.parked.filter((read) => read.index > index);
  const apply = out("Apply", { first: state.commit_index + 1, entries });
  return [{ ...state, commit_index: index, parked }, [apply, ...servedBy(state, index)]];
}

// The parked reads that may be served once everything up to an index is applied.
function servedBy(state, index) {
  const due = state.parked.filter((read) => read.index <= index);
  return due.map(({ request }) => out("ServeRead", { request, index }));
}

// --- changes of the roll: clauses change.* -------------------------------------------

const NO_SUCH_CHANGE = "a change that the present roll does not allow";
const NOT_CAUGHT_UP = "too few of the agents that it takes are alive and caught up";

function whyNoChange(state) {
  const { roll } = state;
  const reason = whyNoWrite(state); // change.leader-only
  if (reason) return reason;
  if (isJoint(roll) || roll.index > state.commit_index) {
    return "the last change of the roll is not completed yet"; // change.one-at-a-time
  }
  return hasCommittedInTerm(state) ? "" : UNCOMMITTED; // change.own-term
}

// The electors and workers after a change of one agent, or null: change.near
function changed({ electors, workers, ...roll }, kind, target) {
  const isStranger = !membersOf({ electors, workers, ...roll }).includes(target);
  switch (kind) {
    case "admit": // change.admit
      return target !== NOBODY && isStranger && [electors, setOf([...workers, target])];
    case "promote": // change.promote
      return workers.includes(target) &&
        [setOf([...electors, target]), without(workers, target)];
    case "demote": // change.demote, change.never-empty
      return electors.includes(target) && electors.length > 1 &&
        [without(electors, target), setOf([...workers, target])];
    default: // change.demote-first
      return workers.includes(target) && [electors, without(workers, target)];
  }
}

function onChange(state, { request, kind, target, detail }) {
  const reason = whyNoChange(state);
  if (reason) return [state, [refused(state, request, reason)]];
  const parts = changed(state.roll, kind, target);
  if (!parts) return [state, [refused(state, request, NO_SUCH_CHANGE)]];
  const [electors, workers] = parts;
  return propose(state, { electors, outgoing: electors, workers }, request, detail);
}

function onReplace(state, { request, electors, detail }) {
  const reason = whyNoChange(state);
  if (reason) return [state, [refused(state, request, reason)]];
  const { electors: outgoing, workers } = state.roll;
  const isNone = electors.length === 0 || isSame(electors, outgoing);
  const strangers = less(electors, membersOf(state.roll)); // change.members-only
  if (isNone || strangers.length > 0) return [state, [refused(state, request, NO_SUCH_CHANGE)]];
  const parts = { electors, outgoing, workers: less(workers, electors) }; // change.joint
  return propose(state, parts, request, detail);
}

// change.supported, change.accepted
function propose(state, parts, request, detail) {
  const { match, seen, checked_round: checked } = state.leadership;
  const alive = [...atLeast(seen, checked), me(state)];
  const support = common(atLeast(match, state.commit_index), alive);
  if (!isQuorum(parts, support)) return [state, [refused(state, request, NOT_CAUGHT_UP)]];
  const [grown, outputs] = setRoll(state, parts, request, detail);
  const accepted = out("WriteAccepted", { request, index: grown.roll.index, token: term(state) });
  const [committed, applied] = advance(grown);
  return [committed, [...outputs, accepted, ...applied]];
}

function setRoll(state, parts, request, detail) {
  const { match, next, installing, seen } = state.leadership;
  const [of, index] = [term(state), lastIndex(state.durable.log) + 1];
  const roll = { ...parts, index, term: of }; // change.in-force-at-once
  const all = membersOf(roll);
  const added = less(all, membersOf(state.roll));
  const alive = common(setOf([...state.alive, ...added]), all);
  const begun = lead({ ...state, roll, alive }, {
    match: within(match, all), // change.forgets
    next: setAll(within(next, all), added, index),
    installing: within(installing, all),
    seen: within(seen, all),
    lease_given: false, // change.voids-lease
  });
  return appendEntry(begun, { term: of, kind: "roll", command: detail, request, ...parts });
}

// Commit what a quorum holds; then leave the electorate behind that was replaced.
function advanceAndSettle(state) {
  const [committed, applied] = advance(state);
  const { electors, outgoing, workers, index } = committed.roll;
  if (!isJoint(committed.roll) || index > committed.commit_index) return [committed, applied];
  if (!hasCommittedInTerm(committed)) return [committed, applied];
  const rest = setOf([...workers, ...less(outgoing, electors)]);
  const parts = { electors, outgoing: electors, workers: rest };
  const [settled, outputs] = setRoll(committed, parts, "", ""); // change.settles
  const [completed, more] = advance(settled);
  return [completed, [...outputs, ...applied, ...more]]; // output.durable-first
}

const isLeaving = (state) =>
  state.roll.index <= state.commit_index && !isElector(state, me(state));

// change.removed-leader, change.hands-over
function leave(state) {
  const [alone, timers] = relinquish(state);
  const outputs = [...timers, ...refuseReads(state)];
  const caughtUp = atLeast(state.leadership.match, lastIndex(state.durable.log));
  const [heir] = common(state.roll.electors, caughtUp);
  if (heir === undefined) return [alone, outputs];
  return [alone, [send(heir, packet("TransferNow", state, {})), ...outputs]];
}

// --- rounds: clauses heartbeat.*, presence.*, lease.* --------------------------------

function beginRound(state, now) {
  const { leadership: known, commit_index: commit } = state;
  const round = known.round + 1;
  const isDue = known.confirmed_round >= known.lease_round;
  const begun = lead({ ...state, last_heartbeat: now }, {
    round,
    seen: setOne(known.seen, me(state), round),
    lease_round: isDue ? round : known.lease_round,
    lease_start: isDue ? now : known.lease_start, // lease.from-start
  });
  const heartbeat = packet("Heartbeat", state, {
    round, commit_index: commit, commit_term: termAt(state.durable.log, commit), // commit.travels
    alive: state.alive, // presence.travels
  });
  const [confirmed, served] = confirm(begun);
  return [confirmed, [broadcast(members(state), heartbeat), ...served]];
}

function confirm(state) {
  const { config, leadership: known } = state;
  const round = reachedByQuorum(known.seen, state.roll); // read.quorum-confirms
  if (round <= known.confirmed_round) return [state, []];
  const isExtended = round >= known.lease_round; // lease.confirmed
  const until = known.lease_start + config.lease_ms; // lease.from-start
  const confirmed = lead(state, {
    confirmed_round: round,
    lease_until: isExtended ? until : known.lease_until,
    lease_given: isExtended || known.lease_given,
    reads: known.reads.filter((read) => read.round > round),
  });
  const due = known.reads.filter((read) => read.round <= round); // read.round-after-request
  return [confirmed, due.map((read) => answerRead(state, read, true))];
}

function answerRead(state, { requester, request, index }, granted) {
  if (requester !== me(state)) {
    return send(requester, packet("ReadIndexReply", state, { request, granted, index }));
  }
  if (granted) return out("ServeRead", { request, index });
  const reason = "leadership was lost before it was confirmed";
  return out("Stale", { request, reason, leader: NOBODY, token: term(state) });
}

const refuseReads = (state) =>
  state.leadership.reads.map((read) => answerRead(state, read, false)); // read.stale

function onHeartbeat(state, heartbeat, now) {
  const { log } = state.durable;
  const answer = (round) => {
    const rest = { round, last_index: lastIndex(log), last_term: lastTerm(log) };
    return send(heartbeat.sender, packet("HeartbeatReply", state, rest));
  };
  if (heartbeat.term < term(state)) return [state, [answer(0)]]; // heartbeat.stale-answered
  const following = follow(state, heartbeat.sender, now, heartbeat.alive);
  const isHeld =
    heartbeat.commit_index > state.commit_index && // commit.never-back
    accepts(log, heartbeat.commit_index, heartbeat.commit_term); // commit.verified
  const [committed, applied] = isHeld
    ? commitUpTo(following, heartbeat.commit_index)
    : [following, []];
  return [committed, [promiseTimer(state.config), answer(heartbeat.round), ...applied]];
}

function onHeartbeatReply(state, reply) {
  if (reply.term < term(state)) return [state, []]; // heartbeat.stale-acknowledgement
  if (state.role !== "leader") return [state, []];
  const { sender, round } = reply;
  const { seen, match } = state.leadership;
  if (round > state.leadership.round) return [state, [rejected(BAD_POSITION, sender)]];
  if (!isMember(state, sender)) return [state, []]; // roll.members-only
  if (round <= numberOf(seen, sender)) return [state, []]; // heartbeat.counted-once
  const alive = setOf([...state.alive, sender]); // presence.back
  const heard = lead({ ...state, alive }, { seen: setOne(seen, sender, round) });
  const [confirmed, served] = confirm(heard);
  if (numberOf(match, sender) >= lastIndex(state.durable.log)) return [confirmed, served];
  const [resumed, sent] = resume(confirmed, sender, reply.last_index, reply.last_term); // log.resent
  return [resumed, [...served, ...sent]];
}

const reached = (state) =>
  setOf([...atLeast(state.leadership.seen, state.leadership.checked_round + 1), me(state)]);

// leader.quorum-check, presence.missed-rounds, transfer.gives-up, snapshot.sent-again
function checkQuorum(state) {
  const alive = reached(state);
  if (!isQuorum(state.roll, alive)) {
    const [alone, timers] = relinquish(state);
    return [{ ...alone, is_cut_off: true }, [...timers, ...refuseReads(state)]];
  }
  const changes =
    { checked_round: state.leadership.round, transferee: NOBODY, installing: {} };
  return [lead({ ...state, alive }, changes), [checkTimer(state.config)]];
}

// --- reads: clauses read.* -----------------------------------------------------------

const UNCOMMITTED = "no entry of the leader's own term is committed yet";

function onRead(state, { request, now }) {
  if (state.leader === NOBODY) return [state, [stale(state, request, "no leader is known")]];
  if (state.role !== "leader") {
    return [state, [send(state.leader, packet("ReadIndexRequest", state, { request }))]]; // read.follower-asks
  }
  if (!hasCommittedInTerm(state)) return [state, [stale(state, request, UNCOMMITTED)]];
  return askRound(state, me(state), request, now);
}

function onReadIndexRequest(state, { sender, request }, now) {
  if (state.role !== "leader" || !hasCommittedInTerm(state)) {
    const refusal = packet("ReadIndexReply", state, { request, granted: false, index: 0 });
    return [state, [send(sender, refusal)]];
  }
  const waits = (read) => read.requester === sender && read.request === request;
  if (state.leadership.reads.some(waits)) return [state, []]; // read.asked-once
  return askRound(state, sender, request, now);
}

// read.index-first, read.round-after-request
function askRound(state, requester, request, now) {
  const round = state.leadership.round + 1;
  const read = { requester, request, index: state.commit_index, round };
  return beginRound(lead(state, { reads: [...state.leadership.reads, read] }), now);
}

function onReadIndexReply(state, { granted, request, index }) {
  if (!granted) return [state, [stale(state, request, "this agent does not lead")]];
  if (index <= state.commit_index) {
    return [state, [out("ServeRead", { request, index: state.commit_index })]];
  }
  const read = { request, index };
  if (state.parked.some((each) => isSame(each, read))) return [state, []];
  return [{ ...state, parked: [...state.parked, read] }, []]; // read.when-applied
}

function onLeaseRead(state, { request, now }) {
  if (state.role !== "leader") return [state, [stale(state, request, "this agent does not lead")]];
  if (!hasLease(state, now)) return [state, [stale(state, request, "no lease holds at that instant")]];
  if (!hasCommittedInTerm(state)) return [state, [stale(state, request, UNCOMMITTED)]];
  return [state, [out("ServeRead", { request, index: state.commit_index })]]; // lease.serves
}

// --- transfer: clauses transfer.* ----------------------------------------------------

function whyNoTransfer(state, target) {
  if (state.leader === NOBODY) return "no leader is known";
  if (state.role !== "leader") return "this agent does not lead"; // transfer.leader-only
  if (state.leadership.transferee !== NOBODY) return "leadership is being transferred"; // transfer.one-at-a-time
  if (target === me(state) || !isElector(state, target)) return NO_ELECTOR; // transfer.to-elector
  const held = numberOf(state.leadership.match, target);
  return held < lastIndex(state.durable.log) ? NOT_CAUGHT_UP : ""; // transfer.caught-up
}

function onTransfer(state, { request, target }) {
  const reason = whyNoTransfer(state, target);
  if (reason) return [state, [refused(state, request, reason)]];
  const handing = lead(state, { lease_void: true, transferee: target }); // transfer.voids-lease
  return [handing, [send(target, packet("TransferNow", state, {}))]];
}

function onTransferNow(state, { sender, term: of }) {
  if (of < term(state) || state.role !== "follower") return [state, []]; // transfer.stale
  if (state.leader !== sender) return [state, []]; // transfer.from-leader
  if (!isElector(state, me(state))) return [state, []]; // stand.electors-only
  return campaign(state, true); // transfer.stands-at-once
}

// --- what a person watches: clauses watch.* ------------------------------------------

function observe(before, after) {
  const told = [];
  if (before.role !== after.role || term(before) !== term(after)) {
    told.push(out("RoleChanged", { before: before.role, after: after.role, term: term(after) }));
  }
  if (before.leader !== after.leader) {
    told.push(out("LeaderChanged", { leader: after.leader, term: term(after) }));
  }
  if (!isSame(before.granted, after.granted) && after.granted.length > 0) {
    const { role, granted } = after;
    told.push(out("ElectionProgress", { role, term: term(after), granted }));
  }
  if (before.lowest_claim !== after.lowest_claim) {
    told.push(out("InitialElection", { lowest_claim: after.lowest_claim }));
  }
  if (before.is_cut_off !== after.is_cut_off) {
    const who = before.role === "leader" ? reached(before) : before.granted;
    const unreached = less(votersOf(after.roll), who);
    if (after.is_cut_off) told.push(out("PartitionSuspected", { reached: who, unreached }));
    else told.push(out("PartitionHealed", {}));
  }
  if (!isSame(before.alive, after.alive)) {
    const [back, dead] = [less(after.alive, before.alive), less(before.alive, after.alive)];
    told.push(out("PresenceChanged", { back, dead }));
  }
  if (!isSame(before.roll, after.roll)) {
    told.push(out("RollChanged", { before: before.roll, after: after.roll }));
  }
  return told;
}

const HANDLERS = {
  Claim: onClaim,
  PreVoteRequest: onPreVoteRequest,
  PreVoteReply: onPreVoteReply,
  VoteRequest: onVoteRequest,
  VoteReply: onVoteReply,
  Heartbeat: onHeartbeat,
  HeartbeatReply: onHeartbeatReply,
  Append: onAppend,
  Install: onInstall,
  AppendReply: onAppendReply,
  ReadIndexRequest: onReadIndexRequest,
  ReadIndexReply: onReadIndexReply,
  TransferNow: onTransferNow,
  Forward: onForward,
  ForwardReply: onForwardReply,
};
