import assert from "node:assert/strict";
import { test } from "node:test";
import { findRepository, parseRemote, remoteOf } from "../../../extension/src/core/git";
import { lacksPackagePermission, isRefused } from "../../../extension/src/core/push-failure";
import {
  codespacesSnippet,
  isAzure,
  proposals,
  providerOf,
  repositoryName,
  webPage,
} from "../../../extension/src/core/registries";
import { checkReference } from "../../../extension/src/core/reference";

test("the address of a remote tells host, owner and name", () => {
  const acme = { host: "github.com", owner: "acme", name: "api" };
  for (const url of [
    "https://github.com/acme/api.git",
    "https://user:secret@github.com/acme/api",
    "git@github.com:acme/api.git",
    "ssh://git@GitHub.com:22/acme/api.git/",
  ]) {
    assert.deepEqual(parseRemote(url), acme, url);
  }
  assert.deepEqual(parseRemote("https://gitlab.com/group/sub/api")?.owner, "sub");
  for (const url of ["", "/srv/git/api.git", "https://github.com/api", "C:\\git\\api"]) {
    assert.equal(parseRemote(url), undefined, url);
  }
});

test("origin is the remote that counts, else the first one", () => {
  const config = `[core]\n\turl = no\n[remote "fork"]\n\turl = f\n[remote "origin"]\n\tfetch = +refs\n\turl = o\n`;
  assert.equal(remoteOf(config), "o");
  assert.equal(remoteOf('[remote "fork"]\nurl=f\n'), "f");
  assert.equal(remoteOf("[branch]\n"), undefined);
});

test("the repository is found above a project, and through a worktree's file", async () => {
  const config = '[remote "origin"]\n\turl = git@github.com:acme/api.git\n';
  const disk = (files: Record<string, string>) => (file: string) => Promise.resolve(files[file]);
  const plain = disk({ "/w/.git/config": config });
  assert.equal((await findRepository("/w/services/api", plain))?.name, "api");
  const worktree = disk({
    "/v/.git": "gitdir: /w/.git/worktrees/v\n",
    "/w/.git/worktrees/v/commondir": "../..\n",
    "/w/.git/config": config,
  });
  assert.equal((await findRepository("/v", worktree))?.owner, "acme");
  assert.equal(await findRepository("/nowhere", disk({})), undefined);
});

test("a name becomes one that repositories allow", () => {
  const rows = [
    ["My API", "my-api"],
    ["größe", "gr-e"],
    ["__x__", "x"],
    ["a..b", "a-b"],
    ["日本", "app"],
  ] as const;
  for (const [name, expected] of rows) assert.equal(repositoryName(name), expected);
});

test("places to push to are proposed from the setting, from Git, and from logins", () => {
  const input = {
    project: "My API",
    tag: "latest",
    configured: "registry.example/team/",
    repository: { host: "github.com", owner: "Acme", name: "Api" },
    logins: ["ghcr.io", "acme.azurecr.io", "127.0.0.1:5000"],
  };
  const references = proposals(input).map(({ reference }) => reference);
  assert.deepEqual(references, [
    "registry.example/team/my-api:latest",
    "ghcr.io/acme/api:latest",
    "ghcr.io/acme/my-api:latest",
    "acme.azurecr.io/my-api:latest",
    "127.0.0.1:5000/acme/my-api:latest",
  ]);
  for (const reference of references) assert.equal(checkReference(reference).kind, "valid");
  const nothing = { ...input, configured: "team", repository: undefined, logins: [] };
  assert.deepEqual(proposals(nothing), []);
});

test("GitHub and Microsoft sign in where they are at home, and nowhere else", () => {
  assert.deepEqual(providerOf("ghcr.io")?.scopes, ["write:packages"]);
  assert.equal(providerOf("acme.azurecr.io")?.id, "microsoft");
  for (const registry of ["docker.io", "ghcr.io.evil.example", "azurecr.io", "x.azurecr.io.evil"]) {
    assert.equal(providerOf(registry), undefined, registry);
  }
  assert.ok(!isAzure("a.b.azurecr.io"));
});

test("a pushed image has a page where one is known", () => {
  assert.equal(webPage("ghcr.io/acme/api:1"), "https://ghcr.io/acme/api");
  assert.equal(webPage("quay.io/acme/api@sha256:00"), "https://quay.io/repository/acme/api");
  assert.equal(webPage("127.0.0.1:5000/api:1"), undefined);
});

test("in a codespace a refusal of GitHub's registry is about the token's permission", () => {
  const refused = {
    kind: "failed" as const,
    code: "registry/forbidden",
    message: "no",
    context: [],
    diagnostics: [],
  };
  const codespace = { CODESPACES: "true" };
  assert.ok(isRefused(refused));
  assert.ok(!isRefused({ ...refused, code: "net/timeout" }));
  assert.ok(lacksPackagePermission(refused, "ghcr.io", codespace));
  assert.ok(!lacksPackagePermission(refused, "quay.io", codespace));
  assert.ok(!lacksPackagePermission(refused, "ghcr.io", {}));
  const snippet: unknown = JSON.parse(
    codespacesSnippet({ host: "github.com", owner: "acme", name: "api" }),
  );
  assert.deepEqual(snippet, {
    customizations: {
      codespaces: { repositories: { "acme/api": { permissions: { packages: "write" } } } },
    },
  });
});
