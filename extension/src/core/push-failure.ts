/** What a refused push needs: signing in, or, in a codespace, a permission of its token. */
import type { Failure } from "../protocol";

/** The failures of a registry that does not let the user in. */
export function isRefused(failure: Failure): boolean {
  return (
    failure.kind === "failed" &&
    (failure.code === "registry/unauthorized" || failure.code === "registry/forbidden")
  );
}

/** Whether the token of this codespace is what was refused: it is GitHub's, and may only read. */
export function lacksPackagePermission(
  failure: Failure,
  registry: string,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  return isRefused(failure) && registry === "ghcr.io" && environment["CODESPACES"] === "true";
}
