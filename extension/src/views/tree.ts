/** Draws the nodes of core/tree.ts. */
import * as vscode from "vscode";
import type { TreeNode } from "../core/tree";

export class TreeView implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  readonly #nodes: () => TreeNode[] | Promise<TreeNode[]>;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly view: vscode.TreeView<TreeNode>;
  #timer: NodeJS.Timeout | undefined;

  constructor(id: string, nodes: () => TreeNode[] | Promise<TreeNode[]>) {
    this.#nodes = nodes;
    this.view = vscode.window.createTreeView(id, { treeDataProvider: this, showCollapseAll: true });
  }

  /** Soon; many changes in a row are drawn once. */
  refresh(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#changed.fire(undefined);
    }, 100);
  }

  getChildren(node?: TreeNode): TreeNode[] | Promise<TreeNode[]> {
    return node === undefined ? this.#nodes() : (node.children ?? []);
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
    const inner = node.children !== undefined && node.children.length > 0;
    const item = new vscode.TreeItem(
      node.label,
      inner ? (node.expanded === true ? Expanded : Collapsed) : None,
    );
    item.id = node.id;
    item.iconPath = new vscode.ThemeIcon(node.icon);
    item.accessibilityInformation = { label: node.spoken, role: "treeitem" };
    if (node.description !== undefined) item.description = node.description;
    if (node.tooltip !== undefined) item.tooltip = node.tooltip;
    if (node.context !== undefined) item.contextValue = node.context;
    if (node.open !== undefined) {
      const uri = vscode.Uri.file(node.open.file);
      item.resourceUri = uri;
      item.command = { command: "vscode.open", title: "Open", arguments: [uri] };
    }
    return item;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.view.dispose();
    this.#changed.dispose();
  }
}
