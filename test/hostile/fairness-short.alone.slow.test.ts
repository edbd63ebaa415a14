// The floods that every machine meets: too much work, and work that never ends.

import { testFloods } from "./fairness.ts";
import { countedFlood, runningFlood } from "./floods.ts";

testFloods({
  "5,000 non-blocking invocations": countedFlood(5000),
  "loops without end": runningFlood("const main = () => { for (;;); }", 3),
});
