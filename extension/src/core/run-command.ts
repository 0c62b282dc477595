/** The line that runs a built or pushed image, for the runtime that is there. */

export interface Runnable {
  /** Where it was pushed to, if it was. */
  pushed: string | undefined;
  /** The layout's folder, the tag in it, and the image's whole name if it has one. */
  layout: string;
  tag: string;
  name: string | undefined;
  /** `8080/tcp` */
  ports: readonly string[];
}

export type Runtime = "podman" | "docker" | undefined;

function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * Podman reads layouts itself; Docker is given the image first, by `program`, which is ours. No
 * runtime: as for Podman.
 */
export function runCommand(image: Runnable, runtime: Runtime, program: string): string {
  const ports = image.ports
    .map((port) => port.replace(/\/tcp$/, ""))
    .map((port) => `-p ${port.replace(/\/.*$/, "")}:${port}`);
  const run = (runner: string, reference: string): string =>
    [runner, "run", "--rm", ...ports, word(reference)].join(" ");
  if (image.pushed !== undefined) return run(runtime ?? "podman", image.pushed);
  if (runtime !== "docker" || image.name === undefined) {
    return run("podman", `oci:${image.layout}:${image.tag}`);
  }
  const load = [word(program), "load", "--from", word(image.layout), "--into", "docker"].join(" ");
  return `${load} && ${run("docker", image.name)}`;
}
