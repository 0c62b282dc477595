/** Which project a command is about, asked of the user only when the workspace leaves it open. */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import * as vscode from "vscode";
import type { Context } from "./context";
import { type Obstacle, obstacleNotice } from "./core/messages";
import { nearestProject, projectsBelow } from "./core/projects";

export interface Project {
  /** Absolute path of the folder. */
  path: string;
  /** What the user calls it: the folder's name. */
  name: string;
}

const maximumSubfolders = 200;
const maximumText = 4 * 1024 * 1024;

/**
 * The project to work on: the one of `resource` (a file of a menu, a node of a view), of the active
 * editor, the one that was selected, or the only one of the workspace. Nothing when there is none –
 * the user has been told why – or the user dismissed the question.
 */
export async function chooseProject(ctx: Context, resource: unknown): Promise<Project | undefined> {
  ctx.setActive();
  const found = await findProjects(resource);
  if (!Array.isArray(found)) {
    ctx.say(obstacleNotice(found));
    return undefined;
  }
  const [first, ...others] = found;
  if (first === undefined || others.length === 0) return first;
  const selected = found.find((project) => project.path === ctx.memory.selected);
  return selected ?? pickProject(found, "Several projects are open");
}

export async function pickProject(
  projects: readonly Project[],
  placeHolder: string,
): Promise<Project | undefined> {
  const items = projects.map((project) => ({
    label: project.name,
    description: vscode.workspace.asRelativePath(project.path),
    project,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: "PyContainer: choose a project",
    placeHolder,
  });
  return picked?.project;
}

/** The project of the active editor or the only one, without asking and without a message. */
export async function currentProject(ctx: Context): Promise<Project | undefined> {
  const found = await findProjects(undefined);
  if (!Array.isArray(found)) return undefined;
  if (found.length === 1) return found[0];
  return found.find((project) => project.path === ctx.memory.selected);
}

/** All of the workspace. */
export async function allProjects(): Promise<Project[]> {
  const roots = (vscode.workspace.workspaceFolders ?? []).filter(
    (folder) => folder.uri.scheme === "file",
  );
  const paths = roots.map((folder) => folder.uri.fsPath);
  return (await projectsBelow(paths, hasFile, subfolders)).map(toProject);
}

/** The project that `file` belongs to. */
export async function projectOf(file: vscode.Uri): Promise<Project | undefined> {
  const root = vscode.workspace.getWorkspaceFolder(file);
  if (root === undefined || file.scheme !== "file") return undefined;
  const nearest = await nearestProject(path.dirname(file.fsPath), root.uri.fsPath, hasFile);
  return nearest === undefined ? undefined : toProject(nearest);
}

/** Why nothing can be built here, or nothing when something can. */
export async function obstacle(): Promise<Obstacle | undefined> {
  const found = await findProjects(undefined);
  return Array.isArray(found) ? undefined : found;
}

async function findProjects(resource: unknown): Promise<Project[] | Obstacle> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length === 0) return { kind: "no-folder" };
  const roots = folders.filter((folder) => folder.uri.scheme === "file");
  if (roots.length === 0) return { kind: "virtual" };
  if (!vscode.workspace.isTrusted) return { kind: "untrusted" };

  if (isNode(resource)) return [toProject(resource.project)];
  // A code lens of the server names its document as text.
  if (typeof resource === "string" && resource.startsWith("file:")) {
    resource = vscode.Uri.parse(resource);
  }
  const uri =
    resource instanceof vscode.Uri ? resource : vscode.window.activeTextEditor?.document.uri;
  const nearest = uri && (await projectOf(uri));
  if (nearest !== undefined) return [nearest];
  const found = await allProjects();
  if (found.length > 0) return found;
  return { kind: "no-project", folders: roots.map((folder) => folder.name) };
}

/** A node of a view that is about a project. */
function isNode(resource: unknown): resource is { project: string } {
  return (
    typeof resource === "object" &&
    resource !== null &&
    "project" in resource &&
    typeof resource.project === "string"
  );
}

const projectFiles = [
  "pycontainer.toml",
  "pyproject.toml",
  "uv.lock",
  "pylock.toml",
  "poetry.lock",
  "pdm.lock",
  "Pipfile.lock",
  "requirements.txt",
];

/** The files that say what the image is made of, as far as they are there. */
export async function filesOf(project: Project): Promise<string[]> {
  const there = await Promise.all(projectFiles.map((name) => hasFile(project.path, name)));
  return projectFiles.filter((_, at) => there[at]).map((name) => path.join(project.path, name));
}

/** Large files are not for reading whole; nothing when there is none. */
export async function readText(file: string): Promise<string | undefined> {
  try {
    const { size } = await fs.stat(file);
    return size > maximumText ? undefined : await fs.readFile(file, "utf8");
  } catch {
    return undefined;
  }
}

function toProject(folder: string): Project {
  return { path: folder, name: path.basename(folder) };
}

async function hasFile(folder: string, name: string): Promise<boolean> {
  try {
    return (await fs.stat(path.join(folder, name))).isFile();
  } catch {
    return false;
  }
}

async function subfolders(root: string): Promise<readonly string[]> {
  try {
    const entries = await fs.readdir(root, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
      .slice(0, maximumSubfolders)
      .map((entry) => path.join(root, entry.name));
  } catch {
    return [];
  }
}

const savingLimitMs = 10_000;

/**
 * Saves the document, also while the editor saves it by itself: as long as it asks extensions about
 * a save, it refuses every other one. Whether that has failed is told by nobody, hence the limit.
 */
async function save(document: vscode.TextDocument): Promise<void> {
  let subscription: vscode.Disposable | undefined;
  let timer: NodeJS.Timeout | undefined;
  const saved = new Promise<void>((resolve) => {
    subscription = vscode.workspace.onDidSaveTextDocument((other) => {
      if (other === document) resolve();
    });
    timer = setTimeout(resolve, savingLimitMs);
  });
  try {
    if ((await document.save()) || !document.isDirty) return;
    await saved;
    await document.save();
  } finally {
    subscription?.dispose();
    clearTimeout(timer);
  }
}

/** Saves what is edited below the project: the server builds what is on disk. */
export async function saveProject(project: Project): Promise<void> {
  const inside = (document: vscode.TextDocument): boolean => {
    const relative = path.relative(project.path, document.uri.fsPath);
    return relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
  };
  const edited = vscode.workspace.textDocuments.filter(
    (document) => document.isDirty && document.uri.scheme === "file" && inside(document),
  );
  await Promise.all(edited.map(save));
}

/** The first `name` on PATH. */
export async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of (process.env["PATH"] ?? "").split(path.delimiter)) {
    if (path.isAbsolute(folder) && (await hasFile(folder, name))) return path.join(folder, name);
  }
  return undefined;
}
