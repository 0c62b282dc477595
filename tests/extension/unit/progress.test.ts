import assert from "node:assert/strict";
import { test } from "node:test";
import { ProgressMeter } from "../../../extension/src/core/progress";

test("increments add up to the percentage", () => {
  const meter = new ProgressMeter();
  const reported = [0, 10, 42.7, 42.9, 100];
  const increments = reported.map((percentage) => meter.update({ percentage }).increment);
  assert.deepEqual(increments, [0, 10, 32, 0, 58]);
});

test("the bar never goes back and stays within its ends", () => {
  const meter = new ProgressMeter();
  meter.update({ percentage: 50 });
  assert.equal(meter.update({ percentage: 20 }).increment, 0);
  assert.equal(meter.update({ percentage: 400 }).percent, 100);
  assert.equal(meter.update({ percentage: -3 }).percent, 100);
  assert.equal(meter.update({ percentage: Number.NaN }).percent, 100);
});

test("what a report leaves out stays as it was", () => {
  const meter = new ProgressMeter();
  assert.equal(meter.update({}).message, "0 %");
  assert.equal(meter.update({ percentage: 7, message: "resolving" }).message, "7 % · resolving");
  assert.equal(meter.update({ percentage: 9 }).message, "9 % · resolving");
  assert.equal(meter.update({ message: "" }).message, "9 % · resolving");
});
