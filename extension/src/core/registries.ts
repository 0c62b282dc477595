/**
 * What differs between registries: where a project's image would go, who signs in where, where a
 * pushed image can be looked at.
 */
import type { Repository } from "./git";
import { namesRegistry } from "./reference";

export interface Proposal {
  reference: string;
  /** Why it is proposed: a few words. */
  reason: string;
}

/** A name as repositories allow it: lower case, and one separator where there was anything else. */
export function repositoryName(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/[._-]{2,}/g, "-")
    .replace(/^[._-]+|[._-]+$/g, "");
  return name === "" ? "app" : name;
}

/**
 * Where a project may be pushed to, best first: below the setting, beside its Git repository, into
 * registries where the user is signed in. `tag` is that of all.
 */
export function proposals(input: {
  project: string;
  tag: string;
  configured: string;
  repository: Repository | undefined;
  logins: readonly string[];
}): Proposal[] {
  const { configured, repository, tag } = input;
  const name = repositoryName(input.project);
  const found: Proposal[] = [];
  const add = (place: string, reason: string): void => {
    const reference = `${place}:${tag}`;
    if (!found.some((known) => known.reference === reference)) found.push({ reference, reason });
  };
  const below = configured.trim().replace(/\/+$/, "");
  if (below !== "" && namesRegistry(below.split("/", 1)[0] ?? "")) {
    add(`${below}/${name}`, "pycontainer.registry.default");
  }
  const owner = repository && repositoryName(repository.owner);
  if (repository?.host === "github.com") {
    add(`ghcr.io/${owner ?? ""}/${repositoryName(repository.name)}`, "the Git repository");
  } else if (repository?.host === "gitlab.com") {
    add(
      `registry.gitlab.com/${owner ?? ""}/${repositoryName(repository.name)}`,
      "the Git repository",
    );
  }
  for (const registry of input.logins) {
    const place = owner === undefined || isAzure(registry) ? name : `${owner}/${name}`;
    add(`${registry}/${place}`, "you are signed in");
  }
  return found;
}

export function isAzure(registry: string): boolean {
  return /^[a-z0-9-]+\.azurecr\.(?:io|us|cn)$/.test(registry.toLowerCase());
}

/** How the editor itself can sign in to a registry. */
export type Provider = { id: "github" | "microsoft"; scopes: string[]; label: string };

export function providerOf(registry: string): Provider | undefined {
  if (registry.toLowerCase() === "ghcr.io") {
    return { id: "github", scopes: ["write:packages"], label: "GitHub" };
  }
  if (isAzure(registry)) {
    const scopes = ["https://management.azure.com/.default", "offline_access"];
    return { id: "microsoft", scopes, label: "Microsoft" };
  }
  return undefined;
}

/** The registry's own page for an image; nothing where none is known. */
export function webPage(reference: string): string | undefined {
  const slash = reference.indexOf("/");
  const registry = reference.slice(0, slash).toLowerCase();
  const repository = reference
    .slice(slash + 1)
    .replace(/@.*$/, "")
    .replace(/:[^/]*$/, "");
  switch (registry) {
    case "ghcr.io":
      return `https://ghcr.io/${repository}`;
    case "quay.io":
      return `https://quay.io/repository/${repository}`;
    case "docker.io":
      return `https://hub.docker.com/r/${repository}`;
    default:
      return undefined;
  }
}

/** What in a devcontainer.json lets the token of a codespace write packages of `repository`. */
export function codespacesSnippet(repository: Repository | undefined): string {
  const name =
    repository === undefined ? "OWNER/REPOSITORY" : `${repository.owner}/${repository.name}`;
  const snippet = {
    customizations: {
      codespaces: { repositories: { [name]: { permissions: { packages: "write" } } } },
    },
  };
  return JSON.stringify(snippet, undefined, 2);
}
