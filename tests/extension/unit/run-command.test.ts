import assert from "node:assert/strict";
import { test } from "node:test";
import { runCommand } from "../../../extension/src/core/run-command";

const built = {
  pushed: undefined,
  layout: "/p/dist/image",
  tag: "latest",
  name: "api:latest",
  ports: ["8080/tcp"],
};
const program = "/my ext/pycontainer";

test("a pushed image runs by its name, with the runtime that is there", () => {
  const pushed = { ...built, pushed: "ghcr.io/acme/api:1" };
  assert.equal(
    runCommand(pushed, "docker", program),
    "docker run --rm -p 8080:8080 ghcr.io/acme/api:1",
  );
  assert.equal(
    runCommand(pushed, undefined, program),
    "podman run --rm -p 8080:8080 ghcr.io/acme/api:1",
  );
});

test("an image that was only built runs from its layout", () => {
  assert.equal(
    runCommand({ ...built, layout: "/my p/it's" }, "podman", program),
    `podman run --rm -p 8080:8080 'oci:/my p/it'\\''s:latest'`,
  );
  assert.equal(
    runCommand({ ...built, ports: ["53/udp"] }, "docker", program),
    "'/my ext/pycontainer' load --from /p/dist/image --into docker && docker run --rm -p 53:53/udp api:latest",
  );
});
