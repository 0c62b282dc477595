/**
 * Entry point. Everything is registered before this returns, so no command is ever "not found";
 * the server starts when a file it looks after is open, or a command needs it.
 */
import * as vscode from "vscode";
import * as actions from "./commands/actions";
import * as archive from "./commands/archive";
import * as build from "./commands/build";
import * as configuration from "./commands/configuration";
import * as digest from "./commands/digest";
import * as image from "./commands/image";
import * as plan from "./commands/plan";
import * as project from "./commands/project";
import * as push from "./commands/push";
import * as registry from "./commands/registry";
import * as serverCommands from "./commands/server";
import { Context } from "./context";
import { languageId } from "./server";
import { changesStatusBar, statusBar } from "./settings";
import * as tasks from "./tasks";

let running: Context | undefined;

const features = [
  build,
  push,
  plan,
  image,
  archive,
  digest,
  project,
  configuration,
  registry,
  actions,
  serverCommands,
  tasks,
];

/** For other extensions; small, and kept compatible. */
export interface Api {
  /** Builds the project of `file`, or the only one, as *Build Container* does. */
  build: (file?: vscode.Uri) => Promise<{ digest: string; references: string[] } | undefined>;
}

export function activate(extension: vscode.ExtensionContext): Api {
  const started = performance.now();
  const before = process.cpuUsage();
  const ctx = new Context(extension);
  running = ctx;
  for (const feature of features) feature.activate(ctx);
  showWhenNeeded(ctx);
  const elapsed = (performance.now() - started).toFixed(1);
  const { user, system } = process.cpuUsage(before);
  const used = ((user + system) / 1000).toFixed(1);
  ctx.log.info(`Activated in ${elapsed} ms, ${used} ms of the processor`);
  return {
    build: async (file) =>
      (await vscode.commands.executeCommand<{ digest: string; references: string[] } | undefined>(
        "pycontainer.build",
        file,
      )) ?? undefined,
  };
}

export async function deactivate(): Promise<void> {
  await running?.server.shutdown();
  running = undefined;
}

/** A project that says nothing to pycontainer costs nothing: its pyproject.toml starts no server. */
function showWhenNeeded(ctx: Context): void {
  let configured = false;
  const showStatus = (): void => {
    const wanted = statusBar();
    ctx.status.setVisible(wanted === "always" || (wanted === "onConfig" && configured));
  };
  const consider = (document: vscode.TextDocument): void => {
    if (configured || !concerns(document)) return;
    configured = true;
    ctx.setActive();
    ctx.setKey("hasConfig", true);
    showStatus();
    ctx.server.startQuietly();
  };
  showStatus();
  vscode.workspace.textDocuments.forEach(consider);
  ctx.own(vscode.workspace.onDidOpenTextDocument(consider));
  ctx.own(
    vscode.workspace.onDidChangeTextDocument((event) => {
      consider(event.document);
    }),
  );
  ctx.own(
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (changesStatusBar(event)) showStatus();
    }),
  );
  void lookForConfiguration(ctx);
}

/** Our file at a root or one folder below makes the views appear; nothing else is done for it. */
async function lookForConfiguration(ctx: Context): Promise<void> {
  const [found] = await vscode.workspace.findFiles(
    "{pycontainer.toml,*/pycontainer.toml}",
    null,
    1,
  );
  if (found === undefined) return;
  ctx.setActive();
  ctx.setKey("hasConfig", true);
}

function concerns(document: vscode.TextDocument): boolean {
  if (document.languageId === languageId) return true;
  if (document.uri.scheme !== "file") return false;
  const name = document.uri.path.slice(document.uri.path.lastIndexOf("/") + 1);
  if (name === "pycontainer.toml") return true;
  return name === "pyproject.toml" && document.getText().includes("[tool.pycontainer");
}
