/**
 * Who the user is to a registry, as far as the editor knows: a session with GitHub or Microsoft, or a
 * login kept in the editor's secret storage. What the server finds by itself – Docker's and Podman's
 * files, helpers – needs nothing of this. Credentials go to the server with one request, over the
 * pipe, and nowhere else: not into arguments, environment, settings, log.
 */
import * as vscode from "vscode";
import { providerOf } from "./core/registries";
import type { Credential } from "./protocol";

const prefix = "pycontainer.login.";
const listKey = "pycontainer.logins";

interface Login {
  username: string;
  password: string;
}

export class Credentials {
  readonly #secrets: vscode.SecretStorage;
  readonly #state: vscode.Memento;
  readonly #warn: (message: string) => void;
  /** What the storage would not take holds as long as this window. */
  readonly #unstored = new Map<string, Login>();

  constructor(
    secrets: vscode.SecretStorage,
    state: vscode.Memento,
    warn: (message: string) => void,
  ) {
    this.#secrets = secrets;
    this.#state = state;
    this.#warn = warn;
  }

  /** Registries with a login in the secret storage, by name. */
  get logins(): string[] {
    const stored = this.#state.get<unknown>(listKey);
    const names = Array.isArray(stored) ? stored.filter((name) => typeof name === "string") : [];
    return names.sort();
  }

  /** What is known for `registry` without asking anybody; empty: the server looks by itself. */
  async known(registry: string): Promise<Credential[]> {
    const login = this.#unstored.get(registry) ?? (await this.#stored(registry));
    if (login !== undefined) return [{ registry, ...login }];
    const session = await this.#session(registry, false);
    return session === undefined ? [] : [session];
  }

  /** Asks the user to sign in: by the registry's provider, else with name and password. */
  async signIn(registry: string): Promise<boolean> {
    const provider = providerOf(registry);
    if (provider !== undefined) {
      const byHand = "Use a Name and a Token";
      const byProvider = `Sign in with ${provider.label}`;
      const picked = await vscode.window.showQuickPick([byProvider, byHand], {
        title: `Sign in to ${registry}`,
      });
      if (picked === undefined) return false;
      if (picked === byProvider) return (await this.#session(registry, true)) !== undefined;
    }
    return this.#askLogin(registry);
  }

  async signOut(registry: string): Promise<void> {
    this.#unstored.delete(registry);
    await this.#secrets.delete(prefix + registry);
    await this.#state.update(
      listKey,
      this.logins.filter((name) => name !== registry),
    );
  }

  async #askLogin(registry: string): Promise<boolean> {
    const username = await vscode.window.showInputBox({
      title: `Sign in to ${registry} (1/2)`,
      prompt: "Name of the user",
      ignoreFocusOut: true,
      validateInput: (text) => (text.trim() === "" ? "Write the user's name" : undefined),
    });
    if (username === undefined) return false;
    const password = await vscode.window.showInputBox({
      title: `Sign in to ${registry} (2/2)`,
      prompt: "Password or access token. It is kept in the editor's secret storage.",
      password: true,
      ignoreFocusOut: true,
      validateInput: (text) => (text === "" ? "Write the password or token" : undefined),
    });
    if (password === undefined) return false;
    await this.#keep(registry, { username: username.trim(), password });
    return true;
  }

  /** Where the editor has no secret storage that works, the user is asked again another day. */
  async #keep(registry: string, login: Login): Promise<void> {
    this.#unstored.delete(registry);
    try {
      await this.#secrets.store(prefix + registry, JSON.stringify(login));
      await this.#state.update(listKey, [...new Set([...this.logins, registry])]);
    } catch (error) {
      this.#unstored.set(registry, login);
      this.#warn(`The login of ${registry} is kept for this window only: ${String(error)}`);
    }
  }

  async #stored(registry: string): Promise<Login | undefined> {
    try {
      const stored = await this.#secrets.get(prefix + registry);
      return stored === undefined ? undefined : parseLogin(stored);
    } catch (error) {
      this.#warn(`The login of ${registry} cannot be read: ${String(error)}`);
      return undefined;
    }
  }

  async #session(registry: string, ask: boolean): Promise<Credential | undefined> {
    const provider = providerOf(registry);
    if (provider === undefined) return undefined;
    const options: vscode.AuthenticationGetSessionOptions = ask
      ? { createIfNone: true }
      : { silent: true };
    let session: vscode.AuthenticationSession | undefined;
    try {
      session = await vscode.authentication.getSession(provider.id, provider.scopes, options);
    } catch (error) {
      // An editor without this provider, or a user who said no. The latter was asked and knows.
      if (ask && !/consent|cancel/i.test(String(error))) throw error;
      return undefined;
    }
    if (session === undefined) return undefined;
    const { account, accessToken } = session;
    return provider.id === "github"
      ? { registry, username: account.label, password: accessToken }
      : { registry, entra_token: accessToken };
  }
}

function parseLogin(text: string): Login | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    const { username, password } = value as Record<string, unknown>;
    if (typeof username !== "string" || typeof password !== "string") return undefined;
    return { username, password };
  } catch {
    return undefined;
  }
}
