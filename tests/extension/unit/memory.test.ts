import assert from "node:assert/strict";
import { test } from "node:test";
import { Memory } from "../../../extension/src/memory";

/** The editor's memento, as far as it is used. */
function memento(initial?: unknown) {
  const stored = new Map<string, unknown>();
  return {
    get: (key: string): unknown => (stored.has(key) ? stored.get(key) : initial),
    update: (key: string, value: unknown): Promise<void> => {
      stored.set(key, value);
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

test("an image lies in dist/image, or where its last build has put it", async () => {
  const state = memento();
  const memory = new Memory(state);
  assert.equal(memory.layout("/a"), "/a/dist/image");
  await memory.rememberLayout("/a", "/a/out");
  assert.equal(new Memory(state).layout("/a"), "/a/out");
  await memory.rememberLayout("/a", "/a/dist/image");
  assert.equal(new Memory(state).layout("/a"), "/a/dist/image");
  assert.equal(memory.layout("/b"), "/b/dist/image");
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
  memory.rememberImage("/a", image("sha256:1"), false);
  memory.rememberImage("/b", image("sha256:2"), false);
  memory.rememberImage("/a", image("sha256:3"), true);
  assert.equal(memory.latest()?.digest, "sha256:3");
  assert.equal(memory.last("/b")?.digest, "sha256:2");
});

test("a place is known whatever the tag, once something was pushed there", async () => {
  const state = memento();
  const memory = new Memory(state);
  assert.ok(!memory.knowsPlace("ghcr.io/acme/a:1"));
  await memory.rememberPlace("ghcr.io/acme/a:1");
  await memory.rememberPlace("ghcr.io/acme/a:2");
  assert.ok(new Memory(state).knowsPlace("ghcr.io/acme/a:3"));
  assert.ok(!memory.knowsPlace("ghcr.io/acme/ab:1"));
  assert.ok(!memory.knowsPlace("quay.io/acme/a:1"));
});

test("the selected project is remembered, and nothing else is taken for one", async () => {
  const state = memento();
  await new Memory(state).select("/a");
  assert.equal(new Memory(state).selected, "/a");
  assert.equal(new Memory(memento(7)).selected, undefined);
});
