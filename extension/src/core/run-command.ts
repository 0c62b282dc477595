/** The line that runs a built or pushed image, for the runtime that is there. */

export interface Runnable {
  /** Where it was pushed to, if it was. */
  pushed: string | undefined;
  /** The layout's folder and the name in it. */
  layout: string;
  tag: string;
  /** `8080/tcp` */
  ports: readonly string[];
}

export type Runtime = "podman" | "docker" | undefined;

function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Podman reads layouts itself; Docker is given the image first. No runtime: as for Podman. */
export function runCommand(image: Runnable, runtime: Runtime): string {
  const ports = image.ports
    .map((port) => port.replace(/\/tcp$/, ""))
    .map((port) => `-p ${port.replace(/\/.*$/, "")}:${port}`);
  const run = (program: string, reference: string): string =>
    [program, "run", "--rm", ...ports, word(reference)].join(" ");
  if (image.pushed !== undefined) return run(runtime ?? "podman", image.pushed);
  const source = `oci:${image.layout}:${image.tag}`;
  if (runtime !== "docker") return run("podman", source);
  const name = `${image.tag.includes("/") ? "pycontainer" : "localhost/pycontainer"}:run`;
  return `skopeo copy ${word(source)} docker-daemon:${name} && ${run("docker", name)}`;
}
