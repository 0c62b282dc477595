/**
 * The line that made a build fail, where the server's answer names no place: of the key that the
 * failure is about, else of the project's table.
 */

export interface Place {
  file: string;
  line: number;
  start: number;
  end: number;
}

/** Which key of `[build]` a failure is about, by its code. */
export function blamedKey(code: string, context: readonly string[]): string | undefined {
  const [area = "", fault = ""] = code.split("/", 2);
  if (area === "base" || area === "layout") return "base_image";
  const base = context.some((step) => step.includes("base"));
  if (["registry", "net", "oci"].includes(area) && base) return "base_image";
  if (fault.includes("entrypoint") || fault.includes("entry-point")) return "entrypoint";
  if (fault.includes("framework")) return "framework";
  if (fault.includes("platform")) return "platforms";
  return undefined;
}

/** `files` in the order of their weight: pycontainer.toml, then pyproject.toml. */
export function findPlace(
  key: string,
  files: readonly { file: string; text: string }[],
): Place | undefined {
  const pattern = new RegExp(`^(\\s*)(${key.replaceAll("_", "[_-]")})\\s*=`);
  const find = (wanted: RegExp): Place | undefined => {
    for (const { file, text } of files) {
      const lines = text.split(/\r?\n/);
      const line = lines.findIndex((candidate) => wanted.test(candidate));
      const found = line < 0 ? null : wanted.exec(lines[line] ?? "");
      if (found === null) continue;
      const start = found[1]?.length ?? 0;
      return { file, line, start, end: (lines[line] ?? "").trimEnd().length };
    }
    return undefined;
  };
  return (
    find(pattern) ??
    find(/^(\s*)(\[(?:tool\.pycontainer\.)?build\])/) ??
    find(/^(\s*)(\[project\])/)
  );
}
