import assert from "node:assert/strict";
import { test } from "node:test";
import {
  buildDocument,
  columns,
  imageDocument,
  planDocument,
} from "../../../extension/src/core/documents";
import { decodeImage, decodePlan } from "../../../extension/src/protocol";
import { digest, result } from "./support/results";

test("columns line up, whatever is in them", () => {
  assert.deepEqual(
    columns([
      ["a", "long", "x"],
      ["bcd", "y", ""],
    ]),
    ["a    long  x", "bcd  y"],
  );
});

test("a plan tells each fact with its evidence", () => {
  const plan = decodePlan({
    project: "api",
    facts: [
      { name: "name", value: "api", evidence: "pyproject.toml:2: [project] name" },
      { name: "workdir", value: "/app" },
    ],
    platforms: [
      {
        platform: "linux/amd64",
        layers: [
          { kind: "base", summary: "python:3.11-slim (4 layers)" },
          { kind: "application", summary: "1 file", contents: ["app.py"] },
        ],
        image: {
          entrypoint: ["uvicorn", "app:app", "a b"],
          env: { HOME: "/tmp" },
          ports: ["80/tcp"],
        },
      },
    ],
    ignored: [{ path: ".env", reason: "a secret" }],
    warnings: [{ code: "project/odd", message: "odd", hint: "do this" }],
  });
  assert.ok(plan);
  const text = planDocument(plan);
  for (const line of [
    "name     api   pyproject.toml:2: [project] name",
    "workdir  /app",
    "- odd [project/odd]",
    "  do this",
    "entrypoint  uvicorn app:app 'a b'",
    "env         HOME=/tmp",
    "2. application: 1 file",
    "app.py",
    ".env  a secret",
  ]) {
    assert.ok(text.split("\n").includes(line), `${line}\n--\n${text}`);
  }
});

test("an image is told with settings, packages by size, files by layer and the raw documents", () => {
  const image = decodeImage({
    digest,
    layout: "/p/dist/image",
    references: ["api:latest"],
    images: [
      {
        platform: "linux/amd64",
        digest,
        manifest: { schemaVersion: 2 },
        config: { config: { User: "65532:65532" } },
        layers: [
          {
            digest,
            size: 1000,
            unpacked_size: 2000,
            file_count: 3,
            created_by: "pycontainer build # dependencies: small 1.0",
            files: [
              { path: "z", size: 1 },
              { path: "a", size: 2, link: "z" },
            ],
            packages: [
              { name: "small", version: "1.0", size: 5, files: 1 },
              { name: "large", version: "2.0", size: 9000, files: 2 },
            ],
          },
        ],
      },
    ],
  });
  assert.ok(image);
  const text = imageDocument(image);
  const lines = text.split("\n");
  assert.equal(lines[0], "# Image api:latest");
  assert.ok(lines.includes("1.0 kB stored, 2.0 kB unpacked, 1 layer"));
  assert.ok(lines.includes("user  65532:65532"));
  assert.ok(text.indexOf("large 2.0") < text.indexOf("small 1.0  "), text);
  assert.ok(lines.includes("      2 B  a -> z"), text);
  assert.ok(lines.includes("           and 1 more file"), text);
  assert.ok(lines.includes('  "schemaVersion": 2'));
});

test("two builds of the same give the same text, and a changed package shows", () => {
  const before = buildDocument("api", result());
  assert.equal(buildDocument("api", result()), before);
  const [platform] = result().platforms;
  assert.ok(platform);
  const layers = platform.layers.map((layer) => ({
    ...layer,
    packages: layer.packages.map((name) => name.replace("0.115.0", "0.116.0")),
  }));
  const after = buildDocument("api", result({ platforms: [{ ...platform, layers }] }));
  const added = after.split("\n").filter((line) => !before.split("\n").includes(line));
  assert.deepEqual(added, ["fastapi 0.116.0"]);
});
