/**
 * A Microsoft session as a registry's credential: Azure Container Registry exchanges the token of a
 * tenant for a refresh token of its own, which it takes as a password.
 */
import type { Credential } from "../protocol";

/** The name that goes with a refresh token, as Azure documents it. */
const tokenUser = "00000000-0000-0000-0000-000000000000";
const timeoutMs = 15_000;

/** The part of the global `fetch` that is used. */
export type Fetch = (
  url: string,
  init: { method: string; headers: Record<string, string>; body: string; signal: AbortSignal },
) => Promise<{ ok: boolean; status: number; json: () => Promise<unknown> }>;

/** Throws when the registry does not take the token; the message has nothing of it. */
export async function exchangeAzureToken(
  registry: string,
  accessToken: string,
  fetch: Fetch,
): Promise<Credential> {
  const response = await fetch(`https://${registry}/oauth2/exchange`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({
      grant_type: "access_token",
      service: registry,
      access_token: accessToken,
    }).toString(),
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (!response.ok) {
    throw new Error(`${registry} did not accept the Microsoft account (HTTP ${response.status})`);
  }
  const answer = (await response.json()) as { refresh_token?: unknown } | null;
  if (typeof answer?.refresh_token !== "string") {
    throw new Error(`${registry} answered without a token for the Microsoft account`);
  }
  return { registry, username: tokenUser, password: answer.refresh_token };
}
