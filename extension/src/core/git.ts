/** Where a project comes from, as its Git configuration says; no program is run. */
import * as path from "node:path";

export interface Repository {
  /** `github.com` */
  host: string;
  owner: string;
  name: string;
}

/** `https://github.com/acme/api.git`, `git@github.com:acme/api.git`, `ssh://git@host:22/a/b`. */
export function parseRemote(url: string): Repository | undefined {
  const address = url.trim();
  const match =
    /^(?:https?|ssh|git):\/\/(?:[^@/]*@)?([^/:]+)(?::\d+)?\/(.+)$/.exec(address) ??
    /^(?:[^@/:]+@)?([^/:]+):(?!\/)(.+)$/.exec(address);
  const host = match?.[1]?.toLowerCase();
  const parts = (match?.[2] ?? "")
    .replace(/\/+$/, "")
    .replace(/\.git$/, "")
    .split("/");
  const [owner, name] = [parts.at(-2), parts.at(-1)];
  if (host === undefined || parts.length < 2 || !owner || !name) return undefined;
  return { host, owner, name };
}

/** The address of `origin`, else of the first remote, in the text of a `.git/config`. */
export function remoteOf(config: string): string | undefined {
  let remote: string | undefined;
  const urls = new Map<string, string>();
  for (const line of config.split(/\r?\n/)) {
    const section = /^\s*\[([^\]]*)\]/.exec(line)?.[1];
    if (section !== undefined) remote = /^remote "(.+)"$/.exec(section.trim())?.[1];
    const url = /^\s*url\s*=\s*(.+?)\s*$/.exec(line)?.[1];
    if (remote !== undefined && url !== undefined && !urls.has(remote)) urls.set(remote, url);
  }
  return urls.get("origin") ?? [...urls.values()][0];
}

/** Reads a file's text; nothing when there is none. */
export type ReadText = (file: string) => Promise<string | undefined>;

/** The repository that `folder`, at or above which `.git` lies, was cloned from. */
export async function findRepository(
  folder: string,
  readText: ReadText,
): Promise<Repository | undefined> {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const git = path.join(at, ".git");
    let config = await readText(path.join(git, "config"));
    if (config === undefined) {
      // A worktree has a file that leads to its part of the repository, whose `commondir` leads on.
      const target = /^gitdir: (.+)$/m.exec((await readText(git)) ?? "")?.[1];
      if (target !== undefined) {
        const own = path.resolve(at, target.trim());
        const common = (await readText(path.join(own, "commondir")))?.trim() ?? ".";
        config = await readText(path.join(path.resolve(own, common), "config"));
      }
    }
    if (config !== undefined) return parseRemote(remoteOf(config) ?? "");
    if (path.dirname(at) === at) return undefined;
  }
}
