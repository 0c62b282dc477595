/** Projects to build, made on the spot. Without dependencies: no index is asked. */
import * as fs from "node:fs";
import * as path from "node:path";

/** Makes a folder from one text with `//- path` lines. */
export function makeProject(folder: string, files: string): string {
  const parts = files.split(/^\/\/- (.+)\n/m).slice(1);
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const file = path.join(folder, (parts[at] ?? "").trim());
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, parts[at + 1] ?? "");
  }
  return folder;
}

/** A project that builds on `baseImage`. */
export function helloProject(folder: string, baseImage: string, more = ""): string {
  return makeProject(
    folder,
    `//- pyproject.toml
[project]
name = "hello"
version = "1.0"
requires-python = ">=3.11"
dependencies = []

[project.scripts]
hello = "hello:main"
//- requirements.txt
//- hello.py
def main() -> None:
    print("hello")
//- pycontainer.toml
[build]
base_image = "${baseImage}"
${more}`,
  );
}
