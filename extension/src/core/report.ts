/** *Copy Diagnostic Report*: what helps to find a fault, and nothing that is anybody's secret. */

export interface ReportInput {
  extension: string;
  editor: string;
  host: string;
  server: string;
  trusted: boolean;
  /** Settings that differ from their defaults. */
  settings: Readonly<Record<string, unknown>>;
  /** The end of the log. */
  log: readonly string[];
  /** The user's folder and those of the workspace, to be shown as `~` and `<folder>`. */
  home: string;
  folders: readonly string[];
}

const secretWords =
  /((?:password|passwd|token|secret|api[_-]?key|authorization)["']?\s*[=:]\s*)("[^"]*"|'[^']*'|\S+)/gi;
const tokens =
  /\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|eyJ[\w-]{10,}(?:\.[\w-]+){1,2}|dckr_pat_[\w-]{16,})/g;

/** Takes out of a text what looks like a secret, and whose machine it is. */
export function redact(text: string, home: string, folders: readonly string[]): string {
  let plain = text
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, "$1")
    .replace(/\b(Bearer|Basic)\s+[\w+/=.~-]+/g, "$1 <hidden>")
    .replace(secretWords, "$1<hidden>")
    .replace(tokens, "<hidden>");
  // The longest first: a folder in the home folder is named as a folder.
  for (const folder of [...folders]
    .filter((each) => each.length > 1)
    .sort((a, b) => b.length - a.length)) {
    plain = plain.replaceAll(folder, "<folder>");
  }
  return home.length > 1 ? plain.replaceAll(home, "~") : plain;
}

export function diagnosticReport(input: ReportInput): string {
  const settings = Object.entries(input.settings).map(
    ([name, value]) => `- ${name}: ${JSON.stringify(value)}`,
  );
  const text = [
    "### PyContainer",
    "",
    `- extension: ${input.extension}`,
    `- editor: ${input.editor}`,
    `- host: ${input.host}`,
    `- server: ${input.server}`,
    `- workspace: ${count(input.folders.length)}, ${input.trusted ? "trusted" : "Restricted Mode"}`,
    "",
    "### Settings that were changed",
    "",
    ...(settings.length > 0 ? settings : ["none"]),
    "",
    "### End of the log",
    "",
    "```text",
    ...input.log,
    "```",
    "",
  ].join("\n");
  return redact(text, input.home, input.folders);
}

function count(folders: number): string {
  return folders === 1 ? "one folder" : `${folders} folders`;
}
