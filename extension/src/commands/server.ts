/** *Restart Server*, *Show Log*, *Copy Diagnostic Report*, the walkthrough: ways out and ways in. */
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import * as vscode from "vscode";
import type { Context } from "../context";
import { commandIds } from "../context";
import { diagnosticReport } from "../core/report";
import { readText } from "../project";
import { changedSettings, changesLanguage, changesServer } from "../settings";

const reportedLines = 200;

export function activate(ctx: Context): void {
  ctx.command(commandIds.restartServer, () => restart(ctx));
  ctx.command(commandIds.showLog, () => {
    ctx.log.show(true);
  });
  ctx.command(commandIds.copyReport, () => copyReport(ctx));
  ctx.command(commandIds.walkthrough, () =>
    vscode.commands.executeCommand(
      "workbench.action.openWalkthrough",
      `${ctx.extension.extension.id}#pycontainer.start`,
      false,
    ),
  );
  const restartQuietly = (): void => {
    if (ctx.server.state === "idle") return;
    ctx.server.restart().catch((error: unknown) => {
      ctx.report(error, () => vscode.commands.executeCommand(commandIds.restartServer));
    });
  };
  ctx.own(
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (changesServer(event)) restartQuietly();
      if (changesLanguage(event)) ctx.server.configure();
    }),
  );
  // What Restricted Mode forbade is decided when the server starts.
  ctx.own(vscode.workspace.onDidGrantWorkspaceTrust(restartQuietly));
}

async function restart(ctx: Context): Promise<void> {
  await ctx.server.restart();
  vscode.window.setStatusBarMessage("$(check) PyContainer server restarted", 3_000);
}

async function copyReport(ctx: Context): Promise<string> {
  const manifest = ctx.extension.extension.packageJSON as {
    contributes: { configuration: { properties: Record<string, unknown> } };
  };
  const { server } = ctx;
  const report = diagnosticReport({
    extension: ctx.version,
    editor: `${vscode.env.appName} ${vscode.version}${vscode.env.remoteName === undefined ? "" : `, remote: ${vscode.env.remoteName}`}`,
    host: `${process.platform}-${process.arch}, Node ${process.versions.node}`,
    server: `${server.state}${server.version === "" ? "" : `, ${server.version}, ${server.program}`}`,
    trusted: vscode.workspace.isTrusted,
    settings: changedSettings(Object.keys(manifest.contributes.configuration.properties)),
    log: await logTail(ctx.extension.logUri.fsPath),
    home: os.homedir(),
    folders: (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath),
  });
  await vscode.env.clipboard.writeText(report);
  vscode.window.setStatusBarMessage("$(check) Diagnostic report copied", 3_000);
  return report;
}

/** The editor keeps a log channel's lines in files. */
async function logTail(folder: string): Promise<string[]> {
  const names = await fs.readdir(folder).catch(() => []);
  const logs = names.filter((name) => name.endsWith(".log")).sort();
  const texts = await Promise.all(logs.map((name) => readText(path.join(folder, name))));
  return texts
    .flatMap((text) => (text ?? "").split("\n"))
    .filter((line) => line !== "")
    .slice(-reportedLines);
}
