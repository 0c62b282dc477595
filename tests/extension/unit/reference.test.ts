import assert from "node:assert/strict";
import { test } from "node:test";
import { checkReference, formatReference, pushable } from "../../../extension/src/core/reference";

test("a reference with a registry is valid; the tag defaults to latest", () => {
  const rows: [string, string][] = [
    ["ghcr.io/acme/api:1.0", "ghcr.io/acme/api:1.0"],
    [" ghcr.io/acme/api:1.0 ", "ghcr.io/acme/api:1.0"],
    ["ghcr.io/acme/api", "ghcr.io/acme/api:latest"],
    ["127.0.0.1:5000/p:1", "127.0.0.1:5000/p:1"],
    ["localhost/p:1", "localhost/p:1"],
    ["[::1]:5000/p:1", "[::1]:5000/p:1"],
    ["docker.io/acme/a__b/c-d.e:V_1.x-y", "docker.io/acme/a__b/c-d.e:V_1.x-y"],
    ["Registry.Example/p:1", "Registry.Example/p:1"],
  ];
  for (const [text, expected] of rows) {
    const check = checkReference(text);
    assert.ok(check.kind === "valid", text);
    assert.equal(formatReference(check.reference), expected);
  }
});

test("what cannot be pushed to is refused with what to do", () => {
  const rows: [string, RegExp][] = [
    ["", /Name the image/],
    ["   ", /Name the image/],
    ["api", /Start with the registry/],
    ["api:1.0", /Start with the registry/],
    ["acme/api:1.0", /Start with the registry/],
    ["https://ghcr.io/acme/api", /Leave out the scheme/],
    ["ghcr.io/acme/my api", /no spaces/],
    [`ghcr.io/acme/api@sha256:${"a".repeat(64)}`, /not to a digest/],
    ["ghcr.io/", /Name the repository/],
    ["ghcr.io/:1", /Name the repository/],
    ["ghcr.io//api", /empty part/],
    ["ghcr.io/acme/", /empty part/],
    ["ghcr.io/Acme/api", /lower case: acme/],
    ["ghcr.io/acme/-api", /"-api" is not valid/],
    ["ghcr.io/acme/../api", /"\.\." is not valid/],
    ["ghcr.io/acme/api:", /Write a tag/],
    ["ghcr.io/acme/api:a:b", /"a:b" is not a valid tag/],
    [`ghcr.io/acme/api:${"t".repeat(129)}`, /is not a valid tag/],
    ["ghcr..io/api", /not a registry's name/],
    ["user:pass@ghcr.io/api", /not to a digest/],
    ["127.0.0.1:99999/api", /no valid port/],
    [`ghcr.io/${"a/".repeat(130)}b`, /longer than 255/],
  ];
  for (const [text, expected] of rows) {
    const check = checkReference(text);
    assert.ok(check.kind === "invalid", text);
    assert.match(check.problem, expected, text);
  }
});

test("of several references the first with a registry is proposed", () => {
  assert.equal(pushable(["api:latest", "ghcr.io/acme/api:1"]), "ghcr.io/acme/api:1");
  assert.equal(pushable(["api:latest"]), undefined);
});
