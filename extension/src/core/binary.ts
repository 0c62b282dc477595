/**
 * Where the `pycontainer` program is and whether it answers. Order: the setting, the copy inside
 * the extension, `PATH`. A setting that leads nowhere is an error and not skipped: who set it
 * wants that one.
 */
import { type ExecFileException, execFile } from "node:child_process";
import { constants } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";

export type Origin = "setting" | "bundled" | "path";

export interface Candidate {
  origin: Origin;
  path: string;
}

export interface LookupInput {
  /** The expanded setting; empty when not set. */
  configured: string;
  extensionPath: string;
  /** The `PATH` variable. */
  searchPath: string | undefined;
  platform: NodeJS.Platform;
  arch: string;
}

/** What to try, best first. Only absolute folders of `PATH` count: `.` would be the workspace. */
export function candidates(input: LookupInput): Candidate[] {
  if (input.configured !== "") return [{ origin: "setting", path: input.configured }];
  const windows = input.platform === "win32";
  const rules = windows ? path.win32 : path.posix;
  const name = windows ? "pycontainer.exe" : "pycontainer";
  const target = `${input.platform}-${input.arch}`;
  const found: Candidate[] = [
    {
      origin: "bundled",
      path: rules.join(input.extensionPath, "extension", "server", target, name),
    },
  ];
  for (const folder of (input.searchPath ?? "").split(rules.delimiter)) {
    if (rules.isAbsolute(folder)) found.push({ origin: "path", path: rules.join(folder, name) });
  }
  return found;
}

/** `~`, `${workspaceFolder}`, `${env:NAME}`; a relative path is one below the workspace folder. */
export function expandPath(
  value: string,
  context: {
    home: string;
    workspaceFolder: string | undefined;
    environment: Readonly<Record<string, string | undefined>>;
  },
): string {
  const trimmed = value.trim();
  if (trimmed === "") return "";
  const expanded = trimmed
    .replace(/^~(?=$|[/\\])/, context.home)
    .replaceAll("${workspaceFolder}", context.workspaceFolder ?? "")
    .replace(/\$\{env:([^}]+)\}/g, (_, name: string) => context.environment[name] ?? "");
  if (path.isAbsolute(expanded)) return path.normalize(expanded);
  return path.resolve(context.workspaceFolder ?? context.home, expanded);
}

export type FileState = "missing" | "plain" | "executable";

export async function fileState(file: string): Promise<FileState> {
  try {
    if (!(await fs.stat(file)).isFile()) return "missing";
  } catch {
    return "missing";
  }
  try {
    await fs.access(file, constants.X_OK);
    return "executable";
  } catch {
    return "plain";
  }
}

/**
 * Makes a bundled program runnable. Packaging and unpacking may lose the mode; where the
 * extension's folder is read-only, a copy in `storage` runs instead. Returns the path to run.
 */
export async function makeExecutable(file: string, storage: string): Promise<string> {
  try {
    await fs.chmod(file, 0o755);
    return file;
  } catch {
    const copy = path.join(storage, path.basename(file));
    const beside = `${copy}.${process.pid}`;
    await fs.mkdir(storage, { recursive: true });
    await fs.copyFile(file, beside);
    await fs.chmod(beside, 0o755);
    await fs.rename(beside, copy);
    return copy;
  }
}

/** The version in the first line of `pycontainer --version`, such as `pycontainer 0.1.0`. */
export function parseVersion(output: string): string | undefined {
  return /^pycontainer\s+v?(\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?)/.exec(output)?.[1];
}

export type Probe = { kind: "answers"; version: string } | { kind: "fails"; reason: string };

/** Runs `--version`: a program that cannot say who it is will not serve either. */
export function probeVersion(file: string, timeoutMs: number): Promise<Probe> {
  return new Promise((resolve) => {
    execFile(
      file,
      ["--version"],
      { timeout: timeoutMs, killSignal: "SIGKILL", windowsHide: true, maxBuffer: 64 * 1024 },
      (error, stdout) => {
        if (error !== null) {
          resolve({ kind: "fails", reason: whyItFailed(error, timeoutMs) });
          return;
        }
        const version = parseVersion(stdout);
        resolve(
          version === undefined
            ? { kind: "fails", reason: "does not call itself pycontainer" }
            : { kind: "answers", version },
        );
      },
    );
  });
}

/** What follows "it": a program that does not run, is ended, or ends with a code of its own. */
function whyItFailed(error: ExecFileException, timeoutMs: number): string {
  if (error.killed === true) return `gave no answer within ${timeoutMs / 1000} s`;
  if (error.signal) return `was ended by ${error.signal}`;
  if (typeof error.code === "number") return `ended with code ${error.code} when asked its version`;
  return `cannot be run (${error.code ?? error.message})`;
}

export type Located =
  | { kind: "found"; path: string; origin: Origin; version: string }
  | { kind: "missing"; configured: string }
  | { kind: "broken"; path: string; reason: string };

/** Looks for the program and asks it for its version. Does not throw. */
export async function locate(
  input: LookupInput,
  storage: string,
  timeoutMs: number,
): Promise<Located> {
  let broken: Located | undefined;
  for (const candidate of candidates(input)) {
    const state = await fileState(candidate.path);
    if (state === "missing") continue;
    let file = candidate.path;
    if (state === "plain") {
      // Only our own copy is ours to change.
      if (candidate.origin === "path") continue;
      if (candidate.origin === "setting") {
        return { kind: "broken", path: file, reason: "is not executable" };
      }
      try {
        file = await makeExecutable(file, storage);
      } catch (error) {
        const reason = `cannot be made executable (${String(error)})`;
        broken ??= { kind: "broken", path: file, reason };
        continue;
      }
    }
    const probe = await probeVersion(file, timeoutMs);
    if (probe.kind === "answers") {
      return { kind: "found", path: file, origin: candidate.origin, version: probe.version };
    }
    broken ??= { kind: "broken", path: file, reason: probe.reason };
  }
  return broken ?? { kind: "missing", configured: input.configured };
}
