/**
 * Every text the user may meet in a notification, with the next steps it offers. One sentence for
 * what happened, one for what to do; pure, so that the wording is tested without an editor.
 */
import {
  type BuildResult,
  type Failure,
  type PushResult,
  type Warning,
  imageSize,
} from "../protocol";
import { count, formatDuration, formatSize, plain, shortDigest } from "./format";
import type { OperationKind } from "./status-text";

export type Action =
  | "build"
  | "build-and-push"
  | "cancel"
  | "change-reference"
  | "copy-digest"
  | "manage-trust"
  | "open-folder"
  | "open-settings"
  | "push"
  | "restart-server"
  | "show-log"
  | "show-problem"
  | "try-again";

export const actionLabels: Readonly<Record<Action, string>> = {
  build: "Build",
  "build-and-push": "Build and Push",
  cancel: "Cancel",
  "change-reference": "Change Reference",
  "copy-digest": "Copy Digest",
  "manage-trust": "Manage Trust",
  "open-folder": "Open Folder",
  "open-settings": "Open Settings",
  push: "Push",
  "restart-server": "Restart Server",
  "show-log": "Show Log",
  "show-problem": "Show Problem",
  "try-again": "Try Again",
};

export interface Notice {
  severity: "info" | "warning" | "error";
  text: string;
  actions: Action[];
}

/** Why nothing can be built here at all. */
export type Obstacle =
  | { kind: "no-folder" }
  | { kind: "virtual" }
  | { kind: "untrusted" }
  | { kind: "no-project"; folders: string[] };

export function obstacleNotice(obstacle: Obstacle): Notice {
  switch (obstacle.kind) {
    case "no-folder":
      return {
        severity: "warning",
        text: "PyContainer builds the image of a Python project. Open the project's folder first.",
        actions: ["open-folder"],
      };
    case "virtual":
      return {
        severity: "warning",
        text: "PyContainer builds from files on disk, and this workspace has none. Open it from a local or remote folder.",
        actions: ["open-folder"],
      };
    case "untrusted":
      return {
        severity: "warning",
        text: "PyContainer does not build, push or plan in Restricted Mode. Trust this workspace to go on.",
        actions: ["manage-trust"],
      };
    case "no-project": {
      const where =
        obstacle.folders.length === 1 ? plain(obstacle.folders.join("")) : "the workspace";
      return {
        severity: "warning",
        text: `There is no Python project in ${where}. Add a pyproject.toml, requirements.txt or pycontainer.toml.`,
        actions: ["open-folder"],
      };
    }
  }
}

/** Why there is no server to ask. */
export type ServerProblem =
  | { kind: "missing"; configured: string }
  | { kind: "broken"; path: string; reason: string }
  | { kind: "start-failed"; reason: string }
  | { kind: "gave-up"; crashes: number };

export function serverNotice(problem: ServerProblem): Notice {
  switch (problem.kind) {
    case "missing":
      return {
        severity: "error",
        text:
          problem.configured === ""
            ? "The pycontainer program is neither in the extension nor on PATH. Install it, or name it in pycontainer.server.path."
            : `There is no program at ${plain(problem.configured)}, which pycontainer.server.path names. Correct the setting or empty it.`,
        actions: ["open-settings", "try-again", "show-log"],
      };
    case "broken":
      return {
        severity: "error",
        text: `${plain(problem.path)} cannot be used: it ${plain(problem.reason)}.`,
        actions: ["open-settings", "try-again", "show-log"],
      };
    case "start-failed":
      return {
        severity: "error",
        text: `The PyContainer server did not start: ${plain(problem.reason)}.`,
        actions: ["restart-server", "show-log"],
      };
    case "gave-up":
      return {
        severity: "error",
        text: `The PyContainer server went down ${problem.crashes} times in a short while and is not started again by itself.`,
        actions: ["restart-server", "show-log"],
      };
  }
}

/** What the image is called: its first reference, or its digest when it has none. */
export function imageName(result: BuildResult | PushResult): string {
  return plain(result.references[0] ?? shortDigest(result.digest));
}

