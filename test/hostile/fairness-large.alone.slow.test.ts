// Floods of requests that are as large as they may be: each was half a second in which nothing else moved.

import { testFloods } from "./fairness.ts";
import { largeFlood } from "./floods.ts";

testFloods({
  "actions of 45 MB that are put": largeFlood("PUT", 6),
  "actions of 45 MB that are read": largeFlood("GET", 20),
});
