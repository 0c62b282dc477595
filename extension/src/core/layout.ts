/**
 * The little that views need of a layout on disk – names, digest, size, ports – without a running
 * server. Everything else about an image is the server's to tell.
 */
import * as path from "node:path";
import { decodeSettings } from "../protocol";
import type { ReadText } from "./git";

export interface LayoutSummary {
  digest: string;
  /** The references without the registry that was only assumed. */
  references: string[];
  /** The name of the image in the layout, for `oci:DIR:TAG`. */
  tag: string;
  size: number;
  platforms: string[];
  ports: string[];
}

interface Descriptor {
  digest: string;
  size: number;
  platform: string | undefined;
  annotations: Record<string, unknown>;
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function descriptors(value: unknown): Descriptor[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown) => {
    const { digest, size, platform, annotations } = object(item);
    if (typeof digest !== "string" || !/^sha256:[0-9a-f]{64}$/.test(digest)) return [];
    const { os, architecture } = object(platform);
    return [
      {
        digest,
        size: typeof size === "number" ? size : 0,
        platform:
          typeof os === "string" && typeof architecture === "string"
            ? `${os}/${architecture}`
            : undefined,
        annotations: object(annotations),
      },
    ];
  });
}

const assumed = "docker.io/library/";

/** A reference without the registry that was only assumed, as the user wrote it. */
export function writtenReference(reference: string): string {
  return reference.startsWith(assumed) ? reference.slice(assumed.length) : reference;
}

/** Nothing when `folder` holds no image; what is damaged is left out. */
export async function readLayout(
  folder: string,
  readText: ReadText,
): Promise<LayoutSummary | undefined> {
  const document = async (file: string): Promise<Record<string, unknown>> => {
    try {
      return object(JSON.parse((await readText(file)) ?? "{}"));
    } catch {
      return {};
    }
  };
  const blob = (digest: string): Promise<Record<string, unknown>> =>
    document(path.join(folder, "blobs", "sha256", digest.slice("sha256:".length)));
  const entries = descriptors((await document(path.join(folder, "index.json")))["manifests"]);
  const [root] = entries;
  if (root === undefined) return undefined;
  const names = entries
    .map(({ annotations }) => annotations["io.containerd.image.name"])
    .filter((name) => typeof name === "string");
  const tag = root.annotations["org.opencontainers.image.ref.name"];
  const summary: LayoutSummary = {
    digest: root.digest,
    references: names.map(writtenReference),
    tag: typeof tag === "string" ? tag : "latest",
    size: 0,
    platforms: [],
    ports: [],
  };
  const top = await blob(root.digest);
  const images = descriptors(top["manifests"]);
  for (const image of images.length > 0 ? images : [root]) {
    const manifest = images.length > 0 ? await blob(image.digest) : top;
    for (const layer of descriptors(manifest["layers"])) summary.size += layer.size;
    if (image.platform !== undefined) summary.platforms.push(image.platform);
    const [config] = descriptors([manifest["config"]]);
    if (config === undefined || summary.ports.length > 0) continue;
    summary.ports = decodeSettings(await blob(config.digest)).ports;
  }
  return summary;
}
