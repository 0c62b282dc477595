/**
 * What is remembered between commands: per project, where to push to, where was pushed to already and
 * where its image lies (kept in the workspace's state), which project is meant, and what was built or
 * pushed last (this window only: a digest from yesterday misleads).
 */
import * as path from "node:path";
import { checkReference } from "./core/reference";
import type { BuildResult } from "./protocol";

const referenceKey = "pycontainer.reference";
const layoutKey = "pycontainer.layout";
const placesKey = "pycontainer.places";
const selectedKey = "pycontainer.selected";

export interface LastImage {
  digest: string;
  references: string[];
  pushed: boolean;
}

/** The part of the editor's memento that is used. */
export interface State {
  get: (key: string) => unknown;
  update: (key: string, value: unknown) => PromiseLike<void>;
}

export class Memory {
  readonly #state: State;
  readonly #last = new Map<string, LastImage>();

  constructor(state: State) {
    this.#state = state;
  }

  /** The reference the project was last pushed to, if it is (still) a valid one. */
  reference(project: string): string | undefined {
    const stored = this.#texts(referenceKey)[project];
    if (stored === undefined || checkReference(stored).kind === "invalid") return undefined;
    return stored;
  }

  async rememberReference(project: string, reference: string): Promise<void> {
    await this.#state.update(referenceKey, { ...this.#texts(referenceKey), [project]: reference });
  }

  /** Where the project's image lies: a configuration may say another place than the usual one. */
  layout(project: string): string {
    return this.#texts(layoutKey)[project] ?? path.join(project, "dist", "image");
  }

  async rememberLayout(project: string, layout: string): Promise<void> {
    if (layout === this.layout(project)) return;
    await this.#state.update(layoutKey, { ...this.#texts(layoutKey), [project]: layout });
  }

  /** Whether this workspace has pushed to the repository of `reference`, or the user has agreed to it. */
  knowsPlace(reference: string): boolean {
    return this.#places().includes(placeOf(reference));
  }

  async rememberPlace(reference: string): Promise<void> {
    if (this.knowsPlace(reference)) return;
    await this.#state.update(placesKey, [...this.#places(), placeOf(reference)]);
  }

  /** The project that commands are about while no editor says otherwise. */
  get selected(): string | undefined {
    const stored = this.#state.get(selectedKey);
    return typeof stored === "string" ? stored : undefined;
  }

  async select(project: string | undefined): Promise<void> {
    await this.#state.update(selectedKey, project);
  }

  last(project: string): LastImage | undefined {
    return this.#last.get(project);
  }

  /** The image of the most recent build or push of any project. */
  latest(): LastImage | undefined {
    return [...this.#last.values()].at(-1);
  }

  rememberImage(
    project: string,
    image: Pick<BuildResult, "digest" | "references">,
    pushed: boolean,
  ): void {
    this.#last.delete(project); // to the end of the order
    this.#last.set(project, { digest: image.digest, references: image.references, pushed });
  }

  /** A text for each project. */
  #texts(key: string): Record<string, string> {
    const stored = this.#state.get(key);
    if (typeof stored !== "object" || stored === null) return {};
    const entries = Object.entries(stored).filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    );
    return Object.fromEntries(entries);
  }

  #places(): string[] {
    const stored = this.#state.get(placesKey);
    return Array.isArray(stored) ? stored.filter((place) => typeof place === "string") : [];
  }
}

/** The reference without its tag. */
function placeOf(reference: string): string {
  const check = checkReference(reference);
  if (check.kind === "invalid") return reference;
  return `${check.reference.registry}/${check.reference.repository}`;
}
