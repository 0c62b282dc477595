/**
 * The runs of this window – builds and pushes, running and ended – as a value that views show. Knows
 * no editor and no clock: the caller says the time, in milliseconds.
 */
import type { BuildResult, PushResult, StepEvent } from "../protocol";
import type { OperationKind } from "./status-text";

export interface Step {
  id: number;
  name: string;
  state: "running" | "done" | "cached" | "failed" | "cancelled";
}

export type RunState = "running" | "done" | "failed" | "cancelled";

export interface Run {
  /** What the server reports progress on; unique. */
  token: string;
  operation: OperationKind;
  /** Absolute path of the project, and its name. */
  project: string;
  name: string;
  state: RunState;
  startedMs: number;
  durationMs: number | undefined;
  percent: number;
  steps: Step[];
  built: BuildResult | undefined;
  pushed: PushResult | undefined;
  /** Of a failure: one sentence. */
  reason: string | undefined;
}

export type RunEnd =
  | { state: "done"; built?: BuildResult; pushed?: PushResult }
  | { state: "cancelled" }
  | { state: "failed"; reason: string };

const remembered = 30;
const shownSteps = 500;
const outcomes = ["done", "cached", "failed", "cancelled"] as const;

/** Newest first; the oldest of more than thirty are forgotten. */
export class History {
  #runs: Run[] = [];
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get runs(): readonly Run[] {
    return this.#runs;
  }

  find(token: string): Run | undefined {
    return this.#runs.find((run) => run.token === token);
  }

  /** The newest build of `project` that ended well, before `than` if that is given. */
  lastBuilt(project: string, than?: Run): Run | undefined {
    const from = than === undefined ? 0 : this.#runs.indexOf(than) + 1;
    return this.#runs.slice(from).find((run) => run.project === project && run.built !== undefined);
  }

  start(run: Pick<Run, "token" | "operation" | "project" | "name" | "startedMs">): void {
    this.#runs = [
      {
        ...run,
        state: "running" as const,
        durationMs: undefined,
        percent: 0,
        steps: [],
        built: undefined,
        pushed: undefined,
        reason: undefined,
      },
      ...this.#runs,
    ].slice(0, remembered);
    this.#changed();
  }

  advance(token: string, percent: number): void {
    const run = this.find(token);
    if (run?.state !== "running" || run.percent === percent) return;
    run.percent = percent;
    this.#changed();
  }

  /** The first step is the run itself and is not listed. */
  step(event: StepEvent): void {
    const run = this.find(event.token);
    if (run?.state !== "running") return;
    if (event.kind === "started") {
      if (run.steps.length >= shownSteps || event.name === "") return;
      run.steps.push({ id: event.id, name: event.name, state: "running" });
    } else {
      const step = run.steps.find(({ id }) => id === event.id);
      if (step === undefined) return;
      step.state = outcomes.find((known) => known === event.outcome) ?? "done";
    }
    this.#changed();
  }

  end(token: string, nowMs: number, end: RunEnd): void {
    const run = this.find(token);
    if (run === undefined) return;
    run.state = end.state;
    run.durationMs = nowMs - run.startedMs;
    if (end.state === "done") {
      run.built = end.built;
      run.pushed = end.pushed;
      run.percent = 100;
    }
    if (end.state === "failed") run.reason = end.reason;
    for (const step of run.steps) if (step.state === "running") step.state = "cancelled";
    this.#changed();
  }

  /** Forgets what has ended. */
  clear(): void {
    this.#runs = this.#runs.filter(({ state }) => state === "running");
    this.#changed();
  }
}
