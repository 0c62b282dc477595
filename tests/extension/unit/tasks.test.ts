import assert from "node:assert/strict";
import * as fs from "node:fs";
import { test } from "node:test";
import { readTask, taskArguments, taskName } from "../../../extension/src/core/tasks";

const type = "pycontainer";

test("a task becomes arguments, without a shell", () => {
  const rows: [Record<string, unknown>, string[]][] = [
    [{ command: "build" }, ["build"]],
    [
      { command: "build", tags: ["a:1", "b b"], platforms: ["linux/arm64"], push: true },
      ["build", "--tag", "a:1", "--tag", "b b", "--platform", "linux/arm64", "--push"],
    ],
    [{ command: "push", tags: ["r.example/a:1"] }, ["push", "r.example/a:1"]],
    [
      { command: "push", project: "my api", tags: ["r.example/a:1"] },
      ["push", "--from", "my api/dist/image", "r.example/a:1"],
    ],
    [{ command: "build", project: "my api" }, ["build", "--context", "my api"]],
    [{ command: "check", tags: ["a"], args: ["--config", "x"] }, ["check", "--config", "x"]],
    [{ command: "plan", push: true, args: ["--offline"] }, ["plan", "--offline"]],
  ];
  for (const [definition, expected] of rows) {
    const task = readTask({ type, ...definition });
    assert.ok(task);
    assert.deepEqual(taskArguments(task), expected);
  }
});

test("what is no task of ours is none, and members of the wrong type are left out", () => {
  for (const command of [undefined, 7, "deploy"])
    assert.equal(readTask({ type, command }), undefined);
  const wrong = {
    type,
    command: "build",
    tags: "a",
    project: 7,
    push: "yes",
    env: { A: "1", B: 2 },
  };
  assert.deepEqual(readTask(wrong), { type, command: "build", env: { A: "1" } });
});

test("a task is named by what it does and where", () => {
  assert.equal(taskName({ type, command: "build" }), "build");
  assert.equal(taskName({ type, command: "check", project: "services/api" }), "check services/api");
});

test("the definition in the manifest has the members that are read", () => {
  const manifest = JSON.parse(fs.readFileSync("package.json", "utf8")) as {
    contributes: { taskDefinitions: { properties: object }[] };
  };
  const [definition] = manifest.contributes.taskDefinitions;
  assert.deepEqual(Object.keys(definition?.properties ?? {}).sort(), [
    "args",
    "command",
    "env",
    "platforms",
    "project",
    "push",
    "tags",
  ]);
});
