/** The uploads, for whatever is drawn. */
import { useSyncExternalStore } from 'react';
import { useSession } from '../session/session.ts';
import { uploadsOf } from './page-uploads.ts';
import type { Upload } from './upload.ts';
import type { Uploads, UploadsState } from './uploads.ts';

/** The uploads of whoever is signed in. */
export function useUploads(): Uploads {
  return uploadsOf(useSession());
}

/** Drawn again when the list or what it adds up to changes. */
export function useUploadsState(uploads: Uploads): UploadsState {
  return useSyncExternalStore(uploads.subscribe, uploads.state);
}

/** Drawn again when this one changes; undefined once it is gone. */
export function useUpload(uploads: Uploads, key: number): Upload | undefined {
  return useSyncExternalStore(uploads.subscribe, () => uploads.upload(key));
}
