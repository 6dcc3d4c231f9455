/** Where a name is searched for. */
import { useEffect, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { text } from '../text.ts';
import { IconButton } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { TextField } from '../ui/text-field.tsx';
import './search-field.css';

/** Milliseconds without another character before it is searched for. */
const PAUSE = 250;

export interface SearchFieldProps {
  readonly query: string;
  readonly onSearch: (query: string) => void;
}

export function SearchField({ query, onSearch }: SearchFieldProps): ReactNode {
  const [typed, setTyped] = useState(query);
  const [searched, setSearched] = useState(query);
  // Cleared elsewhere.
  if (searched !== query) {
    setSearched(query);
    setTyped(query);
  }
  const fieldRef = useRef<HTMLElement>(null);
  const sought = typed.trim();
  useEffect(() => {
    if (sought === query) return undefined;
    const timer = setTimeout(() => onSearch(sought), PAUSE);
    return () => clearTimeout(timer);
  }, [sought, query, onSearch]);
  return (
    <search ref={fieldRef} className="search-field">
      <Icon name="search" size={18} />
      <TextField
        type="search"
        label={text.files.search}
        labelHidden
        placeholder={text.files.search}
        value={typed}
        onChange={setTyped}
        autoComplete="off"
        spellCheck="false"
        onKeyDown={(event) => {
          if (event.key === 'Escape') setTyped('');
          else if (event.key === 'Enter' && sought !== query) onSearch(sought);
        }}
      />
      {typed === '' ? null : (
        <IconButton
          icon="close"
          size="small"
          label={text.files.clearSearch}
          className="search-field-clear"
          onPress={() => {
            setTyped('');
            fieldRef.current?.querySelector('input')?.focus();
          }}
        />
      )}
    </search>
  );
}
