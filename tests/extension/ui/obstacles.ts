/** Where nothing can be built, commands say so and lead on. */
import { helloProject, makeProject } from "../harness/project";
import { startWorkbench } from "../harness/workbench";
import * as path from "node:path";
import type { Scene } from "./scenarios";

export async function tests(scene: Scene): Promise<void> {
  const { stage, test, inWindow, projectFolder } = scene;
  await test("without a folder there is nothing to build", undefined, async (w) => {
    await w.palette("PyContainer: Build Container");
    const toast = w.toast("Open the project's folder first");
    await toast.waitFor();
    await w.button(toast, "Open Folder").waitFor();
  });

  const empty = makeProject(projectFolder("notes"), "//- notes.txt\nnothing\n");
  await test("a folder without a project says what makes one", empty, async (w) => {
    await w.palette("PyContainer: Push Container");
    await w.toast("There is no Python project in notes").waitFor();
    await w.screenshot("no-project");
  });

  const unbuilt = helloProject(projectFolder("unbuilt"), stage.base);
  await test("a push before the first build offers to build", unbuilt, async (w) => {
    await w.palette("PyContainer: Push Container");
    const toast = w.toast("There is no image of unbuilt to push yet");
    await toast.waitFor();
    await w.button(toast, "Build and Push").waitFor();
  });

  const api = helloProject(projectFolder("two/api"), stage.base);
  helloProject(projectFolder("two/worker"), stage.base);
  await test("of several projects one is chosen", path.dirname(api), async (w) => {
    await w.palette("PyContainer: Build Container");
    await w.row("worker").waitFor();
    await w.screenshot("choose-project");
    await w.row("api").click();
    await w.toast("Built hello:latest").waitFor();
  });

  const name = "in Restricted Mode files are checked but nothing is built";
  if (!stage.report.wants(name)) return;
  await stage.report.test(`ui: ${name}`, async () => {
    const workbench = await startWorkbench(stage.installation, {
      folder: path.join(stage.temporary, "restricted"),
      vsix: stage.vsix,
      restricted: true,
    });
    const folder = helloProject(projectFolder("untrusted"), stage.base, 'wrkdir = "/srv"\n');
    try {
      await inWindow(name, workbench, folder, async (w) => {
        await w.openFile("pycontainer.toml");
        await w.page.locator(".squiggly-error").first().waitFor();
        await w.palette("PyContainer: Build Container");
        const toast = w.toast("does not build, push or plan in Restricted Mode");
        await toast.waitFor();
        await w.button(toast, "Manage Trust").waitFor();
        await w.screenshot("restricted");
      });
    } finally {
      await workbench.stop();
    }
  });
}
