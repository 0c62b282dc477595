import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import {
  candidates,
  expandPath,
  fileState,
  locate,
  parseVersion,
  probeVersion,
} from "../../../extension/src/core/binary";

async function folder(t: TestContext): Promise<string> {
  const created = await fs.mkdtemp(path.join(os.tmpdir(), "pycontainer-binary-"));
  t.after(() => fs.rm(created, { recursive: true, force: true }));
  return created;
}

async function program(file: string, body: string, mode = 0o755): Promise<string> {
  await fs.mkdir(path.dirname(file), { recursive: true });
  await fs.writeFile(file, `#!/bin/sh\n${body}\n`, { mode });
  return file;
}

const answering = "echo 'pycontainer 1.2.3'";
const bundledAt = "extension/server/linux-x64/pycontainer";

function input(root: string, changes: { configured?: string; searchPath?: string } = {}) {
  return {
    configured: "",
    extensionPath: path.join(root, "ext"),
    searchPath: path.join(root, "bin"),
    platform: "linux" as const,
    arch: "x64",
    ...changes,
  };
}

test("the order is the bundled program, then PATH, absolute folders only", () => {
  const found = candidates(input("/r", { searchPath: "/a:.::bin:/b" }));
  assert.deepEqual(found, [
    { origin: "bundled", path: `/r/ext/${bundledAt}` },
    { origin: "path", path: "/a/pycontainer" },
    { origin: "path", path: "/b/pycontainer" },
  ]);
});

test("a setting is the only candidate", () => {
  assert.deepEqual(candidates(input("/r", { configured: "/x/pyc" })), [
    { origin: "setting", path: "/x/pyc" },
  ]);
});

test("on Windows the program has its suffix and PATH its own rules", () => {
  const found = candidates({
    ...input("/r", { searchPath: "C:\\tools;D:\\bin" }),
    extensionPath: "C:\\ext",
    platform: "win32",
    arch: "arm64",
  });
  assert.deepEqual(
    found.map((candidate) => candidate.path),
    [
      "C:\\ext\\extension\\server\\win32-arm64\\pycontainer.exe",
      "C:\\tools\\pycontainer.exe",
      "D:\\bin\\pycontainer.exe",
    ],
  );
});

test("paths of the setting are expanded", () => {
  const context = { home: "/home/me", workspaceFolder: "/w", environment: { TOOLS: "/opt/t" } };
  const rows: [string, string][] = [
    ["", ""],
    ["  ", ""],
    ["/abs/../pyc", "/pyc"],
    ["~/bin/pyc", "/home/me/bin/pyc"],
    ["~other/pyc", "/w/~other/pyc"],
    ["${workspaceFolder}/pyc", "/w/pyc"],
    ["${env:TOOLS}/pyc", "/opt/t/pyc"],
    ["${env:NOT_SET}/pyc", "/pyc"],
    ["bin/pyc", "/w/bin/pyc"],
  ];
  for (const [value, expected] of rows) assert.equal(expandPath(value, context), expected, value);
});

test("the version is read from the first words", () => {
  const rows: [string, string | undefined][] = [
    ["pycontainer 0.1.0\n", "0.1.0"],
    ["pycontainer v0.1.0 (abc)\n", "0.1.0"],
    ["pycontainer 1.0.0-rc.1+g12\n", "1.0.0-rc.1+g12"],
    ["other 0.1.0\n", undefined],
    ["", undefined],
  ];
  for (const [output, expected] of rows) assert.equal(parseVersion(output), expected);
});

test("a program that does not answer fails with a reason", async (t) => {
  const root = await folder(t);
  const rows: [string, RegExp][] = [
    ["exit 3", /ended with code 3/],
    ["kill -KILL $$", /ended by SIGKILL/],
    ["echo hello", /does not call itself pycontainer/],
    ["exec sleep 60", /no answer within 0.3 s/],
  ];
  for (const [body, expected] of rows) {
    const file = await program(path.join(root, "pyc"), body);
    const probe = await probeVersion(file, 300);
    assert.ok(probe.kind === "fails", body);
    assert.match(probe.reason, expected);
  }
});

test("the bundled program wins over PATH", async (t) => {
  const root = await folder(t);
  await program(path.join(root, "ext", bundledAt), answering);
  await program(path.join(root, "bin/pycontainer"), answering);
  const located = await locate(input(root), path.join(root, "storage"), 5_000);
  assert.ok(located.kind === "found");
  assert.deepEqual([located.origin, located.version], ["bundled", "1.2.3"]);
});

test("a bundled program that lost its mode is made executable", async (t) => {
  const root = await folder(t);
  const file = await program(path.join(root, "ext", bundledAt), answering, 0o644);
  const located = await locate(input(root), path.join(root, "storage"), 5_000);
  assert.equal(located.kind, "found");
  assert.equal(await fileState(file), "executable");
});

test("a bundled program that does not run leaves the word to PATH", async (t) => {
  const root = await folder(t);
  await program(path.join(root, "ext", bundledAt), "exit 127");
  await program(path.join(root, "bin/pycontainer"), answering);
  const located = await locate(input(root), path.join(root, "storage"), 5_000);
  assert.ok(located.kind === "found");
  assert.equal(located.origin, "path");
});

test("what is not there, or not a program, is told apart", async (t) => {
  const root = await folder(t);
  const storage = path.join(root, "storage");
  assert.deepEqual(await locate(input(root), storage, 5_000), { kind: "missing", configured: "" });
  const absent = path.join(root, "absent");
  assert.deepEqual(await locate(input(root, { configured: absent }), storage, 5_000), {
    kind: "missing",
    configured: absent,
  });
  const text = path.join(root, "text");
  await fs.writeFile(text, "no program", { mode: 0o644 });
  assert.deepEqual(await locate(input(root, { configured: text }), storage, 5_000), {
    kind: "broken",
    path: text,
    reason: "is not executable",
  });
  assert.equal(await fileState(root), "missing");
});
