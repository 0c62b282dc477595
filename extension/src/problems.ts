/**
 * Problems a failed build found in files the language server does not watch, a lock file for
 * example. Those in pycontainer.toml and pyproject.toml come by plain LSP and are left to it.
 */
import * as path from "node:path";
import * as vscode from "vscode";
import { basename } from "node:path";
import type { FileDiagnostic } from "./protocol";

const watchedByServer = ["pycontainer.toml", "pyproject.toml"];

const severities: Readonly<Record<string, vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
  hint: vscode.DiagnosticSeverity.Hint,
};

export class Problems implements vscode.Disposable {
  readonly #collection = vscode.languages.createDiagnosticCollection("pycontainer-build");

  /** Replaces what an earlier run of any project left behind. */
  show(project: string, diagnostics: readonly FileDiagnostic[]): void {
    this.clear();
    const byFile = new Map<string, vscode.Diagnostic[]>();
    for (const diagnostic of diagnostics) {
      if (watchedByServer.includes(basename(diagnostic.file))) continue;
      const file = path.resolve(project, diagnostic.file);
      const list = byFile.get(file) ?? [];
      list.push(toDiagnostic(diagnostic));
      byFile.set(file, list);
    }
    for (const [file, list] of byFile) this.#collection.set(vscode.Uri.file(file), list);
  }

  clear(): void {
    this.#collection.clear();
  }

  dispose(): void {
    this.#collection.dispose();
  }
}

/** Opens the file at the problem. */
export async function reveal(project: string, diagnostic: FileDiagnostic): Promise<void> {
  const uri = vscode.Uri.file(path.resolve(project, diagnostic.file));
  await vscode.window.showTextDocument(uri, { selection: toRange(diagnostic) });
}

function toRange({ range }: FileDiagnostic): vscode.Range {
  return new vscode.Range(
    range.start.line,
    range.start.character,
    range.end.line,
    range.end.character,
  );
}

function toDiagnostic(diagnostic: FileDiagnostic): vscode.Diagnostic {
  const hint = diagnostic.hint === undefined ? "" : `\n${diagnostic.hint}`;
  const shown = new vscode.Diagnostic(
    toRange(diagnostic),
    `${diagnostic.message}${hint}`,
    severities[diagnostic.severity] ?? vscode.DiagnosticSeverity.Error,
  );
  shown.source = "pycontainer";
  shown.code = diagnostic.code;
  return shown;
}
