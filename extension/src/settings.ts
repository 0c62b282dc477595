/** The only reader of the user's settings. */
import * as os from "node:os";
import * as vscode from "vscode";
import { expandPath } from "./core/binary";

const section = "pycontainer";
const serverPath = "server.path";

/** The program the user chose, expanded; empty when the choice is left to the extension. */
export function configuredServerPath(): string {
  const value = vscode.workspace.getConfiguration(section).get<unknown>(serverPath);
  return expandPath(typeof value === "string" ? value : "", {
    home: os.homedir(),
    workspaceFolder: vscode.workspace.workspaceFolders?.[0]?.uri.fsPath,
    environment: process.env,
  });
}

export function changesServer(event: vscode.ConfigurationChangeEvent): boolean {
  return event.affectsConfiguration(`${section}.${serverPath}`);
}

export async function openServerSettings(): Promise<void> {
  await vscode.commands.executeCommand("workbench.action.openSettings", `${section}.${serverPath}`);
}
