/** Images, sound and films: read by the browser itself, range by range. */
import { useRef, useState } from 'react';
import type { ReactNode, SyntheticEvent } from 'react';
import type { Stat } from '../../../src/vault/files.ts';
import { problemOf } from '../files/problem.ts';
import { text } from '../text.ts';
import { Spinner } from '../ui/spinner.tsx';
import { NoPreview } from './no-preview.tsx';
import { useContentAddress } from './use-content-address.ts';

export interface MediaPreviewProps {
  readonly kind: 'image' | 'audio' | 'video';
  readonly file: Stat;
}

/** Failures closer together than this are the file's, not those of an address whose time was over. */
const SOON = 30_000;

export function MediaPreview({ kind, file }: MediaPreviewProps): ReactNode {
  const { address, error, renew } = useContentAddress(file.id);
  const [broken, setBroken] = useState(false);
  const [shown, setShown] = useState(false);
  const failedAt = useRef(Number.NEGATIVE_INFINITY);
  /** Where somebody was when the address was over. */
  const position = useRef(0);

  const failed = (event: SyntheticEvent): void => {
    const now = performance.now();
    if (now - failedAt.current < SOON) {
      setBroken(true);
      return;
    }
    failedAt.current = now;
    const { target } = event;
    if (target instanceof HTMLMediaElement) position.current = target.currentTime;
    renew();
  };
  const loaded = ({ currentTarget }: SyntheticEvent<HTMLMediaElement>): void => {
    setShown(true);
    if (position.current > 0) currentTarget.currentTime = position.current;
  };

  if (broken) return <NoPreview file={file}>{text.file.cannotShow}</NoPreview>;
  if (error !== undefined) return <NoPreview file={file}>{problemOf(error)}</NoPreview>;
  const label = text.file.previewOf(file.name);
  return (
    <>
      {shown ? null : <Spinner label={text.file.previewLoading} />}
      {address === undefined ? null : (
        <div className={shown ? `preview-${kind}` : 'preview-hidden'}>
          {kind === 'image' ? (
            <img src={address} alt={label} decoding="async" onLoad={() => setShown(true)} onError={failed} />
          ) : null}
          {/* Captions, where there are any, are within the file: it has no others beside it. */}
          {/* oxlint-disable jsx-a11y/media-has-caption */}
          {kind === 'audio' ? (
            <audio
              src={address}
              aria-label={label}
              controls
              preload="metadata"
              onLoadedMetadata={loaded}
              onError={failed}
            />
          ) : null}
          {kind === 'video' ? (
            <video
              src={address}
              aria-label={label}
              controls
              playsInline
              preload="metadata"
              onLoadedMetadata={loaded}
              onError={failed}
            />
          ) : null}
        </div>
      )}
    </>
  );
}
