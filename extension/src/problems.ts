/**
 * Problems that a failed build or push found, at the lines that caused them. What the language server
 * tells of the same place is left to it.
 */
import * as path from "node:path";
import * as vscode from "vscode";
import { blamedKey, findPlace } from "./core/blame";
import { type Project, readText } from "./project";
import type { Failure, FileDiagnostic } from "./protocol";

const severities: Readonly<Record<string, vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
  hint: vscode.DiagnosticSeverity.Hint,
};

type RequestFailure = Extract<Failure, { kind: "failed" }>;

export class Problems implements vscode.Disposable {
  readonly #collection = vscode.languages.createDiagnosticCollection("pycontainer-build");
  /** Who edits a line has seen what is wrong with it. */
  readonly #edits = vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
    if (contentChanges.length > 0) this.#collection.delete(document.uri);
  });

  /** Replaces what an earlier run of any project left behind. */
  async show(project: Project, failure: RequestFailure): Promise<void> {
    this.clear();
    const byFile = new Map<string, vscode.Diagnostic[]>();
    for (const problem of await problemsOf(project, failure)) {
      const file = path.resolve(project.path, problem.file);
      if (isKnown(vscode.Uri.file(file), problem)) continue;
      byFile.set(file, [...(byFile.get(file) ?? []), toDiagnostic(problem)]);
    }
    for (const [file, list] of byFile) this.#collection.set(vscode.Uri.file(file), list);
  }

  clear(): void {
    this.#collection.clear();
  }

  dispose(): void {
    this.#edits.dispose();
    this.#collection.dispose();
  }
}

/** The problems of a failure with their places: the server's, else the line of the key to blame. */
export async function problemsOf(
  project: Project,
  failure: RequestFailure,
): Promise<FileDiagnostic[]> {
  if (failure.diagnostics.length > 0) return failure.diagnostics;
  const code = failure.code ?? "";
  const key = blamedKey(code, failure.context);
  if (key === undefined) return [];
  const files = await Promise.all(
    ["pycontainer.toml", "pyproject.toml"].map(async (name) => {
      const file = path.join(project.path, name);
      return { file, text: (await readText(file)) ?? "" };
    }),
  );
  const place = findPlace(key, files);
  if (place === undefined) return [];
  const { file, line } = place;
  const range = {
    start: { line, character: place.start },
    end: { line, character: place.end },
  };
  const { message, hint } = failure;
  return [
    { file, range, severity: "error", code, message, ...(hint === undefined ? {} : { hint }) },
  ];
}

function isKnown(uri: vscode.Uri, problem: FileDiagnostic): boolean {
  return vscode.languages.getDiagnostics(uri).some(({ code, range }) => {
    const value = typeof code === "object" ? code.value : code;
    return value === problem.code && range.start.line === problem.range.start.line;
  });
}

/** Opens the file at the problem. */
export async function reveal(project: Project, diagnostic: FileDiagnostic): Promise<void> {
  const uri = vscode.Uri.file(path.resolve(project.path, diagnostic.file));
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
