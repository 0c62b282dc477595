/** Who is refused signs in, and the push goes on; the password is nowhere but in the secret storage. */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { helloProject } from "../harness/project";
import { login, startRegistry, tagDigest } from "../harness/registry";
import { filesBelow, ownedProcesses } from "../harness/traces";
import type { Scene } from "./scenarios";

export async function tests({ stage, test, projectFolder }: Scene): Promise<void> {
  const name = "a refused push leads to signing in, and then goes through";
  if (!stage.report.wants(name)) return;
  const registry = await startRegistry(path.join(stage.temporary, "closed-registry"), "login");
  const base = `${stage.registry.host}/library/python:3.11-slim`;
  const folder = helloProject(projectFolder("closed"), base);
  const target = `${registry.host}/acme/closed:1.0`;
  await test(name, folder, async (w) => {
    await w.palette("PyContainer: Build and Push");
    await w.input.fill(target);
    await w.row(target).waitFor();
    await w.accept();
    await w.dialog(`Push to ${target}?`).waitFor();
    await w.page.keyboard.press("Enter");
    const refused = w.toast(/Push failed: .*credentials/);
    await refused.waitFor();
    await w.screenshot("refused");
    await w.button(refused, "Sign In").click();
    await w.page.locator(".quick-input-title", { hasText: "(1/2)" }).waitFor();
    await w.input.fill(login.username);
    await w.accept();
    await w.page.locator(".quick-input-title", { hasText: "(2/2)" }).waitFor();
    await w.input.fill(login.password);
    await w.screenshot("signing-in");
    await w.accept();
    await w.toast(`Pushed ${target}`).waitFor();
    const basic = Buffer.from(`${login.username}:${login.password}`).toString("base64");
    assert.ok(await tagDigest(registry, "acme/closed", "1.0", `Basic ${basic}`));
    for (const file of filesBelow(path.join(stage.temporary, "workbench"))) {
      assert.ok(!fs.readFileSync(file).includes(login.password), file);
    }
    for (const { pid, told } of ownedProcesses(stage.workbench.extensionPath)) {
      assert.ok(!told.includes(login.password), `process ${pid}`);
    }

    // Signing out is as easy, and then it is refused again.
    await w.clearToasts();
    await w.palette("PyContainer: Sign Out of Registry…");
    await w.row(registry.host).click();
    await w.palette("PyContainer: Push Container");
    await w.toast(/Push failed/).waitFor();
  });
  await registry.stop();
}
