/** What is wrong with the name of a tenant to be; undefined when nothing is. */
export function tenantNameProblem(name: string, taken: readonly string[]): 'empty' | 'grammar' | 'exists' | undefined {
  if (name === '') return 'empty';
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(name)) return 'grammar';
  return taken.includes(name) ? 'exists' : undefined;
}
