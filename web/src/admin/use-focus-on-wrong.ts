/** Takes whoever filled a form in to what is wrong with it. */
import { useEffect } from 'react';
import type { RefObject } from 'react';

/** @param wrong whether anything is, since the form was sent */
export function useFocusOnWrong(form: RefObject<HTMLFormElement | null>, wrong: boolean): void {
  useEffect(() => {
    if (!wrong) return;
    const field = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
    field?.focus();
    // What is wrong with it stands below it.
    field?.scrollIntoView({ block: 'center' });
  }, [form, wrong]);
}
