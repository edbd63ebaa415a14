// A disk that becomes full, or read-only, while the platform works: it says so, keeps what it accepted,
// and works again when there is room.

import assert from "node:assert/strict";
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { MB } from "../../src/kernel/units.ts";
import {
  ACTIONS,
  type ActivationRecord,
  invoke,
  putAction,
  readActivation,
  waitFor,
} from "../api/fixture.ts";
import { type Answer, type Brisk, startBrisk } from "../harness.ts";
import {
  failToStart,
  MAY_MOUNT,
  openTestDirectory,
  openTestDisk,
  type TestDisk,
} from "./test-directory.ts";

const ARGS = ["--driver", "process", "--stem-cells", "0"];
/** A copy of Node stands there where the checkout is closed to other users. */
const DISK_MB = 16 + Math.ceil(statSync(process.execPath).size / MB);
const OPTIONS = { skip: !MAY_MOUNT };
/** Each fills pages of the journal, so that the end of the disk is met soon. */
const FILLER = "x".repeat(2000);
const REFUSED = {
  full: { status: 503, error: "The platform's disk is full: nothing was accepted" },
};

/** Takes all the room that is left. @returns what gives it back */
function fill(disk: TestDisk): () => void {
  const path = join(disk.data, "filler");
  const file = openSync(path, "w");
  for (let size = 1 << 20; size > 0; size >>= 1) {
    try {
      for (;;) writeSync(file, Buffer.alloc(size));
    } catch {
      // No room for so much; there may be for half.
    }
  }
  closeSync(file);
  return () => rmSync(path);
}

interface Sent {
  readonly n: number;
  readonly answer: Answer;
}

interface Load {
  readonly sent: Sent[];
  /** Resolves when every request is answered. */
  end(): Promise<void>;
}

/** Sends blocking and non-blocking invocations, a few at a time, until it is ended. */
function startLoad(brisk: Brisk): Load {
  const sent: Sent[] = [];
  let count = 0;
  let isEnding = false;
  const clients = Array.from({ length: 4 }, async (_, client) => {
    while (!isEnding) {
      const n = count++;
      const query = `blocking=${client % 2 === 0}`;
      sent.push({ n, answer: await invoke(brisk, "note", { query, body: { n, FILLER } }) });
    }
  });
  return {
    sent,
    end: async () => {
      isEnding = true;
      await Promise.all(clients);
    },
  };
}

async function putNote(brisk: Brisk, runsFile: string): Promise<void> {
  const code = `const main = ({ n }) => { require("node:fs").appendFileSync(${JSON.stringify(runsFile)}, n + "\\n"); return { n }; };`;
  await putAction(brisk, { name: "note", code });
}

/** Every accepted one ran once and is recorded; what was refused did not run. */
async function checkSent(brisk: Brisk, sent: readonly Sent[], runsFile: string): Promise<void> {
  const accepted = sent.filter(({ answer }) => answer.status < 300);
  for (const { n, answer } of accepted) {
    const { activationId } = answer.json as ActivationRecord;
    const record = await readActivation(brisk, activationId);
    assert.deepEqual(record.response.result, { n }, activationId);
  }
  const runs = readFileSync(runsFile, "utf8").trim().split("\n").map(Number);
  const expected = accepted.map(({ n }) => n).sort((a, b) => a - b);
  assert.deepEqual(
    [...runs].sort((a, b) => a - b),
    expected,
  );
  for (const { answer } of sent) if (answer.status >= 300) checkRefused(answer);
}

function checkRefused({ status, json }: Answer): void {
  assert.deepEqual({ status, error: (json as { error: string }).error }, REFUSED.full);
}

