/**
 * A real registry on loopback, and a gate in front of it: large blobs come through half-way and
 * then wait. So a build can be looked at while it runs, and cancelled, without a race or a sleep.
 */
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { run, startDaemon } from "./process";

export interface Registry {
  /** `127.0.0.1:PORT`. */
  host: string;
  stop: () => Promise<void>;
}

/** Who may use a registry that asks; the hash is what `htpasswd -Bbn -C 4` makes of it. */
export const login = {
  username: "alice",
  password: "canary-7f3a9c51",
  line: "alice:$2y$04$thcAur1P3BGGFC9JN6sa/.UgmW.s.6YP6289RjfcBmPaD1vFepEJa",
} as const;

/** Who is let in: who knows `login`, or who has a token that a certificate of the bundle has signed. */
export type Access =
  "login" | { token: { service: string; issuer: string; rootcertbundle: string } };

/** Without `access` everybody is let in. */
export async function startRegistry(folder: string, access?: Access): Promise<Registry> {
  fs.mkdirSync(folder, { recursive: true });
  const config = path.join(folder, "config.yml");
  const storage = path.join(folder, "data");
  const users = path.join(folder, "htpasswd");
  fs.writeFileSync(
    config,
    [
      "version: 0.1",
      "log: { level: info, accesslog: { disabled: true } }",
      `storage: { filesystem: { rootdirectory: ${JSON.stringify(storage)} } }`,
      'http: { addr: "127.0.0.1:0", relativeurls: true }',
      ...(access === undefined ? [] : [`auth: ${JSON.stringify(authentication(access, users))}`]),
      "",
    ].join("\n"),
  );
  fs.writeFileSync(users, `${login.line}\n`);
  const daemon = await startDaemon({
    command: "docker-registry",
    args: ["serve", config],
    env: { ...process.env, OTEL_TRACES_EXPORTER: "none" },
    logFile: path.join(folder, "registry.log"),
    listening: /listening on 127\.0\.0\.1:(\d+)/,
    timeoutMs: 30_000,
  });
  return { host: `127.0.0.1:${daemon.port}`, stop: daemon.stop };
}

function authentication(access: Access, users: string): object {
  return access === "login"
    ? { htpasswd: { realm: "test", path: users } }
    : { token: { realm: "https://unknown.invalid/token", ...access.token } };
}

/** Copies `source` (`oci:DIR:TAG`) into the registry as `repository:tag`. */
export async function seed(registry: Registry, source: string, name: string): Promise<void> {
  await run("skopeo", [
    "--insecure-policy",
    "copy",
    "--all",
    "--dest-tls-verify=false",
    source,
    `docker://${registry.host}/${name}`,
  ]);
}

/** The digest a tag of the registry has, or nothing when there is no such tag. */
export async function tagDigest(
  registry: Registry,
  repository: string,
  tag: string,
  authorization?: string,
): Promise<string | undefined> {
  const accept = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
  ].join(", ");
  const url = `http://${registry.host}/v2/${repository}/manifests/${tag}`;
  const response = await fetch(url, {
    method: "HEAD",
    headers: { accept, ...(authorization === undefined ? {} : { authorization }) },
  });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.headers.get("docker-content-digest") ?? undefined;
}

const largeBlob = 256 * 1024;

/** A proxy in front of a registry that holds large blobs back until it is opened. */
export class Gate {
  readonly #server: http.Server;
  readonly #upstream: string;
  readonly #waiting = new Set<() => void>();
  #open = false;
  #held: (() => void) | undefined;

  private constructor(upstream: string) {
    this.#upstream = upstream;
    this.#server = http.createServer((request, response) => {
      this.#forward(request, response);
    });
  }

  static async start(registry: Registry): Promise<Gate> {
    const gate = new Gate(registry.host);
    await new Promise<void>((resolve) => gate.#server.listen(0, "127.0.0.1", resolve));
    return gate;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves when a blob waits at the gate. */
  holding(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error("nobody asked for a large blob"));
      }, timeoutMs);
      this.#held = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#waiting.size > 0) this.#held();
    });
  }

  /** Lets everything through, what waits and what comes. */
  open(): void {
    this.#open = true;
    for (const release of this.#waiting) release();
    this.#waiting.clear();
  }

  async stop(): Promise<void> {
    this.open();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #forward(request: http.IncomingMessage, response: http.ServerResponse): void {
    const [hostname, port] = this.#upstream.split(":");
    const upstream = http.request(
      { hostname, port, method: request.method, path: request.url, headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        const length = Number(answer.headers["content-length"] ?? 0);
        const blob = request.method === "GET" && (request.url ?? "").includes("/blobs/");
        const holdAt =
          blob && length > largeBlob && !this.#open ? Math.floor(length / 2) : Infinity;
        this.#pass(answer, response, holdAt).catch(() => {
          response.destroy();
        });
      },
    );
    upstream.on("error", () => {
      response.destroy();
    });
    response.on("close", () => {
      upstream.destroy();
    });
    request.pipe(upstream);
  }

  async #pass(
    answer: http.IncomingMessage,
    response: http.ServerResponse,
    holdAt: number,
  ): Promise<void> {
    let sent = 0;
    for await (const piece of answer as AsyncIterable<Buffer>) {
      let rest = piece;
      if (sent < holdAt && sent + piece.length >= holdAt) {
        const split = holdAt - sent;
        await write(response, piece.subarray(0, split));
        rest = piece.subarray(split);
        await this.#wait();
      }
      await write(response, rest);
      sent += piece.length;
    }
    response.end();
  }

  #wait(): Promise<void> {
    if (this.#open) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
      this.#held?.();
      this.#held = undefined;
    });
  }
}

function write(response: http.ServerResponse, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    if (response.destroyed) {
      reject(new Error("the client is gone"));
      return;
    }
    response.write(chunk, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
