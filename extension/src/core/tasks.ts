/** What a task of type `pycontainer` says, and the program's arguments for it. */

export const taskCommands = ["build", "push", "check", "plan"] as const;
export type TaskCommand = (typeof taskCommands)[number];

/** As package.json declares it; `command` alone is required. */
export interface TaskDefinition {
  type: string;
  command: TaskCommand;
  /** The project's folder, relative to the workspace folder. */
  project?: string;
  /** Names of the image; for `push`, where it goes. */
  tags?: string[];
  platforms?: string[];
  push?: boolean;
  args?: string[];
  env?: Record<string, string>;
}

function texts(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.filter((item) => typeof item === "string");
}

/** Nothing when the command is none of ours; members of the wrong type are left out. */
export function readTask(
  definition: Readonly<Record<string, unknown>>,
): TaskDefinition | undefined {
  const command = taskCommands.find((known) => known === definition["command"]);
  if (command === undefined) return undefined;
  const task: TaskDefinition = { type: "pycontainer", command };
  const { project, push, env } = definition;
  const tags = texts(definition["tags"]);
  const platforms = texts(definition["platforms"]);
  const args = texts(definition["args"]);
  if (typeof project === "string") task.project = project;
  if (tags !== undefined) task.tags = tags;
  if (platforms !== undefined) task.platforms = platforms;
  if (typeof push === "boolean") task.push = push;
  if (args !== undefined) task.args = args;
  if (typeof env === "object" && env !== null) {
    const entries = Object.entries(env).filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    );
    task.env = Object.fromEntries(entries);
  }
  return task;
}

/**
 * Without a shell: nothing is quoted. The program runs in the workspace folder, so that the paths of
 * problems count from there.
 */
export function taskArguments(task: TaskDefinition): string[] {
  const { command, project = "", tags = [], platforms = [], args = [] } = task;
  if (command === "push") {
    return [
      command,
      ...(project === "" ? [] : ["--from", `${project}/dist/image`]),
      ...args,
      ...tags,
    ];
  }
  const all: string[] = [command, ...(project === "" ? [] : ["--context", project])];
  if (command === "check") return [...all, ...args];
  all.push(...tags.flatMap((tag) => ["--tag", tag]));
  all.push(...platforms.flatMap((platform) => ["--platform", platform]));
  if (task.push === true && command === "build") all.push("--push");
  return [...all, ...args];
}

export function taskName(task: TaskDefinition): string {
  const where = task.project === undefined || task.project === "" ? "" : ` ${task.project}`;
  return `${task.command}${where}`;
}
