/** `doctor`: examines a vault, and says what is wrong and how to mend it. */
import { loadConfig, vaultFolder } from '../../config/config.ts';
import { examineVault } from '../doctor/examine.ts';
import { reportFindings } from '../doctor/report.ts';
import type { Session } from '../session.ts';

export async function doctor(session: Session): Promise<void> {
  const config = await loadConfig(vaultFolder(session.vault));
  await reportFindings(session, await examineVault(config, session.signal));
}
