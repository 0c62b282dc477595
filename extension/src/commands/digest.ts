/** *Copy Digest* of what was built or pushed last. */
import * as vscode from "vscode";
import type { Context } from "../context";
import { commandIds } from "../context";
import { noDigestYet } from "../core/messages";

export function activate(ctx: Context): void {
  ctx.command(commandIds.copyDigest, async (node) => {
    const latest = imageOf(ctx, node) ?? ctx.memory.latest();
    if (latest === undefined) {
      ctx.say(noDigestYet);
      return undefined;
    }
    return copyDigest(ctx, latest.digest);
  });
}

export async function copyDigest(ctx: Context, digest: string): Promise<string> {
  await vscode.env.clipboard.writeText(digest);
  ctx.log.info(`Copied ${digest}`);
  vscode.window.setStatusBarMessage("$(check) Digest copied", 2_000);
  return digest;
}

/** The image that a node of a view is about. */
function imageOf(ctx: Context, node: unknown): { digest: string } | undefined {
  if (typeof node !== "object" || node === null) return undefined;
  const run =
    "run" in node && typeof node.run === "string" ? ctx.history.find(node.run) : undefined;
  if (run !== undefined) return run.built ?? run.pushed;
  if (!("project" in node) || typeof node.project !== "string") return undefined;
  return ctx.memory.last(node.project);
}
