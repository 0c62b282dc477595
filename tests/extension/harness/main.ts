/** Reads the command line, sets the stage once, and runs the three kinds of tests on it. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { hostTests } from "../host/harness";
import { uiTests } from "../ui/scenarios";
import { startBrowser } from "./browser";
import { run } from "./process";
import { seed, startRegistry } from "./registry";
import { Report } from "./report";
import type { Stage } from "./stage";
import { unitTests } from "./unit";
import { installWorkbench, startWorkbench } from "./workbench";

const kinds = ["unit", "host", "ui"] as const;

export async function main(root: string, args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      vsix: { type: "string" },
      base: { type: "string" },
      only: { type: "string", default: kinds.join(",") },
      grep: { type: "string" },
      keep: { type: "boolean", default: false },
      pictures: { type: "boolean", default: false },
    },
  });
  const wanted = values.only.split(",");
  const unknown = wanted.find((kind) => !kinds.some((known) => known === kind));
  if (unknown !== undefined) {
    console.error(`--only takes ${kinds.join(", ")}; not ${unknown}`);
    return 2;
  }
  const report = new Report(values.grep);
  await run(process.execPath, ["extension/bundle.mjs", "tests"], { cwd: root });
  if (wanted.includes("unit")) await unitTests(root, report);
  if (wanted.includes("host") || wanted.includes("ui")) {
    const { vsix, base } = values;
    if (vsix === undefined || base === undefined) {
      console.error("host and ui need --vsix FILE and --base oci:DIR:TAG");
      return 2;
    }
    const stageOf = { root, vsix: path.resolve(vsix), base, keep: values.keep };
    await onStage(stageOf, report, async (stage) => {
      if (wanted.includes("host")) await hostTests(stage);
      if (wanted.includes("ui")) await uiTests(stage);
    });
  }
  if (values.pictures) renewPictures(root);
  console.log(report.summary());
  return report.failed === 0 ? 0 : 1;
}

/** Puts what the tests have seen in place of the pictures that are shipped. */
function renewPictures(root: string): void {
  const shipped = path.join(root, "media", "walkthrough");
  for (const name of fs.readdirSync(shipped)) {
    const taken = path.join(root, "build", "artifacts", "ui", name);
    if (fs.existsSync(taken)) fs.copyFileSync(taken, path.join(shipped, name));
  }
}

async function onStage(
  options: { root: string; vsix: string; base: string; keep: boolean },
  report: Report,
  body: (stage: Stage) => Promise<void>,
): Promise<void> {
  const { root, vsix, base } = options;
  const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "pycontainer-extension-"));
  const artifacts = path.join(root, "build", "artifacts", "ui");
  fs.rmSync(artifacts, { recursive: true, force: true });
  fs.mkdirSync(artifacts, { recursive: true });
  const cleanups: (() => Promise<void>)[] = [];
  process.once("exit", () => {
    if (!options.keep) fs.rmSync(temporary, { recursive: true, force: true });
  });
  try {
    const installation = await installWorkbench();
    const registry = await startRegistry(path.join(temporary, "registry"));
    cleanups.push(registry.stop);
    await seed(registry, base, "library/python:3.11-slim");
    const workbench = await startWorkbench(installation, {
      folder: path.join(temporary, "workbench"),
      vsix,
    });
    cleanups.push(workbench.stop);
    const browser = await startBrowser();
    cleanups.push(browser.stop);
    await body({
      root,
      vsix,
      base,
      temporary,
      artifacts,
      installation,
      registry,
      workbench,
      browser,
      report,
    });
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup();
    if (options.keep) console.log(`# kept ${temporary}`);
  }
}
