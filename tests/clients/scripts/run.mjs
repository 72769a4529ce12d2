// node run.mjs MODULE FEATURE: reads JSON from stdin, says JSON values, one a line.
import { readFileSync } from "node:fs";

const [module, feature] = process.argv.slice(2);
const given = JSON.parse(readFileSync(0, "utf8"));
const say = (value) => process.stdout.write(`${JSON.stringify(value ?? null)}\n`);

const { [feature]: run } = await import(`./${module}.mjs`);
say(await run(given, say));
process.exit(0); // whatever the client holds open
