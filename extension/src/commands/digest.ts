/** *Copy Digest* of what was built or pushed last. */
import * as vscode from "vscode";
import type { Context } from "../context";
import { commandIds } from "../context";
import { noDigestYet } from "../core/messages";

export function activate(ctx: Context): void {
  ctx.command(commandIds.copyDigest, async () => {
    const latest = ctx.memory.latest();
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
