/** The drawing of each kind of file. */
import type { IconName } from '../ui/icon.tsx';
import type { Kind } from './kind.ts';

const icons: Partial<Readonly<Record<Kind, IconName>>> = {
  archive: 'archive',
  audio: 'audio',
  document: 'text',
  image: 'image',
  pdf: 'pdf',
  text: 'text',
  video: 'video',
};

export function iconOf(kind: Kind): IconName {
  return icons[kind] ?? 'file';
}
