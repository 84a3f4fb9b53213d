// Reads what one run of the MCP conformance tool left behind. Prints `PASSED FAILED SKIPPED` on standard output, and on
// standard error every failure that the baseline does not list. The tool's own verdict counts: its exit code, and the
// lists that it prints when it compares with the baseline.
//
//   report.mjs RESULTS_FOLDER LOG EXIT_CODE

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [resultsFolder, logFile, exitCode] = process.argv.slice(2);
const log = readFileSync(logFile, "utf8").replaceAll(/\x1b\[\d+m/g, "").split("\n");
const runs = existsSync(resultsFolder) ? readdirSync(resultsFolder) : [];
const checks = runs.flatMap((run) => {
  const scenario = run.replace(/^server-/, "").replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, "");
  const found = JSON.parse(readFileSync(join(resultsFolder, run, "checks.json"), "utf8"));
  return found.map((check) => ({ ...check, scenario, name: `${scenario}:${check.id}` }));
});

const known = listed("Expected failures (in baseline)");
const unexpected = listed("Unexpected failures (not in baseline)");
const stale = listed("Stale baseline entries");
const passed = checks.filter((check) => check.status === "SUCCESS").length;
let failed = unexpected.length + stale.length;
// A run that ended badly without a list, or checked nothing, has failed all the same.
if (failed === 0 && (exitCode !== "0" || passed === 0)) {
  failed = 1;
  console.error(`    exit code ${exitCode} after ${checks.length} checks`, log.slice(-15).join("\n    "));
}

for (const name of stale) console.error(`    ${name} passes now: take it out of the baseline`);
for (const check of checks.filter(isUnexpected)) {
  console.error(`    ${check.name}: ${check.status.toLowerCase()}: ${check.errorMessage ?? check.description}`);
}
console.log(passed, failed, known.length);

/** The names that the tool printed under a heading, up to the empty line after them. */
function listed(heading) {
  const start = log.findIndex((line) => line.startsWith(heading)) + 1;
  if (start === 0) return [];
  const end = log.indexOf("", start);
  return log.slice(start, end === -1 ? undefined : end).map((line) => line.trim().split(" ").at(-1));
}

function isUnexpected({ status, scenario, name }) {
  if (["SUCCESS", "INFO", "SKIPPED"].includes(status)) return false;
  return unexpected.includes(name) || (unexpected.includes(scenario) && !known.includes(name));
}
