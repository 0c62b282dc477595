import assert from "node:assert/strict";
import { test } from "node:test";
import { readLayout } from "../../../extension/src/core/layout";

const hex = (digit: string): string => digit.repeat(64);

function disk(files: Record<string, unknown>) {
  return (file: string): Promise<string | undefined> => {
    const content = files[file.replace("/i/", "")];
    return Promise.resolve(
      content === undefined || typeof content === "string" ? content : JSON.stringify(content),
    );
  };
}

const entry = {
  digest: `sha256:${hex("a")}`,
  size: 10,
  platform: { os: "linux", architecture: "amd64" },
  annotations: {
    "io.containerd.image.name": "docker.io/library/api:latest",
    "org.opencontainers.image.ref.name": "latest",
  },
};
const manifest = {
  config: { digest: `sha256:${hex("c")}`, size: 5 },
  layers: [
    { digest: `sha256:${hex("d")}`, size: 100 },
    { digest: `sha256:${hex("e")}`, size: 23 },
  ],
};

test("names, size and ports of the image of a layout are read", async () => {
  const read = disk({
    "index.json": { manifests: [entry] },
    [`blobs/sha256/${hex("a")}`]: manifest,
    [`blobs/sha256/${hex("c")}`]: { config: { ExposedPorts: { "8080/tcp": {} } } },
  });
  assert.deepEqual(await readLayout("/i", read), {
    digest: entry.digest,
    references: ["api:latest"],
    tag: "latest",
    size: 123,
    platforms: ["linux/amd64"],
    ports: ["8080/tcp"],
  });
});

test("an index of several platforms is summed up", async () => {
  const platforms = ["amd64", "arm64"].map((architecture, at) => ({
    ...entry,
    digest: `sha256:${hex(String(at))}`,
    platform: { os: "linux", architecture },
  }));
  const read = disk({
    "index.json": { manifests: [{ ...entry, platform: undefined }] },
    [`blobs/sha256/${hex("a")}`]: { manifests: platforms },
    [`blobs/sha256/${hex("0")}`]: manifest,
    [`blobs/sha256/${hex("1")}`]: manifest,
  });
  const layout = await readLayout("/i", read);
  assert.deepEqual([layout?.size, layout?.platforms], [246, ["linux/amd64", "linux/arm64"]]);
});

test("what is no layout is none, and what is damaged is left out", async () => {
  for (const index of [undefined, "{", "[]", { manifests: [{ digest: "../../etc/passwd" }] }]) {
    assert.equal(await readLayout("/i", disk({ "index.json": index })), undefined);
  }
  const layout = await readLayout("/i", disk({ "index.json": { manifests: [entry] } }));
  assert.equal(layout?.size, 0);
});
