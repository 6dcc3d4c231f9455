/** What kind of file a name stands for. */

/** The media type that goes with the extension of a name; undefined where there is none that is known. */
export async function mediaTypeOf(name: string): Promise<string | undefined> {
  const { default: mime } = await import('mime');
  // As a path: a name without one is taken for an extension when it has none, such as `key` or `class`.
  return mime.getType(`/${name}`) ?? undefined;
}
