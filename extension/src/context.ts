/** What all features share; whatever must be disposed of is pushed the moment it is made. */
import * as vscode from "vscode";
import { History } from "./core/builds";
import { type Action, type Notice, serverNotice } from "./core/messages";
import { Credentials } from "./credentials";
import { Memory } from "./memory";
import { type Handlers, notify } from "./notify";
import { Operations } from "./operation";
import { Problems } from "./problems";
import { LanguageStatus } from "./language-status";
import { Server, ServerUnavailable } from "./server";
import { openServerSettings } from "./settings";
import { decodeRegistries, registriesRequest } from "./protocol";
import { Status } from "./status";
import { Documents } from "./views/documents";
import { Views } from "./views";

/** The ids of package.json. */
export const commandIds = {
  build: "pycontainer.build",
  push: "pycontainer.push",
  pushElsewhere: "pycontainer.pushElsewhere",
  buildAndPush: "pycontainer.buildAndPush",
  rebuild: "pycontainer.rebuild",
  plan: "pycontainer.plan",
  check: "pycontainer.check",
  init: "pycontainer.init",
  pinBase: "pycontainer.pinBase",
  moveConfiguration: "pycontainer.moveConfiguration",
  selectProject: "pycontainer.selectProject",
  cancel: "pycontainer.cancel",
  copyDigest: "pycontainer.copyDigest",
  copyRunCommand: "pycontainer.copyRunCommand",
  openInRegistry: "pycontainer.openInRegistry",
  showImage: "pycontainer.showImage",
  saveArchive: "pycontainer.saveArchive",
  compareBuilds: "pycontainer.compareBuilds",
  clearBuilds: "pycontainer.clearBuilds",
  clearCache: "pycontainer.clearCache",
  refresh: "pycontainer.refresh",
  signIn: "pycontainer.registry.login",
  signOut: "pycontainer.registry.logout",
  codespaces: "pycontainer.codespaces",
  actions: "pycontainer.actions",
  restartServer: "pycontainer.server.restart",
  showLog: "pycontainer.showLog",
  copyReport: "pycontainer.copyDiagnosticReport",
  walkthrough: "pycontainer.openWalkthrough",
} as const;

/** Keys of when-clauses. */
type ContextKey =
  | "active"
  | "building"
  | "hasImage"
  | "hasSeveralBuilds"
  | "hasBuilt"
  | "hasPushed"
  | "hasConfig"
  | "serverDown";

export class Context {
  readonly extension: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly status: Status;
  readonly memory: Memory;
  readonly credentials: Credentials;
  readonly problems: Problems;
  readonly history: History;
  readonly documents: Documents;
  readonly operations: Operations;
  readonly server: Server;
  readonly views: Views;
  readonly languageStatus: LanguageStatus;
  readonly #keys = new Map<ContextKey, boolean>();
  #troubleShown = false;
  readonly #warned = new Set<string>();

  constructor(extension: vscode.ExtensionContext) {
    this.extension = extension;
    this.log = this.own(vscode.window.createOutputChannel("PyContainer", { log: true }));
    this.status = this.own(new Status(commandIds.actions));
    this.problems = this.own(new Problems());
    this.memory = new Memory(extension.workspaceState);
    this.credentials = new Credentials(extension.secrets, extension.globalState, (message) => {
      this.log.warn(message);
    });
    this.documents = this.own(new Documents());
    this.history = new History(() => {
      this.#runsChanged();
    });
    this.operations = this.own(new Operations(this));
    this.server = this.own(this.#makeServer());
    this.views = this.own(new Views(this));
    this.languageStatus = this.own(new LanguageStatus());
  }

  get version(): string {
    return (this.extension.extension.packageJSON as { version: string }).version;
  }

  #makeServer(): Server {
    const { extension } = this;
    return new Server({
      log: this.log,
      extensionPath: extension.extensionPath,
      extensionVersion: this.version,
      storagePath: extension.globalStorageUri.fsPath,
      onTrouble: (problem) => {
        // Once a window is enough for what nobody asked for; commands always say why.
        if (this.#troubleShown) return;
        this.#troubleShown = true;
        this.say(serverNotice(problem), { "try-again": () => this.server.restart() });
      },
      onEvent: ({ level, message }) => {
        if (level === "warning") this.warn(message);
        else this.log[level](message);
      },
      onStep: (event) => {
        this.history.step(event);
      },
      onState: (state) => {
        this.setKey("serverDown", state === "down");
        this.languageStatus.server(state, this.server.version, this.version);
        this.views.refresh();
      },
    });
  }

  #runsChanged(): void {
    const runs = this.history.runs;
    const built = runs.filter((run) => run.built !== undefined);
    this.setKey(
      "building",
      runs.some((run) => run.state === "running"),
    );
    this.setKey("hasImage", this.memory.latest() !== undefined);
    this.setKey("hasSeveralBuilds", built.length > 1);
    this.views.runsChanged();
  }

