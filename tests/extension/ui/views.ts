/** Views and documents, in the three kinds of themes, and everything by keyboard alone. */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import type { Window } from "../harness/browser";
import { helloProject } from "../harness/project";
import { tagDigest } from "../harness/registry";
import type { Scene } from "./scenarios";

function withTheme(folder: string, theme: string): string {
  fs.mkdirSync(path.join(folder, ".vscode"), { recursive: true });
  const settings = { "workbench.colorTheme": theme };
  fs.writeFileSync(path.join(folder, ".vscode", "settings.json"), JSON.stringify(settings));
  return folder;
}

export async function tests(scene: Scene): Promise<void> {
  await views(scene);
  await documents(scene);
  await keyboard(scene);
}

/** The name has what paths can have: spaces, and letters beyond ASCII. */
const oddName = "größe жар api";

async function views({ stage, test, projectFolder }: Scene): Promise<void> {
  const base = `${stage.registry.host}/library/python:3.11-slim`;
  for (const [theme, picture] of [
    ["Default Dark Modern", "views"],
    ["Default Light Modern", "views-light"],
    ["Default High Contrast", "views-high-contrast"],
  ] as const) {
    const folder = withTheme(helloProject(projectFolder(`${picture}/${oddName}`), base), theme);
    await test(
      `the views show projects, builds, images and cache in ${theme}`,
      folder,
      async (w) => {
        await w.openFile("pycontainer.toml");
        await w.openViews();
        await w.page
          .locator(".sidebar", { hasText: "Nothing was built in this window yet" })
          .waitFor();
        await w.page
          .locator(".sidebar .monaco-button", { hasText: "Build Container" })
          .first()
          .click();
        await w.toast(/Built .*latest/).waitFor();
        await w.clearToasts();
        await w.treeRow(/application.*built/).waitFor();
        await w.treeRow(/base.*from the base image/).waitFor();
        await w.treeRow(/Cache.* of /).waitFor();
        const rows = await w.page.locator(".sidebar .monaco-list-row").all();
        const labels = await Promise.all(rows.map((row) => row.getAttribute("aria-label")));
        const spoken = (wanted: RegExp): boolean =>
          labels.some((label) => wanted.test(label ?? ""));
        assert.ok(spoken(/^project größe жар api, built/), labels.join("\n"));
        assert.ok(spoken(/^layer \d+, application, .* built/), labels.join("\n"));
        await w.screenshot(picture);
      },
    );
  }
}

async function documents({ stage, test, projectFolder }: Scene): Promise<void> {
  const base = `${stage.registry.host}/library/python:3.11-slim`;
  const folder = helloProject(projectFolder("looked-at"), base);
  fs.appendFileSync(
    path.join(folder, "pyproject.toml"),
    '\n[[tool.uv.index]]\nname = "company"\nurl = "https://index.example/simple"\ndefault = true\n',
  );
  await test("plan, image and a task's problems are there to be looked at", folder, async (w) => {
    await w.palette("PyContainer: Show Build Plan");
    await w.page.locator(".view-line", { hasText: "What was found, and where" }).waitFor();
    await w.clearToasts();
    await w.screenshot("plan");
    await w.palette("PyContainer: Build Container");
    await w.toast("Built hello:latest").waitFor();
    await w.clearToasts();
    await w.palette("PyContainer: Show Image");
    await w.page.locator(".view-line", { hasText: "# Image hello:latest" }).waitFor();
    await w.screenshot("image");
    fs.appendFileSync(path.join(folder, "pycontainer.toml"), "[bulid]\n");
    await w.openFile("pycontainer.toml");
    await w.palette("PyContainer: Check Configuration");
    await w.page.locator(".terminal-wrapper, .terminal-outer-container").first().waitFor();
    await w.palette("Problems: Focus on Problems View");
    await w.page.locator(".markers-panel .monaco-list-row", { hasText: "bulid" }).first().waitFor();
    await w.screenshot("task");
  });
}

async function keyboard({ stage, test, projectFolder }: Scene): Promise<void> {
  const { registry } = stage;
  const base = `${registry.host}/library/python:3.11-slim`;
  const folder = helloProject(projectFolder("keys"), base);
  const target = `${registry.host}/acme/keys:1.0`;
  await test("everything from build to push is done by keyboard", folder, async (w: Window) => {
    await w.palette("PyContainer: Build Container");
    await w.toast("Built hello:latest").waitFor();
    await w.palette("PyContainer: Show Actions");
    await w.row("Push").waitFor();
    await w.page.keyboard.type("Push");
    await w.page.keyboard.press("Enter");
    await w.page.locator(".quick-input-title", { hasText: "Push keys" }).waitFor();
    await w.page.keyboard.type(target);
    await w.row(target).waitFor();
    await w.page.keyboard.press("Enter");
    await w.dialog(`Push to ${target}?`).waitFor();
    await w.page.keyboard.press("Enter");
    await w.toast(`Pushed ${target}`).waitFor();
    assert.ok(await tagDigest(registry, "acme/keys", "1.0"));
  });
}
