/** Counts and prints results, one line a test. */
import { inspect } from "node:util";

export class Report {
  #passed = 0;
  #failed = 0;
  readonly #grep: RegExp | undefined;

  constructor(grep: string | undefined) {
    this.#grep = grep === undefined ? undefined : new RegExp(grep);
  }

  get failed(): number {
    return this.#failed;
  }

  /** Results of a runner that counts by itself. */
  add(passed: number, failed: number): void {
    this.#passed += passed;
    this.#failed += failed;
  }

  wants(name: string): boolean {
    return this.#grep?.test(name) ?? true;
  }

  /** An error is printed with what caused it. */
  async test(name: string, body: () => Promise<void>): Promise<boolean> {
    const started = performance.now();
    try {
      await body();
      this.#passed += 1;
      console.log(`ok - ${name} (${seconds(started)})`);
      return true;
    } catch (error) {
      this.#failed += 1;
      console.log(`not ok - ${name} (${seconds(started)})`);
      console.log(indent(inspect(error)));
      return false;
    }
  }

  summary(): string {
    return `${this.#passed} passed, ${this.#failed} failed`;
  }
}

function seconds(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}

function indent(text: string): string {
  return text.replace(/^/gm, "    ");
}
