/** Tells how many bytes of a stream came, as they do. */
export async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  { onBytes }: { readonly onBytes?: ((count: number) => void) | undefined },
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) {
    onBytes?.(chunk.length);
    yield chunk;
  }
}
