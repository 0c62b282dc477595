/**
 * A codespace, whose own token may only read packages, and the accounts of the editor, which help on:
 * GitHub's for GitHub's registry, Microsoft's for one of Azure.
 */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { packAccount } from "../harness/accounts";
import type { Window } from "../harness/browser";
import { FamousRegistries, azure, github, secrets } from "../harness/famous";
import { helloProject } from "../harness/project";
import type { Stage } from "../harness/stage";
import { startWorkbench } from "../harness/workbench";
import type { Scene } from "./scenarios";
import { filesBelow, ownedProcesses } from "../harness/traces";

export async function tests({ stage, inWindow, projectFolder }: Scene): Promise<void> {
  const name = "in a codespace a refused push leads to the permission, or to an account";
  if (!stage.report.wants(name)) return;
  const folder = cloneOf(helloProject(projectFolder("codespace"), baseOf(stage)), "acme/api");
  await stage.report.test(`ui: ${name}`, async () => {
    const registries = await FamousRegistries.start(path.join(stage.temporary, "famous"));
    const at = path.join(stage.temporary, "codespace");
    const workbench = await startWorkbench(stage.installation, {
      folder: at,
      vsix: stage.vsix,
      more: await packAccounts(stage),
      environment: {
        ...registries.environment,
        CODESPACES: "true",
        GH_TOKEN: secrets.codespace,
      },
    });
    try {
      await inWindow(name, workbench, folder, async (w) => {
        await refuse(w, registries);
        await pushAs(w, "GitHub", `${github}/acme/api:latest`);
        await pushElsewhereAs(w, "Microsoft", `${azure}/api:1.0`);
        assert.ok(registries.received(github) && registries.received(azure));
        leaveNoTrace(at, workbench.extensionPath);
      });
    } finally {
      await workbench.stop();
      await registries.stop();
    }
  });
}

function baseOf(stage: Stage): string {
  return `${stage.registry.host}/library/python:3.11-slim`;
}

/** Git's files say where the folder was cloned from. */
function cloneOf(folder: string, repository: string): string {
  const git = path.join(folder, ".git");
  fs.mkdirSync(git);
  fs.writeFileSync(path.join(git, "HEAD"), "ref: refs/heads/main\n");
  fs.writeFileSync(
    path.join(git, "config"),
    `[remote "origin"]\n\turl = https://github.com/${repository}.git\n`,
  );
  return folder;
}

function packAccounts({ root, temporary }: Stage): Promise<string[]> {
  const accounts = [
    { provider: "github", label: "GitHub", user: "alice", token: secrets.github },
    { provider: "microsoft", label: "Microsoft", user: "alice", token: secrets.microsoft },
  ];
  return Promise.all(
    accounts.map((account) =>
      packAccount(root, path.join(temporary, `account-${account.provider}`), account),
    ),
  );
}

/** The codespace's own token is found by itself and does not suffice; nothing is sent. */
async function refuse(w: Window, registries: FamousRegistries): Promise<void> {
  const target = `${github}/acme/api:latest`;
  await w.palette("PyContainer: Build and Push");
  await w.row(target).waitFor();
  await w.row("the Git repository").waitFor();
  await w.screenshot("push-proposals");
  await w.row(target).click();
  await w.dialog(`Push to ${target}?`).waitFor();
  await w.page.keyboard.press("Enter");
  const refused = w.toast("the token of this codespace may not write packages");
  await refused.waitFor();
  await w.screenshot("codespace");
  assert.ok(!registries.received(github), registries.requests.join("\n"));
  await w.button(refused, "Copy devcontainer.json Snippet").click();
  await w.toast("Merge it into .devcontainer/devcontainer.json").waitFor();
  const snippet = await w.page.evaluate("navigator.clipboard.readText()");
  assert.match(String(snippet), /"acme\/api": \{\s+"permissions": \{\s+"packages": "write"/);
  await w.clearToasts();
}

async function signInWith(w: Window, label: string): Promise<void> {
  const refused = w.toast(/Push failed/);
  await w.button(refused, "Sign In").click();
  await w.row(`Sign in with ${label}`).waitFor();
  await w.screenshot(`account-${label.toLowerCase()}`);
  await w.row(`Sign in with ${label}`).click();
  // The editor asks by itself whether the extension may use the account.
  const question = w.dialog(`wants to sign in using ${label}`);
  await question.locator(".monaco-button", { hasText: "Allow" }).click();
}

async function pushAs(w: Window, label: string, target: string): Promise<void> {
  await w.palette("PyContainer: Push Container");
  await w.toast("the token of this codespace may not write packages").waitFor();
  await signInWith(w, label);
  await w.toast(`Pushed ${target}`).waitFor();
  await w.clearToasts();
}

async function pushElsewhereAs(w: Window, label: string, target: string): Promise<void> {
  await w.palette("PyContainer: Push to Another Reference…");
  await w.input.fill(target);
  await w.row(target).waitFor();
  await w.accept();
  await w.dialog(`Push to ${target}?`).waitFor();
  await w.page.keyboard.press("Enter");
  await w.toast(/Push failed/).waitFor();
  await signInWith(w, label);
  await w.toast(`Pushed ${target}`).waitFor();
}

/** Tokens of accounts are in no file, and in no process's arguments or environment. */
function leaveNoTrace(folder: string, extensionPath: string): void {
  for (const token of [secrets.github, secrets.microsoft]) {
    for (const file of filesBelow(folder)) {
      assert.ok(!fs.readFileSync(file).includes(token), file);
    }
    for (const { pid, told } of ownedProcesses(extensionPath)) {
      assert.ok(!told.includes(token), `process ${pid}`);
    }
  }
}
