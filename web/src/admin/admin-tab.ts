/** Which part of the administration is shown: kept in the address, so that it outlives a reload and another tenant. */

export type AdminTab = 'tokens' | 'tenants' | 'keys' | 'journal';

/** What whoever administers one tenant sees, and what an operator sees. */
const TABS: Readonly<Record<'admin' | 'operator', readonly AdminTab[]>> = {
  admin: ['tokens', 'keys'],
  operator: ['tokens', 'tenants', 'keys', 'journal'],
};

export function adminTabs(operate: boolean): readonly AdminTab[] {
  return TABS[operate ? 'operator' : 'admin'];
}

/** The part that the fragment of an address names, of those that there are; else the first. */
export function tabOf(fragment: string, tabs: readonly AdminTab[]): AdminTab {
  return tabs.find((tab) => fragment === fragmentOf(tab)) ?? 'tokens';
}

export function fragmentOf(tab: AdminTab): string {
  return `#${tab}`;
}
