/** The drawings of the page: strokes on a square of 24, in the colour of the text beside them. */
import type { ReactNode } from 'react';
import './icon.css';

const paths = {
  admin: 'M4 7h10M18 7h2M4 17h2M10 17h10M14 4.5v5M6 14.5v5',
  archive: 'M4 8h16v11H4zM3 4h18v4H3zM10 12h4',
  arrowLeft: 'M19 12H5M11 6l-6 6 6 6',
  audio: 'M9 18V6l10-2v12M9 18a3 2.5 0 1 1-6 0 3 2.5 0 0 1 6 0zM19 16a3 2.5 0 1 1-6 0 3 2.5 0 0 1 6 0z',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  chevronDown: 'M6 9l6 6 6-6',
  chevronRight: 'M9 6l6 6-6 6',
  clock: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3.5 2',
  close: 'M6 6l12 12M18 6L6 18',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  download: 'M12 4v11M7 10.5l5 5 5-5M4 20h16',
  edit: 'M4 20h4L19.5 8.5l-4-4L4 16zM13 7l4 4',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  files: 'M8 7V3h8l4 4v10h-4M4 7h8l4 4v10H4zM12 7v4h4',
  folder: 'M3 6h6l2 2.5h10V19H3z',
  image: 'M4 5h16v14H4zM4 16l5-5 4 4 2.5-2.5L20 17M15 9.5h.01',
  info: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5M12 8h.01',
  journal: 'M6 4h13v16H6a2 2 0 0 1 0-4h13M6 4a2 2 0 0 0-2 2v12M9 8h6',
  key: 'M15 4a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM11.5 12.5L4 20M7 17l2.5 2.5M16.5 7.5h.01',
  link: 'M10 14a4 4 0 0 0 5.7 0l3.5-3.5a4 4 0 0 0-5.7-5.7L12.5 5.8M14 10a4 4 0 0 0-5.7 0l-3.5 3.5a4 4 0 0 0 5.7 5.7l1-1',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  pause: 'M9 5v14M15 5v14',
  pdf: 'M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h4',
  play: 'M7 5l12 7-12 7z',
  plus: 'M12 5v14M5 12h14',
  refresh: 'M20 5v5h-5M4 19v-5h5M19.5 10A8 8 0 0 0 5.5 7M4.5 14a8 8 0 0 0 14 3',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5',
  share: 'M12 15V4M7.5 8L12 3.5 16.5 8M5 12v8h14v-8',
  shield: 'M12 3l8 3v6c0 4.5-3.2 7.7-8 9-4.8-1.3-8-4.5-8-9V6zM8.5 12l2.5 2.5 4.5-5',
  signOut: 'M10 4H5v16h5M15 8l4 4-4 4M19 12H10',
  tag: 'M4 4h8l8 8-8 8-8-8zM8.5 8.5h.01',
  tenant: 'M4 20V8l8-4 8 4v12M9 20v-5h6v5M3 20h18M9 10.5h.01M15 10.5h.01',
  text: 'M6 3h8l4 4v14H6zM14 3v4h4M9 11h6M9 14h6M9 17h4',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5',
  upload: 'M12 16V5M7 9.5l5-5 5 5M4 20h16',
  user: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.5 20c1-3.5 4-5 7.5-5s6.5 1.5 7.5 5',
  video: 'M4 6h11v12H4zM15 10.5L20 8v8l-5-2.5',
  warning: 'M12 4l9 16H3zM12 10v4.5M12 17h.01',
} as const;

export type IconName = keyof typeof paths;

/** Never read to anybody: what it stands for is said beside it. */
export function Icon({ name, size = 20 }: { readonly name: IconName; readonly size?: number }): ReactNode {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
