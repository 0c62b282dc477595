/** *Show Image*, *Compare Builds*, *Copy Run Command*, *Open in Registry*: what was built, looked at. */
import * as vscode from "vscode";
import type { Context } from "../context";
import { commandIds } from "../context";
import type { Run } from "../core/builds";
import { buildDocument, imageDocument } from "../core/documents";
import { formatSize } from "../core/format";
import { readLayout } from "../core/layout";
import { noWebPage, nothingToCompare, nothingToPush } from "../core/messages";
import { webPage } from "../core/registries";
import { type Runtime, runCommand } from "../core/run-command";
import { type Project, chooseProject, findProgram, readText } from "../project";
import { decodeImage, imageRequest, imageSize } from "../protocol";
import { ask } from "./ask";
import { buildAndPush } from "./push";

export function activate(ctx: Context): void {
  ctx.command(commandIds.showImage, async (resource) => {
    const project = await chooseProject(ctx, resource);
    if (project !== undefined) await showImage(ctx, project);
  });
  ctx.command(commandIds.compareBuilds, async (resource) => {
    const project = await chooseProject(ctx, resource);
    if (project !== undefined) await compareBuilds(ctx, project, runOf(ctx, resource));
  });
  ctx.command(commandIds.copyRunCommand, async (resource) => {
    const project = await chooseProject(ctx, resource);
    return project && copyRunCommand(ctx, project);
  });
  ctx.command(commandIds.openInRegistry, async (resource) => {
    const project = await chooseProject(ctx, resource);
    if (project !== undefined) await openInRegistry(ctx, project);
  });
}

async function showImage(ctx: Context, project: Project): Promise<void> {
  const from = ctx.memory.layout(project.path);
  if ((await readLayout(from, readText)) === undefined) {
    sayNothingBuilt(ctx, project);
    return;
  }
  const title = `Reading the image of ${project.name}`;
  const params = { context: project.path, from };
  const again = (): unknown => showImage(ctx, project);
  const question = { kind: "image", title, method: imageRequest, params, again } as const;
  const image = await ask(ctx, project, question, decodeImage);
  if (image === undefined) return;
  await ctx.documents.show(`${project.name} – image`, project.path, imageDocument(image));
}

function runOf(ctx: Context, resource: unknown): Run | undefined {
  if (typeof resource !== "object" || resource === null || !("run" in resource)) return undefined;
  return typeof resource.run === "string" ? ctx.history.find(resource.run) : undefined;
}

/** The build that was picked in the view, or the newest one, with the one before it. */
async function compareBuilds(ctx: Context, project: Project, picked?: Run): Promise<void> {
  const newer = picked?.built === undefined ? ctx.history.lastBuilt(project.path) : picked;
  const older = newer && ctx.history.lastBuilt(project.path, newer);
  if (newer?.built === undefined || older?.built === undefined) {
    ctx.say(nothingToCompare(project.name));
    return;
  }
  const uris = [older.built, newer.built].map((built, at) =>
    ctx.documents.put(
      `${project.name} – ${at === 0 ? "earlier" : "later"} build`,
      project.path,
      buildDocument(project.name, built),
    ),
  );
  // Opened before, so that they look like the other documents.
  for (const uri of uris) await ctx.documents.open(uri);
  const grown = imageSize(newer.built) - imageSize(older.built);
  const change =
    grown === 0 ? "same size" : `${grown > 0 ? "+" : "−"}${formatSize(Math.abs(grown))}`;
  await vscode.commands.executeCommand(
    "vscode.diff",
    ...uris,
    `${project.name}: earlier and later build (${change})`,
  );
}

export async function copyRunCommand(ctx: Context, project: Project): Promise<string | undefined> {
  const from = ctx.memory.layout(project.path);
  const layout = await readLayout(from, readText);
  if (layout === undefined) {
    sayNothingBuilt(ctx, project);
    return undefined;
  }
  const last = ctx.memory.last(project.path);
  const pushed =
    last?.pushed === true && last.digest === layout.digest ? last.references[0] : undefined;
  const { tag, ports, references } = layout;
  const image = { pushed, layout: from, tag, name: references[0], ports };
  const located = await ctx.server.locate();
  const program = located.kind === "found" ? located.path : "pycontainer";
  const line = runCommand(image, await findRuntime(), program);
  await vscode.env.clipboard.writeText(line);
  ctx.log.info(`Copied: ${line}`);
  vscode.window.setStatusBarMessage("$(check) Run command copied", 2_000);
  return line;
}

async function findRuntime(): Promise<Runtime> {
  for (const program of ["podman", "docker"] as const)
    if (await findProgram(program)) return program;
  return undefined;
}

async function openInRegistry(ctx: Context, project: Project): Promise<void> {
  const last = ctx.memory.last(project.path);
  const reference = last?.pushed === true ? last.references[0] : ctx.memory.reference(project.path);
  const page = reference === undefined ? undefined : webPage(reference);
  if (page === undefined) ctx.say(noWebPage(reference));
  else await vscode.env.openExternal(vscode.Uri.parse(page));
}

function sayNothingBuilt(ctx: Context, project: Project): void {
  ctx.say(nothingToPush(project.name), { "build-and-push": () => buildAndPush(ctx, project) });
}
