/**
 * A real VS Code workbench without a download of VS Code: code-server from the package registry,
 * its native modules built against the headers of the running Node. Installed once into the
 * user's cache; started on a free loopback port with folders of its own.
 */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { type Daemon, run, startDaemon } from "./process";

/** The newest one for Node 20; VS Code 1.100.3 inside. */
const codeServerVersion = "4.100.3";
const nodeGypVersion = "12.1.0";
const nativeModules = ["@vscode/spdlog", "node-pty", "native-watchdog"];

export interface Installation {
  /** The script that starts code-server. */
  entry: string;
}

/** Where `include/node` lies: NODEDIR, beside the running Node, or the system's. */
function headersFolder(): string {
  const candidates = [
    process.env["NODEDIR"],
    path.resolve(path.dirname(fs.realpathSync(process.execPath)), ".."),
    "/usr",
  ];
  for (const folder of candidates) {
    if (folder !== undefined && fs.existsSync(path.join(folder, "include/node/node.h"))) {
      return folder;
    }
  }
  throw new Error("The headers of Node are missing: set NODEDIR to the folder with include/node");
}

/** Installs on first use (about a minute); later calls return at once. */
export async function installWorkbench(): Promise<Installation> {
  const cache = process.env["XDG_CACHE_HOME"] ?? path.join(os.homedir(), ".cache");
  const parent = path.join(cache, "pycontainer-build", "workbench");
  const folder = path.join(
    parent,
    `code-server-${codeServerVersion}-node-${process.versions.modules}-${process.arch}`,
  );
  const installation = { entry: path.join(folder, "node_modules/code-server/out/node/entry.js") };
  if (fs.existsSync(installation.entry)) return installation;

  console.log(`# installing code-server ${codeServerVersion} into ${folder}`);
  fs.mkdirSync(parent, { recursive: true });
  const beside = fs.mkdtempSync(path.join(parent, "installing-"));
  try {
    await install(beside);
    try {
      fs.renameSync(beside, folder);
    } catch (error) {
      if (!fs.existsSync(installation.entry)) throw error; // else another run was faster
    }
  } finally {
    fs.rmSync(beside, { recursive: true, force: true });
  }
  return installation;
}

async function install(folder: string): Promise<void> {
  const env = { ...process.env, npm_config_nodedir: headersFolder() };
  const npm = (cwd: string, ...args: string[]): Promise<string> =>
    run("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", ...args], { cwd, env });
  fs.writeFileSync(path.join(folder, "package.json"), '{"name":"workbench","private":true}\n');
  // The package's own installation script would fetch binaries; these are built here instead.
  await npm(folder, `code-server@${codeServerVersion}`, `node-gyp@${nodeGypVersion}`);
  const codeServer = path.join(folder, "node_modules/code-server");
  const editor = path.join(codeServer, "lib/vscode");
  await npm(editor, "--omit=dev");

  const nodeGyp = path.join(folder, "node_modules/node-gyp/bin/node-gyp.js");
  const build = (module: string, ...command: string[]): Promise<string> =>
    run(process.execPath, [...command, `--nodedir=${headersFolder()}`], {
      cwd: module,
      env: { ...env, npm_config_node_gyp: nodeGyp },
    });
  const preGyp = path.join(folder, "node_modules/@mapbox/node-pre-gyp/bin/node-pre-gyp");
  await Promise.all([
    build(path.join(folder, "node_modules/argon2"), preGyp, "rebuild", "--build-from-source"),
    ...nativeModules.map((name) =>
      build(path.join(editor, "node_modules", name), nodeGyp, "rebuild"),
    ),
  ]);

  const ripgrep = findProgram("rg");
  if (ripgrep !== undefined) {
    const bin = path.join(editor, "node_modules/@vscode/ripgrep/bin");
    fs.mkdirSync(bin, { recursive: true });
    fs.symlinkSync(ripgrep, path.join(bin, "rg"));
  }
  fs.symlinkSync("node_modules", path.join(editor, "node_modules.asar"));
}