export function builtNotice(result: BuildResult): Notice {
  const facts = [formatSize(imageSize(result)), `sha256:${shortDigest(result.digest)}`];
  if (result.platforms.length > 1) facts.unshift(count(result.platforms.length, "platform"));
  const time = result.totalMs === undefined ? "" : ` in ${formatDuration(result.totalMs)}`;
  const warnings = result.warnings.length;
  const more = warnings === 0 ? "" : ` ${count(warnings, "warning")} in the log.`;
  return {
    severity: warnings === 0 ? "info" : "warning",
    text: `Built ${imageName(result)}${time} (${facts.join(", ")}).${more}`,
    actions: ["push", "copy-digest", "show-log"],
  };
}

export function pushedNotice(result: PushResult): Notice {
  const sent =
    result.bytesUploaded === undefined
      ? ""
      : result.bytesUploaded === 0
        ? "nothing to upload, "
        : `${formatSize(result.bytesUploaded)} uploaded, `;
  const time = result.totalMs === undefined ? "" : ` in ${formatDuration(result.totalMs)}`;
  const names = result.references.length === 0 ? imageName(result) : result.references.join(", ");
  return {
    severity: "info",
    text: `Pushed ${plain(names)}${time} (${sent}sha256:${shortDigest(result.digest)}).`,
    actions: ["copy-digest", "show-log"],
  };
}

export function cancelledNotice(operation: OperationKind): Notice {
  return {
    severity: "info",
    text:
      operation === "build"
        ? "Build cancelled. Nothing half-written was left; what was downloaded completely stays in the cache."
        : "Push cancelled. Nothing half-written was left; the tag in the registry is unchanged.",
    actions: ["show-log"],
  };
}

export function failureNotice(
  operation: OperationKind | "plan",
  failure: Exclude<Failure, { kind: "cancelled" }>,
): Notice {
  const what = { build: "Build", push: "Push", plan: "Plan" }[operation];
  if (failure.kind === "lost") {
    return {
      severity: "error",
      text: `${what} failed: the PyContainer server went down before it had finished. Nothing half-written was published.`,
      actions: ["try-again", "restart-server", "show-log"],
    };
  }
  const hint = failure.hint === undefined ? "" : ` ${sentence(failure.hint)}`;
  // A file that is wrong stays wrong: trying again is for what lies outside.
  const actions: Action[] = failure.diagnostics.length > 0 ? ["show-problem"] : ["try-again"];
  if (operation === "push") actions.push("change-reference");
  return {
    severity: "error",
    text: `${what} failed: ${plain(failure.message)}.${plainHint(hint)}`,
    actions: [...actions, "show-log"],
  };
}

/** The lines about a failure in the log: everything the notification has no room for. */
export function failureLines(failure: Exclude<Failure, { kind: "cancelled" }>): string[] {
  if (failure.kind === "lost") return ["the server went down before it had finished"];
  const code = failure.code === undefined ? "" : `[${failure.code}] `;
  const lines = [`${code}${failure.message}`];
  for (const step of failure.context) lines.push(`  while ${step}`);
  if (failure.hint !== undefined) lines.push(`  hint: ${failure.hint}`);
  for (const { file, range, severity, code: rule, message } of failure.diagnostics) {
    const { line, character } = range.start;
    lines.push(`  ${file}:${line + 1}:${character + 1}: ${severity}[${rule}]: ${message}`);
  }
  return lines;
}

export function warningLine(warning: Warning): string {
  const code = warning.code === "" ? "" : `[${warning.code}] `;
  const hint = warning.hint === undefined ? "" : ` (${warning.hint})`;
  return `${code}${warning.message}${hint}`;
}

export function busyNotice(operation: OperationKind, project: string): Notice {
  const what = operation === "build" ? "build" : "push";
  return {
    severity: "info",
    text: `A ${what} of ${plain(project)} is already running.`,
    actions: ["cancel", "show-log"],
  };
}

export const nothingRunning: Notice = {
  severity: "info",
  text: "No build and no push is running.",
  actions: [],
};

export const noDigestYet: Notice = {
  severity: "info",
  text: "There is no digest yet: nothing was built or pushed in this window.",
  actions: ["build"],
};

export function nothingToPush(project: string): Notice {
  return {
    severity: "info",
    text: `There is no image of ${plain(project)} to push yet. Build it first.`,
    actions: ["build-and-push", "build"],
  };
}

/** A hint as a sentence: hints begin in lower case and have no period. */
function sentence(hint: string): string {
  const trimmed = hint.trim();
  if (trimmed === "") return "";
  const capital = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

function plainHint(hint: string): string {
  const text = plain(hint);
  return text === "" ? "" : ` ${text}`;
}
