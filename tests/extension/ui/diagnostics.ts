import { helloProject } from "../harness/project";
import type { Scene } from "./scenarios";

export async function tests({ stage, test, projectFolder }: Scene): Promise<void> {
  const base = `${stage.registry.host}/library/python:3.11-slim`;
  const folder = helloProject(projectFolder("misspelt"), base, 'wrkdir = "/srv"\n');
  await test(
    "a misspelt key is underlined and listed, until it is corrected",
    folder,
    async (w) => {
      await w.openFile("pycontainer.toml");
      await w.page.locator(".squiggly-error").first().waitFor();
      await w.palette("Problems: Focus on Problems View");
      const problem = w.page.locator(".markers-panel .monaco-list-row", { hasText: "wrkdir" });
      await problem.first().waitFor();
      await w.screenshot("diagnostics");
      // The key is the last line's first word: go there by double-clicking the problem.
      await problem.first().dblclick();
      await w.page.keyboard.press("Escape");
      await w.page.locator(".view-line", { hasText: "wrkdir" }).first().click();
      await w.page.keyboard.press("Home");
      await w.page.keyboard.press("Shift+End");
      await w.page.keyboard.type('workdir = "/srv"');
      await problem.first().waitFor({ state: "hidden" });
      await w.page.locator(".squiggly-error").first().waitFor({ state: "hidden" });
    },
  );
}
