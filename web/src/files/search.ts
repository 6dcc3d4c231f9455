/** Whether a name is one that a search finds, as the service decides it. */
export function matches(name: string, query: string): boolean {
  return folded(name).includes(folded(query));
}

function folded(text: string): string {
  return text.normalize().toLowerCase();
}
