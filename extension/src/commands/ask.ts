/** Short questions to the server – a plan, an image – with a notification that can be cancelled. */
import * as vscode from "vscode";
import type { Context } from "../context";
import { failureLines } from "../core/messages";
import type { Project } from "../project";
import { decodeFailure } from "../protocol";
import { sayFailure } from "./failure";

export interface Question {
  kind: "plan" | "image" | "cache";
  title: string;
  method: string;
  params: object;
  /** What *Try Again* does. */
  again: () => unknown;
}

/** Nothing: it was cancelled, or failed and the user has been told. */
export async function ask<T>(
  ctx: Context,
  project: Project,
  question: Question,
  decode: (answer: unknown) => T | undefined,
): Promise<T | undefined> {
  const client = await ctx.server.ready();
  try {
    const answer: unknown = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: question.title, cancellable: true },
      (_progress, token) => client.sendRequest<unknown>(question.method, question.params, token),
    );
    const decoded = decode(answer);
    if (decoded === undefined) throw new Error(`the server's answer is no ${question.kind}`);
    return decoded;
  } catch (error) {
    const failure = client.isRunning() ? decodeFailure(error) : ({ kind: "lost" } as const);
    if (failure.kind === "cancelled") return undefined;
    for (const line of failureLines(failure)) ctx.log.error(line);
    if (failure.kind === "failed") await ctx.problems.show(project, failure);
    await sayFailure(ctx, project, question.kind, failure, {
      "try-again": question.again,
    });
    return undefined;
  }
}
