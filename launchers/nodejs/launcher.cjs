// The in-container side of the nodejs kinds: takes one action by `init` and runs it as often as asked.
//
// It speaks with the driver over file descriptor 3, one line a message:
//   in   I<seq> \t <init value>                  once
//        R<seq> \t <context> \t <arguments>      any number of times
//        A<seq> \t <sent at> \t <context> \t <arguments>   the same, sent before what runs was answered
//        B0 \t                                  what has not begun is given back
//        G<seq> \t <credit>                     so much more of a streamed body may be sent
//        C<seq> \t                              nobody wants the rest of it
//   out  <seq> <status> <body>                   the statuses and texts of the runtime contract
//        <seq> 102                               it has, or may have, written output
//        <seq> 103 <head>, <seq> 100 <piece>     before the answer, where it is streamed (`stream.cjs`)
//        <seq> 425 <why>                         it has not begun, and will not here
//        0 200 {}                                at the start: ready for `init`
// The action's output is plain stdout and stderr. What is required here is paid by every cold start
// (`node:net` alone takes 4 ms), so everything else is required where it is needed.
"use strict";

const { Socket } = require("node:net");

const CONNECTION_FD = 3;
/** Where an action waits for the container, its `init` has come by then. */
const PRACTICE_AFTER_MS = 100;
/** What the action may replace in its own process, taken before it can. */
const { parse, stringify } = JSON;
const { kill, pid } = process;
const { now } = Date;

/** fresh → initialising → ready, or stopped after what OpenWhisk's proxy does not survive either. */
let state = "fresh";
let running = 0;
let action;
/** Runs that wait for the one before to end, in order. */
const ahead = [];
let isSpoiled = false;
let outputs;
let written = 0;
let hasHadChildren = false;
const runsMax = /^true$/i.test(process.env.__OW_ALLOW_CONCURRENT ?? "") ? Infinity : 1;

const connection = new Socket({ fd: CONNECTION_FD, readable: true, writable: true });
connection.setEncoding("utf8");
let partial = "";
connection.on("data", (text) => {
  // What is wanted back must not begin only because it is read first: both have waited for a busy process.
  const backAt = text.lastIndexOf("B0\t\n");
  let start = 0;
  let end = text.indexOf("\n");
  while (end !== -1) {
    receive(partial + text.slice(start, end), start < backAt);
    partial = "";
    start = end + 1;
    end = text.indexOf("\n", start);
  }
  partial += text.slice(start);
});
connection.on("close", leave);
connection.on("error", leave);

answer(0, 200, "{}");
prepare();

/** Done while the driver's `init` is on its way. */
function prepare() {
  // Output then leaves the process before the write returns: what was written before an answer is
  // there before the answer, and `process.exit` loses nothing.
  outputs = [process.stdout, process.stderr];
  for (const stream of outputs) stream._handle?.setBlocking?.(true);
  require("./children.cjs").watchChildren(() => {
    hasHadChildren = true;
  });
  const [socketPath, port] = process.argv.splice(2);
  if (socketPath) require("./forwarder.cjs").startForwarder(socketPath, Number(port));
  setTimeout(practise, PRACTICE_AFTER_MS).unref();
}

/** A stem cell has time: it loads and tries what the first action would have to wait for. */
function practise() {
  if (state !== "fresh") return;
  const nothing = { code: "exports.main = () => ({})", main: "main", name: "nothing" };
  void require("./text.cjs").loadText(nothing);
}

/**
 * The driver is gone or has had enough. The action's own exit handlers are not asked, and what it has
 * started goes with it where this process leads a group (it does without a sandbox).
 */
function leave() {
  try {
    kill.call(process, -pid, "SIGKILL");
  } catch {
    kill.call(process, pid, "SIGKILL");
  }
}

function receive(line, isWantedBack) {
  const first = line.indexOf("\t");
  const seq = line.slice(1, first);
  if (line.startsWith("R")) run(seq, ...parseRequest(line, first));
  else if (line.startsWith("A")) {
    if (isWantedBack || !mayGoAhead()) {
      giveBack(seq);
      return;
    }
    const second = line.indexOf("\t", first + 1);
    const sentAt = Number(line.slice(first + 1, second));
    const [context, text] = parseRequest(line, second);
    const next = { seq, context, text, sentAt };
    if (running < runsMax) runAhead(next);
    else ahead.push(next);
  } else if (line.startsWith("I")) void initialise(seq, parse(line.slice(first + 1)));
  else if (line.startsWith("B")) giveAllBack();
  // Only what has been loaded has anything to send.
  else if (line.startsWith("G")) streaming?.grant(seq, Number(line.slice(first + 1)));
  else streaming?.cancel(seq);
}

function parseRequest(line, from) {
  const end = line.indexOf("\t", from + 1);
  return [parse(line.slice(from + 1, end)), line.slice(end + 1)];
}

/** Its time counts from here. */
function runAhead({ seq, context, text, sentAt }) {
  if (context.deadline) context.deadline = String(Number(context.deadline) + now() - sentAt);
  run(seq, context, text);
}

