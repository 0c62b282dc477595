/** The menu behind the status-bar item: what makes sense next comes first. */
import * as vscode from "vscode";
import type { Context } from "../context";
import { commandIds } from "../context";
import { nothingRunning } from "../core/messages";
import { allProjects, currentProject } from "../project";

interface Entry extends vscode.QuickPickItem {
  run?: () => unknown;
}

export function activate(ctx: Context): void {
  ctx.command(commandIds.actions, () => showActions(ctx));
  ctx.command(commandIds.cancel, () => {
    if (ctx.operations.active) ctx.operations.cancelAll();
    else ctx.say(nothingRunning);
  });
}

async function showActions(ctx: Context): Promise<void> {
  const project = await currentProject(ctx);
  const reference = project && ctx.memory.reference(project.path);
  const digest = ctx.memory.latest()?.digest;
  const command = (label: string, id: string, description?: string): Entry => ({
    label,
    run: () => vscode.commands.executeCommand(id),
    ...(description === undefined ? {} : { description }),
  });
  const separator: Entry = { label: "", kind: vscode.QuickPickItemKind.Separator };

  const build = command("$(package) Build", commandIds.build, project?.name);
  const push = command(
    "$(cloud-upload) Push",
    commandIds.push,
    reference === undefined ? undefined : `to ${reference}`,
  );
  const { kind } = ctx.status.activity;
  const entries: Entry[] = [];
  if (ctx.operations.active) entries.push(command("$(circle-slash) Cancel", commandIds.cancel));
  else if (kind === "built") entries.push(push, build);
  else entries.push(build, push);
  entries.push(
    command("$(rocket) Build and Push", commandIds.buildAndPush),
    command("$(list-tree) Show Build Plan", commandIds.plan),
  );
  if (digest !== undefined) {
    entries.push(
      command("$(inspect) Show Image", commandIds.showImage),
      command("$(archive) Save Image as Archive…", commandIds.saveArchive),
      command("$(copy) Copy Digest", commandIds.copyDigest, digest.slice(0, 19)),
      command("$(terminal) Copy Run Command", commandIds.copyRunCommand),
    );
  }
  if (reference !== undefined) {
    entries.push(command("$(edit) Push to Another Reference…", commandIds.pushElsewhere));
  }
  if ((await allProjects()).length > 1) {
    entries.push(command("$(folder) Select Project…", commandIds.selectProject, project?.name));
  }
  entries.push(
    separator,
    command("$(output) Show Log", commandIds.showLog),
    command("$(debug-restart) Restart Server", commandIds.restartServer, ctx.server.state),
    command("$(clippy) Copy Diagnostic Report", commandIds.copyReport),
  );
  const picked = await vscode.window.showQuickPick(entries, {
    title: project === undefined ? "PyContainer" : `PyContainer: ${project.name}`,
    placeHolder: "What to do",
  });
  await picked?.run?.();
}
