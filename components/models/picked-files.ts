import { MODEL_MANIFEST } from '@/lib/domain/keys.ts';
import { sizeProblem } from '@/lib/domain/model-upload.ts';

/** model.json as it is on the disk now. */
export interface ReadManifest {
  /** Its text; null where it was not picked, or cannot be taken. */
  manifest: string | null;
  /** Why it cannot be taken. */
  problem: string | null;
}

/** Reads model.json, unless it is so large that it is none. */
export async function readManifest(files: File[]): Promise<ReadManifest> {
  const file = files.find(({ name }) => name === MODEL_MANIFEST);
  if (!file) return { manifest: null, problem: null };
  const [problem] = sizeProblem(file.name, file.size, true);
  if (problem) return { manifest: null, problem };
  return file.text().then(
    (manifest) => ({ manifest, problem: null }),
    () => ({ manifest: null, problem: changedSincePicked(file.name) }),
  );
}

/** A browser hands out a file only as it was when it was picked. */
export const changedSincePicked = (name: string) =>
  `${name} was changed, moved or deleted since it was picked. Pick the files again.`;

/** Whether a file is still the one that was picked. */
export const isAsPicked = (file: File): Promise<boolean> =>
  file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    );

/** The files of a drop: those dropped themselves and those directly in a dropped folder. */
export async function droppedFiles(transfer: DataTransfer): Promise<File[]> {
  // Entries must be taken before the first await: afterwards the list is empty.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
  const files = await Promise.all(entries.map((entry) => (entry ? filesOf(entry) : [])));
  return files.flat();
}

/** The files directly in a folder that was chosen: those of its subfolders come along, and have names of their own. */
export const filesOfFolder = (files: File[]): File[] =>
  files.filter((file) => file.webkitRelativePath.split('/').length === 2);

async function filesOf(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) return [await fileOf(entry as FileSystemFileEntry)];
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const inside: FileSystemEntry[] = [];
  for (;;) {
    // A reader gives a hundred entries at a time.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    inside.push(...some);
  }
  return Promise.all(inside.filter((each) => each.isFile).map((each) => fileOf(each as FileSystemFileEntry)));
}

const fileOf = (entry: FileSystemFileEntry) => new Promise<File>((resolve, reject) => entry.file(resolve, reject));
