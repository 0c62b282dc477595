/**
 * *Push Container* and *Build and Push*. Where to is asked once for a project and remembered; the
 * first push to a place is confirmed; who is refused is helped to sign in.
 */
import * as vscode from "vscode";
import type { Context } from "../context";
import { commandIds } from "../context";
import { findRepository } from "../core/git";
import { readLayout } from "../core/layout";
import {
  actionLabels,
  cancelledNotice,
  confirmPush,
  imageName,
  nothingToPush,
  permissionNotice,
  pushedNotice,
} from "../core/messages";
import { isRefused, lacksPackagePermission } from "../core/push-failure";
import { checkReference, formatReference, pushable } from "../core/reference";
import { proposals } from "../core/registries";
import { type Project, chooseProject, readText } from "../project";
import {
  type Failure,
  type PushParams,
  type PushResult,
  decodePushResult,
  pushRequest,
} from "../protocol";
import { defaultRegistry, pushConfirm } from "../settings";
import { build } from "./build";
import { copyDigest } from "./digest";
import { sayFailure } from "./failure";
import { copyRunCommand } from "./image";

export function activate(ctx: Context): void {
  ctx.command(commandIds.push, async (resource) => {
    const project = await chooseProject(ctx, resource);
    return project && push(ctx, project);
  });
  ctx.command(commandIds.pushElsewhere, async (resource) => {
    const project = await chooseProject(ctx, resource);
    return project && pushElsewhere(ctx, project);
  });
  ctx.command(commandIds.buildAndPush, async (resource) => {
    const project = await chooseProject(ctx, resource);
    return project && buildAndPush(ctx, project);
  });
}

/** Pushes the layout that the last build left in the project. */
export async function push(ctx: Context, project: Project): Promise<PushResult | undefined> {
  if ((await readLayout(ctx.memory.layout(project.path), readText)) === undefined) {
    ctx.say(nothingToPush(project.name), { "build-and-push": () => buildAndPush(ctx, project) });
    return undefined;
  }
  const reference = await whereTo(ctx, project);
  return reference === undefined ? undefined : pushTo(ctx, project, reference);
}

/** The reference is asked for first: nobody should wait for a build to be asked something. */
export async function buildAndPush(
  ctx: Context,
  project: Project,
): Promise<PushResult | undefined> {
  const reference = await whereTo(ctx, project);
  if (reference === undefined) return undefined;
  const credentials = await ctx.credentials.known(registryOf(reference));
  const options = { tags: [reference], credentials };
  const built = await build(ctx, project, options, () => buildAndPush(ctx, project));
  return built && pushTo(ctx, project, reference);
}

/** Asks for another reference than the remembered one and pushes there. */
export async function pushElsewhere(
  ctx: Context,
  project: Project,
): Promise<PushResult | undefined> {
  const reference = await confirmed(ctx, await askReference(ctx, project));
  return reference === undefined ? undefined : pushTo(ctx, project, reference);
}

async function whereTo(ctx: Context, project: Project): Promise<string | undefined> {
  const known = ctx.memory.reference(project.path);
  return confirmed(ctx, known ?? (await askReference(ctx, project)));
}

/** A new place is confirmed once, since what is published can rarely be taken back. */
async function confirmed(ctx: Context, reference: string | undefined): Promise<string | undefined> {
  if (reference === undefined || !pushConfirm() || ctx.memory.knowsPlace(reference)) {
    return reference;
  }
  const { text, detail } = confirmPush(reference);
  const picked = await vscode.window.showWarningMessage(
    text,
    { modal: true, detail },
    actionLabels.push,
  );
  if (picked !== actionLabels.push) return undefined;
  // Who is refused and signs in has not to say it again.
  await ctx.memory.rememberPlace(reference);
  return reference;
}

function registryOf(reference: string): string {
  const check = checkReference(reference);
  return check.kind === "valid" ? check.reference.registry : "";
}

