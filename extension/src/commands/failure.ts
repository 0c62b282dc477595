/** How a failed request is told: one sentence, and steps that lead on. */
import type { Context } from "../context";
import { failureNotice } from "../core/messages";
import type { OperationKind } from "../core/status-text";
import type { Handlers } from "../notify";
import { reveal } from "../problems";
import type { Project } from "../project";
import type { Failure } from "../protocol";

export function sayFailure(
  ctx: Context,
  project: Project,
  operation: OperationKind | "plan",
  failure: Exclude<Failure, { kind: "cancelled" }>,
  handlers: Handlers,
): void {
  const problem = failure.kind === "failed" ? failure.diagnostics[0] : undefined;
  ctx.say(failureNotice(operation, failure), {
    ...handlers,
    ...(problem === undefined ? {} : { "show-problem": () => reveal(project.path, problem) }),
  });
}
