/** Runs the bundled unit tests with Node's own runner and adds up its results. */
import * as fs from "node:fs";
import * as path from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import type { Report } from "./report";

export async function unitTests(root: string, report: Report): Promise<void> {
  const folder = path.join(root, "build", "extension-tests", "unit");
  const files = fs
    .readdirSync(folder)
    .filter((name) => name.endsWith(".test.js"))
    .map((name) => path.join(folder, name));
  let passed = 0;
  let failed = 0;
  const stream = run({ files, concurrency: true });
  // A file counts as a test of its own when it fails to load; its tests are one level below.
  stream.on("test:pass", ({ details }) => {
    if (details.type !== "suite") passed += 1;
  });
  stream.on("test:fail", ({ details }) => {
    if (details.type !== "suite") failed += 1;
  });
  const text = stream.compose(new spec()) as AsyncIterable<string>;
  for await (const chunk of text) process.stdout.write(chunk);
  report.add(passed, failed);
}
