/**
 * Registries under famous names – GitHub's and one of Azure –, which no test can have for itself: a
 * TLS server that answers for these names, with a token server as they have, a real registry behind
 * it, and a proxy that leads there. Who uses it needs `environment` and nothing else.
 */
import { createSign, randomUUID } from "node:crypto";
import * as fs from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import * as net from "node:net";
import * as path from "node:path";
import { run } from "./process";
import { type Registry, startRegistry } from "./registry";

export const github = "ghcr.io";
export const azure = "acme.azurecr.io";

/** What these people's tokens are called, so that they can be looked for where they must not be. */
export const secrets = {
  /** Of a codespace: it may read packages. */
  codespace: "canary-codespace-51c0",
  /** Of the account of the editor. */
  github: "canary-github-9b1e",
  microsoft: "canary-microsoft-77aa",
} as const;

const refreshToken = "canary-refresh-3f20";
const service = "famous";
const issuer = "famous-issuer";

type Rights = readonly ("pull" | "push")[];

/** What a user's password or token allows; nothing: it is wrong. */
function rightsOf(password: string): Rights | undefined {
  const known: Record<string, Rights> = {
    [secrets.codespace]: ["pull"],
    [secrets.github]: ["pull", "push"],
    [refreshToken]: ["pull", "push"],
  };
  return known[password];
}

export class FamousRegistries {
  /** `METHOD host/path` of every request to the registries. */
  readonly requests: string[] = [];
  readonly #folder: string;
  readonly #servers: (http.Server | https.Server)[] = [];
  #registry: Registry | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async start(folder: string): Promise<FamousRegistries> {
    fs.mkdirSync(folder, { recursive: true });
    const famous = new FamousRegistries(folder);
    await makeCertificates(folder, [github, azure]);
    famous.#registry = await startRegistry(path.join(folder, "registry"), {
      token: { service, issuer, rootcertbundle: path.join(folder, "ca.crt") },
    });
    const front = https.createServer(
      {
        key: fs.readFileSync(path.join(folder, "server.key")),
        cert: fs.readFileSync(path.join(folder, "server.crt")),
      },
      (request, response) => {
        famous.#answer(request, response).catch(() => response.destroy());
      },
    );
    const frontPort = await listen(front);
    const proxy = http.createServer((_, response) => response.writeHead(405).end());
    proxy.on("connect", (request, socket: net.Socket) => {
      if (![`${github}:443`, `${azure}:443`].includes(request.url ?? "")) {
        socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
        return;
      }
      const through = net.connect(frontPort, "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
        socket.pipe(through).pipe(socket);
      });
      through.on("error", () => socket.destroy());
      socket.on("error", () => through.destroy());
    });
    famous.#proxyPort = await listen(proxy);
    famous.#servers.push(proxy, front);
    return famous;
  }

  #proxyPort = 0;

  /** What leads a program here. */
  get environment(): NodeJS.ProcessEnv {
    return {
      HTTPS_PROXY: `http://127.0.0.1:${this.#proxyPort}`,
      SSL_CERT_FILE: path.join(this.#folder, "ca.crt"),
    };
  }

  /** Whether anything of an image was sent to `host`: a check of rights begins an upload only. */
  received(host: string): boolean {
    return this.requests.some((line) => /^(?:PATCH|PUT) /.test(line) && line.includes(` ${host}/`));
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    await this.#registry?.stop();
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const host = request.headers.host ?? "";
    const url = new URL(request.url ?? "/", `https://${host}`);
    this.requests.push(`${request.method ?? ""} ${host}${url.pathname}`);
    if (url.pathname === "/oauth2/exchange") {
      const form = new URLSearchParams(await text(request));
      const known = form.get("access_token") === secrets.microsoft;
      answerJson(response, known ? 200 : 401, known ? { refresh_token: refreshToken } : {});
      return;
    }
    if (url.pathname === "/token") {
      const asked =
        request.method === "POST" ? new URLSearchParams(await text(request)) : undefined;
      this.#grant(asked ?? url.searchParams, asked ?? basic(request), response);
      return;
    }
    this.#forward(request, response, host);
  }

  /** The distribution's token protocol: anonymous users may pull. */
  #grant(query: URLSearchParams, who: URLSearchParams, response: http.ServerResponse): void {
    const password = who.get("refresh_token") ?? who.get("password");
    const rights = password === null ? (["pull"] as const) : rightsOf(password);
    if (rights === undefined) {
      answerJson(response, 401, { details: "bad credentials" });
      return;
    }
    const access = query
      .getAll("scope")
      .flatMap((scope) => scope.split(" "))
      .map((scope) => /^([^:]+):(.+):([^:]+)$/.exec(scope))
      .filter((match) => match !== null)
      .map(([, type, name, actions = ""]) => ({
        type,
        name,
        actions: actions.split(",").filter((action) => rights.some((right) => right === action)),
      }));
    const token = this.#sign({ aud: service, sub: who.get("username") ?? "", access });
    answerJson(response, 200, { token, access_token: token, expires_in: 60 });
  }

  /** A JSON Web Token with RS256 (RFC 7515, RFC 7518 §3.3). */
  #sign(claims: object): string {
    const authority = fs.readFileSync(path.join(this.#folder, "ca.crt"), "utf8");
    const chain = [authority.replace(/-----[^-]+-----|\s/g, "")];
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now, nbf: now - 10, exp: now + 60, jti: randomUUID() };
    const parts = [
      { typ: "JWT", alg: "RS256", x5c: chain },
      { iss: issuer, ...times, ...claims },
    ].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
    const key = fs.readFileSync(path.join(this.#folder, "ca.key"));
    const signature = createSign("RSA-SHA256").update(parts.join(".")).sign(key, "base64url");
    return [...parts, signature].join(".");
  }

  #forward(request: http.IncomingMessage, response: http.ServerResponse, host: string): void {
    const [hostname, port] = (this.#registry?.host ?? "").split(":");
    const upstream = http.request(
      { hostname, port, method: request.method, path: request.url, headers: request.headers },
      (answer) => {
        const headers = { ...answer.headers };
        const challenge = headers["www-authenticate"];
        if (challenge !== undefined) {
          headers["www-authenticate"] = challenge.replace(
            /realm="[^"]*"/,
            `realm="https://${host}/token"`,
          );
        }
        response.writeHead(answer.statusCode ?? 502, headers);
        answer.pipe(response);
      },
    );
    upstream.on("error", () => response.destroy());
    request.pipe(upstream);
  }
}

