/** The workbench as a user sees it: pages of a headless Chromium, and what to press there. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { type BrowserContext, type Locator, type Page, chromium } from "playwright-core";
import { findProgram } from "./workbench";

/** Generous, since a slow machine is no failure; everything waits on what is seen. */
export const patience = 180_000;
const paletteLimit = 3_000;

export interface Browser {
  context: BrowserContext;
  stop: () => Promise<void>;
}

export async function startBrowser(): Promise<Browser> {
  const executablePath =
    process.env["CHROMIUM"] ?? findProgram("chromium") ?? findProgram("chromium-browser");
  if (executablePath === undefined) throw new Error("Chromium is not installed");
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), "pycontainer-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    viewport: { width: 1280, height: 800 },
    permissions: ["clipboard-read", "clipboard-write"],
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-dev-shm-usage",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ],
  });
  context.setDefaultTimeout(patience);
  return {
    context,
    stop: async () => {
      await context.close();
      fs.rmSync(profile, { recursive: true, force: true });
    },
  };
}

function exactly(text: string): RegExp {
  return new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`);
}

/** One window of the workbench. */
export class Window {
  readonly page: Page;
  readonly #artifacts: string;

  private constructor(page: Page, artifacts: string) {
    this.page = page;
    this.#artifacts = artifacts;
  }

  /** Opens `folder` (nothing: an empty window) and waits for the workbench. */
  static async open(
    browser: Browser,
    port: number,
    folder: string | undefined,
    artifacts: string,
  ): Promise<Window> {
    const page = await browser.context.newPage();
    const query = folder === undefined ? "ew=true" : `folder=${encodeURIComponent(folder)}`;
    await page.goto(`http://127.0.0.1:${port}/?${query}`, { waitUntil: "domcontentloaded" });
    await page.locator(".monaco-workbench").waitFor();
    if (folder !== undefined) {
      await page.locator(".explorer-folders-view .monaco-list-row").first().waitFor();
    }
    return new Window(page, artifacts);
  }

  async close(): Promise<void> {
    await this.page.close({ runBeforeUnload: false });
  }

  /** Keeps a picture as `build/artifacts/ui/<name>.png`. */
  async screenshot(name: string): Promise<void> {
    const file = path.join(this.#artifacts, `${name}.png`);
    await this.page.screenshot({ path: file, animations: "disabled", caret: "initial" });
  }

  /** What the window says at this moment, for the message of a test that failed. */
  async says(): Promise<string> {
    const parts = {
      notification: ".notification-toast",
      dialog: ".monaco-dialog-box",
      menu: ".quick-input-widget",
      "status bar": '.statusbar-item[id$="pycontainer.status"]',
    };
    const lines: string[] = [];
    for (const [name, selector] of Object.entries(parts)) {
      for (const text of await this.page.locator(`${selector}:visible`).allInnerTexts()) {
        const shown = text.replace(/\s+/g, " ").trim();
        if (shown !== "") lines.push(`${name}: ${shown}`);
      }
    }
    return lines.join("\n");
  }

  /** Runs a command from the command palette, by its title. */
  async palette(title: string): Promise<void> {
    await this.openPalette(title);
    await this.page.keyboard.press("Enter");
  }

  /** Opens the palette with this very command first: it is what Enter runs. */
  async openPalette(title: string): Promise<void> {
    const first = this.page.locator(".quick-input-list .monaco-list-row").first();
    const label = first.locator(".label-name", { hasText: exactly(title) });
    // The palette lists what is known when it opens; extensions may become known just after.
    for (let patienceLeft = patience; ; patienceLeft -= paletteLimit) {
      await this.page.keyboard.press("F1");
      await this.input.fill(`>${title}`);
      try {
        await label.waitFor({ timeout: paletteLimit });
        return;
      } catch (error) {
        if (patienceLeft <= 0) throw error;
        await this.page.keyboard.press("Escape");
      }
    }
  }

  get input(): Locator {
    return this.page.locator(".quick-input-widget input.input");
  }

  /** Presses Enter in the open box, wherever the focus has gone meanwhile, and waits for its end. */
  async accept(): Promise<void> {
    const title = this.page.locator(".quick-input-title");
    const box = await title.innerText();
    await this.input.press("Enter");
    await title
      .filter({ hasText: exactly(box) })
      .filter({ visible: true })
      .waitFor({ state: "hidden" });
  }

  /** A row of the open menu or palette. */
  row(text: string | RegExp): Locator {
    return this.page.locator(".quick-input-list .monaco-list-row", { hasText: text }).first();
  }

  toast(text: string | RegExp): Locator {
    return this.page.locator(".notification-toast", { hasText: text }).first();
  }

  /** Brings the extension's views to the front. */
  async openViews(): Promise<void> {
    await this.page.locator('.activitybar .action-label[aria-label^="PyContainer"]').click();
    await this.page.locator(".pane-header", { hasText: "Projects" }).waitFor();
  }

  /** A row of the views. */
  treeRow(text: string | RegExp): Locator {
    return this.page.locator(".sidebar .pane-body .monaco-list-row", { hasText: text }).first();
  }

  dialog(text: string): Locator {
    return this.page.locator(".monaco-dialog-box", { hasText: text });
  }

  button(toast: Locator, label: string): Locator {
    return toast.locator(".monaco-button", { hasText: label }).first();
  }

  /** The extension's status-bar item. */
  get status(): Locator {
    return this.page.locator('.statusbar-item[id$="pycontainer.status"]');
  }

  async statusShows(text: string | RegExp): Promise<string> {
    const item = this.page.locator('.statusbar-item[id$="pycontainer.status"]', { hasText: text });
    await item.waitFor();
    return (await item.innerText()).trim();
  }

  async openFile(name: string): Promise<void> {
    await this.page
      .locator(".explorer-folders-view .monaco-list-row", { hasText: name })
      .first()
      .dblclick();
    await this.page.locator(".tab.active", { hasText: name }).waitFor();
    await this.page.locator(".monaco-editor .view-lines").first().waitFor();
  }

  async clearToasts(): Promise<void> {
    await this.palette("Notifications: Clear All Notifications");
    await this.page.locator(".notification-toast").first().waitFor({ state: "hidden" });
  }
}
