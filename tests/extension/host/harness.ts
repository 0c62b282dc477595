/**
 * Runs `host/index.ts` inside the extension host of the workbench, through the hook VS Code's own
 * browser tests use: the page loads the tests of the folder it is told and reports their end.
 * What is developed is the *installed* extension, so what was packaged is what is tested.
 */
import * as path from "node:path";
import { patience } from "../harness/browser";
import { helloProject } from "../harness/project";
import type { Stage } from "../harness/stage";

const limit = 4 * patience;

export async function hostTests(stage: Stage): Promise<void> {
  const { browser, report, root, temporary, workbench } = stage;
  const project = helloProject(path.join(temporary, "host", "hello"), stage.base);
  const page = await browser.context.newPage();
  const lines: string[] = [];
  page.on("console", (message) => {
    const text = message.text();
    const line = /(?:^|\s)((?:not ok|ok) - .*|# .*)$/s.exec(text)?.[1];
    if (line !== undefined) {
      lines.push(line);
      console.log(line);
    }
  });
  const ended = new Promise<number>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error("the tests in the extension host did not end"));
    }, limit);
    const exit = (code: number): void => {
      clearTimeout(timer);
      resolve(code);
    };
    const log = (type: string, args: unknown[]): void => {
      if (type === "error") console.log("#", ...args);
    };
    Promise.all([
      page.exposeFunction("codeAutomationLog", log),
      page.exposeFunction("codeAutomationExit", exit),
    ])
      .then(() => open())
      .catch(reject);
  });
  const open = async (): Promise<void> => {
    const at = (file: string): string => `vscode-remote://127.0.0.1:${workbench.port}${file}`;
    const payload = [
      ["extensionDevelopmentPath", at(workbench.extensionPath)],
      ["extensionTestsPath", at(path.join(root, "build", "extension-tests", "host"))],
      ["skipWelcome", "true"],
    ];
    const query = new URLSearchParams({ folder: project, payload: JSON.stringify(payload) });
    await page.goto(`http://127.0.0.1:${workbench.port}/?${query.toString()}`);
  };
  await report.test("the tests in the extension host run to their end", async () => {
    const code = await ended;
    const count = (start: string): number => lines.filter((line) => line.startsWith(start)).length;
    report.add(count("ok - "), count("not ok - "));
    if (count("ok - ") === 0) throw new Error("no test ran");
    if (code !== 0 && count("not ok - ") === 0) throw new Error(`the host ended with ${code}`);
  });
  await page.screenshot({ path: path.join(stage.artifacts, "host.png") });
  await page.close();
}
