import assert from "node:assert/strict";
import { test } from "node:test";
import { Memory } from "../../../extension/src/memory";

/** The editor's memento, as far as it is used. */
function memento(initial?: unknown) {
  let stored = initial;
  return {
    get: () => stored,
    update: (_key: string, value: unknown): Promise<void> => {
      stored = value;
      return Promise.resolve();
    },
  };
}

test("each project remembers where it is pushed to", async () => {
  const state = memento();
  const memory = new Memory(state);
  assert.equal(memory.reference("/a"), undefined);
  await memory.rememberReference("/a", "ghcr.io/acme/a:1");
  await memory.rememberReference("/b", "ghcr.io/acme/b:1");
  const later = new Memory(state);
  assert.equal(later.reference("/a"), "ghcr.io/acme/a:1");
  assert.equal(later.reference("/b"), "ghcr.io/acme/b:1");
});

test("what was stored wrongly is no reference", () => {
  for (const stored of ["text", null, 7, { "/a": 7 }, { "/a": "api" }]) {
    assert.equal(new Memory(memento(stored)).reference("/a"), undefined);
  }
});

test("the latest image is the last one built or pushed", () => {
  const memory = new Memory(memento());
  assert.equal(memory.latest(), undefined);
  const image = (digest: string) => ({ digest, references: [] });
  memory.rememberImage("/a", image("sha256:1"));
  memory.rememberImage("/b", image("sha256:2"));
  memory.rememberImage("/a", image("sha256:3"));
  assert.equal(memory.latest()?.digest, "sha256:3");
  assert.equal(memory.last("/b")?.digest, "sha256:2");
});
