/** Packages that give the workbench an account of GitHub or Microsoft (`support/account.ts`). */
import * as fs from "node:fs";
import * as path from "node:path";
import esbuild from "esbuild";
import type { Account } from "../support/account";
import { run } from "./process";

/** With the token as it is. The path of a package that takes the place of the editor's own `PROVIDER-authentication`. */
export async function packAccount(root: string, folder: string, account: Account): Promise<string> {
  fs.mkdirSync(folder, { recursive: true });
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: ["tests/extension/support/account.ts"],
    outfile: path.join(folder, "extension.js"),
    bundle: true,
    platform: "node",
    format: "cjs",
    external: ["vscode"],
    logLevel: "warning",
  });
  const { provider, label } = account;
  const manifest = {
    name: `${provider}-authentication`,
    publisher: "vscode",
    version: "99.0.0",
    engines: { vscode: "^1.91.0" },
    extensionKind: ["workspace"],
    main: "./extension.js",
    activationEvents: [`onAuthenticationRequest:${provider}`],
    capabilities: { untrustedWorkspaces: { supported: true } },
    contributes: { authentication: [{ id: provider, label }] },
    account: { ...account, token: Buffer.from(account.token).toString("base64") },
  };
  fs.writeFileSync(path.join(folder, "package.json"), JSON.stringify(manifest));
  const vsix = path.join(folder, "account.vsix");
  const vsce = path.join(root, "node_modules", "@vscode", "vsce", "vsce");
  const flags = ["--no-dependencies", "--allow-missing-repository", "--skip-license"];
  await run(process.execPath, [vsce, "package", ...flags, "--out", vsix], { cwd: folder });
  return vsix;
}
