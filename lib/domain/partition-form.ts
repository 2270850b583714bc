import type { ActionResult } from './action-result.ts';
import { isPrefix } from './keys.ts';
import { parseSize } from './parse-size.ts';
import { PARTITION_FORMATS, type PartitionForm, type PartitionFormat, type PartitionRequest } from './partition-job.ts';

/** Sizes that are offered: those of the published measurements. */
export const PARTITION_SIZES = ['25MB', '50MB', '75MB', '100MB'] as const;

/** The request that a form means, or what is wrong with which field of it. */
export function toPartitionRequest(form: PartitionForm, bucket: string): ActionResult<PartitionRequest> {
  const fieldErrors: Record<string, string> = {};
  const source = form.source.trim();
  const where = source ? parseSource(source) : null;
  if (where === undefined)
    fieldErrors.source = `"${source}" is no S3 address: write it as s3://bucket/file or s3://bucket/folder/`;
  if (!source && !(form.verify && form.out.trim()))
    fieldErrors.source = 'Give a data file or folder, or an s3:// address';
  const name = form.out.trim() || nameOf(source);
  const out = parseOut(name, bucket);
  // Without a name it is named like the source.
  if (!out && (source || form.out.trim()))
    fieldErrors.out = `"${name}" is no place for a dataset: give a name without spaces such as galaxies-25MB, or s3://bucket/folder`;
  const cut = source ? parseCut(form, fieldErrors) : null;
  const format = form.format ? (PARTITION_FORMATS.find((known) => known === form.format) ?? undefined) : null;
  if (format === undefined)
    fieldErrors.format = `"${form.format}" cannot be written; choose ${PARTITION_FORMATS.join(', ')}`;
  if (where === undefined || !out || cut === undefined || Object.keys(fieldErrors).length > 0)
    return { ok: false, message: Object.values(fieldErrors).join(' '), fieldErrors };
  const tensors = form.tensors.split(',').flatMap((name) => name.trim() || []);
  return {
    ok: true,
    value: {
      source: where,
      ...out,
      cut,
      format: format as PartitionFormat | null,
      tensors: tensors.length > 0 ? tensors : null,
      overwrite: form.overwrite,
      verify: form.verify,
    },
  };
}

function parseSource(text: string): PartitionRequest['source'] | undefined {
  if (!/^[a-z0-9]+:\/\//i.test(text)) return { path: text };
  const match = /^s3:\/\/([^/]+)\/(.+)$/.exec(text);
  return match?.[1] && match[2] ? { bucket: match[1], key: match[2] } : undefined;
}

/** The last part of a path without its extension. */
const nameOf = (source: string) => /([^/\\]+?)(\.([a-z]+|h5|hdf5))?[/\\]*$/i.exec(source)?.[1] ?? '';

function parseOut(text: string, bucket: string): { bucket: string; prefix: string } | undefined {
  const at = /^s3:\/\/([^/]+)\/(.+?)\/*$/.exec(text);
  if (at?.[1] && at[2] && isPrefix(at[2])) return { bucket: at[1], prefix: at[2] };
  return /^[^/\s]+$/.test(text) && !text.startsWith('.') ? { bucket, prefix: `datasets/${text}` } : undefined;
}

function parseCut({ size, samples }: PartitionForm, fieldErrors: Record<string, string>): PartitionRequest['cut'] {
  const [sizeText, samplesText] = [size.trim(), samples.trim()];
  if (sizeText && samplesText) fieldErrors.samples = 'Give a size or a number of samples, not both';
  else if (!sizeText && !samplesText)
    fieldErrors.size = 'Give the size of a partition, such as 25MB, or its number of samples';
  else if (samplesText) {
    if (/^[1-9]\d{0,14}$/.test(samplesText)) return { samples: Number(samplesText) };
    fieldErrors.samples = `"${samplesText}" is no number of samples: give a whole number from 1`;
  } else {
    const sizeBytes = parseSize(sizeText);
    if (sizeBytes !== undefined) return { sizeBytes, text: sizeText };
    fieldErrors.size = `"${sizeText}" is no size: write it such as 25MB (10^6 bytes) or 25MiB (2^20 bytes)`;
  }
  return null;
}
