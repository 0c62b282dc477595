/** Answers of a server, made up. */
import type { BuildResult } from "../../../../extension/src/protocol";

export const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

export function result(more: Partial<BuildResult> = {}): BuildResult {
  return {
    digest,
    references: ["api:latest"],
    platforms: [
      {
        platform: "linux/amd64",
        digest,
        layers: [
          { digest, size: 40_000_000, kind: "base", state: "base", packages: [] },
          {
            digest,
            size: 3_000_000,
            kind: "dependencies",
            state: "cached",
            packages: ["fastapi 0.115.0", "uvicorn 0.30.1"],
          },
          { digest, size: 7_000, kind: "application", state: "built", packages: [] },
        ],
      },
    ],
    warnings: [],
    totalMs: 3200,
    ...more,
  };
}
