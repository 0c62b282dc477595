/** *Show Build Plan*: what would be built and why, as a read-only document. */
import * as vscode from "vscode";
import type { Context } from "../context";
import { commandIds } from "../context";
import { failureLines } from "../core/messages";
import { type Project, chooseProject, saveProject } from "../project";
import { type PlanParams, decodeFailure, planRequest } from "../protocol";
import { sayFailure } from "./failure";

const scheme = "pycontainer-plan";

export function activate(ctx: Context): void {
  const documents = new PlanDocuments();
  ctx.own(documents);
  ctx.own(vscode.workspace.registerTextDocumentContentProvider(scheme, documents));
  ctx.command(commandIds.plan, async (resource) => {
    const project = await chooseProject(ctx, resource);
    if (project !== undefined) await showPlan(ctx, project, documents);
  });
}

async function showPlan(ctx: Context, project: Project, documents: PlanDocuments): Promise<void> {
  await saveProject(project);
  const client = await ctx.server.ready();
  const params: PlanParams = { context: project.path };
  try {
    const plan: unknown = await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: `Planning container ${project.name}`,
        cancellable: true,
      },
      (_progress, token) => client.sendRequest<unknown>(planRequest, params, token),
    );
    const uri = documents.put(project, `${JSON.stringify(plan, undefined, 2)}\n`);
    await vscode.window.showTextDocument(uri, { preview: true });
  } catch (error) {
    const failure = client.isRunning() ? decodeFailure(error) : ({ kind: "lost" } as const);
    if (failure.kind === "cancelled") return;
    for (const line of failureLines(failure)) ctx.log.error(line);
    sayFailure(ctx, project, "plan", failure, {
      "try-again": () => showPlan(ctx, project, documents),
    });
  }
}

class PlanDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #texts = new Map<string, string>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.#changed.event;

  /** One document a project; asking again updates the one that is open. */
  put(project: Project, text: string): vscode.Uri {
    const uri = vscode.Uri.from({
      scheme,
      path: `/${project.name} – plan.json`,
      query: project.path,
    });
    this.#texts.set(uri.toString(), text);
    this.#changed.fire(uri);
    return uri;
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.toString()) ?? "";
  }

  dispose(): void {
    this.#changed.dispose();
  }
}
