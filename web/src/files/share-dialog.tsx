/** Sharing a file by a link: for how long, how often; the link, shown once; and those that are in force. */
import { useState } from 'react';
import type { ReactNode } from 'react';
import type { AddressedLink } from '../../../src/client/index.ts';
import type { Stat } from '../../../src/vault/files.ts';
import { useSession } from '../session/session.ts';
import { text } from '../text.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { LinksInForce } from './links-in-force.tsx';
import { NewLinkShown } from './new-link-shown.tsx';
import { problemOf } from './problem.ts';
import { ShareForm } from './share-form.tsx';
import { FIRST_CHOICE, requestOf, wrongIn } from './share-request.ts';
import './share-dialog.css';

export interface ShareDialogProps {
  readonly file: Stat;
  readonly onClose: () => void;
}

export default function ShareDialog({ file, onClose }: ShareDialogProps): ReactNode {
  const { client, tenant } = useSession();
  const [choice, setChoice] = useState(FIRST_CHOICE);
  const [tried, setTried] = useState(false);
  const [making, setMaking] = useState(false);
  const [problem, setProblem] = useState<string>();
  const [made, setMade] = useState<AddressedLink>();
  const [today] = useState(() => new Date());
  const wrong = wrongIn(choice, today);

  const make = async (): Promise<void> => {
    setTried(true);
    if (wrong.date || wrong.number || making) return;
    setMaking(true);
    setProblem(undefined);
    try {
      setMade(await client.links(tenant).create(file.id, requestOf(choice, new Date())));
      setTried(false);
    } catch (error) {
      setProblem(text.share.notMade(problemOf(error)));
    } finally {
      setMaking(false);
    }
  };

  return (
    <Dialog
      title={text.share.title(file.name)}
      onClose={onClose}
      actions={
        made === undefined ? (
          <>
            <Button onPress={onClose}>{text.common.cancel}</Button>
            <Button variant="primary" icon="link" isPending={making} onPress={() => void make()}>
              {making ? text.share.making : text.share.make}
            </Button>
          </>
        ) : (
          <>
            <Button onPress={() => setMade(undefined)}>{text.share.another}</Button>
            <Button variant="primary" onPress={onClose}>
              {text.share.done}
            </Button>
          </>
        )
      }
    >
      {made === undefined ? (
        <ShareForm
          choice={choice}
          today={today}
          wrong={tried ? wrong : { date: false, number: false }}
          onChoice={setChoice}
          onSubmit={() => void make()}
        />
      ) : (
        <NewLinkShown link={made} />
      )}
      <p role="alert" className="share-problem">
        {problem}
      </p>
      <LinksInForce key={made?.id} file={file.id} />
    </Dialog>
  );
}
