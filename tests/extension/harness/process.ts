/** Child processes that are ended by their own group, whatever happens to the harness. */
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

const groups = new Set<number>();

function killGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // Gone already.
  }
}

process.once("exit", () => {
  for (const group of groups) killGroup(group, "SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => process.exit(130));
}

export interface Daemon {
  pid: number;
  /** The port it said it listens on. */
  port: number;
  stop: () => Promise<void>;
}

export interface DaemonOptions {
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  /** Everything it prints goes here. */
  logFile: string;
  /** Matches the line that says where it listens; the first group is the port. */
  listening: RegExp;
  timeoutMs: number;
}

/** Starts a server on a port of its choice and waits until it listens. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const name = path.basename(options.args[0] ?? options.command);
  const log = fs.createWriteStream(options.logFile);
  const child = spawn(options.command, options.args, {
    env: options.env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const port = await new Promise<number>((resolve, reject) => {
    let text = "";
    const timer = setTimeout(() => {
      reject(new Error(`${name} does not listen after ${options.timeoutMs} ms: ${text}`));
    }, options.timeoutMs);
    const read = (chunk: Buffer): void => {
      log.write(chunk);
      text = (text + chunk.toString()).slice(-20_000);
      const match = options.listening.exec(text);
      if (match === null) return;
      clearTimeout(timer);
      resolve(Number(match[1]));
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("error", reject);
    child.once("exit", (code) => {
      clearTimeout(timer);
      reject(new Error(`${name} ended with ${code ?? "a signal"}: ${text}`));
    });
    if (child.pid !== undefined) groups.add(child.pid);
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} has no process`);
  return { pid, port, stop: () => stopGroup(child, pid) };
}

async function stopGroup(child: ChildProcess, group: number): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else {
      child.once("exit", () => {
        resolve();
      });
    }
  });
  killGroup(group, "SIGTERM");
  const timer = setTimeout(() => {
    killGroup(group, "SIGKILL");
  }, 5_000);
  await ended;
  clearTimeout(timer);
  killGroup(group, "SIGKILL"); // children that outlived their parent
  groups.delete(group);
}

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Gets the output; without it the output is part of the error only. */
  logFile?: string;
}

/** Runs a command to its end and returns what it printed; fails unless it ends with 0. */
export function run(command: string, args: string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("error", reject);
    child.once("close", (code) => {
      if (options.logFile !== undefined) fs.writeFileSync(options.logFile, text);
      if (code === 0) resolve(text);
      else {
        const shown = `${path.basename(command)} ${args.join(" ")}`;
        reject(new Error(`${shown} ended with ${code ?? "a signal"}:\n${text.slice(-4000)}`));
      }
    });
  });
}
