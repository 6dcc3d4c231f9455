/** The sign of the page: a seal with a keyhole. */
import type { ReactNode } from 'react';

export function Logo({ size = 28 }: { readonly size?: number }): ReactNode {
  return (
    <svg className="logo" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect className="logo-ground" width="32" height="32" rx="8" />
      <path
        className="logo-line"
        d="M16 5.5l8.5 3.2v6.6c0 5.3-3.5 9.5-8.5 11.2-5-1.7-8.5-5.9-8.5-11.2V8.7zM16 15.5v4.3"
      />
      <circle className="logo-hole" cx="16" cy="14.4" r="2.4" />
    </svg>
  );
}
