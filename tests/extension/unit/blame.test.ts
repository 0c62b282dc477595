import assert from "node:assert/strict";
import { test } from "node:test";
import { blamedKey, findPlace } from "../../../extension/src/core/blame";

test("a failure is about the key that its code speaks of", () => {
  const rows: [string, string[], string | undefined][] = [
    ["base/no-platform", [], "base_image"],
    ["layout/not-found", [], "base_image"],
    ["registry/not-found", ["reading the base image `x`"], "base_image"],
    ["registry/unauthorized", ["pushing layer 3"], undefined],
    ["project/no-entrypoint", [], "entrypoint"],
    ["net/timeout", [], undefined],
    ["", [], undefined],
  ];
  for (const [code, context, key] of rows) assert.equal(blamedKey(code, context), key, code);
});

test("its line is found, in the file that weighs most", () => {
  const files = [
    { file: "pycontainer.toml", text: "[build]\n  base-image = 'x' \n" },
    { file: "pyproject.toml", text: "[project]\nname = 'a'\n" },
  ];
  assert.deepEqual(findPlace("base_image", files), {
    file: "pycontainer.toml",
    line: 1,
    start: 2,
    end: 18,
  });
  assert.deepEqual(findPlace("entrypoint", files)?.line, 0);
  assert.deepEqual(findPlace("entrypoint", files.slice(1)), {
    file: "pyproject.toml",
    line: 0,
    start: 0,
    end: 9,
  });
  assert.equal(findPlace("entrypoint", [{ file: "a", text: "" }]), undefined);
});
