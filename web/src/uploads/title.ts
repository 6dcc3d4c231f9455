/** How far uploads are, before whatever the tab is called. */

/**
 * @param prefix.before what was put before it the last time; views change the title meanwhile, as they like
 * @param prefix.now what is to be there; empty for none
 */
export function withPrefix(title: string, prefix: { readonly before: string; readonly now: string }): string {
  const { before, now } = prefix;
  const bare = before !== '' && title.startsWith(before) ? title.slice(before.length) : title;
  return now + bare;
}
