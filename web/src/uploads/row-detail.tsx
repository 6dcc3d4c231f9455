/** The line under the name of an upload. */
import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import { formatBytes, formatDuration, formatPercent, formatShortTime, formatSpeed } from '../format.ts';
import { text } from '../text.ts';
import { problemTextOf } from './problem-text.ts';
import { timeLeft } from './upload.ts';
import type { Upload } from './upload.ts';

export function RowDetail({ upload }: { readonly upload: Upload }): ReactNode {
  const { status, problem } = upload;
  const wrong = status === 'failed' || (status === 'unfinished' && problem !== undefined);
  return <p className={wrong ? 'upload-row-detail upload-row-wrong' : 'upload-row-detail'}>{detailOf(upload)}</p>;
}

/** How long until the next attempt, second by second. */
function Countdown({ upload }: { readonly upload: Upload }): ReactNode {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const reason = problemTextOf(upload) ?? text.upload.state.waiting;
  const seconds = ((upload.retryAt ?? now) - now) / 1000;
  return seconds < 1 ? text.upload.retryNowSaid(reason) : text.upload.retryIn(reason, formatDuration(seconds));
}

function detailOf(upload: Upload): ReactNode {
  const { status, size, sent, expires } = upload;
  const said = text.upload;
  const problem = problemTextOf(upload);
  switch (status) {
    case 'queued':
    case 'done':
      return (
        <>
          <span className="visually-hidden">{said.state[status]}. </span>
          {size === null ? null : formatBytes(size)}
        </>
      );
    case 'sending':
      return <Sending upload={upload} />;
    case 'waiting':
      return <Countdown upload={upload} />;
    case 'paused':
      return sent === 0 || size === null || size === 0 ? said.state.paused : said.pausedAt(formatPercent(sent / size));
    case 'failed':
      return problem ?? said.state.failed;
    case 'unfinished':
      return (
        problem ?? said.arrived(amountOf(size, sent), expires === undefined ? undefined : formatShortTime(expires))
      );
    case 'removing':
      return said.state.removing;
  }
}

function Sending({ upload }: { readonly upload: Upload }): ReactNode {
  const { size, sent, speed } = upload;
  // All is sent, and the service seals the last of it.
  if (size !== null && sent >= size) return text.upload.state.finishing;
  const left = timeLeft(upload);
  return (
    <>
      {size === null ? formatBytes(sent) : text.upload.ofSize(formatBytes(sent), formatBytes(size))}
      {speed === undefined || speed < 1 ? null : <span className="upload-row-speed"> · {formatSpeed(speed)}</span>}
      {left === undefined ? null : ` · ${text.upload.timeLeft(formatDuration(left))}`}
    </>
  );
}

function amountOf(size: number | null, sent: number): string {
  return size === null || size === 0 ? formatBytes(sent) : formatPercent(sent / size);
}
