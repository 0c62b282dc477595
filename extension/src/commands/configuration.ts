/**
 * *Pin Base Image* and *Move Configuration*: changes of the configuration that the server offers in its
 * files, for who does not look for them there. They are edits like others: seen, undone, saved.
 */
import * as path from "node:path";
import * as vscode from "vscode";
import type { Context } from "../context";
import { commandIds } from "../context";
import { findPlace } from "../core/blame";
import { type Notice, nothingToMove, nothingToPin } from "../core/messages";
import { type Project, chooseProject, readText } from "../project";

const resolved = 16;

interface Change {
  /** Of the code action. */
  kind: string;
  /** The key at whose line it is offered. */
  key: string;
  /** What to say where it is not. */
  otherwise: (project: string) => Notice;
}

const pin: Change = { kind: "refactor.rewrite", key: "base_image", otherwise: nothingToPin };
const move: Change = { kind: "refactor.move", key: "base_image", otherwise: nothingToMove };

export function activate(ctx: Context): void {
  ctx.command(commandIds.pinBase, (resource) => change(ctx, resource, pin));
  ctx.command(commandIds.moveConfiguration, (resource) => change(ctx, resource, move));
}

async function change(ctx: Context, resource: unknown, wanted: Change): Promise<void> {
  const project = await chooseProject(ctx, resource);
  if (project !== undefined) await apply(ctx, project, wanted);
}

/** In the first file of the project where the server offers it. */
async function apply(ctx: Context, project: Project, wanted: Change): Promise<void> {
  await ctx.server.ready();
  for (const name of ["pycontainer.toml", "pyproject.toml"]) {
    const file = path.join(project.path, name);
    const text = await readText(file);
    if (text === undefined) continue;
    const document = await vscode.workspace.openTextDocument(vscode.Uri.file(file));
    const place = findPlace(wanted.key, [{ file, text: document.getText() }]);
    const { line, start } = place ?? { line: 0, start: 0 };
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      "vscode.executeCodeActionProvider",
      document.uri,
      new vscode.Range(line, start, line, start),
      wanted.kind,
      resolved,
    );
    const edit = actions.find(({ kind }) => kind?.value === wanted.kind)?.edit;
    if (edit === undefined) continue;
    await vscode.workspace.applyEdit(edit);
    const [changed = document.uri] = edit
      .entries()
      .map(([uri]) => uri)
      .reverse();
    await vscode.window.showTextDocument(changed, { preview: false });
    return;
  }
  ctx.say(wanted.otherwise(project.name));
}
