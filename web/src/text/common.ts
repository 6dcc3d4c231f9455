/** What more than one area says. */
export const common = {
  close: 'Close',
  cancel: 'Cancel',
  copy: 'Copy',
  copied: 'Copied',
  cannotCopy: 'The browser does not let this page copy. Select the text and copy it by hand.',
  loading: 'Loading',
  tryAgain: 'Try again',
  dismiss: 'Dismiss',
  notifications: 'Notifications',
  failed: 'Something went wrong',
} as const;
