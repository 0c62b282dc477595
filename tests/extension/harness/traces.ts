/** Where a secret could have been left: files, and what processes were told. */
import * as fs from "node:fs";
import * as path from "node:path";

/** All files below `folder` that the workbench and the server may have written. */
export function filesBelow(folder: string): string[] {
  return fs
    .readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

export interface Told {
  pid: number;
  /** Arguments and environment, as proc(5) has them. */
  told: Buffer;
  /** The arguments alone. */
  argv: string[];
}

/** Processes whose program lies below `folder`. */
export function ownedProcesses(folder: string): Told[] {
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        if (!fs.readlinkSync(`/proc/${name}/exe`).startsWith(folder)) return [];
        const command = fs.readFileSync(`/proc/${name}/cmdline`);
        const environment = fs.readFileSync(`/proc/${name}/environ`);
        return [
          {
            pid: Number(name),
            told: Buffer.concat([command, environment]),
            argv: command.toString().split("\0"),
          },
        ];
      } catch {
        return []; // it ended while we looked
      }
    });
}
