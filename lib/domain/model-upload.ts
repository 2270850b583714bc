import { MODEL_MANIFEST } from './keys.ts';
import { type ModelPackage, packageFiles } from './model-package.ts';
import { listProblems, parseModelPackage } from './parse-model-package.ts';

/** Largest file of weights, bytes: what one ONNX file can be (protobuf). */
export const MAX_WEIGHTS_BYTES = 2 * 2 ** 30;
/** Largest model.json and script, bytes. */
export const MAX_TEXT_BYTES = 2 ** 20;

export interface UploadFile {
  name: string;
  sizeBytes: number;
}

/** What is to be uploaded for a model package, as the browser knows it. */
export interface ModelUploadRequest {
  /** Folder under models/. */
  name: string;
  /** Text of model.json. */
  manifest: string;
  /** Everything that was picked. */
  files: UploadFile[];
  /** Whether a package of that name may be replaced. */
  replace: boolean;
}

/** Which of the picked files are sent, and what is wrong. */
export interface UploadPlan {
  model: ModelPackage | null;
  /** Besides model.json, in the order in which they are sent. */
  send: UploadFile[];
  /** Picked, but nothing names them. */
  unused: string[];
  /** By field of the form: `name` or `files`. */
  problems: Record<string, string>;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** Looks at a request before a byte is sent; the browser and the server do it alike. */
export function planModelUpload({ name, manifest, files }: Omit<ModelUploadRequest, 'replace'>): UploadPlan {
  const problems: Record<string, string> = {};
  if (!NAME.test(name))
    problems.name =
      'Give a name of up to 100 letters, digits, dots, hyphens and underscores that begins with a letter or digit';
  const parsed = parseModelPackage(manifest);
  if (!parsed.value) {
    problems.files = `model.json does not describe a model package. ${listProblems(parsed.problems)}`;
    return { model: null, send: [], unused: [], problems };
  }
  const wanted = packageFiles(parsed.value);
  const send = wanted.flatMap((file) => files.find((picked) => picked.name === file) ?? []);
  const absent = wanted.filter((file) => !send.some((picked) => picked.name === file));
  const complaints = [
    ...(absent.length > 0
      ? [`model.json names ${absent.join(', ')}: pick ${absent.length > 1 ? 'them' : 'it'} too.`]
      : []),
    ...send.flatMap(({ name: file, sizeBytes }) => sizeProblem(file, sizeBytes, file === parsed.value.script)),
  ];
  if (complaints.length > 0) problems.files = complaints.join(' ');
  const unused = files.map((file) => file.name).filter((file) => file !== MODEL_MANIFEST && !wanted.includes(file));
  return { model: parsed.value, send, unused, problems };
}

/** The largest that a file of a package may be, bytes. */
export const maxFileBytes = (isText: boolean) => (isText ? MAX_TEXT_BYTES : MAX_WEIGHTS_BYTES);

/** What is wrong with the size of a picked file; empty where nothing is. */
export function sizeProblem(file: string, sizeBytes: number, isText: boolean): string[] {
  if (sizeBytes === 0) return [`${file} is empty.`];
  if (sizeBytes <= maxFileBytes(isText)) return [];
  return [`${file} is larger than ${isText ? '1 MiB' : '2 GiB, which is the most that one ONNX file can be'}.`];
}

/** A folder name made of whatever the model is called; letters lose their accents. */
export const folderNameOf = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .trim()
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 100)
    .replace(/-+$/, '');
