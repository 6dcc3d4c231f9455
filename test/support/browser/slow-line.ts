/** A line that is slow, as lines are: what is sent over it has a middle. */
import type { Page } from 'playwright-core';

export interface SlowLine extends AsyncDisposable {
  /** From now on it is as fast as can be. */
  lift(): Promise<void>;
}

/** Makes what a page sends slow; what it receives stays as it is. */
export async function slowLine(page: Page, { bytesPerSecond }: { readonly bytesPerSecond: number }): Promise<SlowLine> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const limit = async (uploadThroughput: number): Promise<void> => {
    await session.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput,
    });
  };
  await limit(bytesPerSecond);
  return { lift: () => limit(-1), [Symbol.asyncDispose]: () => session.detach() };
}
