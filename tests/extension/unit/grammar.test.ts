/** The grammar's regular expressions compile and tell keys, values and comments apart. */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";

interface Rule {
  match?: string;
  begin?: string;
  end?: string;
  include?: string;
  patterns?: Rule[];
}

const grammar = JSON.parse(
  fs.readFileSync(path.join(process.cwd(), "syntaxes/pycontainer-toml.tmLanguage.json"), "utf8"),
) as { patterns: Rule[]; repository: Record<string, Rule> };

function rules(rule: Rule): Rule[] {
  return [rule, ...(rule.patterns ?? []).flatMap(rules)];
}

test("every expression compiles and every include exists", () => {
  const all = [...grammar.patterns, ...Object.values(grammar.repository)].flatMap(rules);
  for (const { match, begin, end, include } of all) {
    for (const expression of [match, begin, end]) {
      if (expression !== undefined) assert.doesNotThrow(() => new RegExp(expression));
    }
    if (include !== undefined) assert.ok(include.slice(1) in grammar.repository, include);
  }
});

test("a pair begins with bare, quoted and dotted keys", () => {
  const begin = grammar.repository["pair"]?.begin;
  assert.ok(begin);
  const key = new RegExp(begin);
  const rows: [string, string][] = [
    ["base_image = 1", "base_image"],
    ['"quoted key"=1', '"quoted key"'],
    ["a . 'b' . c = 1", "a . 'b' . c"],
  ];
  for (const [line, expected] of rows) assert.equal(key.exec(line)?.[1], expected);
});