/** The answer to a run, after which the next one begins. */
function conclude(seq, status, body) {
  if (status !== 200 || !/^[[{]/.test(body)) isSpoiled = true;
  if (!mayGoAhead()) giveAllBack();
  const before = written;
  written = countWritten();
  const announced = written > before || hasHadChildren ? `${seq} 102 \n` : "";
  connection.write(announced + toAnswer(seq, status, body));
  if (ahead.length === 0) return;
  if (hasLeft()) runAhead(ahead.shift());
  else giveAllBack();
}

/**
 * Whose output it is is told by reading it before the next run begins; and what did not end well is the
 * last that runs here.
 */
function mayGoAhead() {
  return !mayHaveWritten() && !isSpoiled && hasLeft();
}

/** Behind an answer on its way none begins: if it ended the process, it would seem not to have begun. */
function hasLeft() {
  return connection.writableLength === 0;
}

/** A child process writes past this one, so that nothing is known of it here. */
function mayHaveWritten() {
  return hasHadChildren || countWritten() > 0;
}

function countWritten() {
  return outputs[0].bytesWritten + outputs[1].bytesWritten;
}

function giveAllBack() {
  for (const { seq } of ahead.splice(0)) giveBack(seq);
}

function giveBack(seq) {
  answer(seq, 425, mayHaveWritten() ? "output" : "");
}

function answer(seq, status, body) {
  connection.write(toAnswer(seq, status, body));
}

function toAnswer(seq, status, body) {
  return `${seq} ${status} ${body}\n`;
}

function refuse(seq, status, text) {
  answer(seq, status, stringify({ error: text }));
}

function fail(seq, status, text) {
  conclude(seq, status, stringify({ error: text }));
}

async function initialise(seq, value) {
  if (state !== "fresh") {
    const text = "Cannot initialize the action more than once.";
    console.error("Internal system error:", text);
    refuse(seq, 403, text);
    return;
  }
  const { name, main, code, binary, env } = value;
  if (typeof main !== "string" || main === "" || typeof code !== "string" || code === "") {
    refuse(seq, 403, "Missing main/no code to execute.");
    return;
  }
  state = "initialising";
  try {
    for (const key in env) process.env[key] = env[key];
    action = binary
      ? await require("./archive.cjs").loadArchive(code, main)
      : await require("./text.cjs").loadText({ code, main, name });
    if (typeof action !== "function") {
      throw new TypeError(`Action entrypoint '${main}' is not a function.`);
    }
    state = "ready";
    answer(seq, 200, '{"OK":true}');
  } catch (error) {
    state = "stopped";
    const cause = String(error?.stack || error);
    console.error(cause);
    refuse(seq, 502, `Initialization has failed due to: ${cause}`);
  }
}

function run(seq, context, text) {
  if (state !== "ready") {
    refuse(seq, 403, state === "fresh" ? "System not initialized." : notReady(state));
    return;
  }
  const value = parse(text) ?? {};
  if (typeof value !== "object") {
    const wrong = `the argument must be a dictionary but has type '${typeof value}'.`;
    console.error("Internal system error:", wrong);
    fail(seq, 403, `Internal system error: ${wrong}`);
    return;
  }
  exportContext(context);
  running += 1;
  let result;
  try {
    result = action(value);
  } catch (error) {
    running -= 1;
    state = "stopped";
    console.error(error);
    fail(seq, 502, `An error has occurred: ${error}`);
    return;
  }
  if (typeof result?.then === "function") void settle(seq, result);
  else finish(seq, result);
}

function notReady(status) {
  return `System not ready, status is ${status}.`;
}

/** What was exported last. Setting a variable takes a microsecond, and most stay as they were. */
const exported = new Map();
function exportContext(context) {
  for (const key in context) {
    const value = String(context[key]);
    if (exported.get(key) === value) continue;
    exported.set(key, value);
    process.env[`__OW_${key.toUpperCase()}`] = value;
  }
}

async function settle(seq, promise) {
  let result;
  try {
    result = await promise;
  } catch (error) {
    // A rejected promise is the action's own answer; `reject()` has always been an empty object.
    finish(seq, { error: error || {} }, showErrors);
    return;
  }
  finish(seq, result);
}

function finish(seq, result = {}, replacer = null) {
  if (isStreamed(result)) {
    void stream(seq, result);
    return;
  }
  running -= 1;
  if (typeof result !== "object") {
    console.error(`Result must be of type object but has type "${typeof result}":`, result);
    fail(seq, 502, "The action did not return a dictionary.");
    return;
  }
  let text;
  try {
    text = stringify(result, replacer);
  } catch (error) {
    console.error(error);
    const why = String(error?.message).split("\n", 1)[0];
    fail(seq, 502, `The action returned a result that cannot be written as JSON: ${why}`);
    return;
  }
  conclude(seq, 200, text);
}

let streaming;

function isStreamed(result) {
  try {
    const body = result?.body;
    if (typeof body !== "object" || body === null) return false;
    return typeof body[Symbol.asyncIterator] === "function" && result.error === undefined;
  } catch {
    return false; // What cannot even be looked at is not JSON either, and is refused as that.
  }
}

/** The answer behind the last piece only says how it ended: the result is what has been sent. */
async function stream(seq, result) {
  streaming ??= require("./stream.cjs");
  const send = (status, text) => answer(seq, status, text);
  try {
    const { body, ...rest } = result;
    await streaming.sendStream(seq, { head: stringify(rest), body, send });
  } catch (error) {
    running -= 1;
    console.error(error);
    fail(seq, 502, `The answer broke off while it was streamed: ${error}`);
    return;
  }
  running -= 1;
  conclude(seq, 200, "{}");
}

/** Errors have nothing that JSON would show: their name, message and stack are what is meant. */
function showErrors(_key, value) {
  if (!(value instanceof Error)) return value;
  const { name, message, stack } = value;
  return { name, message, stack, ...value };
}
