/**
 * Turns the percentages of a work-done progress into what the editor wants: increments.
 * The bar never goes back: a percentage that is lower than an earlier one changes the text only.
 */
export interface ProgressStep {
  /** Percentage points to add to the bar; 0 when only the text changes. */
  increment: number;
  /** Where the bar is now, 0 to 100, an integer. */
  percent: number;
  /** What is shown beside the title. */
  message: string;
}

export class ProgressMeter {
  #percent = 0;
  #message = "";

  /** Takes one `begin` or `report`. Absent fields keep their last value. */
  update(report: { percentage?: number | undefined; message?: string | undefined }): ProgressStep {
    const before = this.#percent;
    if (report.percentage !== undefined && Number.isFinite(report.percentage)) {
      const clamped = Math.floor(Math.min(100, Math.max(0, report.percentage)));
      this.#percent = Math.max(before, clamped);
    }
    if (report.message !== undefined && report.message !== "") this.#message = report.message;
    return {
      increment: this.#percent - before,
      percent: this.#percent,
      message: progressText(this.#percent, this.#message),
    };
  }
}

/** `42 %` or `42 % · unpacking numpy`. */
export function progressText(percent: number, message: string): string {
  return message === "" ? `${percent} %` : `${percent} % · ${message}`;
}
