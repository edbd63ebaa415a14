import assert from "node:assert/strict";
import { test } from "node:test";
import type { Command } from "commander";
import type { CliContext } from "./context.ts";
import { createProgram, findUsageExitCode } from "./program.ts";
import { Terminal } from "./terminal.ts";

const nowhere = { write: () => true };
const CONTEXT: CliContext = {
  terminal: new Terminal({ out: nowhere, err: nowhere }, false),
  environment: {},
  version: "0.0.0",
  interrupted: () => new AbortController().signal,
  setExitCode: () => undefined,
  buildProgram: () => createProgram(CONTEXT, "all"),
};

interface Leaf {
  readonly path: string;
  readonly command: Command;
}

function listLeaves(command: Command, above: readonly string[] = []): Leaf[] {
  const visible = command.createHelp().visibleCommands(command);
  const below = visible.filter((each) => each.name() !== "help");
  if (below.length === 0) return [{ path: above.join(" "), command }];
  return below.flatMap((each) => listLeaves(each, [...above, each.name()]));
}

/** With what stands behind the options, which commander only adds when it prints. */
function toHelp(command: Command): string {
  let text = "";
  const write = (part: string) => {
    text += part;
  };
  command.configureOutput({ writeOut: write, writeErr: write }).outputHelp();
  return text;
}

test("every command says what it is for, and has an example of itself", async () => {
  const leaves = listLeaves(await createProgram(CONTEXT, "all"));
  assert.ok(leaves.length > 30);
  const wrong = leaves.filter(({ path, command }) => {
    const examples = toHelp(command).split(/^Examples?:$/m)[1] ?? "";
    return command.description() === "" || !examples.includes(`brisk ${path}`);
  });
  assert.deepEqual(
    wrong.map(({ path }) => path),
    [],
  );
});

test("every option says what it is for", async () => {
  const leaves = listLeaves(await createProgram(CONTEXT, "all"));
  const silent = leaves.flatMap(({ path, command }) =>
    command.options.filter(({ description }) => !description).map(({ flags }) => [path, flags]),
  );
  assert.deepEqual(silent, []);
});

test("a command that is named loads its own verb alone, also behind flags of the connection", async () => {
  for (const args of [
    ["action", "list"],
    ["--apihost", "action", "-i", "action", "list"],
  ]) {
    const program = await createProgram(CONTEXT, args);
    const loaded = program.commands.flatMap((noun) => noun.commands.map((verb) => verb.name()));
    assert.deepEqual(loaded, ["list"]);
  }
});

test("wrong arguments of the platform's own commands end with 2, others with 1 as wsk's", async () => {
  const program = await createProgram(CONTEXT, []);
  const codes = [["up"], ["admin", "user"], ["action"], ["constructor"], []].map((args) =>
    findUsageExitCode(args, program),
  );
  assert.deepEqual(codes, [2, 2, 1, 1, 1]);
});
