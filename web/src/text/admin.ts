/** What is said about: admin. */
import { formatBytes, formatNumber } from '../format.ts';

const counted = (count: number, one: string, many: string): string =>
  `${formatNumber(count)} ${count === 1 ? one : many}`;
const files = (count: number): string => counted(count, 'file', 'files');
const uploads = (count: number): string => counted(count, 'unfinished upload', 'unfinished uploads');

export const admin = {
  title: 'Administration',
  tabs: { label: 'Administration', tokens: 'Tokens', tenants: 'Tenants', keys: 'Keys', journal: 'Journal' },
  notLoaded: 'This could not be loaded',
  refresh: 'Refresh',

  tokens: {
    title: (tenant: string) => `Tokens of ${tenant}`,
    why: 'Whoever has a token can sign in with it. Give each person and each program one of its own, so that you can take it back alone.',
    vaultTitle: 'Tokens of the whole vault',
    vaultWhy: 'For operators, and for programs that watch the service. They reach every tenant.',
    loading: 'Loading the tokens',
    new: 'New token',
    none: 'Nobody has a token here yet',
    noneWhy: 'Make one for each person and each program that is to work with these files.',
    noneOfVault: 'There is none.',
    unnamed: (id: string) => `Token ${id}`,
    yours: 'Yours',
    roles: { reader: 'Reader', writer: 'Writer', admin: 'Admin' },
    vaultRoles: { reader: 'Monitor', writer: 'Writer everywhere', admin: 'Operator' },
    ends: (relative: string) => `Ends ${relative}`,
    madeBy: (name: string | null, relative: string) =>
      name === null ? `Made ${relative}` : `Made by ${name}, ${relative}`,
    revoke: 'Revoke',
    revokeThis: (name: string) => `Revoke ${name}`,
    revokeTitle: (name: string) => `Revoke “${name}”?`,
    revokeWhy:
      'Whoever works with it is signed out at once. This cannot be taken back; a new token can be made at any time.',
    revokeYours: 'You are signed in with this token: you will be signed out.',
    revoked: (name: string) => `“${name}” is revoked`,
    notRevoked: (why: string) => `It was not revoked. ${why}`,
  },

  newToken: {
    title: 'New token',
    name: 'Name',
    nameHelp: 'Who it is for, or what: it stands beside the files that are put with it.',
    nameProblem: 'A name has at most 128 characters.',
    where: 'It is for',
    wheres: { tenant: (tenant: string) => `Tenant ${tenant}`, vault: 'The whole vault' },
    role: 'With it, somebody can',
    roles: {
      reader: 'Read',
      writer: 'Read and write',
      admin: 'Administer',
    },
    roleWhy: {
      reader: 'List, open and download files',
      writer: 'Also upload, change, delete and share them',
      admin: 'Also make and revoke tokens',
    },
    vaultRoleWhy: {
      reader: 'Read the files of every tenant, and the metrics of the service',
      writer: 'Also upload, change, delete and share them',
      admin: 'Also make tenants and set quotas, and everything else',
    },
    lifetime: 'It ends after',
    lifetimes: {
      day: '1 day',
      week: '7 days',
      month: '30 days',
      quarter: '90 days',
      year: '1 year',
      date: 'A date',
    },
    date: 'Last day',
    dateProblem: 'Choose a day from today on, within ten years.',
    make: 'Make the token',
    making: 'Making the token',
    notMade: (why: string) => `The token was not made. ${why}`,
    made: 'The token is ready',
    madeTitle: (name: string) => `Token for ${name}`,
    madeUnnamed: 'New token',
    token: 'Token',
    copy: 'Copy the token',
    once: 'Copy it now: it is shown this once. Only a fingerprint of it is kept, so nobody can look it up later.',
    terms: (role: string, until: string) => `${role}, until ${until}.`,
    done: 'Done',
  },

  tenants: {
    title: 'Tenants',
    why: 'Each has files and tokens of its own, and sees nothing of the others.',
    loading: 'Loading the tenants',
    new: 'New tenant',
    here: 'You work here',
    work: 'Work here',
    workIn: (name: string) => `Work here: ${name}`,
    since: (time: string) => `Since ${time}`,
    noQuota: 'No quota',
    notCounted: (limits: string) => `At most ${limits}; not counted since that was set`,
    count: 'Count',
    countOf: (name: string) => `Count what ${name} holds`,
    counting: (name: string) => `Counting what ${name} holds`,
    notCountable: (why: string) => `It could not be counted. ${why}`,
    holds: (bytes: number, count: number) => `${formatBytes(bytes)} in ${files(count)}`,
    holdsBytes: (bytes: number) => `${formatBytes(bytes)}, without a limit`,
    holdsFiles: (count: number) => `${files(count)}, without a limit`,
    bytesOf: (held: number, limit: number) => `${formatBytes(held)} of ${formatBytes(limit)}`,
    filesOf: (held: number, limit: number) => `${formatNumber(held)} of ${files(limit)}`,
    bytesBar: (name: string) => `Space that ${name} uses`,
    filesBar: (name: string) => `Files that ${name} has`,
    level: { fine: '', nearlyFull: 'Nearly full', full: 'Full' },
    quota: 'Quota',
    quotaOf: (name: string) => `Quota of ${name}`,
    limits: (bytes: number | null, count: number | null) =>
      [bytes === null ? undefined : formatBytes(bytes), count === null ? undefined : files(count)]
        .filter((limit) => limit !== undefined)
        .join(' and '),
  },

  newTenant: {
    title: 'New tenant',
    name: 'Name',
    nameHelp: 'Small letters, digits and hyphens. It cannot be changed later.',
    nameProblems: {
      empty: 'A tenant needs a name.',
      grammar: 'Only small letters, digits and hyphens, 63 at most, and no hyphen first.',
      exists: 'There is a tenant of this name already.',
    },
    make: 'Make the tenant',
    making: 'Making the tenant',
    made: (name: string) => `Tenant ${name} is there`,
    notMade: (why: string) => `The tenant was not made. ${why}`,
  },

  quota: {
    title: (name: string) => `Quota of ${name}`,
    why: 'What is there already stays, even where it is more. Unfinished uploads count, too.',
    bytes: 'Most space',
    unit: 'Unit',
    units: { MB: 'MB', GB: 'GB', TB: 'TB' },
    files: 'Most files',
    help: 'What is left empty has no limit.',
    bytesProblem: 'Enter a number, such as 2.5, or leave it empty.',
    filesProblem: 'Enter a whole number, or leave it empty.',
    missing: 'Enter at least one limit.',
    save: 'Set the quota',
    saving: 'Setting the quota',
    remove: 'Remove the quota',
    saved: (name: string) => `The quota of ${name} is set`,
    removed: (name: string) => `${name} has no quota any more`,
    notSaved: (why: string) => `The quota was not changed. ${why}`,
  },

  keys: {
    title: (tenant: string) => `Wrapping keys of ${tenant}`,
    why: 'Each file has a key of its own, and these keys protect those. Where a file has several, any one of them opens it.',
    loading: 'Counting. This looks at every record of the tenant.',
    again: 'Count again',
    counting: 'Counting',
    none: 'There are no files yet',
    noneWhy: 'As soon as there are, you see here which keys they depend on.',
    list: 'Wrapping keys',
    counts: (count: number, unfinished: number): string =>
      [count === 0 && unfinished > 0 ? undefined : files(count), unfinished === 0 ? undefined : uploads(unfinished)]
        .filter((part) => part !== undefined)
        .join(', '),
    share: (count: number, all: number) => `${formatNumber(count)} of ${files(all)}`,
    total: (count: number, unfinished: number) =>
      unfinished === 0 ? `${files(count)} in all.` : `${files(count)} and ${uploads(unfinished)} in all.`,
    caution:
      'The names are read off the records without opening the files. Before you take a key away for good, check the files, which opens them.',
    unreadable: (count: number) =>
      count === 1
        ? 'One record does not say which keys its file has: it is damaged, or of a newer Sealroom.'
        : `${formatNumber(count)} records do not say which keys their files have: they are damaged, or of a newer Sealroom.`,
    unlisted: (count: number) =>
      `${files(count)} or uploads have keys beyond those listed: there are too many keys, or their names are too long.`,
  },

  journal: {
    title: 'Journal',
    why: 'Every change is written down here before it begins, so that a crash leaves nothing behind. A sweep finishes what was left.',
    loading: 'Looking through the journal',
    empty: 'Nothing is under way, and nothing is left over.',
    states: { writing: 'Being written', removing: 'Being removed' },
    stateWhy: {
      writing: 'Files on their way in, or left when a process died',
      removing: 'Bytes of files that were deleted, or given up',
    },
    entries: (count: number): string => counted(count, 'entry', 'entries'),
    oldest: (age: string) => `The oldest began ${age} ago`,
    due: (count: number) =>
      count === 1
        ? 'One is left over: the next sweep sees to it'
        : `${formatNumber(count)} are left over: the next sweep sees to them`,
    noneDue: 'None is left over',
    grace: (time: string) => `What gives no sign of life for ${time} counts as left over.`,
  },

  sweep: {
    title: 'Sweeper',
    why: 'The service sweeps by itself from time to time. You need not wait for it.',
    now: 'Sweep now',
    sweeping: 'Sweeping',
    failed: (why: string) => `The sweep failed. ${why}`,
    done: 'Swept',
    nothing: 'There was nothing to do.',
    findings: {
      expired: (count: number) =>
        count === 1
          ? 'One file or upload was removed, because its time was over.'
          : `${formatNumber(count)} files or uploads were removed, because their time was over.`,
      claimed: (count: number) =>
        count === 1
          ? 'One upload that had gone silent was given up. What it left is removed.'
          : `${formatNumber(count)} uploads that had gone silent were given up. What they left is removed.`,
      finished: (count: number) =>
        count === 1 ? 'One removal is finished for good.' : `${formatNumber(count)} removals are finished for good.`,
      waiting: (count: number) =>
        count === 1
          ? 'One entry is being worked on, or waits for a second look.'
          : `${formatNumber(count)} entries are being worked on, or wait for a second look.`,
      ignored: (count: number) =>
        count === 1
          ? 'One entry is not genuine and was ignored. Somebody, or something, has changed the catalog.'
          : `${formatNumber(count)} entries are not genuine and were ignored. Somebody, or something, has changed the catalog.`,
      failed: (count: number) =>
        count === 1
          ? 'One entry could not be worked on. The next sweep tries again.'
          : `${formatNumber(count)} entries could not be worked on. The next sweep tries again.`,
    },
    reasons: 'Reasons',
  },
} as const;
