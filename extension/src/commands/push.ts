/**
 * *Push Container* and *Build and Push*. Where to is asked once for a project and
 * remembered; the status bar's menu can change it.
 */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import * as vscode from "vscode";
import type { Context } from "../context";
import { commandIds } from "../context";
import { cancelledNotice, imageName, nothingToPush, pushedNotice } from "../core/messages";
import { checkReference, formatReference, pushable } from "../core/reference";
import { type Project, chooseProject } from "../project";
import { type PushParams, type PushResult, decodePushResult, pushRequest } from "../protocol";
import { build } from "./build";
import { copyDigest } from "./digest";
import { sayFailure } from "./failure";

export function activate(ctx: Context): void {
  ctx.command(commandIds.push, async (resource) => {
    const project = await chooseProject(ctx, resource);
    return project && push(ctx, project);
  });
  ctx.command(commandIds.buildAndPush, async (resource) => {
    const project = await chooseProject(ctx, resource);
    return project && buildAndPush(ctx, project);
  });
}

/** Pushes the layout that the last build left in the project. */
export async function push(ctx: Context, project: Project): Promise<PushResult | undefined> {
  if (!(await hasImage(project))) {
    ctx.say(nothingToPush(project.name), {
      "build-and-push": () => buildAndPush(ctx, project),
    });
    return undefined;
  }
  const reference = ctx.memory.reference(project.path) ?? (await askReference(ctx, project));
  return reference === undefined ? undefined : pushTo(ctx, project, reference);
}

/** The reference is asked for first: nobody should wait for a build to be asked something. */
export async function buildAndPush(
  ctx: Context,
  project: Project,
): Promise<PushResult | undefined> {
  const reference = ctx.memory.reference(project.path) ?? (await askReference(ctx, project));
  if (reference === undefined) return undefined;
  const built = await build(ctx, project, [reference], () => buildAndPush(ctx, project));
  return built && pushTo(ctx, project, reference);
}

/** Asks for another reference than the remembered one and pushes there. */
export async function pushElsewhere(
  ctx: Context,
  project: Project,
): Promise<PushResult | undefined> {
  const reference = await askReference(ctx, project);
  return reference === undefined ? undefined : pushTo(ctx, project, reference);
}

async function pushTo(
  ctx: Context,
  project: Project,
  reference: string,
): Promise<PushResult | undefined> {
  const outcome = await ctx.operations.run({
    kind: "push",
    project,
    title: `Pushing container ${project.name} to ${reference}`,
    method: pushRequest,
    params: (workDoneToken): PushParams => ({
      context: project.path,
      references: [reference],
      workDoneToken,
    }),
    decode: decodePushResult,
  });
  switch (outcome.kind) {
    case "busy":
      return undefined;
    case "cancelled":
      ctx.say(cancelledNotice("push"));
      return undefined;
    case "failed":
      sayFailure(ctx, project, "push", outcome.failure, {
        "try-again": () => pushTo(ctx, project, reference),
        "change-reference": () => pushElsewhere(ctx, project),
      });
      return undefined;
    case "done":
      announce(ctx, project, outcome.result);
      return outcome.result;
  }
}

function announce(ctx: Context, project: Project, result: PushResult): void {
  ctx.memory.rememberImage(project.path, result);
  ctx.log.info(`Pushed ${result.references.join(", ")} ${result.digest}`);
  ctx.status.show(
    { kind: "pushed", digest: result.digest, reference: imageName(result) },
    project.name,
  );
  ctx.say(pushedNotice(result), { "copy-digest": () => copyDigest(ctx, result.digest) });
}

async function askReference(ctx: Context, project: Project): Promise<string | undefined> {
  const known =
    ctx.memory.reference(project.path) ??
    pushable(ctx.memory.last(project.path)?.references ?? []) ??
    "";
  const answer = await vscode.window.showInputBox({
    title: `Push ${project.name}`,
    prompt: "Where to push: registry/repository:tag. It is remembered for this workspace.",
    placeHolder: "ghcr.io/acme/api:1.0",
    value: known,
    ignoreFocusOut: true,
    validateInput: (text) => {
      const check = checkReference(text);
      return check.kind === "valid" ? undefined : check.problem;
    },
  });
  if (answer === undefined) return undefined;
  const check = checkReference(answer);
  if (check.kind === "invalid") return undefined;
  const reference = formatReference(check.reference);
  await ctx.memory.rememberReference(project.path, reference);
  return reference;
}

async function hasImage(project: Project): Promise<boolean> {
  try {
    await fs.access(path.join(project.path, "dist", "image", "index.json"));
    return true;
  } catch {
    return false;
  }
}
