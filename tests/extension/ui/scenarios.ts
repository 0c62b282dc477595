/** The UI tests in the order a user would meet them; each opens a window of its own. */
import * as fs from "node:fs";
import * as path from "node:path";
import { Window } from "../harness/browser";
import type { Stage } from "../harness/stage";
import type { Workbench } from "../harness/workbench";
import * as accounts from "./accounts";
import * as building from "./building";
import * as diagnostics from "./diagnostics";
import * as faults from "./faults";
import * as obstacles from "./obstacles";
import * as resilience from "./resilience";
import * as signingIn from "./signing-in";
import * as views from "./views";

export interface Scene {
  stage: Stage;
  /** Runs one test in a window on `folder`; on failure its picture and log are kept. */
  test: (
    name: string,
    folder: string | undefined,
    body: (window: Window) => Promise<void>,
  ) => Promise<void>;
  /** The window of a test in a workbench of its own; on failure its picture and log are kept. */
  inWindow: (
    name: string,
    workbench: Workbench,
    folder: string | undefined,
    body: (window: Window) => Promise<void>,
  ) => Promise<void>;
  /** A path for a new project. */
  projectFolder: (name: string) => string;
}

export async function uiTests(stage: Stage): Promise<void> {
  await scenesOn(stage, [
    diagnostics.tests,
    building.tests,
    views.tests,
    signingIn.tests,
    accounts.tests,
    resilience.tests,
    faults.tests,
    obstacles.tests,
  ]);
}

async function scenesOn(stage: Stage, suites: ((scene: Scene) => Promise<void>)[]): Promise<void> {
  const inWindow: Scene["inWindow"] = async (name, workbench, folder, body) => {
    const { browser, artifacts } = stage;
    const window = await Window.open(browser, workbench.port, folder, artifacts);
    try {
      await body(window);
    } catch (error) {
      await window.screenshot(`failed-${name.replace(/\W+/g, "-")}`);
      throw new Error(`${await window.says()}\n${await lastLog(workbench)}`, { cause: error });
    } finally {
      await window.close();
    }
  };
  const scene: Scene = {
    stage,
    inWindow,
    projectFolder: (name) => path.join(stage.temporary, "projects", name),
    test: async (name, folder, body) => {
      if (!stage.report.wants(name)) return;
      await stage.report.test(`ui: ${name}`, () => inWindow(name, stage.workbench, folder, body));
    },
  };
  for (const suite of suites) await suite(scene);
}

const shownLines = 40;

/** The end of the log that the extension has written last. */
async function lastLog({ folder }: Workbench): Promise<string> {
  const logs = path.join(folder, "data", "logs");
  const names = await fs.promises.readdir(logs, { recursive: true }).catch(() => []);
  const files = names
    .filter((name) => path.basename(name) === "PyContainer.log")
    .map((name) => path.join(logs, name))
    .sort((a, b) => fs.statSync(a).mtimeMs - fs.statSync(b).mtimeMs);
  const last = files.at(-1);
  if (last === undefined) return "the extension has written no log";
  return fs.readFileSync(last, "utf8").trimEnd().split("\n").slice(-shownLines).join("\n");
}
