/** *Save Image as Archive*: one file that Docker, Podman and containerd load, to be carried away. */
import * as path from "node:path";
import * as vscode from "vscode";
import type { Context } from "../context";
import { commandIds } from "../context";
import { savedNotice } from "../core/messages";
import { repositoryName } from "../core/registries";
import { type Project, chooseProject } from "../project";
import { build } from "./build";
import { copyDigest } from "./digest";

export function activate(ctx: Context): void {
  ctx.command(commandIds.saveArchive, async (resource) => {
    const project = await chooseProject(ctx, resource);
    return project && saveArchive(ctx, project);
  });
}

/** What was built before is not made again: the build only writes it once more. */
async function saveArchive(ctx: Context, project: Project): Promise<string | undefined> {
  const target = await vscode.window.showSaveDialog({
    title: `Save the image of ${project.name}`,
    defaultUri: vscode.Uri.file(path.join(project.path, `${repositoryName(project.name)}.tar`)),
    filters: { Archives: ["tar"] },
  });
  if (target === undefined) return undefined;
  const file = target.fsPath;
  const options = { archives: [`docker-archive:${file}`] };
  const result = await build(ctx, project, options, () => saveArchive(ctx, project));
  if (result === undefined) return undefined;
  ctx.say(savedNotice(result, file), { "copy-digest": () => copyDigest(ctx, result.digest) });
  return file;
}
