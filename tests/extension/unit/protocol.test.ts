import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decodeBuildResult,
  decodeCacheInfo,
  decodeFailure,
  decodeImage,
  decodeLogEvent,
  decodePlan,
  decodePushResult,
  decodeRegistries,
  decodeStepEvent,
  imageSize,
} from "../../../extension/src/protocol";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

const answer = {
  format_version: 1,
  digest,
  references: ["api:latest"],
  output: "/p/dist/image",
  platforms: [
    {
      platform: "linux/amd64",
      digest,
      layers: [
        { digest, diff_id: digest, size: 1000, kind: "base", state: "base" },
        { digest, diff_id: digest, size: 234, kind: "application", state: "built" },
      ],
    },
  ],
  warnings: [{ code: "project/no-port", message: "no port", hint: "set `ports`" }],
  timings_ms: { total: 12.5 },
};

test("a build's answer is read", () => {
  const result = decodeBuildResult(answer);
  assert.ok(result);
  assert.equal(imageSize(result), 1234);
  assert.equal(result.output, "/p/dist/image");
  assert.equal(result.totalMs, 12.5);
  assert.deepEqual(result.warnings, answer.warnings);
});

test("an image that went straight to the registry has no output", () => {
  const result = decodeBuildResult({ ...answer, output: null });
  assert.ok(result && !("output" in result));
});

test("an answer without a digest is none", () => {
  for (const wrong of [null, undefined, 7, "x", [], {}, { digest: 7 }]) {
    assert.equal(decodeBuildResult(wrong), undefined);
    assert.equal(decodePushResult(wrong), undefined);
  }
});

test("fields of the wrong type are left out, not trusted", () => {
  const result = decodeBuildResult({
    digest,
    references: ["a", 7, null],
    platforms: [{ platform: "linux/amd64", layers: [{ size: "big", digest }, "x"] }, 3],
    warnings: { message: "no list" },
    timings_ms: 5,
  });
  assert.deepEqual(result, {
    digest,
    references: ["a"],
    platforms: [
      {
        platform: "linux/amd64",
        digest: "",
        layers: [{ digest, size: 0, kind: "", state: "", packages: [] }],
      },
    ],
    warnings: [],
  });
});

test("a push's answer is read", () => {
  const result = decodePushResult({
    digest,
    references: ["r/p:1"],
    bytes_uploaded: 17,
    timings_ms: { total: 3 },
  });
  assert.deepEqual(result, { digest, references: ["r/p:1"], bytesUploaded: 17, totalMs: 3 });
});

test("a rejection is a cancellation, a lost connection or a failure", () => {
  assert.deepEqual(decodeFailure({ code: -32800, message: "cancelled" }), { kind: "cancelled" });
  assert.deepEqual(decodeFailure({ code: -32097, message: "disposed" }), { kind: "lost" });
  assert.deepEqual(decodeFailure("text"), {
    kind: "failed",
    message: "text",
    context: [],
    diagnostics: [],
  });
  const empty = decodeFailure(undefined);
  assert.ok(empty.kind === "failed" && empty.message !== "");
});

test("a failure keeps code, hint, context and problems", () => {
  const failure = decodeFailure(
    Object.assign(new Error("ghcr.io refused the credentials"), {
      code: -32803,
      data: {
        code: "registry/unauthorized",
        message: "ghcr.io refused the credentials",
        hint: "run `pycontainer login ghcr.io`",
        context: ["pushing layer 3"],
        diagnostics: [
          {
            file: "/p/pycontainer.toml",
            range: { start: { line: 1, character: 2 }, end: { line: 1, character: 9 } },
            severity: "error",
            code: "config/unknown-key",
            message: "unknown key",
          },
          { file: "/p/x", message: "no range" },
          { message: "no file" },
        ],
      },
    }),
  );
  assert.ok(failure.kind === "failed");
  assert.equal(failure.code, "registry/unauthorized");
  assert.equal(failure.hint, "run `pycontainer login ghcr.io`");
  assert.deepEqual(failure.context, ["pushing layer 3"]);
  assert.equal(failure.diagnostics.length, 2);
  assert.deepEqual(failure.diagnostics[1]?.range.end, { line: 0, character: 0 });
});

test("events that are for people become log lines", () => {
  const line = (event: object) => decodeLogEvent({ token: "t", event });
  assert.deepEqual(line({ kind: "warning", code: "a/b", message: "m", hint: "h" }), {
    level: "warning",
    message: "[a/b] m (h)",
  });
  assert.deepEqual(line({ kind: "log", level: "debug", message: "m" }), {
    level: "debug",
    message: "m",
  });
  assert.deepEqual(line({ kind: "log", level: "loud", message: "m" }), {
    level: "info",
    message: "m",
  });
  assert.equal(line({ kind: "activity_started", message: "m" }), undefined);
  assert.equal(line({ kind: "log" }), undefined);
  assert.equal(decodeLogEvent(null), undefined);
});

test("a step is told as it begins and as it ends", () => {
  const step = (event: object) => decodeStepEvent({ token: "t", event });
  assert.deepEqual(
    step({ kind: "activity_started", id: 2, name: "packing", total: 0, parent: 1 }),
    {
      token: "t",
      kind: "started",
      id: 2,
      name: "packing",
      parent: 1,
    },
  );
  assert.deepEqual(step({ kind: "activity_finished", id: 2, outcome: "cached" }), {
    token: "t",
    kind: "finished",
    id: 2,
    outcome: "cached",
  });
  assert.equal(step({ kind: "warning", message: "m" }), undefined);
  assert.equal(
    decodeStepEvent({ event: { kind: "activity_started", id: 1, name: "x" } }),
    undefined,
  );
});

test("a plan, an image and a cache of other shapes are read as far as they go", () => {
  for (const wrong of [null, 7, "x", [], {}]) {
    assert.equal(decodePlan(wrong), undefined);
    assert.equal(decodeImage(wrong), undefined);
    assert.equal(decodeCacheInfo(wrong), undefined);
    assert.deepEqual(decodeRegistries(wrong), []);
  }
  assert.deepEqual(decodePlan({ facts: [{ value: "no name" }, { name: "n" }] }), {
    project: "",
    facts: [{ name: "n", value: "" }],
    references: [],
    platforms: [],
    ignored: [],
    warnings: [],
  });
  const image = decodeImage({ digest, images: [{ config: { config: { Cmd: ["a", 7] } } }] });
  assert.deepEqual(image?.images[0]?.settings.cmd, ["a"]);
  assert.deepEqual(
    decodeCacheInfo({ path: "/c", size: 5, kinds: [{ kind: "layers", count: 1 }] }),
    {
      path: "/c",
      size: 5,
      kinds: [{ kind: "layers", count: 1, size: 0 }],
    },
  );
  const registries = [{ registry: "ghcr.io" }, { registry: 7 }, "x"];
  assert.deepEqual(decodeRegistries({ registries }), ["ghcr.io"]);
});
