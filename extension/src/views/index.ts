/** The three views, kept in step with what happens. */
import * as path from "node:path";
import * as vscode from "vscode";
import type { Context } from "../context";
import { type ProjectState, imageNodes, projectNodes, runNodes } from "../core/tree";
import type { ImageState } from "../core/tree";
import { readLayout } from "../core/layout";
import { type Project, allProjects, filesOf, readText } from "../project";
import { type CacheInfo, cacheInfoRequest, decodeCacheInfo } from "../protocol";
import { buildReveal } from "../settings";
import { TreeView } from "./tree";

const watched = "**/{pycontainer.toml,pyproject.toml,requirements.txt}";

export class Views implements vscode.Disposable {
  readonly #ctx: Context;
  readonly #projects: TreeView;
  readonly #builds: TreeView;
  readonly #images: TreeView;
  readonly #subscriptions: { dispose(): unknown }[];

  constructor(ctx: Context) {
    this.#ctx = ctx;
    this.#projects = new TreeView("pycontainer.projects", async () =>
      projectNodes(await this.#projectStates(), ctx.history.runs),
    );
    this.#builds = new TreeView("pycontainer.builds", () => runNodes(ctx.history.runs));
    this.#images = new TreeView("pycontainer.images", async () =>
      imageNodes(await this.#imageStates(), await this.#cache(), ctx.credentials.logins),
    );
    const watcher = vscode.workspace.createFileSystemWatcher(watched, false, true, false);
    this.#subscriptions = [
      this.#projects,
      this.#builds,
      this.#images,
      watcher,
      watcher.onDidCreate(() => {
        this.refresh();
      }),
      watcher.onDidDelete(() => {
        this.refresh();
      }),
      vscode.workspace.onDidChangeWorkspaceFolders(() => {
        this.refresh();
      }),
    ];
  }

  refresh(): void {
    this.#projects.refresh();
    this.#builds.refresh();
    this.#images.refresh();
  }

  /** Something about runs has changed; only what shows it is drawn again. */
  runsChanged(): void {
    this.#projects.refresh();
    this.#builds.refresh();
  }

  /** Brings the *Builds* view to the front, if the user wants that for what happened. */
  async reveal(what: "start" | "failure"): Promise<void> {
    const wanted = buildReveal();
    if (wanted === "never" || (wanted === "onError" && what === "start")) return;
    await vscode.commands.executeCommand("pycontainer.builds.focus");
  }

  async #projectStates(): Promise<ProjectState[]> {
    const projects = await allProjects();
    const { memory } = this.#ctx;
    return Promise.all(
      projects.map(async (project) => ({
        path: project.path,
        name: project.name,
        place: placeOf(project),
        files: await filesOf(project),
        reference: memory.reference(project.path),
        selected: projects.length > 1 && memory.selected === project.path,
      })),
    );
  }

  async #imageStates(): Promise<ImageState[]> {
    const images = await Promise.all(
      (await allProjects()).map(async (project) => {
        const layout = await readLayout(this.#ctx.memory.layout(project.path), readText);
        return layout && { project: project.path, name: project.name, ...layout };
      }),
    );
    return images.filter((image) => image !== undefined);
  }

  /** Only of a server that runs anyway: to look at a view starts nothing. */
  async #cache(): Promise<CacheInfo | undefined> {
    const client = this.#ctx.server.running;
    if (client === undefined || !vscode.workspace.isTrusted) return undefined;
    try {
      return decodeCacheInfo(await client.sendRequest<unknown>(cacheInfoRequest, {}));
    } catch (error) {
      this.#ctx.log.warn(`Reading the cache: ${String(error)}`);
      return undefined;
    }
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}

/** Where a project lies in the workspace: its path below a folder, or the folder's name. */
function placeOf(project: Project): string {
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(project.path));
  const below = folder === undefined ? "" : path.relative(folder.uri.fsPath, project.path);
  return below === "" ? (folder?.name ?? project.name) : below;
}
