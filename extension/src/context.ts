/** What all features share; whatever must be disposed of is pushed the moment it is made. */
import * as vscode from "vscode";
import { type Action, type Notice, serverNotice } from "./core/messages";
import { Memory } from "./memory";
import { type Handlers, notify } from "./notify";
import { Operations } from "./operation";
import { Problems } from "./problems";
import { Server, ServerUnavailable } from "./server";
import { openServerSettings } from "./settings";
import { Status } from "./status";

/** The ids of package.json. */
export const commandIds = {
  build: "pycontainer.build",
  push: "pycontainer.push",
  buildAndPush: "pycontainer.buildAndPush",
  plan: "pycontainer.plan",
  cancel: "pycontainer.cancel",
  copyDigest: "pycontainer.copyDigest",
  actions: "pycontainer.actions",
  restartServer: "pycontainer.server.restart",
  showLog: "pycontainer.showLog",
} as const;

export class Context {
  readonly log: vscode.LogOutputChannel;
  readonly status: Status;
  readonly memory: Memory;
  readonly problems: Problems;
  readonly operations: Operations;
  readonly server: Server;
  readonly #subscriptions: { dispose(): unknown }[];
  #troubleShown = false;
  readonly #warned = new Set<string>();

  constructor(extension: vscode.ExtensionContext) {
    this.#subscriptions = extension.subscriptions;
    this.log = this.own(vscode.window.createOutputChannel("PyContainer", { log: true }));
    this.status = this.own(new Status(commandIds.actions));
    this.problems = this.own(new Problems());
    this.memory = new Memory(extension.workspaceState);
    this.operations = this.own(new Operations(this));
    const { version } = extension.extension.packageJSON as { version: string };
    this.server = this.own(
      new Server({
        log: this.log,
        extensionPath: extension.extensionPath,
        extensionVersion: version,
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
      }),
    );
  }

  own<T extends { dispose(): unknown }>(disposable: T): T {
    this.#subscriptions.push(disposable);
    return disposable;
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
    const common: Partial<Record<Action, () => unknown>> = {
      "show-log": () => {
        this.log.show(true);
      },
      "open-folder": () => vscode.commands.executeCommand("vscode.openFolder"),
      "open-settings": openServerSettings,
      "manage-trust": () => vscode.commands.executeCommand("workbench.trust.manage"),
      "restart-server": () => vscode.commands.executeCommand(commandIds.restartServer),
      build: () => vscode.commands.executeCommand(commandIds.build),
    };
    notify(notice, { ...common, ...handlers }).catch((error: unknown) => {
      this.log.error(String(error));
    });
  }
}
