import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';

/** True when an answer holds what of a range lies in the object, and nothing else. A range of nothing asks for a byte. */
export function answersRange(
  { ContentRange = '', ContentLength }: Pick<GetObjectCommandOutput, 'ContentRange' | 'ContentLength'>,
  { start, end }: { readonly start: number; readonly end: number },
): boolean {
  const [, first, last, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(ContentRange) ?? [];
  if (first === undefined) return false;
  const lastAsked = Math.min(Math.max(start, end - 1), Number(size) - 1);
  return Number(first) === start && Number(last) === lastAsked && ContentLength === lastAsked - start + 1;
}
