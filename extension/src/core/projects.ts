/**
 * Which folder is "the project". A project is a folder with one of three files; the editor only has
 * to find the folder, the server reads the files. The file system comes in as one question, so
 * tests need no disk.
 */
import * as path from "node:path";

export type HasFile = (folder: string, name: string) => Promise<boolean>;

/** Files that say "a project begins here", in this order of weight. */
const declaring = ["pycontainer.toml", "pyproject.toml"] as const;
const lockOnly = "requirements.txt";

async function declares(folder: string, hasFile: HasFile): Promise<boolean> {
  for (const name of declaring) if (await hasFile(folder, name)) return true;
  return false;
}

export async function isProject(folder: string, hasFile: HasFile): Promise<boolean> {
  return (await declares(folder, hasFile)) || (await hasFile(folder, lockOnly));
}

/** `start`, its parent and so on up to and including `root`; nothing when `start` is outside. */
export function foldersUpTo(start: string, root: string): string[] {
  const relative = path.relative(root, start);
  if (relative === ".." || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative)) {
    return [];
  }
  const folders: string[] = [];
  for (let folder = path.resolve(start); ; folder = path.dirname(folder)) {
    folders.push(folder);
    if (path.relative(root, folder) === "") return folders;
  }
}

/**
 * The nearest project that contains `start`. A `requirements.txt` alone counts only when nothing
 * above it is a declared project: `docs/requirements.txt` does not make `docs` a service.
 */
export async function nearestProject(
  start: string,
  root: string,
  hasFile: HasFile,
): Promise<string | undefined> {
  const folders = foldersUpTo(start, root);
  for (const folder of folders) if (await declares(folder, hasFile)) return folder;
  for (const folder of folders) if (await hasFile(folder, lockOnly)) return folder;
  return undefined;
}

/**
 * Projects of a workspace when no file is open: the roots, or, for the roots that are none, the
 * folders directly below that are declared (`api/`, `worker/`).
 */
export async function projectsBelow(
  roots: readonly string[],
  hasFile: HasFile,
  subfolders: (root: string) => Promise<readonly string[]>,
): Promise<string[]> {
  const found: string[] = [];
  for (const root of roots) {
    if (await isProject(root, hasFile)) {
      found.push(root);
      continue;
    }
    for (const folder of await subfolders(root)) {
      if (await declares(folder, hasFile)) found.push(folder);
    }
  }
  return [...new Set(found)].sort();
}
