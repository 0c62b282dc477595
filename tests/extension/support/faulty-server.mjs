/**
 * A language server that misbehaves as it is told, to test what the extension does then; the real
 * one cannot be made to crash. It speaks the protocol of extension/src/protocol.ts and takes its
 * orders from the project: `base_image = "fault:NAME"` in pycontainer.toml.
 *
 *     fault:crash     reports progress, then dies in the middle of the build
 *     fault:data      fails with code, hint, context and a problem in requirements.txt
 *     fault:garbage   writes something else than the protocol
 *     fault:nonsense  answers with what is no build result
 *     anything else   builds at once, with a warning
 */
import * as fs from "node:fs";
import * as path from "node:path";

if (process.argv.includes("--version")) {
  console.log("pycontainer 0.1.0");
  process.exit(0);
}

/** @typedef {{ id?: number | string, method?: string, params?: Record<string, unknown> }} Message */

/** @param {object} message */
function send(message) {
  const body = JSON.stringify({ jsonrpc: "2.0", ...message });
  process.stdout.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

/** @param {string} context */
function lockProblem(context) {
  return {
    code: "lock/invalid",
    message: "`requirements.txt` has a line that is no requirement",
    hint: "write the lock again",
    context: ["reading the lock"],
    diagnostics: [
      {
        file: path.join(context, "requirements.txt"),
        range: { start: { line: 1, character: 0 }, end: { line: 1, character: 3 } },
        severity: "error",
        code: "lock/invalid-line",
        message: "this is no requirement",
      },
    ],
  };
}

/** @param {Message} message */
function build({ id, params = {} }) {
  const context = String(params["context"]);
  const token = params["workDoneToken"];
  /** @param {object} value */
  const progress = (value) => {
    send({ method: "$/progress", params: { token, value } });
  };
  const text = fs.readFileSync(path.join(context, "pycontainer.toml"), "utf8");
  const fault = /"fault:([a-z]+)"/.exec(text)?.[1] ?? "none";
  progress({ kind: "begin", title: "build", percentage: 0, cancellable: true });
  progress({ kind: "report", message: "resolving the base", percentage: 42 });
  switch (fault) {
    case "crash":
      // What was written must be out before the end.
      process.stdout.write("", () => process.kill(process.pid, "SIGKILL"));
      return;
    case "garbage":
      process.stdout.write("Segmentation fault (core dumped)\r\n\r\n".repeat(20));
      return;
    case "nonsense":
      send({ id, result: { digest: 7 } });
      return;
    case "data": {
      const data = lockProblem(context);
      send({ id, error: { code: -32803, message: data.message, data } });
      return;
    }
    default: {
      const warning = { code: "fake/warning", message: "a warning" };
      send({
        method: "pycontainer/event",
        params: { token, event: { kind: "warning", ...warning } },
      });
      progress({ kind: "end", message: "done" });
      const result = {
        format_version: 1,
        digest,
        references: ["hello:latest"],
        output: path.join(context, "dist", "image"),
        platforms: [],
        warnings: [warning],
        timings_ms: { total: 5 },
      };
      send({ id, result });
    }
  }
}

/** @param {Message} message */
function handle(message) {
  const { id, method } = message;
  if (method === "initialize") send({ id, result: { capabilities: { textDocumentSync: 1 } } });
  else if (method === "pycontainer/build") build(message);
  else if (method === "shutdown") send({ id, result: null });
  else if (method === "exit") process.exit(0);
  else if (id !== undefined && method !== undefined) {
    send({ id, error: { code: -32601, message: `no method ${method}` } });
  }
}

let buffer = Buffer.alloc(0);
process.stdin.on("data", (/** @type {Buffer} */ chunk) => {
  buffer = Buffer.concat([buffer, chunk]);
  for (;;) {
    const end = buffer.indexOf("\r\n\r\n");
    if (end < 0) return;
    const length = Number(/content-length: *(\d+)/i.exec(buffer.toString("latin1", 0, end))?.[1]);
    const start = end + 4;
    if (buffer.length < start + length) return;
    const text = buffer.toString("utf8", start, start + length);
    buffer = buffer.subarray(start + length);
    /** @type {unknown} */
    const message = JSON.parse(text);
    handle(/** @type {Message} */ (message));
  }
});
process.stdin.on("end", () => process.exit(1));
