/** The `{}` menu beside our files: the server, the file's configuration, the base image. */
import * as path from "node:path";
import * as vscode from "vscode";
import { count, shortDigest } from "./core/format";
import type { Plan } from "./protocol";
import { type ServerState, documentSelector } from "./server";

const { Information, Warning, Error } = vscode.LanguageStatusSeverity;

export class LanguageStatus implements vscode.Disposable {
  readonly #server = vscode.languages.createLanguageStatusItem(
    "pycontainer.server",
    documentSelector,
  );
  readonly #config = vscode.languages.createLanguageStatusItem(
    "pycontainer.config",
    documentSelector,
  );
  readonly #base = vscode.languages.createLanguageStatusItem("pycontainer.base", documentSelector);
  readonly #subscriptions: { dispose(): unknown }[];

  constructor() {
    this.#server.name = "PyContainer Server";
    this.#config.name = "PyContainer Configuration";
    this.#base.name = "PyContainer Base Image";
    this.server("idle", "", "");
    this.#base.text = "Base image: not planned yet";
    this.#base.command = { command: "pycontainer.plan", title: "Show Build Plan" };
    this.#countProblems();
    this.#subscriptions = [
      this.#server,
      this.#config,
      this.#base,
      vscode.languages.onDidChangeDiagnostics(() => {
        this.#countProblems();
      }),
      vscode.window.onDidChangeActiveTextEditor(() => {
        this.#countProblems();
      }),
    ];
  }

  server(state: ServerState, version: string, wanted: string): void {
    const item = this.#server;
    item.busy = state === "starting";
    const texts = { idle: "not needed yet", starting: "starting", running: version, down: "down" };
    item.text = `Server: ${texts[state]}`;
    const mismatch = state === "running" && version !== wanted;
    item.severity = state === "down" ? Error : mismatch ? Warning : Information;
    item.detail = mismatch ? `The extension is ${wanted}` : "pycontainer";
    item.command =
      state === "down"
        ? { command: "pycontainer.server.restart", title: "Restart" }
        : mismatch
          ? {
              command: "workbench.action.openSettings",
              title: "Open Settings",
              arguments: ["pycontainer.server.path"],
            }
          : { command: "pycontainer.showLog", title: "Show Log" };
  }

  /** A plan says which base image there is. */
  planned(plan: Plan): void {
    const fact = (name: string): string | undefined =>
      plan.facts.find((each) => each.name === name)?.value;
    const digest = fact("base digest");
    this.#base.text = `Base image: ${fact("base image") ?? "none"}`;
    this.#base.detail = digest === undefined ? "" : shortDigest(digest);
  }

  #countProblems(): void {
    const document = vscode.window.activeTextEditor?.document;
    const problems =
      document === undefined
        ? []
        : vscode.languages
            .getDiagnostics(document.uri)
            .filter(({ source }) => source === "pycontainer");
    const wrong = problems.some(({ severity }) => severity === vscode.DiagnosticSeverity.Error);
    this.#config.text =
      problems.length === 0
        ? "Configuration: valid"
        : `Configuration: ${count(problems.length, "problem")}`;
    this.#config.severity = wrong ? Error : problems.length > 0 ? Warning : Information;
    this.#config.detail = document === undefined ? "" : path.basename(document.uri.path);
    this.#config.command =
      problems.length === 0
        ? { command: "pycontainer.plan", title: "Show Build Plan" }
        : { command: "workbench.actions.view.problems", title: "Show Problems" };
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}
