// Archived with its folder, a file that it reads among it.

const { readFileSync } = require("node:fs");
const { join } = require("node:path");

exports.main = ({ item }) => {
  const levels = JSON.parse(readFileSync(join(__dirname, "levels.json"), "utf8"));
  return { item, level: levels[item] };
};
