/**
 * Stands in for the editor's own extension that signs in to GitHub or Microsoft: the same identifier,
 * a newer version (`harness/accounts.ts` makes it), and an account without a browser and a service.
 */
import * as vscode from "vscode";

/**
 * In package.json: whose account it is, and with which token, in Base64: the editor keeps copies of
 * the file, and the token itself is looked for in all files.
 */
export interface Account {
  provider: string;
  label: string;
  user: string;
  token: string;
}

export function activate(context: vscode.ExtensionContext): void {
  const { account } = context.extension.packageJSON as { account: Account };
  const { provider, label, user, token } = account;
  const changed =
    new vscode.EventEmitter<vscode.AuthenticationProviderAuthenticationSessionsChangeEvent>();
  let sessions: vscode.AuthenticationSession[] = [];
  const tell = (
    added: vscode.AuthenticationSession[],
    removed: vscode.AuthenticationSession[],
  ): void => {
    changed.fire({ added, removed, changed: [] });
  };
  const registration = vscode.authentication.registerAuthenticationProvider(provider, label, {
    onDidChangeSessions: changed.event,
    getSessions: (scopes) =>
      Promise.resolve(
        sessions.filter((session) =>
          (scopes ?? []).every((scope) => session.scopes.includes(scope)),
        ),
      ),
    createSession: (scopes) => {
      const session = {
        id: `${provider}-${sessions.length}`,
        accessToken: Buffer.from(token, "base64").toString(),
        account: { id: user, label: user },
        scopes,
      };
      sessions.push(session);
      tell([session], []);
      return Promise.resolve(session);
    },
    removeSession: (id) => {
      const removed = sessions.filter((session) => session.id === id);
      sessions = sessions.filter((session) => session.id !== id);
      tell([], removed);
      return Promise.resolve();
    },
  });
  context.subscriptions.push(changed, registration);
}
