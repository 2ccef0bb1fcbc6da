// Reads lines of JSON: an installed version, and what a record of OSV states of its package. Writes whether it is
// affected, as the schema evaluates it (https://ossf.github.io/osv-schema/#evaluation), or `tie` where two events are of
// one version and the schema leaves open which comes first.
const semver = require("semver");

const compare = (a, b) => (a === "0" || b === "0" ? (a === b ? 0 : a === "0" ? -1 : 1) : semver.compare(a, b));

function evaluate(installed, affected) {
  if (affected.versions.some((listed) => semver.compare(installed, listed) === 0)) return "yes";
  let answer = "no";
  for (const range of affected.ranges) {
    const all = range.events.flatMap((event) => Object.entries(event));
    const limits = all.filter(([kind]) => kind === "limit").map(([, version]) => version);
    const events = all.filter(([kind]) => kind !== "limit").sort((a, b) => compare(a[1], b[1]));
    if (events.some((event, place) => place > 0 && compare(events[place - 1][1], event[1]) === 0)) return "tie";
    if (!events.some(([kind]) => kind === "introduced")) continue;
    if (limits.length > 0 && !limits.some((limit) => limit === "*" || semver.lt(installed, limit))) continue;
    let vulnerable = false;
    for (const [kind, version] of events) {
      if (kind === "introduced" && (version === "0" || semver.gte(installed, version))) vulnerable = true;
      else if (kind === "fixed" && semver.gte(installed, version)) vulnerable = false;
      else if (kind === "last_affected" && semver.gt(installed, version)) vulnerable = false;
    }
    if (vulnerable) answer = "yes";
  }
  return answer;
}

for (const line of require("fs").readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const { installed, affected } = JSON.parse(line);
  console.log(evaluate(installed, affected));
}
