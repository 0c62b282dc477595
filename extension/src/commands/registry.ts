/** *Sign In to Registry*, *Sign Out of Registry*, the codespace's permission, the cache. */
import * as vscode from "vscode";
import type { Context } from "../context";
import { commandIds } from "../context";
import { formatSize } from "../core/format";
import { findRepository } from "../core/git";
import { confirmClearCache, snippetCopied } from "../core/messages";
import { codespacesSnippet } from "../core/registries";
import { currentProject, readText } from "../project";
import { cacheClearRequest, cacheInfoRequest, decodeCacheInfo } from "../protocol";

export function activate(ctx: Context): void {
  ctx.command(commandIds.signIn, async (node) => {
    const registry = registryOf(node) ?? (await askRegistry());
    if (registry === undefined || !(await ctx.credentials.signIn(registry))) return;
    vscode.window.setStatusBarMessage(`$(check) Signed in to ${registry}`, 3_000);
    ctx.views.refresh();
  });
  ctx.command(commandIds.signOut, (node) => signOut(ctx, node));
  ctx.command(commandIds.codespaces, () => copySnippet(ctx));
  ctx.command(commandIds.clearCache, () => clearCache(ctx));
  ctx.command(commandIds.clearBuilds, () => {
    ctx.history.clear();
  });
  ctx.command(commandIds.refresh, () => {
    ctx.views.refresh();
  });
}

/** The registry that a node of a view is about. */
function registryOf(node: unknown): string | undefined {
  if (typeof node !== "object" || node === null || !("registry" in node)) return undefined;
  return typeof node.registry === "string" ? node.registry : undefined;
}

async function askRegistry(): Promise<string | undefined> {
  const answer = await vscode.window.showInputBox({
    title: "Sign in to a registry",
    prompt: "Host of the registry",
    placeHolder: "ghcr.io",
    ignoreFocusOut: true,
    validateInput: (text) =>
      /^[a-z0-9.-]+(?::\d{1,5})?$/i.test(text.trim())
        ? undefined
        : "Write the host alone, such as ghcr.io or registry.example:5000",
  });
  return answer?.trim().toLowerCase();
}

async function signOut(ctx: Context, node: unknown): Promise<void> {
  const registry =
    registryOf(node) ??
    (await vscode.window.showQuickPick(ctx.credentials.logins, {
      title: "Sign out of a registry",
      placeHolder: "The login is removed from the editor's secret storage",
    }));
  if (registry === undefined) return;
  await ctx.credentials.signOut(registry);
  vscode.window.setStatusBarMessage(`$(check) Signed out of ${registry}`, 3_000);
  ctx.views.refresh();
}

async function copySnippet(ctx: Context): Promise<void> {
  const project = await currentProject(ctx);
  const folder = project?.path ?? vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  const repository = folder === undefined ? undefined : await findRepository(folder, readText);
  await vscode.env.clipboard.writeText(codespacesSnippet(repository));
  ctx.say(snippetCopied);
}

async function clearCache(ctx: Context): Promise<void> {
  const client = await ctx.server.ready();
  const cache = decodeCacheInfo(await client.sendRequest<unknown>(cacheInfoRequest, {}));
  const { text, detail } = confirmClearCache(formatSize(cache?.size ?? 0));
  const clear = "Clear";
  const picked = await vscode.window.showWarningMessage(text, { modal: true, detail }, clear);
  if (picked !== clear) return;
  await client.sendRequest<unknown>(cacheClearRequest, {});
  vscode.window.setStatusBarMessage("$(check) Cache cleared", 3_000);
  ctx.views.refresh();
}
