/** The button that files, or a folder of them, are chosen with. */
import type { ReactNode } from 'react';
import { useSession } from '../session/session.ts';
import { text } from '../text.ts';
import { Button } from '../ui/button.tsx';
import type { ButtonProps } from '../ui/button.tsx';
import { Menu } from '../ui/menu.tsx';
import { addChosen } from './add-files.ts';
import { useFileChoice } from './file-input.tsx';
import { useUploads } from './use-uploads.ts';

export type UploadButtonProps = Pick<ButtonProps, 'variant' | 'size' | 'autoFocus'>;

export function UploadButton({ variant = 'primary', ...props }: UploadButtonProps): ReactNode {
  const { tenant } = useSession();
  const uploads = useUploads();
  const onChoose = (chosen: FileList): void => addChosen(uploads, chosen, tenant);
  const files = useFileChoice({ of: 'files', onChoose });
  const folder = useFileChoice({ of: 'folder', onChoose });
  if (!choosesFolders()) {
    return (
      <>
        <Button {...props} variant={variant} icon="upload" onPress={files.open}>
          {text.upload.upload}
        </Button>
        {files.input}
      </>
    );
  }
  return (
    <>
      <Menu
        {...props}
        variant={variant}
        icon="upload"
        label={text.upload.upload}
        entries={[
          { id: 'files', label: text.upload.chooseFiles, icon: 'files', onAction: files.open },
          { id: 'folder', label: text.upload.chooseFolder, icon: 'folder', onAction: folder.open },
        ]}
      />
      {files.input}
      {folder.input}
    </>
  );
}

function choosesFolders(): boolean {
  return 'webkitdirectory' in HTMLInputElement.prototype;
}
