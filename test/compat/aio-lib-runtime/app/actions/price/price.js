// Bundled with the file that it imports.

import { log } from "node:console";
import { PRICES } from "./prices.js";

export function main({ item, level, currency, rate }) {
  log(`priced ${item}`);
  return { item, level, price: PRICES[item] * rate, currency };
}
