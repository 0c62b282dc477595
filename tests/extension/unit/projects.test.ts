import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type HasFile,
  foldersUpTo,
  nearestProject,
  projectsBelow,
} from "../../../extension/src/core/projects";

function disk(...files: string[]): HasFile {
  return (folder, name) => Promise.resolve(files.includes(`${folder}/${name}`));
}

test("folders go up to the workspace folder and not beyond", () => {
  assert.deepEqual(foldersUpTo("/w/a/b", "/w"), ["/w/a/b", "/w/a", "/w"]);
  assert.deepEqual(foldersUpTo("/w", "/w"), ["/w"]);
  assert.deepEqual(foldersUpTo("/elsewhere", "/w"), []);
  assert.deepEqual(foldersUpTo("/workspace2", "/w"), []);
  assert.deepEqual(foldersUpTo("/w/..hidden", "/w"), ["/w/..hidden", "/w"]);
});

test("the nearest project above a file is meant", async () => {
  const hasFile = disk("/w/pyproject.toml", "/w/api/pycontainer.toml");
  assert.equal(await nearestProject("/w/api/src", "/w", hasFile), "/w/api");
  assert.equal(await nearestProject("/w/docs", "/w", hasFile), "/w");
  assert.equal(await nearestProject("/elsewhere", "/w", hasFile), undefined);
});

test("a requirements.txt makes a project only when nothing above is declared", async () => {
  const declared = disk("/w/pyproject.toml", "/w/docs/requirements.txt");
  assert.equal(await nearestProject("/w/docs", "/w", declared), "/w");
  const alone = disk("/w/docs/requirements.txt");
  assert.equal(await nearestProject("/w/docs/source", "/w", alone), "/w/docs");
});

test("without a file the roots are asked, then the folders directly below", async () => {
  const hasFile = disk(
    "/w/requirements.txt",
    "/m/api/pyproject.toml",
    "/m/worker/pycontainer.toml",
    "/m/docs/requirements.txt",
  );
  const below = (root: string) =>
    Promise.resolve(root === "/m" ? ["/m/worker", "/m/docs", "/m/api"] : []);
  assert.deepEqual(await projectsBelow(["/w"], hasFile, below), ["/w"]);
  assert.deepEqual(await projectsBelow(["/m"], hasFile, below), ["/m/api", "/m/worker"]);
  assert.deepEqual(await projectsBelow(["/m", "/w", "/m"], hasFile, below), [
    "/m/api",
    "/m/worker",
    "/w",
  ]);
  assert.deepEqual(await projectsBelow(["/empty"], hasFile, below), []);
});
