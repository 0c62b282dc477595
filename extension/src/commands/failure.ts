/** How a failed request is told: one sentence, and steps that lead on. */
import type { Context } from "../context";
import { failureNotice } from "../core/messages";
import type { OperationKind } from "../core/status-text";
import type { Handlers } from "../notify";
import { problemsOf, reveal } from "../problems";
import type { Project } from "../project";
import type { Failure } from "../protocol";

export async function sayFailure(
  ctx: Context,
  project: Project,
  operation: OperationKind | "plan" | "image" | "cache",
  failure: Exclude<Failure, { kind: "cancelled" }>,
  handlers: Handlers,
): Promise<void> {
  const [problem] = failure.kind === "failed" ? await problemsOf(project, failure) : [];
  ctx.say(failureNotice(operation, failure, handlers, problem !== undefined), {
    ...handlers,
    ...(problem === undefined ? {} : { "show-problem": () => reveal(project, problem) }),
  });
}
