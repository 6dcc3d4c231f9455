/** Something that the service tells, and may be asked for again. */
import { useCallback, useEffect, useRef, useState } from 'react';

export type Loaded<Value> =
  | { readonly step: 'loading' }
  | { readonly step: 'loaded'; readonly value: Value }
  | { readonly step: 'failed'; readonly error: unknown };

export interface Loading<Value> {
  readonly state: Loaded<Value>;
  /** Whether an answer is on its way; what was there before is shown meanwhile. */
  readonly asking: boolean;
  readonly reload: () => void;
}

/** @param load the same function as long as it asks for the same */
export function useLoaded<Value>(load: (signal: AbortSignal) => Promise<Value>): Loading<Value> {
  const [state, setState] = useState<Loaded<Value>>({ step: 'loading' });
  const [asking, setAsking] = useState(true);
  const under = useRef<AbortController>(null);
  const ask = useCallback(() => {
    // What it answers may be older than what made somebody ask anew.
    under.current?.abort();
    const gone = new AbortController();
    under.current = gone;
    const settle = (settled: Loaded<Value>): void => {
      if (gone.signal.aborted) return;
      setState(settled);
      setAsking(false);
    };
    load(gone.signal).then(
      (value) => settle({ step: 'loaded', value }),
      (error: unknown) => settle({ step: 'failed', error }),
    );
  }, [load]);
  useEffect(() => {
    ask();
    return () => under.current?.abort();
  }, [ask]);
  const reload = useCallback(() => {
    setState((before) => (before.step === 'failed' ? { step: 'loading' } : before));
    setAsking(true);
    ask();
  }, [ask]);
  return { state, asking, reload };
}
