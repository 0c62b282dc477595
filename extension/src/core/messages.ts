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
  | "codespaces-snippet"
  | "copy-digest"
  | "copy-run-command"
  | "create-configuration"
  | "manage-trust"
  | "open-folder"
  | "open-settings"
  | "push"
  | "restart-server"
  | "show-log"
  | "show-plan"
  | "show-problem"
  | "sign-in"
  | "try-again";

export const actionLabels: Readonly<Record<Action, string>> = {
  build: "Build",
  "build-and-push": "Build and Push",
  cancel: "Cancel",
  "change-reference": "Change Reference",
  "codespaces-snippet": "Copy devcontainer.json Snippet",
  "copy-digest": "Copy Digest",
  "copy-run-command": "Copy Run Command",
  "create-configuration": "Create Configuration",
  "manage-trust": "Manage Trust",
  "open-folder": "Open Folder",
  "open-settings": "Open Settings",
  push: "Push",
  "restart-server": "Restart Server",
  "show-log": "Show Log",
  "show-plan": "Show Plan",
  "show-problem": "Show Problem",
  "sign-in": "Sign In",
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
        actions: ["create-configuration", "open-folder"],
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
    actions: [
      "push",
      "show-plan",
      "copy-digest",
      "copy-run-command",
      ...(warnings === 0 ? [] : ["show-log" as const]),
    ],
  };
}

export function savedNotice(result: BuildResult, file: string): Notice {
  return {
    severity: "info",
    text: `Saved ${imageName(result)} to ${plain(file)} (${formatSize(imageSize(result))}). Docker and Podman read it with "load --input".`,
    actions: ["copy-digest"],
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
    actions: ["copy-digest", "copy-run-command", "show-log"],
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

/**
 * `handlers` has what the caller can do about it; `located` says that a line in a file is to blame.
 */
export function failureNotice(
  operation: OperationKind | "plan" | "image" | "cache",
  failure: Exclude<Failure, { kind: "cancelled" }>,
  handlers: Partial<Record<Action, unknown>>,
  located: boolean,
): Notice {
  const what = {
    build: "Build failed",
    push: "Push failed",
    plan: "Plan failed",
    image: "The image cannot be shown",
    cache: "The cache cannot be cleared",
  }[operation];
  if (failure.kind === "lost") {
    return {
      severity: "error",
      text: `${what}: the PyContainer server went down before it had finished. Nothing half-written was published.`,
      actions: ["try-again", "restart-server", "show-log"],
    };
  }
  const hint = failure.hint === undefined ? "" : ` ${sentence(failure.hint)}`;
  const actions: Action[] = [];
  if (located) actions.push("show-problem");
  // A file that is wrong stays wrong: trying again is for what lies outside.
  if (failure.diagnostics.length === 0) actions.push("try-again");
  for (const action of ["sign-in", "change-reference"] as const) {
    if (action in handlers) actions.push(action);
  }
  return {
    severity: "error",
    text: `${what}: ${plain(failure.message)}.${plainHint(hint)}`,
    actions: [...actions, "show-log"],
  };
}

/** A codespace's token that may not write packages. */
export function permissionNotice(reference: string): Notice {
  return {
    severity: "error",
    text: `Push failed: the token of this codespace may not write packages, so nothing was sent to ${plain(reference)}. Sign in to GitHub, or grant the permission in devcontainer.json and rebuild.`,
    actions: ["sign-in", "codespaces-snippet", "show-log"],
  };
}

/** What is asked before the first push to a place. */
export function confirmPush(reference: string): { text: string; detail: string } {
  return {
    text: `Push to ${plain(reference)}?`,
    detail:
      "This workspace has not pushed there before. Whoever may read the repository will be able to read the image.",
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

export function nothingToCompare(project: string): Notice {
  return {
    severity: "info",
    text: `There are no two builds of ${plain(project)} in this window to compare. Build it, change something, and build again.`,
    actions: ["build"],
  };
}

export function nothingToPin(project: string): Notice {
  return {
    severity: "info",
    text: `There is no base image of ${plain(project)} to pin: its name has to be in the configuration, without a digest, and a build has to have found out what it stands for.`,
    actions: ["build", "create-configuration"],
  };
}

export function nothingToMove(project: string): Notice {
  return {
    severity: "info",
    text: `There is no configuration of ${plain(project)} to move: it has to be in one file, without errors, and the other file must have none.`,
    actions: ["create-configuration"],
  };
}

export function noWebPage(reference: string | undefined): Notice {
  return {
    severity: "info",
    text:
      reference === undefined
        ? "Nothing was pushed yet, so there is no page to open."
        : `No page is known for ${plain(reference)}.`,
    actions: [],
  };
}

export const snippetCopied: Notice = {
  severity: "info",
  text: "Copied. Merge it into .devcontainer/devcontainer.json and create the codespace anew: permissions are granted at its creation.",
  actions: [],
};

export function confirmClearCache(size: string): { text: string; detail: string } {
  return {
    text: `Clear the cache (${size})?`,
    detail:
      "All projects share it. The next builds fetch base images and packages again; built images stay.",
  };
}

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
