/** *Create Configuration*, *Select Project*, *Check Configuration*. */
import * as path from "node:path";
import * as vscode from "vscode";
import type { Context } from "../context";
import { commandIds } from "../context";
import { configurationTemplate } from "../core/template";
import { obstacleNotice } from "../core/messages";
import { allProjects, chooseProject, obstacle, pickProject } from "../project";
import { runCheck } from "../tasks";

export function activate(ctx: Context): void {
  ctx.command(commandIds.init, () => createConfiguration(ctx));
  ctx.command(commandIds.selectProject, () => selectProject(ctx));
  ctx.command(commandIds.check, async (resource) => {
    const project = await chooseProject(ctx, resource);
    if (project !== undefined) await runCheck(ctx, project);
  });
}

/** Opens the file that is there, or makes one in which nothing is decided yet. */
async function createConfiguration(ctx: Context): Promise<void> {
  ctx.setActive();
  const reason = await obstacle();
  if (reason !== undefined && reason.kind !== "no-project") {
    ctx.say(obstacleNotice(reason));
    return;
  }
  const project = reason === undefined ? await chooseProject(ctx, undefined) : undefined;
  const folder = project?.path ?? (reason && vscode.workspace.workspaceFolders?.[0]?.uri.fsPath);
  if (folder === undefined) return;
  const uri = vscode.Uri.file(path.join(folder, "pycontainer.toml"));
  try {
    await vscode.workspace.fs.stat(uri);
  } catch {
    await vscode.workspace.fs.writeFile(uri, Buffer.from(configurationTemplate, "utf8"));
  }
  await vscode.window.showTextDocument(uri);
  ctx.setKey("hasConfig", true);
  ctx.views.refresh();
}

async function selectProject(ctx: Context): Promise<void> {
  ctx.setActive();
  const reason = await obstacle();
  if (reason !== undefined) {
    ctx.say(obstacleNotice(reason));
    return;
  }
  const project = await pickProject(await allProjects(), "Commands are about this one from now on");
  if (project === undefined) return;
  await ctx.memory.select(project.path);
  ctx.views.refresh();
}
