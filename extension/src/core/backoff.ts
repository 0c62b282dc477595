/**
 * When a server that went down by itself is started again: at once, then with doubling pauses,
 * and not at all after too many times in a short while. Knows no clock: the caller says the time.
 */
export type RestartDecision =
  { kind: "restart"; delayMs: number; attempt: number } | { kind: "give-up"; crashes: number };

export interface RestartLimits {
  /** The pause after the second crash; doubled for each further one. */
  firstDelayMs: number;
  maximumDelayMs: number;
  /** This many crashes within `windowMs` are the last. */
  maximumCrashes: number;
  windowMs: number;
}

export const defaultLimits: RestartLimits = {
  firstDelayMs: 500,
  maximumDelayMs: 30_000,
  maximumCrashes: 5,
  windowMs: 180_000,
};

export class RestartPolicy {
  readonly #limits: RestartLimits;
  #crashes: number[] = [];

  constructor(limits: RestartLimits = defaultLimits) {
    this.#limits = limits;
  }

  /** Records a crash at `nowMs` (any monotonic clock) and says what to do about it. */
  crashed(nowMs: number): RestartDecision {
    const { firstDelayMs, maximumDelayMs, maximumCrashes, windowMs } = this.#limits;
    this.#crashes = this.#crashes.filter((at) => nowMs - at < windowMs);
    this.#crashes.push(nowMs);
    const crashes = this.#crashes.length;
    if (crashes >= maximumCrashes) return { kind: "give-up", crashes };
    const delayMs = crashes === 1 ? 0 : Math.min(maximumDelayMs, firstDelayMs * 2 ** (crashes - 2));
    return { kind: "restart", delayMs, attempt: crashes };
  }

  /** The user wants it again: what was is forgotten. */
  reset(): void {
    this.#crashes = [];
  }
}
