/** Numbers and identifiers as people read them. Pure; English, since the server's messages are. */

/** Bytes in decimal units, as registries and disks count them: `48.3 MB`. */
export function formatSize(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes < 0) return "unknown size";
  const units = ["B", "kB", "MB", "GB", "TB"] as const;
  let value = bytes;
  let unit: string = units[0];
  for (const next of units.slice(1)) {
    // 999.95 and more would be printed as "1000.0": go on to the next unit first.
    if (value < (unit === "B" ? 1000 : 999.95)) break;
    value /= 1000;
    unit = next;
  }
  return unit === "B" ? `${Math.round(value)} B` : `${value.toFixed(1)} ${unit}`;
}

/** A duration with as many digits as matter: `8 ms`, `3.2 s`, `1 min 12 s`. */
export function formatDuration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds) || milliseconds < 0) return "unknown time";
  if (milliseconds < 99.5) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** The first twelve hexadecimal digits of a digest, as container tools shorten it. */
export function shortDigest(digest: string): string {
  const hex = digest.slice(digest.indexOf(":") + 1);
  return hex.slice(0, 12);
}

/** `1 warning`, `2 warnings`. */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`;
}

/**
 * Text of a server or registry, fit for a notification: control characters go, and so does what
 * the editor would take for a link (`[text](command:…)`), since it may repeat what a stranger sent.
 */
export function plain(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}]+/gu, " ")
    .replaceAll("](", "] (")
    .trim();
}
