/** What of a file can be shown without running anything of it. */

export type PreviewKind = 'image' | 'audio' | 'video' | 'text' | 'pdf' | 'empty' | 'large' | 'none';

/**
 * What the service lets a browser show by its address: anything else it answers as an attachment. SVG and HTML are not
 * among them: those are documents with scripts, and are shown as the text that they are.
 */
export const SHOWN_BY_ADDRESS: Readonly<Record<'image' | 'audio' | 'video', readonly string[]>> = {
  image: ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/bmp'],
  audio: [
    'audio/mpeg',
    'audio/mp4',
    'audio/aac',
    'audio/ogg',
    'audio/opus',
    'audio/flac',
    'audio/wav',
    'audio/x-wav',
    'audio/webm',
  ],
  video: ['video/mp4', 'video/mpeg', 'video/ogg', 'video/quicktime', 'video/webm'],
};

/** A browser holds all of an image in memory, several times over. */
export const LARGEST_IMAGE: number = 64 * 1024 * 1024;

/** Bytes of a text that are shown. */
export const TEXT_SHOWN: number = 256 * 1024;

const TEXT_TYPES = [
  /^text\//,
  /^application\/(json|ld\+json|xml|javascript|ecmascript|typescript|yaml|x-yaml|toml|sql|graphql|x-sh|x-ndjson|rtf)$/,
  /^application\/[\w.-]+\+(json|xml|yaml)$/,
  /^image\/svg\+xml$/,
  /^message\/rfc822$/,
];

/** Of files whose type says nothing. */
const TEXT_NAMES =
  /\.(txt|md|markdown|log|csv|tsv|json|jsonl|ya?ml|toml|ini|conf|cfg|env|xml|svg|html?|css|[cm]?[jt]sx?|py|rb|go|rs|java|kt|c|h|cc|cpp|hpp|cs|php|pl|lua|sh|bash|zsh|sql|tex|diff|patch|pem|pub)$/i;
const UNKNOWN_TYPE = 'application/octet-stream';

export function previewKind({
  name,
  type,
  size,
}: {
  readonly name: string;
  readonly type: string;
  readonly size: number;
}): PreviewKind {
  if (size === 0) return 'empty';
  const mediaType = mediaTypeOf(type);
  for (const kind of ['image', 'audio', 'video'] as const) {
    if (!SHOWN_BY_ADDRESS[kind].includes(mediaType)) continue;
    return kind === 'image' && size > LARGEST_IMAGE ? 'large' : kind;
  }
  if (mediaType === 'application/pdf') return 'pdf';
  if (TEXT_TYPES.some((pattern) => pattern.test(mediaType))) return 'text';
  return mediaType === UNKNOWN_TYPE && TEXT_NAMES.test(name) ? 'text' : 'none';
}

/** Without its parameters. */
function mediaTypeOf(type: string): string {
  return type.split(';', 1)[0]!.trim().toLowerCase();
}
