/**
 * All tests of the extension: unit (plain node), host (inside a real extension host) and ui (a real
 * workbench, driven like a user). Last line: `N passed, N failed`.
 *
 *     node tests/extension/run.mjs --vsix FILE --base oci:DIR:TAG [--only unit,host,ui] [--grep REGEXP] [--pictures]
 *
 * `--pictures` makes what the ui tests see the pictures of the walkthrough and of the marketplace.
 * `--vsix` and `--base` are needed for host and ui. `npm ci --ignore-scripts` comes first.
 */
import * as path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import esbuild from "esbuild";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "..");
const harness = path.join(root, "build", "extension-tests", "harness.mjs");

await esbuild.build({
  absWorkingDir: root,
  entryPoints: ["tests/extension/harness/main.ts"],
  outfile: harness,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  packages: "external",
  sourcemap: "inline",
  logLevel: "warning",
});

process.setSourceMapsEnabled(true);
/** @type {unknown} */
const loaded = await import(pathToFileURL(harness).href);
const { main } = /** @type {{ main: (root: string, args: string[]) => Promise<number> }} */ (
  loaded
);
process.exitCode = await main(root, process.argv.slice(2));
