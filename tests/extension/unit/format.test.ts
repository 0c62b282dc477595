import assert from "node:assert/strict";
import { test } from "node:test";
import {
  count,
  formatDuration,
  formatSize,
  plain,
  shortDigest,
} from "../../../extension/src/core/format";

function check<A>(format: (value: A) => string, rows: [A, string][]): void {
  for (const [value, expected] of rows) assert.equal(format(value), expected);
}

test("sizes are decimal and go to the next unit before they would read 1000.0", () => {
  check(formatSize, [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [48_321_000, "48.3 MB"],
    [999_949, "999.9 kB"],
    [999_960, "1.0 MB"],
    [7_400_000_000, "7.4 GB"],
    [3e15, "3000.0 TB"],
    [-1, "unknown size"],
    [Number.NaN, "unknown size"],
  ]);
});

test("durations have as many digits as matter", () => {
  check(formatDuration, [
    [0, "0 ms"],
    [8.4, "8 ms"],
    [99.4, "99 ms"],
    [99.6, "0.1 s"],
    [3210, "3.2 s"],
    [59_949, "59.9 s"],
    [59_951, "1 min 0 s"],
    [72_000, "1 min 12 s"],
    [-5, "unknown time"],
    [Number.POSITIVE_INFINITY, "unknown time"],
  ]);
});

test("digests are shortened after their algorithm", () => {
  check(shortDigest, [
    [`sha256:${"0123456789abcdef".repeat(4)}`, "0123456789ab"],
    ["0123456789abcdef", "0123456789ab"],
    ["sha256:", ""],
  ]);
});

test("nouns are counted", () => {
  assert.equal(count(1, "warning"), "1 warning");
  assert.equal(count(0, "warning"), "0 warnings");
});

test("foreign text has no control characters and no links when shown", () => {
  check(plain, [
    ["fine", "fine"],
    ["two\nlines\u001b[31m", "two lines [31m"],
    ["[click](command:evil)", "[click] (command:evil)"],
    ["right\u202eleft", "right left"],
  ]);
});
