// Reads lines of paths of SARIF documents; writes whether each is valid, or which rules it breaks.
const { execFileSync } = require("node:child_process");
const { chmodSync, mkdtempSync, readFileSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");

const program = join(process.env.NODE_PATH, "@microsoft/sarif-multitool-linux/Sarif.Multitool");
chmodSync(program, 0o755);
const folder = mkdtempSync(join(tmpdir(), "sarif-"));
const output = join(folder, "output.sarif");
const env = { ...process.env, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: "1" };
for (const path of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const args = ["validate", path, "--rule-kind", "Sarif;Ghas", "--output", output, "--log", "ForceOverwrite", "--quiet"];
  execFileSync(program, args, { env, stdio: "ignore" });
  const { results } = JSON.parse(readFileSync(output, "utf8")).runs[0];
  const broken = [...new Set((results ?? []).map((result) => result.ruleId))];
  console.log(broken.length ? broken.join(" ") : "valid");
}
rmSync(folder, { recursive: true });
