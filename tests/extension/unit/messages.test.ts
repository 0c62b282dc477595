import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Notice,
  actionLabels,
  builtNotice,
  busyNotice,
  cancelledNotice,
  failureLines,
  failureNotice,
  noDigestYet,
  nothingRunning,
  noWebPage,
  nothingToCompare,
  nothingToPush,
  obstacleNotice,
  permissionNotice,
  pushedNotice,
  serverNotice,
  snippetCopied,
} from "../../../extension/src/core/messages";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
const layer = { digest, size: 48_300_000, kind: "base", state: "base", packages: [] };
const built = {
  digest,
  references: ["api:latest"],
  platforms: [{ platform: "linux/amd64", digest, layers: [layer] }],
  warnings: [],
  totalMs: 3200,
};
const failure = {
  kind: "failed" as const,
  code: "registry/unauthorized",
  message: "ghcr.io refused the credentials",
  hint: "run `pycontainer login ghcr.io`",
  context: ["pushing layer 3"],
  diagnostics: [],
};

test("a built image is named, weighed and timed", () => {
  const notice = builtNotice(built);
  assert.equal(notice.text, "Built api:latest in 3.2 s (48.3 MB, sha256:0123456789ab).");
  assert.deepEqual(notice.actions, ["push", "show-plan", "copy-digest", "copy-run-command"]);
  assert.equal(notice.severity, "info");
});

test("warnings of a build are counted", () => {
  const warnings = [{ code: "a/b", message: "m" }];
  const notice = builtNotice({ ...built, warnings });
  assert.match(notice.text, /\)\. 1 warning in the log\.$/);
  assert.equal(notice.severity, "warning");
  assert.ok(notice.actions.includes("show-log"));
});

test("an image without a tag is called by its digest, several platforms are said", () => {
  const [platform] = built.platforms;
  assert.ok(platform);
  const notice = builtNotice({ ...built, references: [], platforms: [platform, platform] });
  assert.match(notice.text, /^Built 0123456789ab in 3\.2 s \(2 platforms, 96\.6 MB/);
});

test("a push says what it sent", () => {
  const pushed = { digest, references: ["r.example/p:1"], totalMs: 900 };
  const text = (bytesUploaded: number) => pushedNotice({ ...pushed, bytesUploaded }).text;
  assert.equal(
    text(1_500_000),
    "Pushed r.example/p:1 in 0.9 s (1.5 MB uploaded, sha256:0123456789ab).",
  );
  assert.match(text(0), /nothing to upload/);
});

test("a failure is told with its hint and leads on", () => {
  const notice = failureNotice("push", failure, { "change-reference": true }, false);
  assert.equal(
    notice.text,
    "Push failed: ghcr.io refused the credentials. Run `pycontainer login ghcr.io`.",
  );
  assert.deepEqual(notice.actions, ["try-again", "change-reference", "show-log"]);
  const { actions } = failureNotice("build", failure, {}, false);
  assert.deepEqual(actions, ["try-again", "show-log"]);
  const refused = failureNotice("push", failure, { "sign-in": true }, false);
  assert.deepEqual(refused.actions, ["try-again", "sign-in", "show-log"]);
  const located = failureNotice("build", failure, {}, true);
  assert.deepEqual(located.actions, ["show-problem", "try-again", "show-log"]);
});

test("a failure with a problem in a file leads there", () => {
  const diagnostic = {
    file: "pycontainer.toml",
    range: { start: { line: 1, character: 0 }, end: { line: 1, character: 4 } },
    severity: "error",
    code: "config/unknown-key",
    message: "unknown key `wrkdir`",
  };
  const broken = { ...failure, diagnostics: [diagnostic] };
  assert.deepEqual(failureNotice("build", broken, {}, true).actions, ["show-problem", "show-log"]);
  assert.deepEqual(failureLines(broken), [
    "[registry/unauthorized] ghcr.io refused the credentials",
    "  while pushing layer 3",
    "  hint: run `pycontainer login ghcr.io`",
    "  pycontainer.toml:2:1: error[config/unknown-key]: unknown key `wrkdir`",
  ]);
});

test("a stranger's text brings no link into a notification", () => {
  const notice = failureNotice(
    "build",
    { ...failure, message: "[x](command:y)\n", hint: "a\nb" },
    {},
    false,
  );
  assert.equal(notice.text, "Build failed: [x] (command:y). A b.");
});

test("a server that went down is said so, with a way back", () => {
  const notice = failureNotice("build", { kind: "lost" }, {}, false);
  assert.match(notice.text, /^Build failed: the PyContainer server went down/);
  assert.ok(notice.actions.includes("restart-server"));
});

test("every notice is a full sentence and every action has a label", () => {
  const notices: Notice[] = [
    builtNotice(built),
    busyNotice("push", "api"),
    cancelledNotice("build"),
    cancelledNotice("push"),
    failureNotice("plan", failure, {}, false),
    failureNotice("image", { kind: "lost" }, {}, false),
    noDigestYet,
    nothingRunning,
    nothingToPush("api"),
    nothingToCompare("api"),
    noWebPage(undefined),
    noWebPage("r.example/a:1"),
    permissionNotice("ghcr.io/acme/api:1"),
    snippetCopied,
    obstacleNotice({ kind: "no-folder" }),
    obstacleNotice({ kind: "virtual" }),
    obstacleNotice({ kind: "untrusted" }),
    obstacleNotice({ kind: "no-project", folders: ["api"] }),
    obstacleNotice({ kind: "no-project", folders: ["a", "b"] }),
    pushedNotice({ digest, references: [] }),
    serverNotice({ kind: "missing", configured: "" }),
    serverNotice({ kind: "missing", configured: "/x" }),
    serverNotice({ kind: "broken", path: "/x", reason: "is not executable" }),
    serverNotice({ kind: "start-failed", reason: "why" }),
    serverNotice({ kind: "gave-up", crashes: 5 }),
  ];
  for (const { text, actions } of notices) {
    assert.match(text, /^[A-Z/].*\.$/, text);
    assert.doesNotMatch(text, /!|please|\.\./i, text);
    for (const action of actions) assert.ok(actionLabels[action].length > 0);
  }
});

test("cancelling says what remains", () => {
  assert.match(cancelledNotice("build").text, /Nothing half-written was left/);
  assert.match(cancelledNotice("push").text, /tag in the registry is unchanged/);
});
