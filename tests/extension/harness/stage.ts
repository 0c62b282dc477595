/** What host and ui tests share: one workbench, one browser, one registry. */
import type { Browser } from "./browser";
import type { Registry } from "./registry";
import type { Report } from "./report";
import type { Installation, Workbench } from "./workbench";

export interface Stage {
  /** Of the repository. */
  root: string;
  vsix: string;
  /** The base image as `oci:DIR:TAG`; the registry has it as `library/python:3.11-slim`. */
  base: string;
  temporary: string;
  /** Where pictures and logs are kept. */
  artifacts: string;
  installation: Installation;
  registry: Registry;
  workbench: Workbench;
  browser: Browser;
  report: Report;
}
