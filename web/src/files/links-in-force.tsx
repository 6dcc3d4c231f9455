/** The links that lead to a file, and how often they were used. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import type { LinkInfo } from '../../../src/access/access.ts';
import { formatRelative, formatTime } from '../format.ts';
import { useSession } from '../session/session.ts';
import { text } from '../text.ts';
import { notify } from '../toasts.ts';
import { Button } from '../ui/button.tsx';
import { problemOf } from './problem.ts';
import './links-in-force.css';

type Loaded =
  | { readonly step: 'loading' }
  | { readonly step: 'loaded'; readonly links: readonly LinkInfo[] }
  | { readonly step: 'failed'; readonly problem: string };

/** Given another key, it looks anew. */
export function LinksInForce({ file }: { readonly file: string }): ReactNode {
  const { client, tenant } = useSession();
  const [loaded, setLoaded] = useState<Loaded>({ step: 'loading' });

  const titleRef = useRef<HTMLHeadingElement>(null);
  const { step } = loaded;
  useEffect(() => {
    if (step !== 'loading') return undefined;
    const gone = new AbortController();
    const { signal } = gone;
    client
      .links(tenant)
      .list({ file, signal })
      .then(
        (links) => setLoaded({ step: 'loaded', links }),
        (error: unknown) => {
          if (!signal.aborted) setLoaded({ step: 'failed', problem: text.share.notLoaded(problemOf(error)) });
        },
      );
    return () => gone.abort();
  }, [client, tenant, file, step]);

  const revoke = useCallback(
    async (id: string): Promise<void> => {
      try {
        await client.links(tenant).revoke(id);
        setLoaded((before) => without(before, id));
        // The button that had the focus goes.
        titleRef.current?.focus();
        notify({ text: text.share.revoked, tone: 'success' });
      } catch (error) {
        notify({ text: text.share.notRevoked(problemOf(error)), tone: 'danger' });
      }
    },
    [client, tenant],
  );

  return (
    <section className="links-in-force" aria-labelledby="links-in-force-title">
      <h3 ref={titleRef} id="links-in-force-title" tabIndex={-1}>
        {text.share.inForce}
      </h3>
      {loaded.step === 'loading' ? <p className="links-in-force-note">{text.share.loading}</p> : null}
      {loaded.step === 'failed' ? (
        <div role="alert" className="links-in-force-note">
          <p>{loaded.problem}</p>
          <Button size="small" icon="refresh" onPress={() => setLoaded({ step: 'loading' })}>
            {text.common.tryAgain}
          </Button>
        </div>
      ) : null}
      {loaded.step === 'loaded' && loaded.links.length === 0 ? (
        <p className="links-in-force-note">{text.share.none}</p>
      ) : null}
      {loaded.step === 'loaded' && loaded.links.length > 0 ? (
        <ul>
          {loaded.links.map((link) => (
            <LinkInForce key={link.id} link={link} onRevoke={revoke} />
          ))}
        </ul>
      ) : null}
    </section>
  );
}

interface LinkInForceProps {
  readonly link: LinkInfo;
  readonly onRevoke: (id: string) => Promise<void>;
}

function LinkInForce({ link, onRevoke }: LinkInForceProps): ReactNode {
  const { id, expires, downloads, used, createdAt, createdBy } = link;
  const [revoking, setRevoking] = useState(false);
  const revoke = async (): Promise<void> => {
    setRevoking(true);
    await onRevoke(id);
    setRevoking(false);
  };
  return (
    <li className="link-in-force">
      <p className="link-in-force-facts">
        <span title={formatTime(expires)}>{text.share.until(formatRelative(expires))}</span>
        <span>{text.share.used(used, downloads)}</span>
      </p>
      <p className="link-in-force-maker">{text.share.madeBy(createdBy, formatTime(createdAt))}</p>
      <Button
        size="small"
        className="link-in-force-revoke"
        aria-label={text.share.revokeThis(formatRelative(expires))}
        isPending={revoking}
        onPress={() => void revoke()}
      >
        {text.share.revoke}
      </Button>
    </li>
  );
}

function without(loaded: Loaded, id: string): Loaded {
  return loaded.step === 'loaded' ? { step: 'loaded', links: loaded.links.filter((link) => link.id !== id) } : loaded;
}
