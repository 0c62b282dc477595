/**
 * Runs one build or push: notification with progress and Cancel, status bar, log, and the answer
 * or the failure as a value. At most one at a time for a project.
 */
import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import type { Context } from "./context";
import type { RunEnd } from "./core/builds";
import { busyNotice, failureLines } from "./core/messages";
import { ProgressMeter } from "./core/progress";
import type { OperationKind } from "./core/status-text";
import type { Project } from "./project";
import { type Failure, decodeFailure } from "./protocol";

export interface OperationRequest<R> {
  kind: OperationKind;
  project: Project;
  /** Of the notification: "Building container api". */
  title: string;
  /** Whether the user asked for it; otherwise it shows in the status bar and in views only. */
  asked: boolean;
  method: string;
  /** The request's parameters, given the token the server reports progress on. */
  params: (workDoneToken: string) => object;
  decode: (answer: unknown) => R | undefined;
  /** How the result goes into the history. */
  ended: (result: R) => RunEnd;
}

export type Outcome<R> =
  | { kind: "done"; result: R }
  | { kind: "cancelled" }
  | { kind: "failed"; failure: Exclude<Failure, { kind: "cancelled" }> }
  /** Not started; the user has been told that another one runs. */
  | { kind: "busy" };

interface Running {
  kind: OperationKind;
  cancel: () => void;
}

export class Operations implements vscode.Disposable {
  readonly #ctx: Context;
  readonly #running = new Map<string, Running>();

  constructor(ctx: Context) {
    this.#ctx = ctx;
  }

  isRunning(project: Project): boolean {
    return this.#running.has(project.path);
  }

  get active(): boolean {
    return this.#running.size > 0;
  }

  /** Asks the server to stop whatever runs; each run then ends as cancelled. */
  cancelAll(): void {
    for (const running of this.#running.values()) running.cancel();
  }

  dispose(): void {
    this.cancelAll();
  }

  /** Throws `ServerUnavailable` when there is no server to ask. */
  async run<R>(request: OperationRequest<R>): Promise<Outcome<R>> {
    const { kind, project } = request;
    const other = this.#running.get(project.path);
    if (other !== undefined) {
      if (request.asked) {
        this.#ctx.say(busyNotice(other.kind, project.name), { cancel: other.cancel });
      }
      return { kind: "busy" };
    }
    if (!this.active) this.#ctx.forgetWarnings();
    const source = new vscode.CancellationTokenSource();
    this.#running.set(project.path, {
      kind,
      cancel: () => {
        source.cancel();
      },
    });
    const { problems, server, status } = this.#ctx;
    problems.clear();
    try {
      // Before the notification appears: without a server there is nothing to show progress of.
      const client = await server.ready();
      const location = request.asked
        ? vscode.ProgressLocation.Notification
        : vscode.ProgressLocation.Window;
      const outcome = await vscode.window.withProgress(
        { location, title: request.title, cancellable: request.asked },
        async (progress, fromNotification) => {
          const subscription = fromNotification.onCancellationRequested(() => {
            source.cancel();
          });
          try {
            return await this.#send(request, client, progress, source.token);
          } finally {
            subscription.dispose();
          }
        },
      );
      if (outcome.kind === "failed") await this.#tellFailure(request, outcome.failure);
      if (outcome.kind === "cancelled") status.revert();
      return outcome;
    } catch (error) {
      status.revert();
      throw error;
    } finally {
      this.#running.delete(project.path);
      source.dispose();
    }
  }

  async #send<R>(
    request: OperationRequest<R>,
    client: LanguageClient,
    progress: vscode.Progress<{ message: string; increment: number }>,
    token: vscode.CancellationToken,
  ): Promise<Outcome<R>> {
    const { log, status, history, views } = this.#ctx;
    const { kind, project } = request;
    const meter = new ProgressMeter();
    const advance = (report: { percentage?: number | undefined; message?: string | undefined }) => {
      const { increment, percent, message } = meter.update(report);
      const cancelling = token.isCancellationRequested;
      progress.report({ increment, message: cancelling ? "cancelling" : message });
      status.show({ kind: "running", operation: kind, percent, cancelling }, project.name);
      history.advance(workDoneToken, percent);
    };
    const { WorkDoneProgress } = await import("vscode-languageclient/node");
    const workDoneToken = randomUUID();
    const { path, name } = project;
    const startedMs = performance.now();
    history.start({ token: workDoneToken, operation: kind, project: path, name, startedMs });
    if (request.asked) await views.reveal("start");
    advance({});
    const subscriptions = [
      client.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
        if (value.kind === "end") return;
        advance(value);
        if (value.message !== undefined) log.debug(`${project.name}: ${value.message}`);
      }),
      token.onCancellationRequested(() => {
        advance({});
      }),
    ];
    log.info(`${kind} of ${project.path}`);
    try {
      const answer: unknown = await client.sendRequest(
        request.method,
        request.params(workDoneToken),
        token,
      );
      const result = request.decode(answer);
      if (result === undefined) throw new Error("the server's answer has no digest");
      history.end(workDoneToken, performance.now(), request.ended(result));
      return { kind: "done", result };
    } catch (error) {
      // A connection that was closed on purpose or not rejects in several ways.
      const failure: Failure = client.isRunning() ? decodeFailure(error) : { kind: "lost" };
      if (failure.kind !== "cancelled") {
        const [reason = ""] = failureLines(failure);
        history.end(workDoneToken, performance.now(), { state: "failed", reason });
        return { kind: "failed", failure };
      }
      history.end(workDoneToken, performance.now(), { state: "cancelled" });
      log.info(`${kind} of ${project.path} was cancelled`);
      return { kind: "cancelled" };
    } finally {
      for (const subscription of subscriptions) subscription.dispose();
    }
  }

  async #tellFailure<R>(
    request: OperationRequest<R>,
    failure: Exclude<Failure, { kind: "cancelled" }>,
  ): Promise<void> {
    const { log, status, problems, views } = this.#ctx;
    const lines = failureLines(failure);
    for (const line of lines) log.error(line);
    const [reason = ""] = lines;
    const { kind, asked } = request;
    status.show({ kind: "failed", operation: kind, reason, asked }, request.project.name);
    if (failure.kind === "failed") await problems.show(request.project, failure);
    if (asked) await views.reveal("failure");
  }
}
