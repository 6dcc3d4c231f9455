/** A link that was just made: what it is worth, and a button to copy it. */
import { useRef } from 'react';
import type { ReactNode } from 'react';
import type { AddressedLink } from '../../../src/client/index.ts';
import { formatTime } from '../format.ts';
import { text } from '../text.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { Icon } from '../ui/icon.tsx';

export function NewLinkShown({ link: { url, expires, downloads } }: { readonly link: AddressedLink }): ReactNode {
  const fieldRef = useRef<HTMLInputElement>(null);
  return (
    <div className="share-made">
      <p role="status" className="share-made-title">
        <Icon name="check" size={18} />
        {text.share.made}
      </p>
      <div className="share-made-link">
        <input
          ref={fieldRef}
          readOnly
          aria-label={text.share.link}
          value={url}
          className="text-field-input"
          onFocus={() => fieldRef.current?.select()}
        />
        <CopyButton value={url} label={text.share.copy} variant="primary" autoFocus />
      </div>
      <p className="share-what">{text.share.once}</p>
      <p className="share-what">{text.share.terms(formatTime(expires), downloads)}</p>
    </div>
  );
}
