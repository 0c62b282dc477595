/** The sections of a report: what its outline lists and what can be folded. */

export interface Section {
  title: string;
  /** 1 for `#`, 2 for `##`, … */
  level: number;
  /** Lines, from 0; the last one belongs to it. */
  first: number;
  last: number;
}

/** By the headings of `text`; what looks like one within a block is none. */
export function sections(text: string): Section[] {
  const found: Section[] = [];
  const lines = text.split("\n");
  let inBlock = false;
  const close = (level: number, before: number): void => {
    for (const section of found) {
      if (section.last < 0 && section.level >= level) section.last = before - 1;
    }
  };
  lines.forEach((line, at) => {
    if (line.startsWith("```")) inBlock = !inBlock;
    const heading = inBlock ? null : /^(#{1,6}) (.+)$/.exec(line);
    if (heading === null) return;
    const [, marks = "", title = ""] = heading;
    close(marks.length, at);
    found.push({ title, level: marks.length, first: at, last: -1 });
  });
  close(1, lines.length);
  return found;
}
