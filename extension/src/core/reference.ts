/**
 * Image references as a push needs them: registry, repository, tag. The server decides in the end;
 * this is for telling the user while typing. Grammar: the reference grammar of the OCI
 * distribution specification as registries have implemented it (`<name>` and `<reference>` of
 * "Pulling manifests"), the registry written out because a push to nowhere in particular is a
 * mistake.
 */

export interface Reference {
  registry: string;
  repository: string;
  tag: string;
}

export type ReferenceCheck =
  { kind: "valid"; reference: Reference } | { kind: "invalid"; problem: string };

const hostPattern =
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:]+\])(?::\d{1,5})?$/i;
const componentPattern = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const maximumNameLength = 255;

/** Whether the first part of a reference names a registry rather than a namespace. */
export function namesRegistry(part: string): boolean {
  return part === "localhost" || part.includes(".") || part.includes(":");
}

/** Checks what the user typed; the problem is one sentence and says what to do. */
export function checkReference(text: string): ReferenceCheck {
  const invalid = (problem: string): ReferenceCheck => ({ kind: "invalid", problem });
  const value = text.trim();
  if (value === "") return invalid("Name the image, for example ghcr.io/acme/api:1.0");
  if (/^[a-z]+:\/\//i.test(value)) return invalid("Leave out the scheme: ghcr.io/acme/api:1.0");
  if (/\s/.test(value)) return invalid("A reference has no spaces");
  if (value.includes("@")) return invalid("Push to a tag, not to a digest: the digest follows");

  const slash = value.indexOf("/");
  const first = slash < 0 ? value : value.slice(0, slash);
  if (slash < 0 || !namesRegistry(first)) {
    return invalid("Start with the registry, for example ghcr.io/acme/api:1.0");
  }
  if (!hostPattern.test(first)) return invalid(`"${first}" is not a registry's name`);
  const port = /:(\d+)$/.exec(first);
  if (port !== null && Number(port[1]) > 65_535) return invalid(`"${first}" has no valid port`);

  const rest = value.slice(slash + 1);
  const colon = rest.indexOf(":");
  const repository = colon < 0 ? rest : rest.slice(0, colon);
  const tag = colon < 0 ? "latest" : rest.slice(colon + 1);
  if (repository === "") return invalid("Name the repository after the registry");
  for (const component of repository.split("/")) {
    if (componentPattern.test(component)) continue;
    if (component === "") return invalid("The repository has an empty part");
    if (component !== component.toLowerCase()) {
      return invalid(`Repository names are lower case: ${component.toLowerCase()}`);
    }
    return invalid(`"${component}" is not valid in a repository's name`);
  }
  if (first.length + 1 + repository.length > maximumNameLength) {
    return invalid(`The name is longer than ${maximumNameLength} characters`);
  }
  if (tag === "") return invalid("Write a tag after the colon, or leave the colon out");
  if (!tagPattern.test(tag)) return invalid(`"${tag}" is not a valid tag`);
  return { kind: "valid", reference: { registry: first, repository, tag } };
}

/** The reference with its tag written out. */
export function formatReference(reference: Reference): string {
  return `${reference.registry}/${reference.repository}:${reference.tag}`;
}

/** The first of `references` that a push could go to; none when all leave the registry open. */
export function pushable(references: readonly string[]): string | undefined {
  return references.find((reference) => checkReference(reference).kind === "valid");
}
