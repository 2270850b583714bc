'use client';

import { Button, Group, Text } from '@mantine/core';
import { IconUpload } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import classes from './file-drop.module.css';
import { droppedFiles, filesOfFolder } from './picked-files.ts';

interface Props {
  onPick: (files: File[]) => void;
  disabled: boolean;
}

/** Takes files or a folder, dropped or chosen. */
export function FileDrop({ onPick, disabled }: Props) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const chosen = (input: HTMLInputElement, taken = (all: File[]) => all) => {
    onPick(taken([...(input.files ?? [])]));
    // The same files may be chosen again after they were changed.
    input.value = '';
  };
  return (
    <section
      className={classes.drop}
      data-over={over || undefined}
      aria-label="Files of the model package"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(!disabled);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        if (!disabled) droppedFiles(event.dataTransfer).then(onPick);
      }}
    >
      <IconUpload size={24} stroke={1.4} aria-hidden />
      <Text size="sm">
        Drop the folder of a model package here, or its files: model.json, the ONNX file, the script.
      </Text>
      <Group gap="xs" justify="center">
        <Button variant="default" size="xs" disabled={disabled} onClick={() => folder.current?.click()}>
          Choose a folder
        </Button>
        <Button variant="default" size="xs" disabled={disabled} onClick={() => files.current?.click()}>
          Choose files
        </Button>
      </Group>
      <Text size="xs" c="dimmed">
        Up to 2 GiB a file; model.json and script up to 1 MiB.
      </Text>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        aria-label="Files"
        onChange={(event) => chosen(event.currentTarget)}
      />
      <input
        ref={folder}
        type="file"
        hidden
        aria-label="Folder"
        {...{ webkitdirectory: '' }}
        onChange={(event) => chosen(event.currentTarget, filesOfFolder)}
      />
    </section>
  );
}
