// Rounds of `kill -9` where containers are what they are in earnest: control groups and mounts are left behind.

import { testRounds } from "./rounds.ts";

testRounds({ driver: "sandbox", rounds: 30 });
