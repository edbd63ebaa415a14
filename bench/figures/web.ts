// Web actions against the same action invoked over the API.

import { type Bench, type Figure, toLatencyFigure } from "../figure.ts";
import { BENCH_ARGUMENTS, BENCH_FUNCTION, startPlatform, warmUp } from "../platform.ts";
import { openRoom } from "../room.ts";
import { measureInTurns } from "../rounds.ts";

const MEGABYTE_FUNCTION = `const body = Buffer.alloc(750_000, "binary").toString("base64");
function main() { return { headers: { "content-type": "application/octet-stream" }, body } }`;

const PAIRS = [
  { action: "web-json", code: BENCH_FUNCTION, extension: ".json", name: "JSON" },
  { action: "web-binary", code: MEGABYTE_FUNCTION, extension: "", name: "1 MB as Base64" },
] as const;

export async function measureWeb(bench: Bench): Promise<readonly Figure[]> {
  using room = openRoom(bench.directory);
  await using platform = await startPlatform(bench, room);
  const figures: Figure[] = [];
  for (const { action, code, extension, name } of PAIRS) {
    await platform.fetch("PUT", `/actions/${action}`, {
      exec: { kind: "nodejs:default", code },
      annotations: [{ key: "web-export", value: true }],
    });
    const plain = platform.toRequest("POST", `/actions/${action}?blocking=true`, BENCH_ARGUMENTS);
    const web = platform.toWebRequest(action + extension, BENCH_ARGUMENTS);
    const run = (request: string) => () =>
      bench.loads.run({
        port: platform.port,
        clients: 1,
        durationMs: bench.quick ? 300 : 1000,
        requests: [request],
      });
    await warmUp(platform, run(plain));
    await warmUp(platform, run(web));
    const [ours, baseline] = await measureInTurns(bench.quick ? 3 : 10, [
      { label: `web action, ${name}`, turn: run(web) },
      { label: "invoked over the API", turn: run(plain) },
    ]);
    figures.push(
      toLatencyFigure({
        name: `web action that answers ${name}, 1 client, p50`,
        ours,
        baseline,
        budget: { bound: "at most", value: 1.5, unit: "×" },
      }),
    );
  }
  return figures;
}