/** The first `name` on PATH. */
export function findProgram(name: string): string | undefined {
  for (const folder of (process.env["PATH"] ?? "").split(path.delimiter)) {
    const file = path.join(folder, name);
    if (folder !== "" && fs.existsSync(file)) return file;
  }
  return undefined;
}

export interface WorkbenchOptions {
  /** A folder of its own for settings, extensions and logs; made if need be. */
  folder: string;
  vsix: string;
  settings?: Record<string, unknown>;
  /** Workspaces are trusted unless this is set. */
  restricted?: boolean;
  /** Packages of more extensions. */
  more?: string[];
  environment?: NodeJS.ProcessEnv;
}

export interface Workbench {
  port: number;
  /** Its own, see the options. */
  folder: string;
  /** Folder of the installed extension. */
  extensionPath: string;
  stop: () => Promise<void>;
}

const quietSettings = {
  "workbench.startupEditor": "none",
  "workbench.enableExperiments": false,
  "workbench.tips.enabled": false,
  "workbench.reduceMotion": "on",
  "workbench.colorTheme": "Default Dark Modern",
  "telemetry.telemetryLevel": "off",
  "extensions.autoCheckUpdates": false,
  "extensions.autoUpdate": false,
  "extensions.ignoreRecommendations": true,
  "update.mode": "none",
  "git.enabled": false,
  "remote.autoForwardPorts": false,
  "chat.commandCenter.enabled": false,
  "security.workspace.trust.startupPrompt": "never",
  "security.workspace.trust.banner": "never",
};

/** What this machine has configured for package managers is no part of a test. */
function withoutIndexes(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !/^(?:PIP|UV)_/.test(name)),
  );
}

/** Installs the extension and starts the workbench; nothing is written to the home folder. */
export async function startWorkbench(
  { entry }: Installation,
  options: WorkbenchOptions,
): Promise<Workbench> {
  const { folder } = options;
  const at = (...parts: string[]): string => path.join(folder, ...parts);
  fs.mkdirSync(at("data", "User"), { recursive: true });
  fs.mkdirSync(at("home"), { recursive: true });
  const settings = { ...quietSettings, ...options.settings };
  fs.writeFileSync(at("data", "User", "settings.json"), JSON.stringify(settings, undefined, 2));
  fs.writeFileSync(at("config.yaml"), "bind-addr: 127.0.0.1:0\nauth: none\ncert: false\n");
  const common = [
    entry,
    "--config",
    at("config.yaml"),
    "--user-data-dir",
    at("data"),
    "--extensions-dir",
    at("extensions"),
  ];
  const env: NodeJS.ProcessEnv = {
    ...withoutIndexes(process.env),
    HOME: at("home"),
    XDG_CONFIG_HOME: at("xdg", "config"),
    XDG_DATA_HOME: at("xdg", "data"),
    XDG_CACHE_HOME: at("xdg", "cache"),
    DOCKER_CONFIG: at("xdg", "docker"),
    EXTENSIONS_GALLERY: '{"serviceUrl":""}',
    NO_PROXY: "127.0.0.1,localhost",
    no_proxy: "127.0.0.1,localhost",
    ...options.environment,
  };
  const install = [options.vsix, ...(options.more ?? [])].flatMap((vsix) => [
    "--install-extension",
    vsix,
  ]);
  await run(process.execPath, [...common, ...install], { env });
  const daemon: Daemon = await startDaemon({
    command: process.execPath,
    args: [
      ...common,
      "--bind-addr=127.0.0.1:0",
      "--auth=none",
      "--disable-telemetry",
      "--disable-update-check",
      "--disable-getting-started-override",
      ...(options.restricted === true ? [] : ["--disable-workspace-trust"]),
      "--ignore-last-opened",
    ],
    env,
    logFile: at("server.log"),
    listening: /HTTP server listening on http:\/\/127\.0\.0\.1:(\d+)/,
    timeoutMs: 60_000,
  });
  const installed = fs
    .readdirSync(at("extensions"))
    .find((name) => name.startsWith("pycontainer.pycontainer-"));
  if (installed === undefined) throw new Error(`${options.vsix} was not installed`);
  const { port, stop } = daemon;
  return { port, folder, extensionPath: at("extensions", installed), stop };
}
