/**
 * Entry point. Everything is registered before this returns, so no command is ever "not found";
 * the server starts when a file it looks after is open, or a command needs it.
 */
import * as vscode from "vscode";
import * as actions from "./commands/actions";
import * as build from "./commands/build";
import * as digest from "./commands/digest";
import * as plan from "./commands/plan";
import * as push from "./commands/push";
import * as serverCommands from "./commands/server";
import { Context } from "./context";
import { languageId } from "./server";

let running: Context | undefined;

export function activate(extension: vscode.ExtensionContext): void {
  const ctx = new Context(extension);
  running = ctx;
  for (const feature of [build, push, plan, digest, actions, serverCommands]) feature.activate(ctx);
  startWhenNeeded(ctx);
}

export async function deactivate(): Promise<void> {
  await running?.server.shutdown();
  running = undefined;
}

/** A project that says nothing to pycontainer costs nothing: its pyproject.toml starts no server. */
function startWhenNeeded(ctx: Context): void {
  let started = false;
  const consider = (document: vscode.TextDocument): void => {
    if (started || !concerns(document)) return;
    started = true;
    ctx.server.startQuietly();
  };
  vscode.workspace.textDocuments.forEach(consider);
  ctx.own(vscode.workspace.onDidOpenTextDocument(consider));
  ctx.own(
    vscode.workspace.onDidChangeTextDocument((event) => {
      consider(event.document);
    }),
  );
}

function concerns(document: vscode.TextDocument): boolean {
  if (document.languageId === languageId) return true;
  if (document.uri.scheme !== "file") return false;
  const name = document.uri.path.slice(document.uri.path.lastIndexOf("/") + 1);
  if (name === "pycontainer.toml") return true;
  return name === "pyproject.toml" && document.getText().includes("[tool.pycontainer");
}
