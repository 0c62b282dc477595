/**
 * The server's own requests and notifications, mirrored by hand from the server; everything else
 * between the two is plain LSP. What arrives is checked here once, so that the rest of the
 * extension can rely on the types.
 */

export const buildRequest = "pycontainer/build";
export const pushRequest = "pycontainer/push";
export const planRequest = "pycontainer/plan";
export const imageRequest = "pycontainer/image";
export const registriesRequest = "pycontainer/registries";
export const cacheInfoRequest = "pycontainer/cacheInfo";
export const cacheClearRequest = "pycontainer/cacheClear";
export const eventNotification = "pycontainer/event";

/**
 * What to say to a registry, for one request; never logged, never stored by the server. A Microsoft
 * session's token is exchanged for one of the registry's by the server.
 */
export type Credential = { registry: string } & (
  { username: string; password: string } | { entra_token: string }
);

/** Fields of a build request; all but `context` are optional, unknown ones are errors. */
export interface BuildParams {
  /** Absolute path of the project. */
  context: string;
  tags?: string[];
  output?: string;
  /** `oci-archive:FILE` or `docker-archive:FILE`. */
  archives?: string[];
  no_cache?: boolean;
  credentials?: Credential[];
  workDoneToken?: string;
}

export interface PushParams {
  context: string;
  /** The layout. */
  from: string;
  references: string[];
  credentials?: Credential[];
  workDoneToken?: string;
}

export type PlanParams = Omit<BuildParams, "workDoneToken">;

