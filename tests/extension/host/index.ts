/**
 * Runs inside the extension host, on the installed extension and the real server, in a project
 * that `harness.ts` has made. Prints `ok - …`/`not ok - …`, which the harness counts.
 */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import * as vscode from "vscode";

interface Result {
  digest: string;
  references: string[];
}

const tests: [string, () => Promise<void>][] = [];

function test(name: string, body: () => Promise<void>): void {
  tests.push([name, body]);
}

function folder(): vscode.Uri {
  const first = vscode.workspace.workspaceFolders?.[0];
  assert.ok(first);
  return first.uri;
}

function file(name: string): vscode.Uri {
  return vscode.Uri.joinPath(folder(), name);
}

/** Waits for what the server publishes; by event, not by time. */
async function diagnostics(
  uri: vscode.Uri,
  enough: (list: vscode.Diagnostic[]) => boolean,
): Promise<vscode.Diagnostic[]> {
  const current = vscode.languages.getDiagnostics(uri);
  if (enough(current)) return current;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const seen = vscode.languages.getDiagnostics(uri).map(({ message }) => message);
      reject(new Error(`diagnostics did not come; there are: ${seen.join("; ")}`));
    }, 20_000);
    const subscription = vscode.languages.onDidChangeDiagnostics(() => {
      const list = vscode.languages.getDiagnostics(uri);
      if (!enough(list)) return;
      clearTimeout(timer);
      subscription.dispose();
      resolve(list);
    });
  });
}

async function edit(uri: vscode.Uri, text: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument(uri);
  const change = new vscode.WorkspaceEdit();
  const all = new vscode.Range(0, 0, document.lineCount, 0);
  change.replace(uri, all, text);
  assert.ok(await vscode.workspace.applyEdit(change));
}

test("the extension is active and its commands are there", async () => {
  const extension = vscode.extensions.getExtension("pycontainer.pycontainer");
  assert.ok(extension);
  await extension.activate();
  const { contributes } = extension.packageJSON as {
    contributes: { commands: { command: string }[] };
  };
  const known = await vscode.commands.getCommands(true);
  for (const { command } of contributes.commands) assert.ok(known.includes(command), command);
});

test("pycontainer.toml has a language of its own", async () => {
  const document = await vscode.workspace.openTextDocument(file("pycontainer.toml"));
  assert.equal(document.languageId, "pycontainer-toml");
  await vscode.window.showTextDocument(document);
});

test("a misspelt key is a problem until it is corrected", async () => {
  const uri = file("pycontainer.toml");
  const good = fs.readFileSync(uri.fsPath, "utf8");
  await edit(uri, good.replace("base_image", "base_imag"));
  const [problem] = await diagnostics(uri, (list) => list.length > 0);
  assert.ok(problem);
  assert.match(problem.message, /base_imag/);
  assert.equal(problem.source, "pycontainer");
  assert.equal(problem.severity, vscode.DiagnosticSeverity.Error);
  const code = typeof problem.code === "object" ? problem.code.value : problem.code;
  assert.match(String(code), /^config\//);
  assert.equal(
    problem.range.start.line,
    good.split("\n").findIndex((l) => /base_image/.test(l)),
  );
  await edit(uri, good);
  await diagnostics(uri, (list) => list.length === 0);
});

test("a wrong value in [tool.pycontainer] of pyproject.toml is a problem", async () => {
  const uri = file("pyproject.toml");
  const good = fs.readFileSync(uri.fsPath, "utf8");
  await edit(uri, `${good}\n[tool.pycontainer.build]\nreproducible = "yes"\n`);
  const [problem] = await diagnostics(uri, (list) => list.length > 0);
  assert.match(problem?.message ?? "", /reproducible/);
  await edit(uri, good);
  await diagnostics(uri, (list) => list.length === 0);
});

test("the plan is a document to read, not to edit", async () => {
  await vscode.commands.executeCommand("pycontainer.plan", file("pycontainer.toml"));
  const document = vscode.window.activeTextEditor?.document;
  assert.equal(document?.uri.scheme, "pycontainer-plan");
  assert.equal(document.languageId, "json");
  const plan: unknown = JSON.parse(document.getText());
  assert.ok(typeof plan === "object" && plan !== null);
  await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
});

test("a build writes the layout and returns its digest", async () => {
  // What is edited is saved first.
  const uri = file("hello.py");
  await edit(uri, `${fs.readFileSync(uri.fsPath, "utf8")}\nEDITED = True\n`);
  const result = await vscode.commands.executeCommand<Result>("pycontainer.build", uri);
  assert.match(result.digest, /^sha256:[0-9a-f]{64}$/);
  assert.match(fs.readFileSync(uri.fsPath, "utf8"), /EDITED/);
  const layout = path.join(folder().fsPath, "dist", "image");
  const index = fs.readFileSync(path.join(layout, "index.json"), "utf8");
  assert.ok(index.includes(result.digest));
  const again = await vscode.commands.executeCommand<Result>("pycontainer.build", uri);
  assert.equal(again.digest, result.digest);
});

test("the digest goes to the clipboard", async () => {
  const digest = await vscode.commands.executeCommand<string>("pycontainer.copyDigest");
  assert.match(digest, /^sha256:/);
  assert.equal(await vscode.env.clipboard.readText(), digest);
});

test("after a restart of the server problems are found as before", async () => {
  const uri = file("pycontainer.toml");
  const good = fs.readFileSync(uri.fsPath, "utf8");
  await edit(uri, `${good}\n[bulid]\n`);
  await diagnostics(uri, (list) => list.length > 0);
  // Two at once are one after the other, and both end well.
  await Promise.all([
    vscode.commands.executeCommand("pycontainer.server.restart"),
    vscode.commands.executeCommand("pycontainer.server.restart"),
  ]);
  await diagnostics(uri, (list) => list.length > 0);
  await edit(uri, good);
  await diagnostics(uri, (list) => list.length === 0);
});

/** Processes of this extension host that serve the language. */
function servers(): number[] {
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        // proc(5): the parent is the second field after the command, which is in parentheses.
        const stat = fs.readFileSync(`/proc/${name}/stat`, "utf8");
        const parent = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
        const command = fs.readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
        return Number(parent) === process.pid && command.includes("lsp");
      } catch {
        return false; // it ended while we looked
      }
    })
    .map(Number);
}

test("a server that was killed comes back by itself", async () => {
  const uri = file("pycontainer.toml");
  const good = fs.readFileSync(uri.fsPath, "utf8");
  await edit(uri, `${good}\n[bulid]\n`);
  await diagnostics(uri, (list) => list.length > 0);
  const [before, ...others] = servers();
  assert.ok(before !== undefined && others.length === 0);
  process.kill(before, "SIGKILL");
  // Only a server that is alive can know of the second mistake.
  await edit(uri, `${good}\n[bulid]\n[buidl]\n`);
  await diagnostics(uri, (list) => list.length > 1);
  const [after] = servers();
  assert.ok(after !== undefined && after !== before);
  await edit(uri, good);
  await diagnostics(uri, (list) => list.length === 0);
});

export async function run(): Promise<void> {
  let failed = 0;
  for (const [name, body] of tests) {
    try {
      await body();
      console.log(`ok - host: ${name}`);
    } catch (error) {
      failed += 1;
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      console.log(`not ok - host: ${name}\n${text}`);
    }
  }
  if (failed > 0) throw new Error(`${failed} failed`);
}
