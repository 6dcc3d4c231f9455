/** What is said before somebody is signed in, and when the session ends. */
export const session = {
  title: 'Sign in',
  heading: 'Sign in to Sealroom',
  promise: 'Every file is encrypted with a key of its own before it is stored.',
  token: 'Access token',
  tokenHelp: 'Whoever runs this service gives you one. It begins with sr_.',
  signIn: 'Sign in',
  checking: 'Signing in',
  kept: 'You are signed in in this tab alone, and until you close it.',
  byToken: 'Use an access token instead',
  byProvider: 'Sign in another way',
  missing: 'Enter your access token.',
  refused: 'This token is not valid. It may have expired or been revoked, or a part of it is missing.',
  tooManyAttempts: 'Too many attempts failed. Wait a minute, then try again.',
  unavailable: 'The service cannot be reached. Check your connection, then try again.',
  ended: 'Your session has ended, because your access expired or was revoked. Sign in again.',
  provider: {
    signIn: (host: string) => `Continue with ${host}`,
    unavailable: 'Signing in by way of your organisation does not work at the moment.',
    noAccount:
      'You are signed in at your organisation, but it has given you no access here. Ask whoever looks after it.',
    denied: 'Your organisation did not let you in.',
    'not-asked-for': 'This was not the answer to a sign-in from this tab. Start again from here.',
    failed: 'Your organisation’s sign-in did not work. Try again.',
    insecure: 'The browser allows this only by HTTPS. Use an access token, or open this page by https://.',
  },
} as const;
