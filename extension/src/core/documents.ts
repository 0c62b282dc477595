/**
 * Plans, images and builds as texts to read and to compare: Markdown, so that the outline and folding
 * work, laid out for reading as it is. The same input gives the same text.
 */
import type {
  BuildResult,
  DescribedImage,
  DescribedLayer,
  ImageDescription,
  ImageSettings,
  Plan,
  Warning,
} from "../protocol";
import { writtenReference } from "./layout";
import { count, formatSize, plain, shortDigest } from "./format";

const shownFiles = 2000;
const widest = 34;

/** Columns as wide as their widest cell, but for a few long ones; the last one is not padded. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.slice(0, -1).forEach((cell, at) => {
      widths[at] = Math.min(widest, Math.max(widths[at] ?? 0, cell.length));
    });
  }
  return rows.map((row) =>
    row
      .map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}

/** A block that Markdown leaves alone. */
function block(lines: readonly string[], language = "text"): string[] {
  return [`\`\`\`${language}`, ...lines, "```", ""];
}

function warningLines(warnings: readonly Warning[]): string[] {
  if (warnings.length === 0) return [];
  const lines = warnings.flatMap(({ code, message, hint }) => [
    `- ${plain(message)}${code === "" ? "" : ` [${plain(code)}]`}`,
    ...(hint === undefined ? [] : [`  ${plain(hint)}`]),
  ]);
  return ["## Warnings", "", ...lines, ""];
}

function settingRows(settings: ImageSettings): string[][] {
  const command = (argv: readonly string[]): string => argv.map(quoted).join(" ");
  const rows: string[][] = [
    ["entrypoint", command(settings.entrypoint)],
    ["cmd", command(settings.cmd)],
    ["user", settings.user],
    ["workdir", settings.workdir],
    ...settings.ports.map((port) => ["port", port]),
    ...settings.env.map((variable) => ["env", variable]),
  ];
  return rows.filter(([, value]) => value !== "").map((row) => row.map((cell) => plain(cell)));
}

/** As a shell would take it for one word. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

export function planDocument(plan: Plan): string {
  const facts = plan.facts.map(({ name, value, evidence }) =>
    [name, value, evidence ?? ""].map((cell) => plain(cell)),
  );
  const lines = [
    `# Plan of ${plain(plan.project)}`,
    "",
    "What a build would do now. What is not as you want it goes into pycontainer.toml.",
    "",
    ...warningLines(plan.warnings),
    "## What was found, and where",
    "",
    ...block(columns(facts)),
  ];
  for (const { platform, layers, image } of plan.platforms) {
    lines.push(
      `## ${plain(platform)}`,
      "",
      "### Settings",
      "",
      ...block(columns(settingRows(image))),
    );
    lines.push("### Layers, bottom first", "");
    layers.forEach((layer, at) => {
      lines.push(`${at + 1}. ${plain(layer.kind)}: ${plain(layer.summary)}`, "");
      if (layer.contents.length > 0) lines.push(...block(layer.contents.map(plain)));
    });
  }
  if (plan.ignored.length > 0) {
    lines.push("## Left out", "");
    lines.push(
      ...block(columns(plan.ignored.map(({ path, reason }) => [plain(path), plain(reason)]))),
    );
  }
  return lines.join("\n");
}

export function imageDocument(image: ImageDescription): string {
  const [first] = image.references;
  const name = plain(first === undefined ? shortDigest(image.digest) : writtenReference(first));
  const rows = [
    ["digest", image.digest],
    ["layout", image.layout],
    ...image.references.map((reference) => ["name", writtenReference(reference)]),
  ];
  const lines = [`# Image ${name}`, "", ...block(columns(rows.map((row) => row.map(plain))))];
  for (const one of image.images) lines.push(...describedImageLines(one));
  return lines.join("\n");
}

function describedImageLines(image: DescribedImage): string[] {
  const stored = image.layers.reduce((sum, layer) => sum + layer.size, 0);
  const unpacked = image.layers.reduce((sum, layer) => sum + layer.unpackedSize, 0);
  const packages = image.layers
    .flatMap((layer) => layer.packages)
    .sort((a, b) => b.size - a.size || a.name.localeCompare(b.name));
  const lines = [
    `## ${plain(image.platform)}`,
    "",
    `${formatSize(stored)} stored, ${formatSize(unpacked)} unpacked, ${count(image.layers.length, "layer")}`,
    "",
    "### Settings",
    "",
    ...block(columns(settingRows(image.settings))),
  ];
  if (packages.length > 0) {
    const rows = packages.map(({ name, version, size, files }) => [
      formatSize(size).padStart(9),
      plain(`${name} ${version}`),
      count(files, "file"),
    ]);
    lines.push("### Packages, largest first", "", ...block(columns(rows)));
  }
  lines.push("### Layers, bottom first", "");
  image.layers.forEach((layer, at) => {
    lines.push(...describedLayerLines(layer, at + 1));
  });
  lines.push("### Manifest", "", ...block(json(image.manifest), "json"));
  lines.push("### Configuration", "", ...block(json(image.config), "json"));
  return lines;
}

function describedLayerLines(layer: DescribedLayer, position: number): string[] {
  const step = layer.createdBy === "" ? layer.digest : plain(layer.createdBy);
  const rows = [...layer.files]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .slice(0, shownFiles)
    .map(({ path, size, link }) => [
      formatSize(size).padStart(9),
      plain(link === undefined ? path : `${path} -> ${link}`),
    ]);
  const more = layer.fileCount - rows.length;
  if (more > 0) rows.push(["", `and ${count(more, "more file")}`]);
  return [
    `#### ${position}. ${step}`,
    "",
    `${layer.digest}, ${formatSize(layer.size)} stored, ${formatSize(layer.unpackedSize)} unpacked, ${count(layer.fileCount, "file")}`,
    "",
    ...block(columns(rows)),
  ];
}

/** What a build made, for comparing it with another one. */
export function buildDocument(name: string, result: BuildResult): string {
  const rows = [
    ["digest", result.digest],
    ...result.references.map((reference) => ["name", reference]),
  ];
  const lines = [
    `# Build of ${plain(name)}`,
    "",
    ...block(columns(rows.map((row) => row.map(plain)))),
  ];
  lines.push(...warningLines(result.warnings));
  for (const { platform, digest, layers } of result.platforms) {
    const packages = layers.flatMap((layer) => layer.packages).map(plain);
    lines.push(`## ${plain(platform)} ${digest}`, "", "### Layers, bottom first", "");
    const table = layers.map((layer) => [
      plain(layer.kind),
      formatSize(layer.size).padStart(9),
      layer.digest,
    ]);
    lines.push(...block(columns(table)));
    if (packages.length > 0) lines.push("### Packages", "", ...block(packages.sort()));
  }
  return lines.join("\n");
}

function json(value: unknown): string[] {
  return JSON.stringify(value ?? null, undefined, 2).split("\n");
}
