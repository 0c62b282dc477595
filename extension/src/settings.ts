/** The only reader of the user's settings. */
import * as os from "node:os";
import * as vscode from "vscode";
import { expandPath } from "./core/binary";

const section = "pycontainer";
const serverPath = "server.path";

function read<T>(name: string, fallback: T, scope?: vscode.Uri): T {
  const value = vscode.workspace.getConfiguration(section, scope).get<unknown>(name);
  return typeof value === typeof fallback ? (value as T) : fallback;
}

function choice<T extends string>(
  name: string,
  known: readonly [T, ...T[]],
  scope?: vscode.Uri,
): T {
  const value = read<string>(name, known[0], scope);
  return known.find((each) => each === value) ?? known[0];
}

/** The program the user chose, expanded; empty when the choice is left to the extension. */
export function configuredServerPath(): string {
  return expandPath(read(serverPath, ""), {
    home: os.homedir(),
    workspaceFolder: vscode.workspace.workspaceFolders?.[0]?.uri.fsPath,
    environment: process.env,
  });
}

export function buildOnSave(project: vscode.Uri): "never" | "plan" | "build" {
  return choice("build.onSave", ["never", "plan", "build"], project);
}

/** When the *Builds* view comes to the front. */
export function buildReveal(): "never" | "onError" | "always" {
  return choice("build.reveal", ["never", "onError", "always"]);
}

/** Whether the first push to a place is confirmed. */
export function pushConfirm(): boolean {
  return read("push.confirm", true);
}

/** The registry or repository that new projects are pushed below; empty when there is none. */
export function defaultRegistry(project: vscode.Uri): string {
  return read("registry.default", "", project).trim();
}

/** What the language server is told: when it may ask registries, how serious each problem is. */
export function languageSettings(): Record<string, unknown> {
  return {
    network: choice("network", ["onDemand", "always", "never"]),
    severity: read<Record<string, unknown>>("severity", {}),
  };
}

export function changesLanguage(event: vscode.ConfigurationChangeEvent): boolean {
  return ["network", "severity"].some((name) => event.affectsConfiguration(`${section}.${name}`));
}

export function statusBar(): "always" | "onConfig" | "never" {
  return choice("statusBar", ["always", "onConfig", "never"]);
}

export function changesServer(event: vscode.ConfigurationChangeEvent): boolean {
  return event.affectsConfiguration(`${section}.${serverPath}`);
}

export function changesStatusBar(event: vscode.ConfigurationChangeEvent): boolean {
  return event.affectsConfiguration(`${section}.statusBar`);
}

/** Settings that are not as they come, for the diagnostic report. */
export function changedSettings(names: readonly string[]): Record<string, unknown> {
  const configuration = vscode.workspace.getConfiguration();
  const changed: Record<string, unknown> = {};
  for (const name of names) {
    const value = configuration.get<unknown>(name);
    if (JSON.stringify(value) !== JSON.stringify(configuration.inspect(name)?.defaultValue)) {
      changed[name] = value;
    }
  }
  return changed;
}

export async function openServerSettings(): Promise<void> {
  await vscode.commands.executeCommand("workbench.action.openSettings", `${section}.${serverPath}`);
}