function listen(server: http.Server | https.Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve((server.address() as net.AddressInfo).port);
    });
  });
}

async function text(request: http.IncomingMessage): Promise<string> {
  let all = "";
  for await (const chunk of request as AsyncIterable<Buffer>) all += chunk.toString();
  return all;
}

function basic(request: http.IncomingMessage): URLSearchParams {
  const [, encoded] = /^Basic (.+)$/.exec(request.headers.authorization ?? "") ?? [];
  if (encoded === undefined) return new URLSearchParams();
  const [username = "", ...password] = Buffer.from(encoded, "base64").toString().split(":");
  return new URLSearchParams({ username, password: password.join(":") });
}

function answerJson(response: http.ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** `ca.crt` and, signed by it, `server.crt` for `names`, each with its key. */
async function makeCertificates(folder: string, names: readonly string[]): Promise<void> {
  const at = (name: string): string => path.join(folder, name);
  const openssl = (...args: string[]): Promise<string> => run("openssl", args);
  const fresh = ["-newkey", "rsa:2048", "-nodes"];
  await openssl(
    ...["req", "-x509", ...fresh, "-days", "30", "-subj", "/CN=authority"],
    ...["-keyout", at("ca.key"), "-out", at("ca.crt")],
  );
  await openssl(
    ...["req", ...fresh, "-subj", `/CN=${names[0] ?? ""}`],
    ...["-keyout", at("server.key"), "-out", at("server.csr")],
  );
  fs.writeFileSync(at("names"), `subjectAltName=${names.map((name) => `DNS:${name}`).join(",")}\n`);
  await openssl(
    ...["x509", "-req", "-in", at("server.csr"), "-days", "30", "-extfile", at("names")],
    ...["-CA", at("ca.crt"), "-CAkey", at("ca.key"), "-CAcreateserial", "-out", at("server.crt")],
  );
}
