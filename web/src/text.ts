/** All that the page says, so that it can be translated: the areas gathered. */
import { admin } from './text/admin.ts';
import { common } from './text/common.ts';
import { file } from './text/file.ts';
import { files } from './text/files.ts';
import { session } from './text/session.ts';
import { share } from './text/share.ts';
import { shell } from './text/shell.ts';
import { upload } from './text/upload.ts';

export const text = { common, shell, session, files, share, upload, file, admin } as const;
