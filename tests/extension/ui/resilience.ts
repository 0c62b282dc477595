/** Servers that die, and windows that share a folder. */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { Window, patience } from "../harness/browser";
import { helloProject } from "../harness/project";
import type { Stage } from "../harness/stage";
import { ownedProcesses } from "../harness/traces";
import type { Scene } from "./scenarios";

export async function tests(scene: Scene): Promise<void> {
  await killed(scene);
  await twoWindows(scene);
}

/** Processes of the program that is in the installed extension. */
function servers(stage: Stage): number[] {
  // It is asked for its version, too; the one that serves is meant.
  return ownedProcesses(stage.workbench.extensionPath)
    .filter(({ argv }) => argv.includes("lsp"))
    .map(({ pid }) => pid);
}

async function eventually<T>(look: () => T | undefined): Promise<T> {
  for (const until = performance.now() + patience; performance.now() < until;) {
    const seen = look();
    if (seen !== undefined) return seen;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("it did not come");
}

async function killed({ stage, test, projectFolder }: Scene): Promise<void> {
  const folder = helloProject(projectFolder("killed"), stage.base, 'wrkdir = "/srv"\n');
  const others = servers(stage);
  await test(
    "a server killed five times is given up, and comes back when asked",
    folder,
    async (w) => {
      await w.openFile("pycontainer.toml");
      await w.page.locator(".squiggly-error").first().waitFor();
      const dead: number[] = [];
      for (let time = 0; time < 5; time += 1) {
        const server = await eventually(() =>
          servers(stage).find((pid) => !others.includes(pid) && !dead.includes(pid)),
        );
        process.kill(server, "SIGKILL");
        dead.push(server);
      }
      const toast = w.toast("went down 5 times");
      await toast.waitFor();
      await w.screenshot("given-up");
      await w.button(toast, "Restart Server").click();
      await eventually(() =>
        servers(stage).find((pid) => !others.includes(pid) && !dead.includes(pid)),
      );
      await w.clearToasts();
      await w.palette("PyContainer: Show Build Plan");
      await w.toast(/Plan failed: the configuration has errors/).waitFor();
    },
  );
}

async function twoWindows({ stage, test, projectFolder }: Scene): Promise<void> {
  const base = `${stage.registry.host}/library/python:3.11-slim`;
  const folder = helloProject(projectFolder("shared"), base);
  await test("two windows build the same folder at the same time", folder, async (first) => {
    const { browser, workbench, artifacts } = stage;
    const second = await Window.open(browser, workbench.port, folder, artifacts);
    try {
      await first.palette("PyContainer: Rebuild Without Cache");
      await second.palette("PyContainer: Rebuild Without Cache");
      await first.toast("Built hello:latest").waitFor();
      await second.toast("Built hello:latest").waitFor();
    } finally {
      await second.close();
    }
    const left = fs.readdirSync(path.join(folder, "dist"));
    assert.deepEqual(left, ["image"]);
  });
}