  /** Where the user is signed in: in the editor's storage, and as the server knows. */
  async registries(): Promise<string[]> {
    const known = new Set(this.credentials.logins);
    try {
      const client = await this.server.ready();
      const answer: unknown = await client.sendRequest(registriesRequest, {});
      for (const registry of decodeRegistries(answer)) known.add(registry);
    } catch (error) {
      this.log.warn(`Asking for registries: ${String(error)}`);
    }
    return [...known].sort();
  }

  own<T extends { dispose(): unknown }>(disposable: T): T {
    this.extension.subscriptions.push(disposable);
    return disposable;
  }

  /** The views appear once there is something for them to show. */
  setActive(): void {
    this.setKey("active", true);
  }

  setKey(key: ContextKey, value: boolean): void {
    if (this.#keys.get(key) === value) return;
    this.#keys.set(key, value);
    void vscode.commands.executeCommand("setContext", `pycontainer.${key}`, value);
  }

  /** Registers a command; an error that nobody expected is logged and told. */
  command(id: string, run: (...args: unknown[]) => unknown): void {
    const guarded = async (...args: unknown[]): Promise<unknown> => {
      try {
        return await run(...args);
      } catch (error) {
        this.report(error, () => vscode.commands.executeCommand(id, ...args));
        return undefined;
      }
    };
    this.own(vscode.commands.registerCommand(id, guarded));
  }

  /** Tells why something failed that is no answer of the server: it is missing, or we are wrong. */
  report(error: unknown, tryAgain: () => unknown): void {
    if (error instanceof ServerUnavailable) {
      this.log.error(serverNotice(error.problem).text);
      this.say(serverNotice(error.problem), { "try-again": tryAgain });
      return;
    }
    this.log.error(error instanceof Error ? error : String(error));
    const text = `PyContainer: ${error instanceof Error ? error.message : String(error)}`;
    this.say({ severity: "error", text, actions: ["show-log"] });
  }

  /** Logs a warning of a run once, though it may come as an event and again with the result. */
  warn(line: string): void {
    if (this.#warned.has(line)) return;
    this.#warned.add(line);
    this.log.warn(line);
  }

  /** A new run begins: what an earlier one warned of is worth saying again. */
  forgetWarnings(): void {
    this.#warned.clear();
  }

  /** Shows a notice without waiting for the answer. Common actions need no handler. */
  say(notice: Notice, handlers: Handlers = {}): void {
    const run =
      (id: string): (() => unknown) =>
      () =>
        vscode.commands.executeCommand(id);
    const common: Partial<Record<Action, () => unknown>> = {
      "show-log": () => {
        this.log.show(true);
      },
      "open-folder": run("vscode.openFolder"),
      "open-settings": openServerSettings,
      "manage-trust": run("workbench.trust.manage"),
      "restart-server": run(commandIds.restartServer),
      "codespaces-snippet": run(commandIds.codespaces),
      "create-configuration": run(commandIds.init),
      build: run(commandIds.build),
    };
    const all = { ...common, ...handlers };
    notify(notice, all).catch((error: unknown) => {
      this.report(error, () => {
        this.say(notice, handlers);
      });
    });
  }
}
