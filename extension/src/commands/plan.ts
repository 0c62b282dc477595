/** *Show Build Plan*: what would be built and why, as a read-only document. */
import type { Context } from "../context";
import { commandIds } from "../context";
import { planDocument } from "../core/documents";
import { type Project, chooseProject, saveProject } from "../project";
import { type Plan, type PlanParams, decodePlan, planRequest } from "../protocol";
import { ask } from "./ask";

export function activate(ctx: Context): void {
  ctx.command(commandIds.plan, async (resource) => {
    const project = await chooseProject(ctx, resource);
    return project && showPlan(ctx, project);
  });
}

export async function showPlan(ctx: Context, project: Project): Promise<Plan | undefined> {
  await saveProject(project);
  const params: PlanParams = { context: project.path };
  const title = `Planning container ${project.name}`;
  const again = (): unknown => showPlan(ctx, project);
  const question = { kind: "plan", title, method: planRequest, params, again } as const;
  const plan = await ask(ctx, project, question, decodePlan);
  if (plan === undefined) return undefined;
  ctx.languageStatus.planned(plan);
  await ctx.documents.show(`${project.name} – plan`, project.path, planDocument(plan));
  return plan;
}
