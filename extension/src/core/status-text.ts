/**
 * The life of an image in one line: what the status bar says for each state. Icons are codicons;
 * nothing is told by colour or icon alone, `spoken` is what a screen reader says.
 */
import { formatDuration, formatSize, plain, shortDigest } from "./format";

export type OperationKind = "build" | "push";

export type Activity =
  | { kind: "idle" }
  | { kind: "running"; operation: OperationKind; percent: number; cancelling: boolean }
  | { kind: "built"; size: number; milliseconds: number | undefined; digest: string; name: string }
  | { kind: "pushed"; digest: string; reference: string }
  | { kind: "failed"; operation: OperationKind; reason: string; asked: boolean };

export interface StatusText {
  text: string;
  /** Plain lines; the last one says what a click does. */
  tooltip: string;
  spoken: string;
  /** Only for what the user started: what runs by itself fails without a colour. */
  alarming: boolean;
}

export function statusText(activity: Activity, project: string | undefined): StatusText {
  const { label, spoken, detail, alarming } = describe(activity);
  const title = project === undefined ? "PyContainer" : `PyContainer: ${project}`;
  const lines = [title, ...detail, "Click for actions"];
  return { text: label, tooltip: lines.join("\n"), spoken: `PyContainer, ${spoken}`, alarming };
}

function describe(activity: Activity): {
  label: string;
  spoken: string;
  detail: string[];
  alarming: boolean;
} {
  switch (activity.kind) {
    case "idle":
      return { label: "$(package) PyContainer", spoken: "ready", detail: [], alarming: false };
    case "running": {
      const verb = activity.operation === "build" ? "building" : "pushing";
      const state = activity.cancelling ? "cancelling" : `${verb} ${activity.percent} %`;
      return { label: `$(sync~spin) ${state}`, spoken: state, detail: [], alarming: false };
    }
    case "built": {
      const time =
        activity.milliseconds === undefined ? "" : `, ${formatDuration(activity.milliseconds)}`;
      const state = `built ${formatSize(activity.size)}${time}`;
      return {
        label: `$(check) ${state}`,
        spoken: state,
        detail: [`Built ${activity.name}`, activity.digest],
        alarming: false,
      };
    }
    case "pushed":
      return {
        label: `$(cloud-upload) pushed ${shortDigest(activity.digest)}`,
        spoken: `pushed ${activity.reference}`,
        detail: [`Pushed ${activity.reference}`, activity.digest],
        alarming: false,
      };
    case "failed": {
      const state = `${activity.operation} failed`;
      return {
        label: `$(error) ${state}`,
        spoken: state,
        detail: [plain(activity.reason)],
        alarming: activity.asked,
      };
    }
  }
}
