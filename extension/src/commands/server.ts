/** *Restart Server* and *Show Log*: the ways out when something hangs. */
import * as vscode from "vscode";
import type { Context } from "../context";
import { commandIds } from "../context";
import { changesServer } from "../settings";

export function activate(ctx: Context): void {
  ctx.command(commandIds.restartServer, async () => {
    await ctx.server.restart();
    vscode.window.setStatusBarMessage("$(check) PyContainer server restarted", 3_000);
  });
  ctx.command(commandIds.showLog, () => {
    ctx.log.show(true);
  });
  ctx.own(
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (!changesServer(event)) return;
      ctx.server.restart().catch((error: unknown) => {
        ctx.report(error, () => vscode.commands.executeCommand(commandIds.restartServer));
      });
    }),
  );
}