async function pushTo(
  ctx: Context,
  project: Project,
  reference: string,
): Promise<PushResult | undefined> {
  const credentials = await ctx.credentials.known(registryOf(reference));
  const outcome = await ctx.operations.run({
    kind: "push",
    project,
    title: `Pushing container ${project.name} to ${reference}`,
    asked: true,
    method: pushRequest,
    params: (workDoneToken): PushParams => ({
      context: project.path,
      from: ctx.memory.layout(project.path),
      references: [reference],
      workDoneToken,
      ...(credentials.length > 0 ? { credentials } : {}),
    }),
    decode: decodePushResult,
    ended: (pushed) => {
      ctx.memory.rememberImage(project.path, pushed, true);
      return { state: "done", pushed };
    },
  });
  switch (outcome.kind) {
    case "busy":
      return undefined;
    case "cancelled":
      ctx.say(cancelledNotice("push"));
      return undefined;
    case "failed":
      await sayPushFailure(ctx, project, reference, outcome.failure);
      return undefined;
    case "done":
      await ctx.memory.rememberPlace(reference);
      announce(ctx, project, outcome.result);
      return outcome.result;
  }
}

async function sayPushFailure(
  ctx: Context,
  project: Project,
  reference: string,
  failure: Exclude<Failure, { kind: "cancelled" }>,
): Promise<void> {
  const registry = registryOf(reference);
  const again = (): unknown => pushTo(ctx, project, reference);
  const signIn = async (): Promise<void> => {
    if (!(await ctx.credentials.signIn(registry))) return;
    ctx.views.refresh();
    await again();
  };
  if (lacksPackagePermission(failure, registry, process.env)) {
    ctx.say(permissionNotice(reference), { "sign-in": signIn });
    return;
  }
  await sayFailure(ctx, project, "push", failure, {
    ...(isRefused(failure) ? { "sign-in": signIn } : { "try-again": again }),
    "change-reference": () => pushElsewhere(ctx, project),
  });
}

function announce(ctx: Context, project: Project, result: PushResult): void {
  ctx.setKey("hasPushed", true);
  ctx.log.info(`Pushed ${result.references.join(", ")} ${result.digest}`);
  ctx.status.show(
    { kind: "pushed", digest: result.digest, reference: imageName(result) },
    project.name,
  );
  ctx.views.refresh();
  ctx.say(pushedNotice(result), {
    "copy-digest": () => copyDigest(ctx, result.digest),
    "copy-run-command": () => copyRunCommand(ctx, project),
  });
}

/** One box to type in, with proposals to pick; the typed text comes first. */
async function askReference(ctx: Context, project: Project): Promise<string | undefined> {
  const uri = vscode.Uri.file(project.path);
  const known =
    ctx.memory.reference(project.path) ?? pushable(ctx.memory.last(project.path)?.references ?? []);
  const proposed = proposals({
    project: project.name,
    tag: "latest",
    configured: defaultRegistry(uri),
    repository: await findRepository(project.path, readText),
    logins: await ctx.registries(),
  });
  if (known !== undefined) proposed.unshift({ reference: known, reason: "used last" });
  const answer = await typeOrPick(project, proposed);
  const check = checkReference(answer ?? "");
  if (check.kind === "invalid") return undefined;
  const reference = formatReference(check.reference);
  await ctx.memory.rememberReference(project.path, reference);
  return reference;
}

function typeOrPick(
  project: Project,
  proposed: { reference: string; reason: string }[],
): Promise<string | undefined> {
  const box = vscode.window.createQuickPick();
  box.title = `Push ${project.name}`;
  box.placeholder = "Where to push: registry/repository:tag, for example ghcr.io/acme/api:1.0";
  box.ignoreFocusOut = true;
  const rows = (): vscode.QuickPickItem[] => {
    const typed = box.value.trim();
    const items = proposed.map(({ reference, reason }) => ({
      label: reference,
      description: reason,
    }));
    if (typed === "") return items;
    const check = checkReference(typed);
    const first =
      check.kind === "valid"
        ? { label: formatReference(check.reference), description: "push here", alwaysShow: true }
        : { label: `$(warning) ${check.problem}`, description: typed, alwaysShow: true };
    return [first, ...items.filter(({ label }) => label !== first.label)];
  };
  box.items = rows();
  return new Promise((resolve) => {
    box.onDidChangeValue(() => {
      box.items = rows();
    });
    box.onDidAccept(() => {
      const label = box.activeItems[0]?.label ?? box.value;
      if (checkReference(label).kind === "invalid") return;
      resolve(label);
      box.hide();
    });
    box.onDidHide(() => {
      resolve(undefined);
      box.dispose();
    });
    box.show();
  });
}
