/**
 * What is kept for as long as the tab is open, and seen by no other tab: a token in localStorage or a cookie would still
 * be there for whoever uses the machine next.
 */

const TOKEN = 'sealroom.token';
const TENANT = 'sealroom.tenant';

export function keptToken(): string | null {
  return sessionStorage.getItem(TOKEN);
}

export function keepToken(token: string): void {
  sessionStorage.setItem(TOKEN, token);
}

/** The tenant that an operator chose. */
export function keptTenant(): string | null {
  return sessionStorage.getItem(TENANT);
}

export function keepTenant(name: string): void {
  sessionStorage.setItem(TENANT, name);
}

export function forgetSession(): void {
  sessionStorage.removeItem(TOKEN);
  sessionStorage.removeItem(TENANT);
}
