import assert from "node:assert/strict";
import { test } from "node:test";
import { type Activity, statusText } from "../../../extension/src/core/status-text";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

test("each state of an image has its text", () => {
  const rows: [Activity, string][] = [
    [{ kind: "idle" }, "$(package) PyContainer"],
    [
      { kind: "running", operation: "build", percent: 42, cancelling: false },
      "$(sync~spin) building 42 %",
    ],
    [
      { kind: "running", operation: "push", percent: 0, cancelling: false },
      "$(sync~spin) pushing 0 %",
    ],
    [
      { kind: "running", operation: "push", percent: 7, cancelling: true },
      "$(sync~spin) cancelling",
    ],
    [
      { kind: "built", size: 48_300_000, milliseconds: 3200, digest, name: "api:latest" },
      "$(check) built 48.3 MB, 3.2 s",
    ],
    [
      { kind: "built", size: 48_300_000, milliseconds: undefined, digest, name: "api:latest" },
      "$(check) built 48.3 MB",
    ],
    [
      { kind: "pushed", digest, reference: "ghcr.io/acme/api:1" },
      "$(cloud-upload) pushed 0123456789ab",
    ],
    [{ kind: "failed", operation: "build", reason: "why", asked: true }, "$(error) build failed"],
  ];
  for (const [activity, expected] of rows) {
    assert.equal(statusText(activity, undefined).text, expected);
  }
});

test("only a failure of what was asked for is alarming, and its reason is in the tooltip", () => {
  const failure = { kind: "failed", operation: "push", reason: "no access" } as const;
  const failed = statusText({ ...failure, asked: true }, "api");
  assert.ok(failed.alarming);
  assert.deepEqual(failed.tooltip.split("\n"), [
    "PyContainer: api",
    "no access",
    "Click for actions",
  ]);
  assert.ok(!statusText({ ...failure, asked: false }, "api").alarming);
  assert.ok(!statusText({ kind: "idle" }, "api").alarming);
});

test("a screen reader hears no icon", () => {
  const pushed = statusText({ kind: "pushed", digest, reference: "ghcr.io/a/b:1" }, "api");
  assert.equal(pushed.spoken, "PyContainer, pushed ghcr.io/a/b:1");
});
