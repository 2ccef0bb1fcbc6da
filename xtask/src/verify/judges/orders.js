// Reads pairs of versions; writes how the first compares with the second in npm's order.
const semver = require("semver");

const lines = require("fs").readFileSync(0, "utf8").split("\n").filter(Boolean);
for (const line of lines) {
  const [left, right] = line.split("\t").map((text) => semver.parse(text, { loose: true }));
  console.log(left && right ? "=><".at(semver.compare(left, right)) : "error");
}
