/** What kind of thing a file is, by its media type: for people, who know none of those. */

export type Kind =
  | 'archive'
  | 'audio'
  | 'data'
  | 'document'
  | 'image'
  | 'pdf'
  | 'presentation'
  | 'table'
  | 'text'
  | 'video'
  | 'web'
  | 'unknown';

/** The first that fits. */
const patterns: readonly (readonly [RegExp, Kind])[] = [
  [/^image\//, 'image'],
  [/^video\//, 'video'],
  [/^audio\//, 'audio'],
  [/^application\/pdf$/, 'pdf'],
  [/^(text\/html|application\/xhtml\+xml)$/, 'web'],
  [/spreadsheet|excel|^text\/csv$/, 'table'],
  [/presentation|powerpoint/, 'presentation'],
  [/wordprocessing|opendocument\.text|msword|rtf$/, 'document'],
  [/json|xml|yaml|sqlite|parquet/, 'data'],
  [/zip|compressed|x-(tar|bzip2?|xz|rar)\b|zstd/, 'archive'],
  [/^text\//, 'text'],
];

export function kindOf(type: string): Kind {
  return patterns.find(([pattern]) => pattern.test(type.toLowerCase()))?.[1] ?? 'unknown';
}
