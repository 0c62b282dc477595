/** The UI tests in the order a user would meet them; each opens a window of its own. */
import * as path from "node:path";
import { Window } from "../harness/browser";
import type { Stage } from "../harness/stage";
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
  /** A path for a new project. */
  projectFolder: (name: string) => string;
}

export async function uiTests(stage: Stage): Promise<void> {
  await scenesOn(stage, [
    diagnostics.tests,
    building.tests,
    views.tests,
    signingIn.tests,
    resilience.tests,
    faults.tests,
    obstacles.tests,
  ]);
}

async function scenesOn(stage: Stage, suites: ((scene: Scene) => Promise<void>)[]): Promise<void> {
  const scene: Scene = {
    stage,
    projectFolder: (name) => path.join(stage.temporary, "projects", name),
    test: async (name, folder, body) => {
      if (!stage.report.wants(name)) return;
      await stage.report.test(`ui: ${name}`, async () => {
        const window = await Window.open(
          stage.browser,
          stage.workbench.port,
          folder,
          stage.artifacts,
        );
        try {
          await body(window);
        } catch (error) {
          await window.screenshot(`failed-${name.replace(/\W+/g, "-")}`);
          throw error;
        } finally {
          await window.close();
        }
      });
    },
  };
  for (const suite of suites) await suite(scene);
}
