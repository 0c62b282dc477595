import assert from "node:assert/strict";
import { test } from "node:test";
import { History } from "../../../extension/src/core/builds";
import { digest, result } from "./support/results";

function history(): { runs: History; changes: () => number } {
  let changes = 0;
  const runs = new History(() => {
    changes += 1;
  });
  return { runs, changes: () => changes };
}

function start(runs: History, token: string, project = "/p/api"): void {
  runs.start({ token, operation: "build", project, name: "api", startedMs: 1000 });
}

test("a run is followed from its start to its end", () => {
  const { runs, changes } = history();
  start(runs, "a");
  runs.advance("a", 42);
  runs.step({ token: "a", kind: "started", id: 2, name: "packing", parent: 1 });
  runs.step({ token: "a", kind: "finished", id: 2, outcome: "cached" });
  runs.step({ token: "a", kind: "started", id: 3, name: "writing", parent: 1 });
  assert.equal(runs.find("a")?.percent, 42);
  runs.end("a", 3500, { state: "done", built: result() });
  const run = runs.find("a");
  assert.equal(run?.state, "done");
  assert.equal(run.durationMs, 2500);
  assert.deepEqual(
    run.steps.map(({ name, state }) => [name, state]),
    [
      ["packing", "cached"],
      ["writing", "cancelled"],
    ],
  );
  assert.equal(changes(), 6);
});

test("what is said of an unknown or ended run is ignored", () => {
  const { runs } = history();
  start(runs, "a");
  runs.end("a", 2000, { state: "failed", reason: "why" });
  runs.advance("a", 99);
  runs.step({ token: "a", kind: "started", id: 9, name: "late", parent: undefined });
  runs.step({ token: "b", kind: "started", id: 9, name: "whose", parent: undefined });
  runs.end("b", 1, { state: "cancelled" });
  assert.deepEqual([runs.find("a")?.percent, runs.find("a")?.steps.length], [0, 0]);
  assert.equal(runs.find("a")?.reason, "why");
});

test("the build before another one is found, of the same project only", () => {
  const { runs } = history();
  for (const [token, project] of [
    ["1", "/p/api"],
    ["2", "/p/other"],
    ["3", "/p/api"],
  ] as const) {
    start(runs, token, project);
    runs.end(token, 1, { state: "done", built: result() });
  }
  start(runs, "4");
  runs.end("4", 1, { state: "failed", reason: "why" });
  const newest = runs.lastBuilt("/p/api");
  assert.equal(newest?.token, "3");
  assert.equal(runs.lastBuilt("/p/api", newest)?.token, "1");
  assert.equal(runs.lastBuilt("/p/none"), undefined);
});

test("no more than thirty runs are kept, and clearing leaves what runs", () => {
  const { runs } = history();
  for (let at = 0; at < 40; at += 1) {
    start(runs, String(at));
    if (at < 39) runs.end(String(at), 1, { state: "cancelled" });
  }
  assert.equal(runs.runs.length, 30);
  runs.clear();
  assert.deepEqual(
    runs.runs.map(({ token }) => token),
    ["39"],
  );
  assert.match(digest, /^sha256:/);
});
