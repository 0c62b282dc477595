/** Shows a notice and does what the user picks. */
import * as vscode from "vscode";
import { type Action, type Notice, actionLabels } from "./core/messages";

export type Handlers = Partial<Record<Action, () => unknown>>;

/**
 * Resolves when the notification is gone; most callers go on without waiting. Actions without a
 * handler are not offered.
 */
export async function notify(notice: Notice, handlers: Handlers): Promise<void> {
  const offered = notice.actions.filter((action) => handlers[action] !== undefined);
  const labels = offered.map((action) => actionLabels[action]);
  const show = {
    info: vscode.window.showInformationMessage,
    warning: vscode.window.showWarningMessage,
    error: vscode.window.showErrorMessage,
  }[notice.severity];
  const picked = await show(notice.text, ...labels);
  const action = offered.find((candidate) => actionLabels[candidate] === picked);
  if (action !== undefined) await handlers[action]?.();
}