test(
  "a full disk refuses, loses nothing, and works again when there is room",
  OPTIONS,
  async () => {
    await using directory = await openTestDirectory();
    const runsFile = join(directory.data, "runs");
    await using disk = await openTestDisk(DISK_MB);
    await using brisk = await startBrisk({ data: disk.data, args: ARGS });
    await putNote(brisk, runsFile);
    const load = startLoad(brisk);
    const count = (from: number, found: (answer: Answer) => boolean) =>
      waitFor(() => load.sent.slice(from).some(({ answer }) => found(answer)) || undefined);
    for (let round = 0; round < 2; round++) {
      const makeRoom = fill(disk);
      await count(load.sent.length, ({ status }) => status === 503);
      const put = await brisk.request("PUT", `${ACTIONS}/new?overwrite=true`, {
        body: { exec: { kind: "nodejs:default", code: `main = () => "${FILLER.repeat(10)}"` } },
      });
      checkRefused(put);
      assert.equal((await brisk.request("GET", ACTIONS)).status, 200);
      makeRoom();
      await count(load.sent.length, ({ status }) => status === 200);
      await count(load.sent.length, ({ status }) => status === 202);
    }
    await load.end();
    await checkSent(brisk, load.sent, runsFile);
  },
);

test(
  "a platform starts on a full disk, refuses work and goes on when there is room",
  OPTIONS,
  async () => {
    await using disk = await openTestDisk(DISK_MB);
    const options = { data: disk.data, args: ARGS };
    const before = await startBrisk(options);
    await putAction(before, { name: "quick", code: "const main = () => ({});" });
    const { json } = await invoke(before, "quick");
    await before.stop("SIGKILL");
    const makeRoom = fill(disk);
    await using brisk = await startBrisk(options);
    const { activationId } = json as ActivationRecord;
    assert.equal((await readActivation(brisk, activationId)).response.status, "success");
    await waitFor(async () => {
      const answer = await invoke(brisk, "quick", { query: "", body: { FILLER } });
      return answer.status === 202 ? undefined : (checkRefused(answer) ?? true);
    });
    makeRoom();
    await waitFor(async () => ((await invoke(brisk, "quick")).status === 200 ? true : undefined));
  },
);

test(
  "a first start on a full disk ends with a sentence, and the next one is as new",
  OPTIONS,
  async () => {
    await using disk = await openTestDisk(DISK_MB);
    const options = { data: disk.data, args: ARGS };
    const makeRoom = fill(disk);
    assert.match(
      await failToStart(options),
      /cannot be written: database or disk is full|The platform.s disk is full/,
    );
    makeRoom();
    await using brisk = await startBrisk(options);
    await putAction(brisk, { name: "quick", code: "const main = () => ({});" });
    assert.equal((await invoke(brisk, "quick")).status, 200);
  },
);

test("a disk that is too small for a first start ends it with a sentence", OPTIONS, async () => {
  for (const sizeMb of [1, 3]) {
    await using disk = await openTestDisk(sizeMb);
    assert.match(
      await failToStart({ data: disk.data, args: ARGS }),
      /^error: The data directory \S+ cannot be written: no space left on device$/m,
    );
  }
});

test(
  "a stop on a full disk ends, and the next start records what it could not",
  OPTIONS,
  async () => {
    await using directory = await openTestDirectory();
    const runsFile = join(directory.data, "runs");
    await using disk = await openTestDisk(DISK_MB);
    const options = { data: disk.data, args: [...ARGS, "--stop-wait", "1"] };
    const ids: unknown[] = [];
    {
      await using brisk = await startBrisk(options);
      // One that has ended and one that has not, neither of which can be recorded.
      const code = `const main = ({ ms }) => {
        require("node:fs").appendFileSync(${JSON.stringify(runsFile)}, ".");
        return new Promise((done) => setTimeout(done, ms, { filler: "${FILLER.repeat(10)}" }));
      };`;
      await putAction(brisk, { name: "slow", code });
      for (const ms of [2000, 60_000]) {
        const { json } = await invoke(brisk, "slow", { query: "", body: { ms } });
        ids.push((json as ActivationRecord).activationId);
      }
      const haveBegun = () => existsSync(runsFile) && readFileSync(runsFile, "utf8") === "..";
      await waitFor(() => haveBegun() || undefined);
      fill(disk);
      await waitFor(() => brisk.stderr().includes("waits for the disk") || undefined);
      assert.equal(await brisk.stop(), 0, brisk.stderr());
    }
    rmSync(join(disk.data, "filler"));
    await using brisk = await startBrisk(options);
    for (const id of ids) {
      assert.match(JSON.stringify((await readActivation(brisk, id)).response.result), /abandoned/);
    }
  },
);
