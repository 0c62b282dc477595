/** Plans, images and builds as read-only documents; `file:line` in them leads to the file. */
import * as path from "node:path";
import * as vscode from "vscode";
import { type Section, sections } from "../core/sections";

const scheme = "pycontainer";
/** Looks like Markdown, and is laid out for reading: nothing wraps, no line is numbered. */
const reportLanguage = "pycontainer-report";

export class Documents
  implements
    vscode.TextDocumentContentProvider,
    vscode.DocumentLinkProvider,
    vscode.DocumentSymbolProvider,
    vscode.FoldingRangeProvider,
    vscode.Disposable
{
  readonly #texts = new Map<string, string>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.#changed.event;
  readonly #registrations: vscode.Disposable[];

  constructor() {
    this.#registrations = [
      vscode.workspace.registerTextDocumentContentProvider(scheme, this),
      vscode.languages.registerDocumentLinkProvider({ scheme }, this),
      vscode.languages.registerDocumentSymbolProvider({ scheme }, this),
      vscode.languages.registerFoldingRangeProvider({ scheme }, this),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#texts.delete(uri.toString())),
    ];
  }

  /** One document for a title and project; a new text updates the one that is open. */
  put(title: string, project: string, text: string): vscode.Uri {
    const uri = vscode.Uri.from({ scheme, path: `/${title}`, query: project });
    this.#texts.set(uri.toString(), text);
    this.#changed.fire(uri);
    return uri;
  }

  isOpen(title: string, project: string): boolean {
    return vscode.workspace.textDocuments.some(
      ({ uri }) => uri.scheme === scheme && uri.path === `/${title}` && uri.query === project,
    );
  }

  async show(title: string, project: string, text: string): Promise<void> {
    const uri = this.put(title, project, text);
    const document = await this.open(uri);
    await vscode.window.showTextDocument(document, { preview: true });
  }

  async open(uri: vscode.Uri): Promise<vscode.TextDocument> {
    const document = await vscode.workspace.openTextDocument(uri);
    const report = await vscode.languages.setTextDocumentLanguage(document, reportLanguage);
    // To the editor that was a document closed and another one opened.
    this.#texts.set(uri.toString(), report.getText());
    return report;
  }

  provideDocumentSymbols(document: vscode.TextDocument): vscode.DocumentSymbol[] {
    const roots: vscode.DocumentSymbol[] = [];
    const open: { level: number; symbol: vscode.DocumentSymbol }[] = [];
    for (const section of sections(document.getText())) {
      while ((open.at(-1)?.level ?? 0) >= section.level) open.pop();
      const symbol = symbolOf(document, section);
      (open.at(-1)?.symbol.children ?? roots).push(symbol);
      open.push({ level: section.level, symbol });
    }
    return roots;
  }

  provideFoldingRanges(document: vscode.TextDocument): vscode.FoldingRange[] {
    return sections(document.getText()).map(
      ({ first, last }) => new vscode.FoldingRange(first, last),
    );
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.toString()) ?? "";
  }

  provideDocumentLinks(document: vscode.TextDocument): vscode.DocumentLink[] {
    const links: vscode.DocumentLink[] = [];
    for (const match of document
      .getText()
      .matchAll(/(?<=\s{2})((?:[\w.-]+\/)*[\w.-]*\.[A-Za-z][\w-]*):(\d+)\b/g)) {
      const [, file = "", line = "1"] = match;
      const at = document.positionAt(match.index);
      const range = new vscode.Range(at, at.translate(0, file.length + 1 + line.length));
      const target = vscode.Uri.file(path.resolve(document.uri.query, file));
      links.push(new vscode.DocumentLink(range, target.with({ fragment: `L${line}` })));
    }
    return links;
  }

  dispose(): void {
    for (const registration of this.#registrations) registration.dispose();
    this.#changed.dispose();
  }
}

function symbolOf(document: vscode.TextDocument, section: Section): vscode.DocumentSymbol {
  const { title, first, last } = section;
  const heading = document.lineAt(first).range;
  const whole = new vscode.Range(heading.start, document.lineAt(last).range.end);
  return new vscode.DocumentSymbol(title, "", vscode.SymbolKind.String, whole, heading);
}
