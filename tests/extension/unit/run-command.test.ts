import assert from "node:assert/strict";
import { test } from "node:test";
import { runCommand } from "../../../extension/src/core/run-command";

const built = { pushed: undefined, layout: "/p/dist/image", tag: "latest", ports: ["8080/tcp"] };

test("a pushed image runs by its name, with the runtime that is there", () => {
  const pushed = { ...built, pushed: "ghcr.io/acme/api:1" };
  assert.equal(runCommand(pushed, "docker"), "docker run --rm -p 8080:8080 ghcr.io/acme/api:1");
  assert.equal(runCommand(pushed, undefined), "podman run --rm -p 8080:8080 ghcr.io/acme/api:1");
});

test("an image that was only built runs from its layout", () => {
  assert.equal(
    runCommand({ ...built, layout: "/my p/it's" }, "podman"),
    `podman run --rm -p 8080:8080 'oci:/my p/it'\\''s:latest'`,
  );
  assert.equal(
    runCommand({ ...built, ports: ["53/udp"] }, "docker"),
    "skopeo copy oci:/p/dist/image:latest docker-daemon:localhost/pycontainer:run && docker run --rm -p 53:53/udp localhost/pycontainer:run",
  );
});
