'use client';

import { ActionIcon } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { saveFile } from './picture.ts';

/** Saves the numbers behind a chart as a CSV file. */
export function DownloadButton({ what, fileName, content }: { what: string; fileName: string; content: () => string }) {
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={`Download as CSV: ${what}`}
      title="Download as CSV"
      onClick={() => saveFile(content(), fileName, 'text/csv')}
    >
      <IconDownload size={16} />
    </ActionIcon>
  );
}