export interface Layer {
  digest: string;
  size: number;
  kind: string;
  state: string;
  /** As `name version`. */
  packages: string[];
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
    packages: list(layer["packages"], text),
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

/** A step of a running request, as it begins and as it ends. */
export type StepEvent = { token: string } & (
  | { kind: "started"; id: number; name: string; parent: number | undefined }
  | { kind: "finished"; id: number; outcome: string }
);

/** What a `pycontainer/event` says of a step; nothing when it is about something else. */
export function decodeStepEvent(params: unknown): StepEvent | undefined {
  const token = text(fields(params)?.["token"]);
  const event = fields(fields(params)?.["event"]);
  const id = number(event?.["id"]);
  if (event === undefined || token === undefined || id === undefined) return undefined;
  const name = text(event["name"]);
  if (event["kind"] === "activity_started" && name !== undefined) {
    return { token, kind: "started", id, name, parent: number(event["parent"]) };
  }
  if (event["kind"] !== "activity_finished") return undefined;
  return { token, kind: "finished", id, outcome: text(event["outcome"]) ?? "done" };
}

/** A fact of a plan: what was found, and where it says so. */
export interface Fact {
  name: string;
  value: string;
  evidence?: string;
}

export interface PlannedLayer {
  kind: string;
  summary: string;
  contents: string[];
}

export interface Plan {
  project: string;
  facts: Fact[];
  references: string[];
  platforms: { platform: string; layers: PlannedLayer[]; image: ImageSettings }[];
  ignored: { path: string; reason: string }[];
  warnings: Warning[];
}

/** What an image says of how it is run. */
export interface ImageSettings {
  entrypoint: string[];
  cmd: string[];
  user: string;
  workdir: string;
  env: string[];
  ports: string[];
}

function pairs(value: unknown): string[] {
  return Object.entries(fields(value) ?? {}).map(([name, item]) => `${name}=${String(item)}`);
}

export function decodePlan(value: unknown): Plan | undefined {
  const plan = fields(value);
  if (plan === undefined || !Array.isArray(plan["facts"])) return undefined;
  return {
    project: text(plan["project"]) ?? "",
    facts: list(plan["facts"], (item) => {
      const fact = fields(item);
      const name = text(fact?.["name"]);
      if (fact === undefined || name === undefined) return undefined;
      const evidence = text(fact["evidence"]);
      return { name, value: text(fact["value"]) ?? "", ...optional("evidence", evidence) };
    }),
    references: list(plan["references"], text),
    platforms: list(plan["platforms"], (item) => {
      const platform = fields(item);
      const image = fields(platform?.["image"]);
      return {
        platform: text(platform?.["platform"]) ?? "",
        layers: list(platform?.["layers"], (entry) => {
          const layer = fields(entry);
          return {
            kind: text(layer?.["kind"]) ?? "",
            summary: text(layer?.["summary"]) ?? "",
            contents: list(layer?.["contents"], text),
          };
        }),
        image: {
          entrypoint: list(image?.["entrypoint"], text),
          cmd: list(image?.["cmd"], text),
          user: text(image?.["user"]) ?? "",
          workdir: text(image?.["workdir"]) ?? "",
          env: pairs(image?.["env"]),
          ports: list(image?.["ports"], text),
        },
      };
    }),
    ignored: list(plan["ignored"], (item) => {
      const ignored = fields(item);
      const path = text(ignored?.["path"]);
      return path === undefined ? undefined : { path, reason: text(ignored?.["reason"]) ?? "" };
    }),
    warnings: list(plan["warnings"], decodeWarning),
  };
}

export interface DescribedLayer {
  digest: string;
  size: number;
  unpackedSize: number;
  fileCount: number;
  createdBy: string;
  files: { path: string; size: number; link?: string }[];
  packages: { name: string; version: string; size: number; files: number }[];
}

export interface DescribedImage {
  platform: string;
  digest: string;
  /** As they are, to be shown. */
  manifest: unknown;
  config: unknown;
  settings: ImageSettings;
  layers: DescribedLayer[];
}

/** What is in a layout. */
export interface ImageDescription {
  layout: string;
  digest: string;
  references: string[];
  images: DescribedImage[];
}

/** What a configuration (OCI image specification, config.md) says of how the image is run. */
export function decodeSettings(config: unknown): ImageSettings {
  const settings = fields(fields(config)?.["config"]);
  return {
    entrypoint: list(settings?.["Entrypoint"], text),
    cmd: list(settings?.["Cmd"], text),
    user: text(settings?.["User"]) ?? "",
    workdir: text(settings?.["WorkingDir"]) ?? "",
    env: list(settings?.["Env"], text),
    ports: Object.keys(fields(settings?.["ExposedPorts"]) ?? {}),
  };
}

function decodeDescribedLayer(value: unknown): DescribedLayer | undefined {
  const layer = fields(value);
  const digest = text(layer?.["digest"]);
  if (layer === undefined || digest === undefined) return undefined;
  return {
    digest,
    size: number(layer["size"]) ?? 0,
    unpackedSize: number(layer["unpacked_size"]) ?? 0,
    fileCount: number(layer["file_count"]) ?? 0,
    createdBy: text(layer["created_by"]) ?? "",
    files: list(layer["files"], (item) => {
      const file = fields(item);
      const path = text(file?.["path"]);
      if (file === undefined || path === undefined) return undefined;
      return { path, size: number(file["size"]) ?? 0, ...optional("link", text(file["link"])) };
    }),
    packages: list(layer["packages"], (item) => {
      const found = fields(item);
      const name = text(found?.["name"]);
      if (found === undefined || name === undefined) return undefined;
      const version = text(found["version"]) ?? "";
      const size = number(found["size"]) ?? 0;
      return { name, version, size, files: number(found["files"]) ?? 0 };
    }),
  };
}

export function decodeImage(value: unknown): ImageDescription | undefined {
  const image = fields(value);
  const digest = text(image?.["digest"]);
  if (image === undefined || digest === undefined) return undefined;
  return {
    digest,
    layout: text(image["layout"]) ?? "",
    references: list(image["references"], text),
    images: list(image["images"], (item) => {
      const one = fields(item);
      if (one === undefined) return undefined;
      return {
        platform: text(one["platform"]) ?? "",
        digest: text(one["digest"]) ?? "",
        manifest: one["manifest"],
        config: one["config"],
        settings: decodeSettings(one["config"]),
        layers: list(one["layers"], decodeDescribedLayer),
      };
    }),
  };
}

/** Hosts of registries that the server finds a login for. */
export function decodeRegistries(value: unknown): string[] {
  return list(fields(value)?.["registries"], (item) => text(fields(item)?.["registry"]));
}

export interface CacheInfo {
  path: string;
  size: number;
  /** Bytes; nothing: as large as it likes. */
  limit?: number;
  kinds: { kind: string; count: number; size: number }[];
}

export function decodeCacheInfo(value: unknown): CacheInfo | undefined {
  const cache = fields(value);
  const path = text(cache?.["path"]);
  if (cache === undefined || path === undefined) return undefined;
  return {
    path,
    size: number(cache["size"]) ?? 0,
    ...optional("limit", number(cache["limit"])),
    kinds: list(cache["kinds"], (item) => {
      const kind = fields(item);
      const name = text(kind?.["kind"]);
      if (kind === undefined || name === undefined) return undefined;
      return { kind: name, count: number(kind["count"]) ?? 0, size: number(kind["size"]) ?? 0 };
    }),
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
