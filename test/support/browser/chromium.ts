/** The browser that the page is tried in. */
import type { Browser } from 'playwright-core';
import { onPath } from '../aws/servers.ts';

/** What it would do beside showing pages: fetch components, speak to its maker, ask for a display. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** The program; undefined where none is installed. */
export function chromiumProgram(): string | undefined {
  return process.env['SEALROOM_CHROMIUM'] ?? onPath('chromium') ?? onPath('google-chrome');
}

/** Starts it, without a window. */
export async function startChromium(): Promise<Browser> {
  const executablePath = chromiumProgram();
  if (executablePath === undefined) throw new Error('Chromium is not installed');
  // Only here: what has no browser need not load what drives one.
  const { chromium } = await import('playwright-core');
  return chromium.launch({ executablePath, args: FLAGS });
}
