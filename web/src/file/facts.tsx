/** What people ask about a file. */
import type { ReactNode } from 'react';
import type { Stat } from '../../../src/vault/files.ts';
import { formatBytes, formatRelative, formatTime } from '../format.ts';
import { text } from '../text.ts';
import { Fact, Panel } from './panel.tsx';

export function Facts({ file }: { readonly file: Stat }): ReactNode {
  const { createdAt, createdBy, size, type, expires, retainUntil, hold, metadata } = file;
  const pairs = Object.entries(metadata);
  return (
    <Panel title={text.file.about}>
      <dl className="file-facts">
        <Fact label={text.file.added} more={createdBy === null ? undefined : text.file.addedBy(createdBy)}>
          <time dateTime={createdAt}>{formatTime(createdAt)}</time>
        </Fact>
        <Fact label={text.file.size} more={size < 1000 ? undefined : text.file.bytes(size)}>
          {formatBytes(size)}
        </Fact>
        <Fact label={text.file.type}>{type}</Fact>
        {expires === null ? null : (
          <Fact label={text.file.expires} more={formatTime(expires)}>
            {formatRelative(expires)}
          </Fact>
        )}
        {retainUntil === null ? null : (
          <Fact label={text.file.retained} more={text.file.retainedWhy}>
            {formatTime(retainUntil)}
          </Fact>
        )}
        {hold === null ? null : (
          <Fact label={text.file.hold} more={text.file.holdWhy}>
            {hold}
          </Fact>
        )}
        {pairs.length === 0 ? null : (
          <Fact label={text.file.metadata}>
            <Pairs pairs={pairs} />
          </Fact>
        )}
      </dl>
    </Panel>
  );
}

/** Names and values. */
export function Pairs({ pairs }: { readonly pairs: readonly (readonly [string, string])[] }): ReactNode {
  return (
    <ul className="file-pairs">
      {pairs.map(([name, value]) => (
        <li key={name}>
          <span className="file-pair-name">{name}</span> {value}
        </li>
      ))}
    </ul>
  );
}
