/** How a file is protected: for those who want to know, and for those who have to show it to somebody. */
import type { ReactNode } from 'react';
import type { Stat } from '../../../src/vault/files.ts';
import { text } from '../text.ts';
import { CopyIconButton } from './copy-icon-button.tsx';
import { Pairs } from './facts.tsx';
import { framesOf, longestFrame } from './frames.ts';
import { Keys } from './keys.tsx';
import { Fact, Panel } from './panel.tsx';

export function Protection({ file }: { readonly file: Stat }): ReactNode {
  const { segments, keys, context, id, version } = file;
  const pairs = Object.entries(context);
  return (
    <Panel title={text.file.protection}>
      <p className="file-panel-lead">{text.file.protectionWhy}</p>
      <dl className="file-facts">
        <Fact label={text.file.algorithm} more={text.file.algorithmMore}>
          {text.file.algorithmName}
        </Fact>
        <Fact label={text.file.pieces} more={text.file.framesMore(longestFrame(segments))}>
          {text.file.frames(framesOf(segments), segments.length)}
        </Fact>
        <Fact label={text.file.keys} more={keys.length > 1 ? text.file.keysWhy : undefined}>
          <Keys keys={keys} />
        </Fact>
        {pairs.length === 0 ? null : (
          <Fact label={text.file.context} more={text.file.contextWhy}>
            <Pairs pairs={pairs} />
          </Fact>
        )}
        <Fact label={text.file.id}>
          <span className="file-code">
            <code>{id}</code>
            <CopyIconButton value={id} label={text.file.copyId} />
          </span>
        </Fact>
        <Fact label={text.file.version}>
          <span className="file-code">
            <code>{version}</code>
            <CopyIconButton value={version} label={text.file.copyVersion} />
          </span>
        </Fact>
      </dl>
    </Panel>
  );
}
