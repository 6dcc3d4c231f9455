/** Whether all of a file is as it was put: asked now, answered by the service. */
import { useEffect, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { isSealroomError } from '../../../src/client/index.ts';
import type { Stat } from '../../../src/vault/files.ts';
import { formatTime } from '../format.ts';
import { problemOf } from '../files/problem.ts';
import { useSession } from '../session/session.ts';
import { text } from '../text.ts';
import { Button } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { Panel } from './panel.tsx';

type Result =
  | { readonly status: 'whole'; readonly frames: number; readonly at: number }
  | { readonly status: 'broken' }
  | { readonly status: 'unknown'; readonly problem: string };

export function Check({ file }: { readonly file: Stat }): ReactNode {
  const { client, tenant } = useSession();
  const [result, setResult] = useState<Result>();
  const [checking, setChecking] = useState(false);
  const running = useRef<AbortController>(null);
  useEffect(() => () => running.current?.abort(), []);

  const check = async (): Promise<void> => {
    const controller = new AbortController();
    running.current = controller;
    const { signal } = controller;
    setChecking(true);
    setResult(undefined);
    try {
      const { frames } = await client.tenant(tenant).verify(file.id, { signal });
      setResult({ status: 'whole', frames, at: Date.now() });
    } catch (error) {
      if (!signal.aborted) setResult(resultOf(error));
    }
    setChecking(false);
  };

  return (
    <Panel title={text.file.check}>
      <p className="file-panel-lead">{text.file.checkWhy}</p>
      <div role="status">
        {checking ? (
          <div className="file-check-running">
            <p>{text.file.checking}</p>
            <ProgressBar label={text.file.checking} />
          </div>
        ) : null}
        {result === undefined ? null : <ResultLine result={result} />}
      </div>
      {checking ? (
        <Button size="small" onPress={() => running.current?.abort()}>
          {text.file.stopChecking}
        </Button>
      ) : (
        <Button size="small" icon="shield" onPress={() => void check()}>
          {result === undefined ? text.file.checkNow : text.file.checkAgain}
        </Button>
      )}
    </Panel>
  );
}

function resultOf(error: unknown): Result {
  if (isSealroomError(error, 'cannot-open')) return { status: 'broken' };
  return { status: 'unknown', problem: problemOf(error) };
}

function ResultLine({ result }: { readonly result: Result }): ReactNode {
  switch (result.status) {
    case 'whole':
      return (
        <div className="file-check-result file-check-whole">
          <Icon name="check" />
          <p>
            <strong>{text.file.checked}</strong>
            <span className="file-fact-more">{text.file.checkedMore(result.frames, formatTime(result.at))}</span>
          </p>
        </div>
      );
    case 'broken':
      return (
        <div className="file-check-result file-check-broken">
          <Icon name="warning" />
          <p>
            <strong>{text.file.checkFailed}</strong>
            <span className="file-fact-more">{text.file.checkFailedWhy}</span>
          </p>
        </div>
      );
    case 'unknown':
      return <p className="file-check-result">{text.file.notChecked(result.problem)}</p>;
  }
}
