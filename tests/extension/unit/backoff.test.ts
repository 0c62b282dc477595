import assert from "node:assert/strict";
import { test } from "node:test";
import { RestartPolicy } from "../../../extension/src/core/backoff";

const limits = { firstDelayMs: 500, maximumDelayMs: 1500, maximumCrashes: 6, windowMs: 10_000 };

test("the first restart is at once, later ones wait twice as long up to a limit", () => {
  const policy = new RestartPolicy(limits);
  const delays = [0, 1, 2, 3, 4].map((now) => {
    const decision = policy.crashed(now);
    assert.ok(decision.kind === "restart");
    return decision.delayMs;
  });
  assert.deepEqual(delays, [0, 500, 1000, 1500, 1500]);
  assert.deepEqual(policy.crashed(5), { kind: "give-up", crashes: 6 });
});

test("crashes long ago do not count", () => {
  const policy = new RestartPolicy(limits);
  for (const now of [0, 1, 2, 3, 4]) policy.crashed(now);
  assert.deepEqual(policy.crashed(10_004), { kind: "restart", delayMs: 0, attempt: 1 });
});

test("a restart by hand begins anew", () => {
  const policy = new RestartPolicy(limits);
  for (const now of [0, 1, 2, 3, 4, 5]) policy.crashed(now);
  policy.reset();
  assert.deepEqual(policy.crashed(6), { kind: "restart", delayMs: 0, attempt: 1 });
});
