/** What is said about: links that let others read a file. */
import { formatNumber } from '../format.ts';

const times = (count: number | null): string => {
  if (count === null) return 'any number of times';
  return count === 1 ? 'once' : `${formatNumber(count)} times`;
};

export const share = {
  title: (name: string): string => `Share “${name}”`,
  what: 'Whoever has the link can download this file without signing in.',
  expiry: 'The link works for',
  expiries: {
    hour: '1 hour',
    day: '1 day',
    week: '7 days',
    month: '30 days',
    date: 'Until a date',
  },
  date: 'Last day',
  dateProblem: 'Choose a day from today on, within a year.',
  count: 'How often it can be used',
  counts: {
    any: 'Any number of times',
    once: 'Once',
    some: 'A number of times',
  },
  number: 'Number of downloads',
  numberProblem: 'Choose a whole number from 1 to 1,000,000.',
  make: 'Make a link',
  making: 'Making the link',
  notMade: (why: string): string => `The link was not made. ${why}`,

  made: 'The link is ready',
  once: 'Copy it now: it is shown this once, and nobody can look it up later.',
  link: 'Link',
  copy: 'Copy the link',
  terms: (until: string, downloads: number | null): string => `Works until ${until}, ${times(downloads)}.`,
  another: 'Make another link',
  done: 'Done',

  inForce: 'Links in force',
  none: 'No link leads to this file.',
  loading: 'Loading the links',
  notLoaded: (why: string): string => `The links could not be loaded. ${why}`,
  until: (relative: string): string => `Ends ${relative}`,
  used: (used: number, downloads: number | null): string => {
    if (downloads === null) return used === 0 ? 'not used yet' : `used ${times(used)}`;
    return `used ${formatNumber(used)} of ${formatNumber(downloads)}`;
  },
  madeBy: (name: string | null, time: string): string => (name === null ? `Made ${time}` : `Made by ${name}, ${time}`),
  revoke: 'Revoke',
  revokeThis: (relative: string): string => `Revoke the link that ends ${relative}`,
  revoked: 'The link leads nowhere any more',
  notRevoked: (why: string): string => `The link was not revoked. ${why}`,
} as const;
