// Reads lines of paths of pages; writes whether each is valid and accessible as far as its markup tells, or which rules
// it breaks.
const { readFileSync } = require("node:fs");
const { HtmlValidate, StaticConfigLoader } = require("html-validate");

const loader = new StaticConfigLoader({
  root: true,
  extends: ["html-validate:recommended", "html-validate:document"],
});
const judge = new HtmlValidate(loader);
(async () => {
  for (const path of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
    const { results } = await judge.validateFile(path);
    const broken = results.flatMap((result) => result.messages.map((it) => `${it.line}: ${it.ruleId}: ${it.message}`));
    console.log(broken.length ? broken.join("; ").replace(/\s+/g, " ").slice(0, 500) : "valid");
  }
})();
