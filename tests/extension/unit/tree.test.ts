import assert from "node:assert/strict";
import { test } from "node:test";
import type { Run } from "../../../extension/src/core/builds";
import {
  type TreeNode,
  imageNodes,
  projectNodes,
  runNodes,
} from "../../../extension/src/core/tree";
import { digest, result } from "./support/results";

function run(more: Partial<Run> = {}): Run {
  return {
    token: "t",
    operation: "build",
    project: "/p/api",
    name: "api",
    state: "done",
    startedMs: 0,
    durationMs: 3200,
    percent: 100,
    steps: [],
    built: result(),
    pushed: undefined,
    reason: undefined,
    ...more,
  };
}

/** `label | description`, indented by level. */
function lines(nodes: readonly TreeNode[], indent = ""): string[] {
  return nodes.flatMap((node) => [
    `${indent}${node.label}${node.description === undefined ? "" : ` | ${node.description}`}`,
    ...lines(node.children ?? [], `${indent}  `),
  ]);
}

function all(nodes: readonly TreeNode[]): TreeNode[] {
  return nodes.flatMap((node) => [node, ...all(node.children ?? [])]);
}

test("a finished build lists its layers, their packages and where they came from", () => {
  assert.deepEqual(lines(runNodes([run()])), [
    "api:latest | built 43.0 MB in 3.2 s",
    "  base | 40.0 MB · from the base image",
    "  dependencies | 3.0 MB · 2 packages · from the cache",
    "    fastapi 0.115.0",
    "    uvicorn 0.30.1",
    "  application | 7.0 kB · built",
  ]);
});

test("a running build lists its steps", () => {
  const steps = [
    { id: 2, name: "fetching base", state: "done" as const },
    { id: 3, name: "packing", state: "running" as const },
  ];
  const running = run({
    state: "running",
    percent: 42,
    durationMs: undefined,
    built: undefined,
    steps,
  });
  assert.deepEqual(lines(runNodes([running])), [
    "api | building 42 %",
    "  fetching base | done",
    "  packing | ",
  ]);
});

test("a failed build says why, a cancelled one that it was", () => {
  const failed = run({ state: "failed", built: undefined, reason: "no such base" });
  assert.deepEqual(lines(runNodes([failed])), ["api | build failed", "  no such base"]);
  const cancelled = run({ state: "cancelled", built: undefined });
  assert.deepEqual(lines(runNodes([cancelled])), ["api | cancelled"]);
});

test("warnings of a build are listed after its layers", () => {
  const warnings = [{ code: "a/b", message: "something is odd", hint: "do this" }];
  const [node] = runNodes([run({ built: result({ warnings }) })]);
  assert.equal(node?.children?.at(-1)?.label, "something is odd");
  assert.match(node.children.at(-1)?.tooltip ?? "", /do this/);
});

test("several platforms are levels of their own", () => {
  const [platform] = result().platforms;
  assert.ok(platform);
  const platforms = [platform, { ...platform, platform: "linux/arm64" }];
  const [node] = runNodes([run({ built: result({ platforms }) })]);
  assert.deepEqual(
    node?.children?.map(({ label }) => label),
    ["linux/amd64", "linux/arm64"],
  );
});

test("a project shows its files, its last run and where it is pushed to", () => {
  const project = {
    path: "/p/api",
    name: "api",
    place: "services/api",
    files: ["/p/api/pyproject.toml"],
    reference: "ghcr.io/acme/api:1",
    selected: false,
  };
  assert.deepEqual(lines(projectNodes([project], [])), [
    "api | services/api · not built in this window",
    "  pyproject.toml",
    "  ghcr.io/acme/api:1 | where it is pushed to",
  ]);
  const [node] = projectNodes([{ ...project, selected: true }], [run()]);
  assert.equal(node?.description, "services/api · built 43.0 MB in 3.2 s");
  assert.match(node.spoken, /selected$/);
});

test("images, logins and the cache make the third view", () => {
  const image = {
    project: "/p/api",
    name: "api",
    digest,
    references: ["api:latest"],
    size: 43_000_000,
    platforms: ["linux/amd64"],
    ports: [],
  };
  const cache = {
    path: "/c",
    size: 5_000_000,
    limit: 20_000_000_000,
    kinds: [
      { kind: "layers", count: 1, size: 5_000_000 },
      { kind: "wheels", count: 0, size: 0 },
    ],
  };
  assert.deepEqual(lines(imageNodes([image], cache, ["ghcr.io"])), [
    "api:latest | 43.0 MB · 0123456789ab",
    "Registries | signed in here",
    "  ghcr.io",
    "Cache | 5.0 MB of 20.0 GB",
    "  layers | 5.0 MB · 1 entry",
  ]);
  assert.deepEqual(imageNodes([], undefined, []), []);
});

test("every node has something to be spoken and an id of its own", () => {
  const nodes = all(runNodes([run(), run({ token: "u" })]));
  for (const node of nodes) assert.ok(node.spoken.length > 0 && !node.spoken.includes("$("));
  assert.equal(new Set(nodes.map(({ id }) => id)).size, nodes.length);
});

test("a stranger's text stays text", () => {
  const [node] = runNodes([run({ built: result({ references: ["a\u0007[x](command:y)"] }) })]);
  assert.equal(node?.label, "a [x] (command:y)");
});
