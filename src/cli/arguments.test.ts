import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "commander";
import { findCommand, rewriteArguments } from "./arguments.ts";

function createProgram(): Command {
  const program = new Command("brisk").option("--apihost <HOST>", "").option("-i, --insecure", "");
  const noun = program.command("action");
  noun.command("invoke").option("-p, --param <KEY VALUE>", "").option("--main <NAME>", "");
  noun.command("list").option("--namespace <NS>", "");
  return program;
}

function rewrite(typed: string): string[] {
  return rewriteArguments(typed.split(" "), createProgram());
}

test("options with a key and a value become one word", () => {
  assert.deepEqual(rewrite("action invoke a -p k v --param x -1"), [
    ...["action", "invoke", "a", '--param=["k","v"]', '--param=["x","-1"]'],
  ]);
});

test("what is another option's value, or stands behind --, stays as it is", () => {
  assert.deepEqual(rewrite("action invoke --main -p a"), ["action", "invoke", "--main", "-p", "a"]);
  assert.deepEqual(rewrite("action invoke -- -p k v"), ["action", "invoke", "--", "-p", "k", "v"]);
});

test("a switch may be written with its value, as Go programs take it", () => {
  const of = (typed: string) =>
    rewriteArguments(
      typed.split(" "),
      createProgram().addCommand(
        new Command("run").option("-b, --blocking", "").option("-x <X>", ""),
      ),
    );
  assert.deepEqual(of("run --blocking=true -b=TRUE a"), ["run", "--blocking", "-b", "a"]);
  assert.deepEqual(of("run --blocking=false a"), ["run", "a"]);
  assert.deepEqual(of("run -x=true --blocking=1 -x --blocking=true"), [
    ...["run", "-x=true", "--blocking=1", "-x", "--blocking=true"],
  ]);
});

test("a pair without its value is refused", () => {
  assert.throws(() => rewrite("action invoke a -p k"), /needs a key and a value/);
});

test("-ns is the long option where the command has it", () => {
  assert.deepEqual(rewrite("action list -ns x"), ["action", "list", "--namespace", "x"]);
  assert.deepEqual(rewrite("action invoke -ns x"), ["action", "invoke", "-ns", "x"]);
});

test("the command is found behind flags and their values", () => {
  const { command, next } = findCommand(
    ["--apihost", "action", "-i", "action", "list", "x"],
    createProgram(),
  );
  assert.deepEqual([command.name(), next], ["list", 5]);
});
