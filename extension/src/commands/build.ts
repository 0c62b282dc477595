/** *Build Container*: builds the project into `dist/image` and offers to push it; builds on save. */
import * as vscode from "vscode";
import type { Context } from "../context";
import { commandIds } from "../context";
import { builtNotice, cancelledNotice, imageName, warningLine } from "../core/messages";
import { type Project, chooseProject, obstacle, projectOf, saveProject } from "../project";
import {
  type BuildParams,
  type BuildResult,
  type Credential,
  buildRequest,
  decodeBuildResult,
  imageSize,
} from "../protocol";
import { buildOnSave } from "../settings";
import { copyDigest } from "./digest";
import { sayFailure } from "./failure";
import { copyRunCommand } from "./image";
import { showPlan } from "./plan";
import { push } from "./push";

export interface BuildOptions {
  tags?: string[];
  /** Files that the image is written to instead of the layout, as the server names them. */
  archives?: string[];
  fresh?: boolean;
  credentials?: Credential[];
  /** False for a build that nobody asked for: it shows in the status bar and in views only. */
  asked?: boolean;
}

export function activate(ctx: Context): void {
  ctx.command(commandIds.build, async (resource) => {
    const project = await chooseProject(ctx, resource);
    return project && buildOnly(ctx, project, {});
  });
  ctx.command(commandIds.rebuild, async (resource) => {
    const project = await chooseProject(ctx, resource);
    return project && buildOnly(ctx, project, { fresh: true });
  });
  ctx.own(
    vscode.workspace.onDidSaveTextDocument(({ uri }) => {
      builtOnSave(ctx, uri).catch((error: unknown) => {
        ctx.log.error(String(error));
      });
    }),
  );
}

async function buildOnly(
  ctx: Context,
  project: Project,
  options: BuildOptions,
): Promise<BuildResult | undefined> {
  const result = await build(ctx, project, options, () => buildOnly(ctx, project, options));
  if (result === undefined) return undefined;
  ctx.say(builtNotice(result), {
    push: () => push(ctx, project),
    "show-plan": () => showPlan(ctx, project),
    "copy-digest": () => copyDigest(ctx, result.digest),
    "copy-run-command": () => copyRunCommand(ctx, project),
  });
  return result;
}

/** While a build runs, further saves make one more, not one each. */
const again = new Set<string>();

async function builtOnSave(ctx: Context, file: vscode.Uri): Promise<void> {
  const wanted = buildOnSave(file);
  if (wanted === "never" || (await obstacle()) !== undefined) return;
  const project = await projectOf(file);
  if (project === undefined) return;
  if (wanted === "plan") {
    // The document that is open follows; nothing comes to the front.
    if (ctx.documents.isOpen(`${project.name} – plan`, project.path)) await showPlan(ctx, project);
    return;
  }
  if (ctx.operations.isRunning(project)) {
    again.add(project.path);
    return;
  }
  do {
    again.delete(project.path);
    await build(ctx, project, { asked: false }, () => undefined);
  } while (again.has(project.path));
}

/**
 * Builds and tells about every end but success, which the caller announces in its own way; `again`
 * is what *Try Again* does after a failure.
 */
export async function build(
  ctx: Context,
  project: Project,
  options: BuildOptions,
  again: () => unknown,
): Promise<BuildResult | undefined> {
  const asked = options.asked !== false;
  if (asked) await saveProject(project);
  const { tags = [], archives = [], credentials = [] } = options;
  const outcome = await ctx.operations.run({
    kind: "build",
    project,
    title: `Building container ${project.name}`,
    asked,
    method: buildRequest,
    params: (workDoneToken): BuildParams => ({
      context: project.path,
      workDoneToken,
      ...(tags.length > 0 ? { tags } : {}),
      ...(archives.length > 0 ? { archives } : {}),
      ...(credentials.length > 0 ? { credentials } : {}),
      ...(options.fresh === true ? { no_cache: true } : {}),
    }),
    decode: decodeBuildResult,
    ended: (built) => {
      remember(ctx, project, built);
      return { state: "done", built };
    },
  });
  switch (outcome.kind) {
    case "busy":
      return undefined;
    case "cancelled":
      if (asked) ctx.say(cancelledNotice("build"));
      return undefined;
    case "failed":
      if (asked) await sayFailure(ctx, project, "build", outcome.failure, { "try-again": again });
      return undefined;
    case "done":
      ctx.views.refresh();
      return outcome.result;
  }
}

function remember(ctx: Context, project: Project, result: BuildResult): void {
  ctx.memory.rememberImage(project.path, result, false);
  if (result.output !== undefined) void ctx.memory.rememberLayout(project.path, result.output);
  ctx.setKey("hasBuilt", true);
  for (const warning of result.warnings) ctx.warn(warningLine(warning));
  ctx.log.info(`Built ${result.references.join(", ")} ${result.digest}`);
  ctx.status.show(
    {
      kind: "built",
      size: imageSize(result),
      milliseconds: result.totalMs,
      digest: result.digest,
      name: imageName(result),
    },
    project.name,
  );
}
