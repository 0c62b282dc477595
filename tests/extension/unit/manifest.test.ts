/** package.json against what it speaks of: files, titles, the version, the source. */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";

const root = process.cwd();
const read = (file: string): string => fs.readFileSync(path.join(root, file), "utf8");

interface Manifest {
  version: string;
  icon: string;
  dependencies?: unknown;
  devDependencies: Record<string, string>;
  capabilities: { untrustedWorkspaces: { restrictedConfigurations: string[] } };
  contributes: {
    commands: { command: string; title: string }[];
    languages: { configuration: string }[];
    grammars: { path: string; scopeName: string }[];
    configuration: { properties: Record<string, { scope: string }> };
  };
}

const manifest = JSON.parse(read("package.json")) as Manifest;

test("the version is the project's", () => {
  assert.equal(manifest.version, read("VERSION").trim());
});

test("every command is registered and every registered command is declared", () => {
  const declared = manifest.contributes.commands.map(({ command }) => command).sort();
  const ids = /commandIds = \{([^}]+)\}/.exec(read("extension/src/context.ts"))?.[1] ?? "";
  const used = [...ids.matchAll(/"([^"]+)"/g)].map(([, id]) => id).sort();
  assert.deepEqual(used, declared);
  const sources = fs
    .readdirSync(path.join(root, "extension/src/commands"))
    .map((name) => read(`extension/src/commands/${name}`))
    .join("\n");
  for (const [, key] of ids.matchAll(/(\w+):/g)) {
    assert.match(sources, new RegExp(`ctx\\.command\\(\\s*commandIds\\.${key ?? ""}\\b`), key);
  }
});

test("titles and descriptions are in package.nls.json, and nothing else is", () => {
  const used = [...read("package.json").matchAll(/"%([^%"]+)%"/g)].map(([, key]) => key);
  const texts = Object.keys(JSON.parse(read("package.nls.json")) as object);
  assert.deepEqual([...new Set(used)].sort(), texts.sort());
});

test("a setting that names a program cannot be set by an untrusted workspace", () => {
  for (const [name, { scope }] of Object.entries(manifest.contributes.configuration.properties)) {
    if (!name.endsWith(".path")) continue;
    assert.equal(scope, "machine-overridable");
    assert.ok(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations.includes(name));
  }
});

test("files the manifest names exist and go into the package", () => {
  const { languages, grammars } = manifest.contributes;
  const files = [
    manifest.icon,
    ...languages.map(({ configuration }) => configuration),
    ...grammars.map((grammar) => grammar.path),
  ];
  for (const file of files) assert.ok(fs.existsSync(path.join(root, file)), file);
  for (const { path: file, scopeName } of grammars) {
    const grammar = JSON.parse(read(file)) as { scopeName: string };
    assert.equal(grammar.scopeName, scopeName);
  }
});

test("dependencies are pinned, and the lock names no registry", () => {
  assert.equal(manifest.dependencies, undefined); // everything is bundled
  for (const [name, version] of Object.entries(manifest.devDependencies)) {
    assert.match(version, /^\d+\.\d+\.\d+$/, name);
  }
  assert.doesNotMatch(read("package-lock.json"), /"resolved":/);
});
