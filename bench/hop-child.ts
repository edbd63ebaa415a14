// The hop's child: runs the same function as the platform's action, once for every line.

import { connect } from "node:net";
import { BENCH_FUNCTION } from "./platform.ts";

const [socketPath = ""] = process.argv.slice(2);
const main = new Function(`${BENCH_FUNCTION}; return main`)() as (args: unknown) => unknown;
const socket = connect(socketPath);
let received = "";
socket.setEncoding("utf8");
socket.on("data", (piece) => {
  const lines = (received + piece).split("\n");
  received = lines.pop() ?? "";
  let answers = "";
  for (const line of lines) answers += `${JSON.stringify(main(JSON.parse(line)))}\n`;
  socket.write(answers);
});
