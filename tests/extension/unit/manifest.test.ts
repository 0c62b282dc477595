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
    commands: { command: string; title: string; category: string }[];
    languages: { configuration: string }[];
    grammars: { path: string; scopeName: string }[];
    configuration: { properties: Record<string, { scope: string }> };
    menus: Record<string, { command?: string; submenu?: string }[]>;
    problemPatterns: { name: string; regexp: string }[];
    submenus: { id: string }[];
    views: Record<string, { id: string }[]>;
    viewsContainers: { activitybar: { id: string; icon: string }[] };
    viewsWelcome: { view: string }[];
    walkthroughs: { steps: { media: { image: string } }[] }[];
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
  const { languages, grammars, viewsContainers, walkthroughs } = manifest.contributes;
  const files = [
    manifest.icon,
    ...languages.map(({ configuration }) => configuration),
    ...grammars.map((grammar) => grammar.path),
    ...viewsContainers.activitybar.map(({ icon }) => icon),
    ...walkthroughs.flatMap(({ steps }) => steps.map(({ media }) => media.image)),
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

test("menus, views and welcome texts speak of what there is", () => {
  const { commands, menus, submenus, views, viewsWelcome } = manifest.contributes;
  const known = commands.map(({ command }) => command);
  for (const [menu, items] of Object.entries(menus)) {
    for (const { command, submenu } of items) {
      assert.ok(
        command === undefined ? submenus.some(({ id }) => id === submenu) : known.includes(command),
        `${menu}: ${command ?? submenu ?? ""}`,
      );
    }
  }
  const shown = Object.values(views).flatMap((list) => list.map(({ id }) => id));
  const sources = read("extension/src/views/index.ts");
  for (const id of shown) {
    assert.ok(sources.includes(`"${id}"`), id);
    assert.ok(
      viewsWelcome.some(({ view }) => view === id),
      `${id} has no welcome`,
    );
  }
  for (const { command, category } of commands) assert.equal(category, "PyContainer", command);
  const links = [...read("package.nls.json").matchAll(/command:(pycontainer[\w.]+)/g)];
  for (const [, command = ""] of links) assert.ok(known.includes(command), command);
});

test("every setting is read, and nothing else is", () => {
  const declared = Object.keys(manifest.contributes.configuration.properties).map((name) =>
    name.replace("pycontainer.", ""),
  );
  const settings = read("extension/src/settings.ts");
  // The client library reads its own setting, by the id of the client.
  for (const name of declared.filter((each) => each !== "trace.server")) {
    assert.ok(settings.includes(`"${name}"`), name);
  }
  const used = [...settings.matchAll(/(?:read|choice)\("([\w.]+)"/g)].map(([, name]) => name);
  for (const name of used) assert.ok(declared.includes(name ?? ""), name);
});

test("the problem matcher takes the lines of `pycontainer check`", () => {
  const named = (wanted: string): RegExp => {
    const pattern = manifest.contributes.problemPatterns.find(({ name }) => name === wanted);
    return new RegExp(pattern?.regexp ?? "");
  };
  const any = named("pycontainer");
  const relative = named("pycontainer-relative");
  const absolute = named("pycontainer-absolute");
  const rows: [string, string[] | undefined][] = [
    [
      "pycontainer.toml:2:1: error[config/unknown-key]: unknown key `workdri`; did you mean `workdir`?",
      ["pycontainer.toml", "2", "1", "error", "config/unknown-key"],
    ],
    [
      "my api/pyproject.toml:10:9: hint[project/script-is-command]: the value of `myapi` is a command",
      ["my api/pyproject.toml", "10", "9", "hint", "project/script-is-command"],
    ],
    ["C:\\api\\x.toml:1:2: warning: odd", ["C:\\api\\x.toml", "1", "2", "warning"]],
    ["/srv/my api/x.toml:1:2: info: odd", ["/srv/my api/x.toml", "1", "2", "info"]],
    ['  hint: write it in quotes: `"5"`', undefined],
    ["3 errors, 0 warnings", undefined],
  ];
  for (const [line, expected] of rows) {
    const parts = (matcher: RegExp): string[] | undefined =>
      matcher
        .exec(line)
        ?.slice(1, 6)
        .filter((part) => Boolean(part));
    assert.deepEqual(parts(any), expected, line);
    // What tasks of ours take: either of two, and never both.
    const [one, other]: [RegExp, RegExp] = /^(?:\/|[A-Z]:)/.test(line)
      ? [absolute, relative]
      : [relative, absolute];
    assert.deepEqual(parts(one), expected, line);
    assert.equal(parts(other), undefined, line);
  }
});
