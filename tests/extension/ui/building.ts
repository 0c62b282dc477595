import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { patience } from "../harness/browser";
import { helloProject } from "../harness/project";
import { Gate, tagDigest } from "../harness/registry";
import type { Stage } from "../harness/stage";
import type { Scene } from "./scenarios";

const percentage = /\d+ %/;

export async function tests(scene: Scene): Promise<void> {
  await buildAndPush(scene);
  await cancel(scene);
  await fail(scene);
}

/** Blobs are kept by their content: without this nothing would be fetched through the gate. */
function emptyCache(stage: Stage): void {
  const cache = path.join(stage.temporary, "workbench", "xdg", "cache", "pycontainer");
  fs.rmSync(cache, { recursive: true, force: true });
}

async function buildAndPush({ stage, test, projectFolder }: Scene): Promise<void> {
  const { registry } = stage;
  const gate = await Gate.start(registry);
  const base = `${gate.host}/library/python:3.11-slim`;
  const folder = helloProject(projectFolder("hello"), base);
  const target = `${registry.host}/acme/hello:1.0`;
  emptyCache(stage);
  await test("build from the palette, watch, push from the status bar", folder, async (w) => {
    await w.openFile("pycontainer.toml");
    await w.statusShows("PyContainer");
    await w.openPalette("PyContainer: Build Container");
    await w.screenshot("palette");
    await w.page.keyboard.press("Enter");

    // The base image waits half-way at the gate: there is time to look.
    const progress = w.toast("Building container hello");
    await progress.waitFor();
    await gate.holding(patience);
    await w.toast(percentage).waitFor();
    await w.button(progress, "Cancel").waitFor();
    await w.statusShows(/building \d+ %/);
    await w.screenshot("building");
    gate.open();

    await w.toast(/Built hello:latest/).waitFor();
    assert.match(await w.statusShows("built"), /built [\d.]+ MB, /);
    await w.screenshot("built");
    assert.ok(fs.existsSync(path.join(folder, "dist", "image", "oci-layout")));

    await w.clearToasts();
    await w.status.click();
    await w.row("Push").waitFor();
    await w.screenshot("status-menu");
    await w.row(/Push$/).click();
    await w.input.fill("hello:1.0");
    await w.row("Start with the registry").waitFor();
    await w.input.fill(target);
    await w.row(target).waitFor();
    await w.screenshot("push-where");
    await w.accept();
    // A place that is new is confirmed once.
    const question = w.dialog(`Push to ${target}?`);
    await question.waitFor();
    await w.screenshot("push-confirm");
    await question.locator(".monaco-button", { hasText: "Push" }).click();
    await w.toast(`Pushed ${target}`).waitFor();
    const status = await w.statusShows("pushed");
    await w.screenshot("pushed");
    const digest = await tagDigest(registry, "acme/hello", "1.0");
    assert.ok(digest);
    assert.equal(status, `pushed ${digest.slice("sha256:".length, "sha256:".length + 12)}`);

    // The second time nothing is asked.
    await w.clearToasts();
    fs.appendFileSync(path.join(folder, "hello.py"), "\nVERSION = 2\n");
    await w.palette("PyContainer: Build and Push");
    await w.toast(`Pushed ${target}`).waitFor();
    assert.notEqual(await tagDigest(registry, "acme/hello", "1.0"), digest);
  });
  await gate.stop();
}

async function cancel({ stage, test, projectFolder }: Scene): Promise<void> {
  const gate = await Gate.start(stage.registry);
  const folder = helloProject(projectFolder("cancelled"), `${gate.host}/library/python:3.11-slim`);
  emptyCache(stage);
  await test(
    "a running build is cancelled within a second and leaves nothing",
    folder,
    async (w) => {
      await w.palette("PyContainer: Build Container");
      const progress = w.toast("Building container cancelled");
      await progress.waitFor();
      await gate.holding(patience);
      await w.statusShows(/building/);
      const pressed = performance.now();
      await w.button(progress, "Cancel").click();
      await w.toast("Nothing half-written was left").waitFor();
      const took = performance.now() - pressed;
      await w.screenshot("cancelled");
      assert.ok(took < 2_000, `it took ${Math.round(took)} ms until the message was there`);
      assert.match(await w.statusShows("PyContainer"), /PyContainer/);
      assert.deepEqual(
        fs.readdirSync(folder).filter((name) => name.startsWith("dist") || name.startsWith(".")),
        [],
      );
    },
  );
  await gate.stop();
}

async function fail({ stage, test, projectFolder }: Scene): Promise<void> {
  const base = `${stage.registry.host}/library/absent:1`;
  const folder = helloProject(projectFolder("no-base"), base);
  await test("a failed build says why and what to do", folder, async (w) => {
    await w.palette("PyContainer: Build Container");
    const toast = w.toast(/Build failed: .*library\/absent/);
    await toast.waitFor();
    await w.statusShows("build failed");
    await w.screenshot("failed");
    await w.button(toast, "Show Log").click();
    await w.page.locator(".panel .view-lines", { hasText: "library/absent" }).first().waitFor();
    await w.screenshot("log");
  });
}
