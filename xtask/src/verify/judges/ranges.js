// Reads lines of an installed version, an operator and a version; writes whether the one satisfies the other.
const semver = require("semver");

const lines = require("fs").readFileSync(0, "utf8").split("\n").filter(Boolean);
for (const line of lines) {
  const [installed, operator, version] = line.split("\t");
  const satisfies = semver.satisfies(installed, (operator === "==" ? "=" : operator) + version, {
    includePrerelease: true,
  });
  console.log(satisfies ? "yes" : "no");
}
