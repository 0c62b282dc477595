/** What the extension does when the server misbehaves; the server is support/faulty-server.mjs. */
import * as fs from "node:fs";
import * as path from "node:path";
import { makeProject } from "../harness/project";
import type { Scene } from "./scenarios";

export async function tests(scene: Scene): Promise<void> {
  const { stage, test } = scene;
  const program = path.join(stage.temporary, "faulty-pycontainer");
  const script = path.join(stage.root, "tests", "extension", "support", "faulty-server.mjs");
  fs.writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${script}" "$@"\n`, {
    mode: 0o755,
  });
  const project = (name: string, server: string, fault: string): string =>
    makeProject(
      scene.projectFolder(name),
      `//- pycontainer.toml
[build]
base_image = "fault:${fault}"
//- requirements.txt
fastapi==0.1
???
//- .vscode/settings.json
{ "pycontainer.server.path": ${JSON.stringify(server)} }
`,
    );

  await test(
    "a crash while building is told; the next build works",
    project("crash", program, "crash"),
    async (w) => {
      await w.palette("PyContainer: Build Container");
      await w.toast("the PyContainer server went down before it had finished").waitFor();
      await w.statusShows("build failed");
      await w.screenshot("crashed");
      await w.clearToasts();
      fs.writeFileSync(path.join(scene.projectFolder("crash"), "pycontainer.toml"), "[build]\n");
      await w.palette("PyContainer: Build Container");
      await w.toast("Built hello:latest").waitFor();
      await w.toast("1 warning in the log").waitFor();
    },
  );

  await test(
    "noise on the protocol's channel ends as a lost server",
    project("garbage", program, "garbage"),
    async (w) => {
      await w.palette("PyContainer: Build Container");
      await w.toast("the PyContainer server went down before it had finished").waitFor();
    },
  );

  await test(
    "an answer that is no result is a failure",
    project("nonsense", program, "nonsense"),
    async (w) => {
      await w.palette("PyContainer: Build Container");
      await w.toast("the server's answer has no digest").waitFor();
    },
  );

  await test(
    "a problem in a lock file is shown at its line",
    project("data", program, "data"),
    async (w) => {
      await w.palette("PyContainer: Build Container");
      const toast = w.toast("has a line that is no requirement. Write the lock again.");
      await toast.waitFor();
      await w.screenshot("failure-with-problem");
      await w.button(toast, "Show Problem").click();
      await w.page.locator(".tab.active", { hasText: "requirements.txt" }).waitFor();
      await w.page.locator(".squiggly-error").first().waitFor();
      await w.screenshot("problem-in-lock");
    },
  );

  await test(
    "a missing program is told with three ways on",
    project("missing", "/nowhere/pycontainer", "x"),
    async (w) => {
      await w.palette("PyContainer: Build Container");
      const toast = w.toast("There is no program at /nowhere/pycontainer");
      await toast.waitFor();
      for (const label of ["Open Settings", "Try Again", "Show Log"]) {
        await w.button(toast, label).waitFor();
      }
      await w.screenshot("missing-program");
    },
  );
}
