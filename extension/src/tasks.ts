/**
 * Tasks of type `pycontainer`: the program itself, without a shell and without the server, so that
 * they work in `dependsOn`, in prebuilds and where the server is down.
 */
import * as path from "node:path";
import * as vscode from "vscode";
import type { Context } from "./context";
import { serverNotice } from "./core/messages";
import { type TaskDefinition, readTask, taskArguments, taskName } from "./core/tasks";
import { type Project, allProjects } from "./project";
import { ServerUnavailable } from "./server";

export const taskType = "pycontainer";
const source = "PyContainer";
/**
 * `$pycontainer` does for both what these do, but looks in the file system which of them it is; the
 * editor waits a tenth of a second for that when a task has ended, and forgets the problem then.
 */
const matchers = ["$pycontainer-relative", "$pycontainer-absolute"];

export function activate(ctx: Context): void {
  ctx.own(
    vscode.tasks.registerTaskProvider(taskType, {
      provideTasks: () => provideTasks(ctx),
      resolveTask: (task) => resolveTask(ctx, task),
    }),
  );
}

async function provideTasks(ctx: Context): Promise<vscode.Task[]> {
  const program = await findProgram(ctx);
  if (program === undefined) return [];
  const tasks: vscode.Task[] = [];
  for (const project of await allProjects()) {
    const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(project.path));
    if (folder === undefined) continue;
    const relative = path.relative(folder.uri.fsPath, project.path);
    for (const command of ["build", "check"] as const) {
      const definition: TaskDefinition = {
        type: taskType,
        command,
        ...(relative === "" ? {} : { project: relative }),
      };
      tasks.push(makeTask(definition, folder, program));
    }
  }
  return tasks;
}

async function resolveTask(ctx: Context, task: vscode.Task): Promise<vscode.Task | undefined> {
  const definition = readTask(task.definition);
  const program = await findProgram(ctx);
  if (definition === undefined || program === undefined) return undefined;
  const scope =
    typeof task.scope === "object" ? task.scope : vscode.workspace.workspaceFolders?.[0];
  // The definition has to be the one that was asked about.
  return scope && makeTask(definition, scope, program, task.definition);
}

async function findProgram(ctx: Context): Promise<string | undefined> {
  if (!vscode.workspace.isTrusted) return undefined;
  const located = await ctx.server.locate();
  if (located.kind === "found") return located.path;
  ctx.log.warn(serverNotice(located).text);
  return undefined;
}

function makeTask(
  definition: TaskDefinition,
  folder: vscode.WorkspaceFolder,
  program: string,
  original: vscode.TaskDefinition = definition,
): vscode.Task {
  const execution = new vscode.ProcessExecution(program, taskArguments(definition), {
    cwd: folder.uri.fsPath,
    ...(definition.env === undefined ? {} : { env: definition.env }),
  });
  const task = new vscode.Task(original, folder, taskName(definition), source, execution, matchers);
  if (definition.command === "build") task.group = vscode.TaskGroup.Build;
  task.presentationOptions = { clear: true, showReuseMessage: false };
  return task;
}

/** Runs `pycontainer check` as a task: its lines become problems. */
export async function runCheck(ctx: Context, project: Project): Promise<void> {
  const located = await ctx.server.locate();
  if (located.kind !== "found") throw new ServerUnavailable(located);
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(project.path));
  if (folder === undefined) return;
  const relative = path.relative(folder.uri.fsPath, project.path);
  const definition: TaskDefinition = { type: taskType, command: "check", project: relative };
  await vscode.tasks.executeTask(makeTask(definition, folder, located.path));
}
