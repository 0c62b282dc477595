/**
 * The server's own requests and notifications, mirrored by hand from the server; everything else
 * between the two is plain LSP. What arrives is checked here once, so that the rest of the
 * extension can rely on the types.
 */

export const buildRequest = "pycontainer/build";
export const pushRequest = "pycontainer/push";
export const planRequest = "pycontainer/plan";
export const eventNotification = "pycontainer/event";

/** Fields of a build request; all but `context` are optional, unknown ones are errors. */
export interface BuildParams {
  /** Absolute path of the project. */
  context: string;
  tags?: string[];
  output?: string;
  workDoneToken?: string;
}

export interface PushParams {
  context: string;
  references: string[];
  workDoneToken?: string;
}

export type PlanParams = Omit<BuildParams, "workDoneToken">;

export interface Layer {
  digest: string;
  size: number;
  kind: string;
  state: string;
}

export interface PlatformResult {
  platform: string;
  digest: string;
  layers: Layer[];
}

export interface Warning {
  code: string;
  message: string;
  hint?: string;
}

export interface BuildResult {
  digest: string;
  references: string[];
  output?: string;
  platforms: PlatformResult[];
  warnings: Warning[];
  totalMs?: number;
}

export interface PushResult {
  digest: string;
  references: string[];
  bytesUploaded?: number;
  totalMs?: number;
}

/** A problem in a file, zero-based and in UTF-16 units as everywhere in LSP. */
export interface FileDiagnostic {
  file: string;
  range: {
    start: { line: number; character: number };
    end: { line: number; character: number };
  };
  severity: string;
  code: string;
  message: string;
  hint?: string;
}

export type Failure =
  | { kind: "cancelled" }
  /** The connection went away before the answer came. */
  | { kind: "lost" }
  | {
      kind: "failed";
      message: string;
      code?: string;
      hint?: string;
      context: string[];
      diagnostics: FileDiagnostic[];
    };

/** What `pycontainer/event` says about a running request; other kinds are not for the log. */
export interface LogEvent {
  level: "error" | "warning" | "info" | "debug";
  message: string;
}

// JSON-RPC and LSP 3.17 "Base Protocol", error codes; the -3209x are the client library's own for
// requests that were pending when the connection closed.
const requestCancelled = -32800;
const connectionCodes = [-32099, -32098, -32097, -32096];

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function list<T>(value: unknown, decode: (item: unknown) => T | undefined): T[] {
  if (!Array.isArray(value)) return [];
  return value.map((item: unknown) => decode(item)).filter((item) => item !== undefined);
}

/** `{[key]: value}` or nothing: optional properties are absent, never `undefined`. */
function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  const result: Partial<Record<K, V>> = {};
  if (value !== undefined) result[key] = value;
  return result;
}

function decodeLayer(value: unknown): Layer | undefined {
  const layer = fields(value);
  const digest = text(layer?.["digest"]);
  if (layer === undefined || digest === undefined) return undefined;
  return {
    digest,
    size: number(layer["size"]) ?? 0,
    kind: text(layer["kind"]) ?? "",
    state: text(layer["state"]) ?? "",
  };
}

function decodePlatform(value: unknown): PlatformResult | undefined {
  const platform = fields(value);
  const name = text(platform?.["platform"]);
  if (platform === undefined || name === undefined) return undefined;
  return {
    platform: name,
    digest: text(platform["digest"]) ?? "",
    layers: list(platform["layers"], decodeLayer),
  };
}

function decodeWarning(value: unknown): Warning | undefined {
  const warning = fields(value);
  const message = text(warning?.["message"]);
  if (warning === undefined || message === undefined) return undefined;
  const code = text(warning["code"]) ?? "";
  return { code, message, ...optional("hint", text(warning["hint"])) };
}

/** Nothing when the answer has no digest: then it is no build result. */
export function decodeBuildResult(value: unknown): BuildResult | undefined {
  const result = fields(value);
  const digest = text(result?.["digest"]);
  if (result === undefined || digest === undefined) return undefined;
  return {
    digest,
    references: list(result["references"], text),
    platforms: list(result["platforms"], decodePlatform),
    warnings: list(result["warnings"], decodeWarning),
    ...optional("output", text(result["output"])),
    ...optional("totalMs", number(fields(result["timings_ms"])?.["total"])),
  };
}

export function decodePushResult(value: unknown): PushResult | undefined {
  const result = fields(value);
  const digest = text(result?.["digest"]);
  if (result === undefined || digest === undefined) return undefined;
  return {
    digest,
    references: list(result["references"], text),
    ...optional("bytesUploaded", number(result["bytes_uploaded"])),
    ...optional("totalMs", number(fields(result["timings_ms"])?.["total"])),
  };
}

/** Compressed size of the image: of its only platform, or of all together. */
export function imageSize(result: BuildResult): number {
  let size = 0;
  for (const platform of result.platforms) {
    for (const layer of platform.layers) size += layer.size;
  }
  return size;
}

function decodePosition(value: unknown): { line: number; character: number } {
  const position = fields(value);
  const whole = (n: unknown): number => Math.max(0, Math.trunc(number(n) ?? 0));
  return { line: whole(position?.["line"]), character: whole(position?.["character"]) };
}

function decodeDiagnostic(value: unknown): FileDiagnostic | undefined {
  const diagnostic = fields(value);
  const file = text(diagnostic?.["file"]);
  const message = text(diagnostic?.["message"]);
  if (diagnostic === undefined || file === undefined || message === undefined) return undefined;
  const range = fields(diagnostic["range"]);
  const start = decodePosition(range?.["start"]);
  return {
    file,
    message,
    range: { start, end: range?.["end"] === undefined ? start : decodePosition(range["end"]) },
    severity: text(diagnostic["severity"]) ?? "error",
    code: text(diagnostic["code"]) ?? "",
    ...optional("hint", text(diagnostic["hint"])),
  };
}

/** What a rejected request means. Takes anything, since a rejection may be anything. */
export function decodeFailure(error: unknown): Failure {
  const fallback = "the server gave no reason";
  const response = fields(error);
  if (response === undefined) {
    return {
      kind: "failed",
      message: typeof error === "string" && error !== "" ? error : fallback,
      context: [],
      diagnostics: [],
    };
  }
  const code = number(response["code"]);
  if (code === requestCancelled) return { kind: "cancelled" };
  if (code !== undefined && connectionCodes.includes(code)) return { kind: "lost" };
  const data = fields(response["data"]);
  return {
    kind: "failed",
    message: text(data?.["message"]) ?? text(response["message"]) ?? fallback,
    context: list(data?.["context"], text),
    diagnostics: list(data?.["diagnostics"], decodeDiagnostic),
    ...optional("code", text(data?.["code"])),
    ...optional("hint", text(data?.["hint"])),
  };
}

/** The line a `pycontainer/event` is worth in the log; most events are progress and worth none. */
export function decodeLogEvent(params: unknown): LogEvent | undefined {
  const event = fields(fields(params)?.["event"]);
  const message = text(event?.["message"]);
  if (event === undefined || message === undefined) return undefined;
  const code = text(event["code"]);
  const hint = text(event["hint"]);
  const line = `${code === undefined ? "" : `[${code}] `}${message}${hint === undefined ? "" : ` (${hint})`}`;
  if (event["kind"] === "warning") return { level: "warning", message: line };
  if (event["kind"] !== "log") return undefined;
  const level = text(event["level"]);
  const known = (["error", "warning", "info", "debug"] as const).find((name) => name === level);
  return { level: known ?? "info", message: line };
}
