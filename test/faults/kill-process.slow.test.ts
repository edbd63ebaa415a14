// Rounds of `kill -9` where every single run of an action can be counted.

import { testRounds } from "./rounds.ts";

testRounds({ driver: "process", rounds: 70 });
