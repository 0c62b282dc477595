/**
 * What is remembered between commands: per project, where to push to (kept in the workspace's
 * state) and what was built or pushed last (this window only: a digest from yesterday misleads).
 */
import { checkReference } from "./core/reference";
import type { BuildResult } from "./protocol";

const referenceKey = "pycontainer.reference";

export interface LastImage {
  digest: string;
  references: string[];
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
    const stored = this.#references()[project];
    if (stored === undefined || checkReference(stored).kind === "invalid") return undefined;
    return stored;
  }

  async rememberReference(project: string, reference: string): Promise<void> {
    await this.#state.update(referenceKey, { ...this.#references(), [project]: reference });
  }

  last(project: string): LastImage | undefined {
    return this.#last.get(project);
  }

  /** The image of the most recent build or push of any project. */
  latest(): LastImage | undefined {
    return [...this.#last.values()].at(-1);
  }

  rememberImage(project: string, image: Pick<BuildResult, "digest" | "references">): void {
    this.#last.delete(project); // to the end of the order
    this.#last.set(project, { digest: image.digest, references: image.references });
  }

  #references(): Record<string, string> {
    const stored = this.#state.get(referenceKey);
    if (typeof stored !== "object" || stored === null) return {};
    const entries = Object.entries(stored).filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    );
    return Object.fromEntries(entries);
  }
}
