import assert from "node:assert/strict";
import { test } from "node:test";
import { sections } from "../../../extension/src/core/sections";

test("a section lasts until the next heading that is not below it", () => {
  const text = ["# a", "x", "## b", "```text", "# no heading", "```", "## c", "y"].join("\n");
  assert.deepEqual(sections(text), [
    { title: "a", level: 1, first: 0, last: 7 },
    { title: "b", level: 2, first: 2, last: 5 },
    { title: "c", level: 2, first: 6, last: 7 },
  ]);
  assert.deepEqual(sections("no heading"), []);
});
