/**
 * What the three views list, as plain nodes: the editor's wrapper in views/ only draws them. Each has
 * a label for a screen reader that says what icon and color say.
 */
import type { CacheInfo, Layer } from "../protocol";
import { imageSize } from "../protocol";
import type { Run, Step } from "./builds";
import { count, formatDuration, formatSize, plain, shortDigest } from "./format";

export interface TreeNode {
  /** Unique in its view, and the same after a refresh. */
  id: string;
  label: string;
  description?: string;
  tooltip?: string;
  icon: string;
  /** What the manifest's menus go by. */
  context?: string;
  spoken: string;
  children?: TreeNode[];
  expanded?: boolean;
  /** Absolute path of the project the node is about. */
  project?: string;
  /** Token of the run the node is about. */
  run?: string;
  /** Host of the registry the node is about. */
  registry?: string;
  /** What a click opens. */
  open?: { file: string };
}

/** What is known of a project without asking anybody. */
export interface ProjectState {
  path: string;
  name: string;
  /** Where it lies in the workspace. */
  place: string;
  /** Absolute paths of its configuration, metadata and lock. */
  files: string[];
  reference: string | undefined;
  selected: boolean;
}

export function projectNodes(projects: readonly ProjectState[], runs: readonly Run[]): TreeNode[] {
  return projects.map((project) => {
    const last = runs.find((run) => run.project === project.path);
    const state = last === undefined ? "not built in this window" : describeRun(last).text;
    const children: TreeNode[] = project.files.map((file) => {
      const name = file.slice(Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\")) + 1);
      return {
        id: file,
        label: name,
        icon: "file",
        spoken: `file ${name}`,
        open: { file },
      };
    });
    if (project.reference !== undefined) {
      children.push({
        id: `${project.path}:reference`,
        label: project.reference,
        description: "where it is pushed to",
        icon: "cloud-upload",
        spoken: `pushed to ${project.reference}`,
        context: "reference",
        project: project.path,
      });
    }
    return {
      id: project.path,
      label: project.name,
      description: project.place === project.name ? state : `${project.place} · ${state}`,
      tooltip: project.path,
      icon: project.selected ? "pass-filled" : "package",
      context: "project",
      spoken: `project ${project.name}, ${state}${project.selected ? ", selected" : ""}`,
      project: project.path,
      children,
    };
  });
}

function describeRun(run: Run): { text: string; icon: string } {
  const time = run.durationMs === undefined ? "" : ` in ${formatDuration(run.durationMs)}`;
  const verb = run.operation === "build" ? "building" : "pushing";
  switch (run.state) {
    case "running":
      return { text: `${verb} ${run.percent} %`, icon: "sync~spin" };
    case "cancelled":
      return { text: "cancelled", icon: "circle-slash" };
    case "failed":
      return { text: `${run.operation} failed`, icon: "error" };
    case "done": {
      if (run.pushed !== undefined) return { text: `pushed${time}`, icon: "cloud-upload" };
      const size = run.built === undefined ? "" : formatSize(imageSize(run.built));
      return { text: `built ${size}${time}`, icon: "check" };
    }
  }
}

export function runNodes(runs: readonly Run[]): TreeNode[] {
  return runs.map((run, index) => {
    const { text, icon } = describeRun(run);
    const name = plain(run.built?.references[0] ?? run.pushed?.references[0] ?? run.name);
    const children =
      run.state === "done"
        ? [...platformNodes(run), ...warningNodes(run)]
        : [...reasonNodes(run), ...run.steps.map((step) => stepNode(run, step))];
    return {
      id: run.token,
      label: name,
      description: text,
      tooltip: run.built?.digest ?? run.pushed?.digest ?? run.reason ?? run.project,
      icon,
      context: `run-${run.operation}-${run.state}`,
      spoken: `${run.operation} of ${run.name}, ${text}`,
      project: run.project,
      run: run.token,
      expanded: run.state === "running" || index === 0,
      children,
    };
  });
}

function reasonNodes(run: Run): TreeNode[] {
  if (run.reason === undefined) return [];
  const reason = plain(run.reason);
  const id = `${run.token}:reason`;
  return [{ id, label: reason, tooltip: reason, icon: "error", spoken: reason }];
}

const stepIcons: Readonly<Record<Step["state"], string>> = {
  running: "loading~spin",
  done: "check",
  cached: "archive",
  failed: "error",
  cancelled: "circle-slash",
};

function stepNode(run: Run, step: Step): TreeNode {
  const label = plain(step.name);
  return {
    id: `${run.token}:step:${step.id}`,
    label,
    description: step.state === "running" ? "" : step.state,
    icon: stepIcons[step.state],
    spoken: `${label}, ${step.state}`,
  };
}

function warningNodes(run: Run): TreeNode[] {
  return (run.built?.warnings ?? []).map((warning, index) => ({
    id: `${run.token}:warning:${index}`,
    label: plain(warning.message),
    tooltip: plain(`${warning.message}${warning.hint === undefined ? "" : `\n${warning.hint}`}`),
    icon: "warning",
    spoken: `warning: ${plain(warning.message)}`,
  }));
}

function platformNodes(run: Run): TreeNode[] {
  const platforms = run.built?.platforms ?? [];
  const layers = platforms.map((platform) =>
    platform.layers.map((layer, index) => layerNode(run, platform.platform, layer, index)),
  );
  // The platform is worth a level of its own only when there are several.
  if (platforms.length === 1) return layers.flat();
  return platforms.map((platform, index) => ({
    id: `${run.token}:${platform.platform}`,
    label: platform.platform,
    description: shortDigest(platform.digest),
    icon: "vm",
    spoken: `platform ${platform.platform}`,
    children: layers[index] ?? [],
  }));
}

const layerStates: Readonly<Record<string, string>> = {
  base: "from the base image",
  cached: "from the cache",
  built: "built",
};

function layerNode(run: Run, platform: string, layer: Layer, index: number): TreeNode {
  const state = layerStates[layer.state] ?? plain(layer.state);
  const facts = [formatSize(layer.size), state];
  if (layer.packages.length > 0) facts.splice(1, 0, count(layer.packages.length, "package"));
  const id = `${run.token}:${platform}:${index}`;
  return {
    id,
    label: plain(layer.kind),
    description: facts.join(" · "),
    tooltip: layer.digest,
    icon: layer.state === "built" ? "layers-active" : "layers",
    spoken: `layer ${index + 1}, ${plain(layer.kind)}, ${facts.join(", ")}`,
    children: layer.packages.map((name, at) => ({
      id: `${id}:${at}`,
      label: plain(name),
      icon: "symbol-module",
      spoken: `package ${plain(name)}`,
    })),
  };
}

/** An image that lies in a project's `dist/image`. */
export interface ImageState {
  project: string;
  name: string;
  digest: string;
  references: string[];
  size: number;
  platforms: string[];
  ports: string[];
}

export function imageNodes(
  images: readonly ImageState[],
  cache: CacheInfo | undefined,
  logins: readonly string[],
): TreeNode[] {
  const nodes: TreeNode[] = images.map((image) => {
    const label = plain(image.references[0] ?? image.name);
    const size = formatSize(image.size);
    return {
      id: `image:${image.project}`,
      label,
      description: `${size} · ${shortDigest(image.digest)}`,
      tooltip: [image.digest, ...image.references, ...image.platforms].map(plain).join("\n"),
      icon: "package",
      context: "image",
      spoken: `image ${label}, ${size}`,
      project: image.project,
    };
  });
  if (logins.length > 0) {
    nodes.push({
      id: "registries",
      label: "Registries",
      description: "signed in here",
      icon: "key",
      spoken: "registries that you are signed in to",
      children: logins.map((registry) => ({
        id: `registry:${registry}`,
        label: registry,
        icon: "cloud",
        context: "registry",
        spoken: `registry ${registry}`,
        registry,
      })),
    });
  }
  if (cache !== undefined) nodes.push(cacheNode(cache));
  return nodes;
}

function cacheNode(cache: CacheInfo): TreeNode {
  const limit = cache.limit === undefined ? "" : ` of ${formatSize(cache.limit)}`;
  const size = `${formatSize(cache.size)}${limit}`;
  return {
    id: "cache",
    label: "Cache",
    description: size,
    tooltip: cache.path,
    icon: "database",
    context: "cache",
    spoken: `cache, ${size}`,
    children: cache.kinds
      .filter((kind) => kind.count > 0)
      .map((kind) => ({
        id: `cache:${kind.kind}`,
        label: kind.kind,
        description: `${formatSize(kind.size)} · ${count(kind.count, "entry", "entries")}`,
        icon: "circle-small",
        spoken: `${kind.kind}, ${formatSize(kind.size)}`,
      })),
  };
}
