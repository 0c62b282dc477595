/**
 * Bundles the extension, or its tests: `node extension/bundle.mjs [extension|tests] [--watch]`.
 *
 * The editor is a module of its host and stays outside. Tests are bundled too, since the oldest
 * supported Node runs no TypeScript: those of core/ for plain node, those of host/ for the editor.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import esbuild from "esbuild";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const watch = process.argv.includes("--watch");
const what = process.argv.slice(2).find((argument) => !argument.startsWith("-")) ?? "extension";

/** @type {esbuild.BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  external: ["vscode"],
  logLevel: "warning",
  legalComments: "none",
};

/**
 * What the client library brings along and this extension never runs: a check of the editor's
 * version, which `engines` in package.json has made, and globs of file operations, which the server
 * does not ask for – were it to, the error would say so.
 */
const unused = new Map([
  ["semver/functions/parse", "module.exports = (version) => version;"],
  ["semver/functions/satisfies", "module.exports = () => true;"],
  [
    "minimatch",
    `exports.Minimatch = class { constructor() { throw new Error("no globs of file operations"); } };`,
  ],
]);

/** @type {esbuild.Plugin} */
const withoutUnused = {
  name: "without-unused",
  setup(build) {
    build.onResolve({ filter: /^(semver\/|minimatch$)/ }, ({ path }) =>
      unused.has(path) ? { path, namespace: "unused" } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: "unused" }, ({ path }) => ({
      contents: unused.get(path) ?? "",
    }));
  },
};

/** @type {esbuild.BuildOptions} */
const extension = {
  ...common,
  plugins: [withoutUnused],
  entryPoints: ["extension/src/extension.ts"],
  outfile: "extension/dist/extension.js",
  minify: !watch,
  sourcemap: watch,
  // vscode-languageclient is CommonJS under "node"; without this the ESM build of a dependency may win.
  mainFields: ["module", "main"],
};

/** @param {string} folder @returns {esbuild.BuildOptions} */
function tests(folder) {
  const from = path.join("tests", "extension", folder);
  return {
    ...common,
    entryPoints: fs
      .readdirSync(path.join(root, from))
      .filter((name) => name.endsWith(".test.ts") || name === "index.ts")
      .map((name) => path.join(from, name)),
    outdir: path.join("build", "extension-tests", folder),
    sourcemap: "inline",
  };
}

const builds = what === "tests" ? [tests("unit"), tests("host")] : [extension];
if (watch) {
  for (const options of builds) await (await esbuild.context(options)).watch();
} else {
  await Promise.all(builds.map((options) => esbuild.build(options)));
}
