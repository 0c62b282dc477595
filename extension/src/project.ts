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

/**
 * The project to work on: the one of `resource` (from a menu), of the active editor, or the only
 * one of the workspace. Nothing when there is none – the user has been told why – or the user
 * dismissed the question.
 */
export async function chooseProject(ctx: Context, resource: unknown): Promise<Project | undefined> {
  const found = await findProjects(resource);
  if (!Array.isArray(found)) {
    ctx.say(obstacleNotice(found));
    return undefined;
  }
  const [first, ...others] = found;
  if (first === undefined || others.length === 0) return first;
  const items = found.map((project) => ({
    label: project.name,
    description: vscode.workspace.asRelativePath(project.path),
    project,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: "PyContainer: choose a project",
    placeHolder: "Several projects are open",
  });
  return picked?.project;
}

/** The project of the active editor or the only one, without asking and without a message. */
export async function currentProject(): Promise<Project | undefined> {
  const found = await findProjects(undefined);
  return Array.isArray(found) && found.length === 1 ? found[0] : undefined;
}

async function findProjects(resource: unknown): Promise<Project[] | Obstacle> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length === 0) return { kind: "no-folder" };
  const roots = folders.filter((folder) => folder.uri.scheme === "file");
  if (roots.length === 0) return { kind: "virtual" };
  if (!vscode.workspace.isTrusted) return { kind: "untrusted" };

  const uri =
    resource instanceof vscode.Uri ? resource : vscode.window.activeTextEditor?.document.uri;
  if (uri?.scheme === "file") {
    const root = vscode.workspace.getWorkspaceFolder(uri);
    const nearest =
      root && (await nearestProject(path.dirname(uri.fsPath), root.uri.fsPath, hasFile));
    if (nearest !== undefined) return [toProject(nearest)];
  }
  const rootPaths = roots.map((folder) => folder.uri.fsPath);
  const found = await projectsBelow(rootPaths, hasFile, subfolders);
  if (found.length > 0) return found.map(toProject);
  return { kind: "no-project", folders: roots.map((folder) => folder.name) };
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

/** Saves what is edited below the project: the server builds what is on disk. */
export async function saveProject(project: Project): Promise<void> {
  const inside = (document: vscode.TextDocument): boolean => {
    const relative = path.relative(project.path, document.uri.fsPath);
    return relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
  };
  const edited = vscode.workspace.textDocuments.filter(
    (document) => document.isDirty && document.uri.scheme === "file" && inside(document),
  );
  await Promise.all(edited.map((document) => document.save()));
}
