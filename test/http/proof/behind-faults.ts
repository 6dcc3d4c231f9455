/** A service whose stores are counted, and can fail. */
import { openAccess } from '../../../src/access/open.ts';
import { createApp } from '../../../src/http/app.ts';
import type { AppOptions } from '../../../src/http/app.ts';
import type { Faults } from '../../../src/testing/faulty.ts';
import { TestService } from '../../support/http-app.ts';

/** Another instance of the service, on the same vault, behind faults. */
export async function behindFaults(
  { world, tokens }: TestService,
  faults: Faults,
  options: AppOptions = {},
): Promise<TestService> {
  const { keyring, blobs, catalog } = world.ports;
  const vault = await world.open({
    keyring: faults.wrap('keyring', keyring),
    blobs: faults.wrap('blobs', blobs),
    catalog: faults.wrap('catalog', catalog),
  });
  const { now } = world.clock;
  const access = openAccess(vault, { now });
  const app = await createApp(vault, { now, ...options, access });
  return new TestService({ world, vault, access, app, tokens });
}
