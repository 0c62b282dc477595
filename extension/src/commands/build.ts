/** *Build Container*: builds the project into `dist/image` and offers to push it. */
import type { Context } from "../context";
import { commandIds } from "../context";
import { builtNotice, cancelledNotice, imageName, warningLine } from "../core/messages";
import { type Project, chooseProject, saveProject } from "../project";
import { type BuildParams, type BuildResult, buildRequest, decodeBuildResult } from "../protocol";
import { imageSize } from "../protocol";
import { copyDigest } from "./digest";
import { sayFailure } from "./failure";
import { push } from "./push";

export function activate(ctx: Context): void {
  ctx.command(commandIds.build, async (resource) => {
    const project = await chooseProject(ctx, resource);
    return project && buildOnly(ctx, project);
  });
}

async function buildOnly(ctx: Context, project: Project): Promise<BuildResult | undefined> {
  const result = await build(ctx, project, [], () => buildOnly(ctx, project));
  if (result === undefined) return undefined;
  ctx.say(builtNotice(result), {
    push: () => push(ctx, project),
    "copy-digest": () => copyDigest(ctx, result.digest),
  });
  return result;
}

/**
 * Builds and tells about every end but success, which the caller announces in its own way; `again`
 * is what *Try Again* does after a failure.
 */
export async function build(
  ctx: Context,
  project: Project,
  tags: string[],
  again: () => unknown,
): Promise<BuildResult | undefined> {
  await saveProject(project);
  const outcome = await ctx.operations.run({
    kind: "build",
    project,
    title: `Building container ${project.name}`,
    method: buildRequest,
    params: (workDoneToken): BuildParams => ({
      context: project.path,
      workDoneToken,
      ...(tags.length > 0 ? { tags } : {}),
    }),
    decode: decodeBuildResult,
  });
  switch (outcome.kind) {
    case "busy":
      return undefined;
    case "cancelled":
      ctx.say(cancelledNotice("build"));
      return undefined;
    case "failed":
      sayFailure(ctx, project, "build", outcome.failure, { "try-again": again });
      return undefined;
    case "done":
      remember(ctx, project, outcome.result);
      return outcome.result;
  }
}

function remember(ctx: Context, project: Project, result: BuildResult): void {
  ctx.memory.rememberImage(project.path, result);
  for (const warning of result.warnings) ctx.warn(warningLine(warning));
  ctx.log.info(`Built ${result.references.join(", ")} ${result.digest}`);
  ctx.status.show(
    {
      kind: "built",
      size: imageSize(result),
      milliseconds: result.totalMs,
      digest: result.digest,
      name: imageName(result),
    },
    project.name,
  );
}
