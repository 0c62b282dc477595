/**
 * Life of the language server: found, asked for its version, started when first needed, started
 * again when it goes down, stopped with the editor. One process at a time; starts and restarts are
 * serialised.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import * as readline from "node:readline";
import type { Readable } from "node:stream";
import * as vscode from "vscode";
import type { LanguageClient, LanguageClientOptions } from "vscode-languageclient/node";
import { RestartPolicy } from "./core/backoff";
import { type Located, locate } from "./core/binary";
import type { ServerProblem } from "./core/messages";
import {
  type LogEvent,
  type StepEvent,
  decodeLogEvent,
  decodeStepEvent,
  eventNotification,
} from "./protocol";
import { configuredServerPath, languageSettings } from "./settings";

export const languageId = "pycontainer-toml";

/** pyproject.toml goes by name: the editor has no language of its own for TOML. */
export const documentSelector = [
  { scheme: "file", language: languageId },
  { scheme: "untitled", language: languageId },
  { scheme: "file", pattern: "**/pycontainer.toml" },
  { scheme: "file", pattern: "**/pyproject.toml" },
];

const versionTimeoutMs = 5_000;
const initializeTimeoutMs = 20_000;
const stopTimeoutMs = 2_000;
const toleratedWriteErrors = 3;

/** Why `ready()` has no client to give. */
export class ServerUnavailable extends Error {
  readonly problem: ServerProblem;

  constructor(problem: ServerProblem) {
    super(`server unavailable: ${problem.kind}`);
    this.problem = problem;
  }
}

interface Session {
  client: LanguageClient;
  process: ChildProcessWithoutNullStreams | undefined;
  /** True once the end of this session is wanted: its exit is no crash then. */
  stopping: boolean;
  /** True once `initialize` was answered. */
  running: boolean;
  died: boolean;
}

export interface ServerEnvironment {
  log: vscode.LogOutputChannel;
  extensionPath: string;
  extensionVersion: string;
  /** Where a copy of the program may be put. */
  storagePath: string;
  /** Called when a server nobody asked for explicitly is not there and will not come by itself. */
  onTrouble(problem: ServerProblem): void;
  /** Called for what a running request has to say to people. */
  onEvent(event: LogEvent): void;
  /** Called when a step of a running request begins or ends. */
  onStep(event: StepEvent): void;
  onState(state: ServerState): void;
}

export type ServerState = "idle" | "starting" | "running" | "down";

export class Server implements vscode.Disposable {
  readonly #environment: ServerEnvironment;
  readonly #policy = new RestartPolicy();
  #session: Session | undefined;
  #starting: Promise<LanguageClient> | undefined;
  #restarting: Promise<void> | undefined;
  #restartQueued = false;
  #retry: NodeJS.Timeout | undefined;
  #disposed = false;
  #state: ServerState = "idle";
  #version = "";
  #program = "";

  constructor(environment: ServerEnvironment) {
    this.#environment = environment;
  }

  get state(): ServerState {
    return this.#state;
  }

  /** Of the program that ran last: its version and path; empty before the first start. */
  get version(): string {
    return this.#version;
  }
  get program(): string {
    return this.#program;
  }

  /** The client of a server that runs; nothing is started. */
  get running(): LanguageClient | undefined {
    const session = this.#session;
    return session?.running === true && !session.died ? session.client : undefined;
  }

