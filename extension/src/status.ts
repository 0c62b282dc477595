/** The one status-bar item: the state of the last thing the user asked for, and a click to go on. */
import * as vscode from "vscode";
import { type Activity, statusText } from "./core/status-text";

export class Status implements vscode.Disposable {
  readonly #item: vscode.StatusBarItem;
  #activity: Activity = { kind: "idle" };
  /** What was true before something began to run. */
  #settled: Activity = { kind: "idle" };
  #project: string | undefined;

  constructor(clickCommand: string) {
    this.#item = vscode.window.createStatusBarItem(
      "pycontainer.status",
      vscode.StatusBarAlignment.Left,
      -10,
    );
    this.#item.name = "PyContainer";
    this.#item.command = clickCommand;
    this.#render();
  }

  setVisible(visible: boolean): void {
    if (visible) this.#item.show();
    else this.#item.hide();
  }

  get activity(): Activity {
    return this.#activity;
  }

  /** Shows a state; `project` is the name of the folder it is about. */
  show(activity: Activity, project?: string): void {
    this.#activity = activity;
    if (activity.kind !== "running") this.#settled = activity;
    if (project !== undefined) this.#project = project;
    this.#render();
  }

  /** What ran came to nothing: what was shown before is true again. */
  revert(): void {
    this.show(this.#settled);
  }

  #render(): void {
    const { text, tooltip, spoken, alarming } = statusText(this.#activity, this.#project);
    this.#item.text = text;
    this.#item.tooltip = tooltip;
    this.#item.accessibilityInformation = { label: spoken, role: "button" };
    this.#item.backgroundColor = alarming
      ? new vscode.ThemeColor("statusBarItem.errorBackground")
      : undefined;
  }

  dispose(): void {
    this.#item.dispose();
  }
}
