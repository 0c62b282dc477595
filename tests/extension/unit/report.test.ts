import assert from "node:assert/strict";
import { test } from "node:test";
import { diagnosticReport, redact } from "../../../extension/src/core/report";

test("nothing that is anybody's secret is in a report", () => {
  const rows = [
    "https://me:hunter2@registry.example/v2/",
    "Authorization: Bearer hunter2.hunter2",
    'password="hunter2"',
    "token: hunter2",
    "API_KEY=hunter2",
    `ghp_${"hunter2".repeat(5)}`,
    `eyJhbGciOiJIUzI1NiJ9.hunter2.hunter2`,
  ];
  for (const row of rows) {
    assert.doesNotMatch(redact(row, "/home/me", []), /hunter2/, row);
  }
});

test("a report names no folder of this machine", () => {
  const report = diagnosticReport({
    extension: "1.0.0",
    editor: "Editor 1.100",
    host: "linux-x64",
    server: "running, 1.0.0, /home/me/bin/pycontainer",
    trusted: true,
    settings: { "pycontainer.server.path": "/home/me/bin/pycontainer" },
    log: ["build of /home/me/secret-project", "a line"],
    home: "/home/me",
    folders: ["/home/me/secret-project"],
  });
  assert.doesNotMatch(report, /home\/me|secret-project/);
  assert.match(report, /- server: running, 1\.0\.0, ~\/bin\/pycontainer/);
  assert.match(report, /build of <folder>/);
  assert.match(report, /- workspace: one folder, trusted/);
});