  #enter(state: ServerState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#environment.onState(state);
  }

  /** Finds the program without starting it. */
  async locate(): Promise<Located> {
    const { extensionPath, storagePath } = this.#environment;
    return locate(
      {
        configured: configuredServerPath(),
        extensionPath,
        searchPath: process.env["PATH"],
        platform: process.platform,
        arch: process.arch,
      },
      storagePath,
      versionTimeoutMs,
    );
  }

  /** The running client, started if need be. Throws `ServerUnavailable`. */
  async ready(): Promise<LanguageClient> {
    if (this.#restarting !== undefined) await this.#restarting;
    const session = this.#session;
    if (session?.running === true && !session.died) return session.client;
    this.#cancelRetry();
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  /** Starts in the background, again and again within the limits of the restart policy. */
  startQuietly(): void {
    this.ready().catch((error: unknown) => {
      this.#environment.log.warn(`The server is not available: ${describe(error)}`);
      if (!(error instanceof ServerUnavailable)) return;
      if (error.problem.kind === "start-failed") this.#recover();
      else this.#environment.onTrouble(error.problem);
    });
  }

  /** Stops and starts again. Calls while a restart runs make one more, not one each. */
  async restart(): Promise<void> {
    if (this.#restarting !== undefined) {
      this.#restartQueued = true;
      return this.#restarting;
    }
    const restart = async (): Promise<void> => {
      do {
        this.#restartQueued = false;
        this.#policy.reset();
        this.#cancelRetry();
        // A start that is under way ends first, well or badly; then there is something to stop.
        await this.#starting?.catch(() => undefined);
        await this.#stop();
      } while (this.#restartNeeded());
    };
    this.#restarting = restart().finally(() => {
      this.#restarting = undefined;
    });
    await this.#restarting;
    await this.ready();
  }

  /** Tells a server that runs what the settings are now. */
  configure(): void {
    const settings = { pycontainer: languageSettings() };
    this.running
      ?.sendNotification("workspace/didChangeConfiguration", { settings })
      .catch((error: unknown) => {
        this.#environment.log.warn(`The settings did not reach the server: ${describe(error)}`);
      });
  }

  dispose(): void {
    void this.shutdown();
  }

  /** Stops for good; for `deactivate`, which the editor waits for. */
  async shutdown(): Promise<void> {
    this.#disposed = true;
    this.#cancelRetry();
    await this.#stop();
  }

  #restartNeeded(): boolean {
    return this.#restartQueued;
  }

  async #start(): Promise<LanguageClient> {
    const { log, extensionPath, extensionVersion } = this.#environment;
    if (this.#disposed) {
      throw new ServerUnavailable({ kind: "start-failed", reason: "the window is closing" });
    }
    this.#enter("starting");
    const located = await this.locate();
    if (located.kind !== "found") {
      this.#enter("down");
      throw new ServerUnavailable(located);
    }
    this.#version = located.version;
    this.#program = located.path;
    log.info(`Starting ${located.path} (${located.origin}), version ${located.version}`);
    if (located.version !== extensionVersion) {
      log.warn(`The extension is ${extensionVersion}, the program ${located.version}`);
    }
    const session = await this.#open(located.path, extensionPath);
    this.#session = session;
    try {
      await within(session.client.start(), initializeTimeoutMs, "it gave no answer to initialize");
    } catch (error) {
      session.stopping = true;
      session.process?.kill("SIGKILL");
      if (this.#session === session) this.#session = undefined;
      this.#enter("down");
      throw new ServerUnavailable({ kind: "start-failed", reason: describe(error) });
    }
    session.running = true;
    if (isDead(session)) {
      this.#enter("down");
      throw new ServerUnavailable({ kind: "start-failed", reason: "it went down at once" });
    }
    this.#enter("running");
    log.info(`The server runs as process ${session.process?.pid ?? 0}`);
    return session.client;
  }

  async #open(program: string, workingDirectory: string): Promise<Session> {
    // The client library is large: a window that never needs a server does not load it.
    const { CloseAction, ErrorAction, LanguageClient, RevealOutputChannelOn } =
      await import("vscode-languageclient/node");
    const { log } = this.#environment;
    const launch = (): Promise<ChildProcessWithoutNullStreams> =>
      new Promise((resolve, reject) => {
        const child = spawn(program, serverArguments(), {
          cwd: workingDirectory,
          windowsHide: true,
        });
        session.process = child;
        child.once("error", reject);
        child.once("spawn", () => {
          resolve(child);
        });
        child.once("exit", (code, signal) => {
          this.#exited(session, code, signal);
        });
        // A server that is gone makes writes fail; its exit says so already.
        child.stdin.on("error", () => undefined);
      });
    const logLines = (stream: Readable): void => {
      readline.createInterface({ input: stream }).on("line", (line) => {
        log.info(`server: ${line}`);
      });
    };
    const options: LanguageClientOptions = {
      documentSelector,
      diagnosticCollectionName: "pycontainer",
      outputChannel: log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      progressOnInitialization: false,
      markdown: { isTrusted: false, supportHtml: false },
      initializationOptions: { trusted: vscode.workspace.isTrusted, ...languageSettings() },
      initializationFailedHandler: () => false,
      stdioOptions: { stdout: () => undefined, stderr: logLines },
      errorHandler: {
        error: (error, message, streak) => {
          log.warn(`Connection to the server: ${error.message}`);
          // An error with no message is one of reading: after something that is not the protocol
          // nothing more can be made out. A message that could not be written is lost alone.
          const unreadable = message === undefined;
          if (unreadable || (streak ?? 0) >= toleratedWriteErrors) session.process?.kill("SIGKILL");
          return { action: ErrorAction.Continue, handled: true };
        },
        closed: () => {
          // The process is useless without its connection; its exit decides what follows.
          session.process?.kill("SIGKILL");
          const message = "The connection to the server is closed";
          return { action: CloseAction.DoNotRestart, message, handled: true };
        },
      },
    };
    const client = new LanguageClient("pycontainer", "PyContainer", launch, options);
    const session: Session = {
      client,
      process: undefined,
      stopping: false,
      running: false,
      died: false,
    };
    client.onNotification(eventNotification, (params: unknown) => {
      const event = decodeLogEvent(params);
      if (event !== undefined) this.#environment.onEvent(event);
      const step = decodeStepEvent(params);
      if (step !== undefined) this.#environment.onStep(step);
    });
    return session;
  }

  #exited(session: Session, code: number | null, signal: NodeJS.Signals | null): void {
    session.died = true;
    const { log } = this.#environment;
    const how = signal === null ? `with code ${code ?? -1}` : `by ${signal}`;
    if (session.stopping || this.#disposed) {
      log.info(`The server ended ${how}`);
      return;
    }
    log.error(`The server went down ${how}`);
    if (this.#session === session) this.#session = undefined;
    this.#enter("down");
    // Whoever waits for a start learns of its failure there.
    if (session.running) this.#recover();
  }

  #recover(): void {
    if (this.#disposed) return;
    const decision = this.#policy.crashed(performance.now());
    if (decision.kind === "give-up") {
      this.#environment.onTrouble({ kind: "gave-up", crashes: decision.crashes });
      return;
    }
    this.#environment.log.info(`Starting the server again in ${decision.delayMs} ms`);
    this.#cancelRetry();
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.startQuietly();
    }, decision.delayMs);
  }

  async #stop(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    this.#session = undefined;
    session.stopping = true;
    try {
      await session.client.dispose(stopTimeoutMs);
    } catch (error) {
      this.#environment.log.warn(`Stopping the server: ${describe(error)}`);
    }
    if (!session.died) session.process?.kill();
  }

  #cancelRetry(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }
}

/** In Restricted Mode texts are checked, and nothing else is done. */
function serverArguments(): string[] {
  return vscode.workspace.isTrusted ? ["lsp"] : ["lsp", "--no-exec", "--no-network"];
}

/** Reads the flag anew: it changes while something is awaited, which the compiler cannot know. */
function isDead(session: Session): boolean {
  return session.died;
}

function describe(error: unknown): string {
  if (error instanceof ServerUnavailable) {
    const { problem } = error;
    return "reason" in problem ? problem.reason : problem.kind;
  }
  return error instanceof Error ? error.message : String(error);
}

async function within<T>(work: Promise<T>, milliseconds: number, otherwise: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(otherwise));
    }, milliseconds);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
