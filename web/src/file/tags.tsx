/** Tags: words that people give a file, to be changed at any time. */
import { useEffect, useRef, useState } from 'react';
import type { FormEvent, ReactNode } from 'react';
import type { Stat } from '../../../src/vault/files.ts';
import { useSession } from '../session/session.ts';
import { text } from '../text.ts';
import { notify } from '../toasts.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { TextField } from '../ui/text-field.tsx';
import { Panel } from './panel.tsx';
import { MOST_TAGS, tagProblem, tagsIn, withTag, withoutTag } from './tag-changes.ts';
import type { Tag, Tags as TagPairs } from './tag-changes.ts';
import type { Change } from './use-file.ts';

export interface TagsProps {
  readonly file: Stat;
  readonly change: Change;
}

const NEW_TAG: Tag = { name: '', value: '' };

export function Tags({ file, change }: TagsProps): ReactNode {
  const { can } = useSession();
  /** The tag that is being written, as it was; undefined when none is. */
  const [edited, setEdited] = useState<Tag>();
  const [wasEdited, setWasEdited] = useState(false);
  const list = useRef<HTMLDivElement>(null);
  const [removed, setRemoved] = useState(0);
  /** What was done, for those who do not see it. */
  const [said, setSaid] = useState('');
  const tags = tagsIn(file.tags);

  // The button that was pressed is gone, and the focus with it.
  useEffect(() => {
    if (removed > 0) list.current?.querySelector('button')?.focus();
  }, [removed]);

  const close = (done = ''): void => {
    setSaid(done);
    setEdited(undefined);
    setWasEdited(true);
  };
  const remove = async ({ name }: Tag): Promise<void> => {
    const failure = await change({ tags: withoutTag(file.tags, name) });
    notify(
      failure === undefined ? { text: text.file.tagRemoved(name), tone: 'neutral' } : { text: failure, tone: 'danger' },
    );
    if (failure === undefined) setRemoved((before) => before + 1);
  };

  return (
    <Panel title={text.file.tags}>
      <div ref={list} className="file-tags">
        {tags.length === 0 ? (
          <p className="file-panel-lead">{can.write ? text.file.noTags : text.file.noTagsReader}</p>
        ) : (
          <ul className="file-tag-list">
            {tags.map((tag) => (
              <li key={tag.name} className="file-tag">
                <span className="file-tag-name">{tag.name}</span>
                {tag.value === '' ? null : <span className="file-tag-value">{tag.value}</span>}
                {can.write ? (
                  <>
                    <IconButton
                      icon="edit"
                      size="small"
                      label={text.file.changeTag(tag.name)}
                      onPress={() => setEdited(tag)}
                    />
                    <IconButton
                      icon="close"
                      size="small"
                      label={text.file.removeTag(tag.name)}
                      onPress={() => void remove(tag)}
                    />
                  </>
                ) : null}
              </li>
            ))}
          </ul>
        )}
        <p role="status" className="visually-hidden">
          {said}
        </p>
        {edited === undefined ? null : (
          <TagForm key={edited.name} tags={file.tags} edited={edited} change={change} onDone={close} />
        )}
        {can.write && edited === undefined ? (
          <Button
            size="small"
            icon="plus"
            autoFocus={wasEdited}
            isDisabled={tags.length >= MOST_TAGS}
            onPress={() => setEdited(NEW_TAG)}
          >
            {text.file.addTag}
          </Button>
        ) : null}
        {can.write && tags.length >= MOST_TAGS ? (
          <p className="file-panel-lead">{text.file.tagProblems.tooMany}</p>
        ) : null}
      </div>
    </Panel>
  );
}

interface TagFormProps {
  readonly tags: TagPairs;
  readonly edited: Tag;
  readonly change: Change;
  /** Called with what was done, if anything was. */
  readonly onDone: (done?: string) => void;
}

function TagForm({ tags, edited, change, onDone }: TagFormProps): ReactNode {
  const [name, setName] = useState(edited.name);
  const [value, setValue] = useState(edited.value);
  const [problem, setProblem] = useState<string>();
  const [saving, setSaving] = useState(false);
  const replaces = edited === NEW_TAG ? undefined : edited.name;

  const closeByEscape = ({ key }: { readonly key: string }): void => {
    if (key === 'Escape') onDone();
  };
  const save = async (): Promise<void> => {
    const wanted = { name: name.trim(), value: value.trim(), replaces };
    const found = tagProblem(tags, wanted);
    if (found !== undefined) {
      setProblem(text.file.tagProblems[found]);
      return;
    }
    setSaving(true);
    const failure = await change({ tags: withTag(tags, wanted) });
    setSaving(false);
    setProblem(failure);
    if (failure !== undefined) return;
    const done = replaces === undefined ? text.file.tagAdded : text.file.tagChanged;
    onDone(done(wanted.name));
  };

  return (
    <form
      className="file-tag-form"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        void save();
      }}
    >
      <TextField
        label={text.file.tagName}
        value={name}
        onChange={(next) => {
          setName(next);
          setProblem(undefined);
        }}
        error={problem}
        validationBehavior="aria"
        autoComplete="off"
        onKeyDown={closeByEscape}
        // It is what was asked for; of a tag that is there, people change the value.
        autoFocus={replaces === undefined}
      />
      <TextField
        label={text.file.tagValue}
        help={text.file.tagValueHelp}
        value={value}
        onChange={setValue}
        autoComplete="off"
        onKeyDown={closeByEscape}
        autoFocus={replaces !== undefined}
      />
      <div className="file-view-form-actions">
        <Button type="submit" variant="primary" size="small" isDisabled={saving}>
          {saving ? text.file.saving : text.file.save}
        </Button>
        <Button variant="quiet" size="small" onPress={() => onDone()}>
          {text.file.cancel}
        </Button>
      </div>
    </form>
  );
}
