import * as z from 'zod';

/** What of a request a message tells to change: an option of the command, a field of the page. */
const mention = z.object({
  option: z.enum(['size', 'samples', 'format', 'tensors', 'overwrite']),
  /** What to give there. */
  value: z.string().optional(),
});
type Mention = z.infer<typeof mention>;
export type PartitionOption = Mention['option'];

/** What the partitioning tool has to say, with its options left open: each surface has its own names for them. */
export const partitionMessage = z.array(z.union([z.string(), mention]));
export type PartitionMessage = z.infer<typeof partitionMessage>;

export const option = (name: PartitionOption, value?: string): Mention => ({
  option: name,
  ...(value === undefined ? {} : { value }),
});

/** A message in which options and other messages stand: says`choose another ${option('format')}`. */
export const says = (
  words: TemplateStringsArray,
  ...values: (string | number | Mention | PartitionMessage)[]
): PartitionMessage =>
  words.flatMap((word, i) => {
    const value = values[i] ?? '';
    return [word, ...(Array.isArray(value) ? value : [typeof value === 'number' ? String(value) : value])];
  });

/** How a surface writes an option, with what is to be given there. */
export type WriteOption = (name: PartitionOption, value?: string) => string;

export const inWords = (message: PartitionMessage, write: WriteOption): string =>
  message.map((part) => (typeof part === 'string' ? part : write(part.option, part.value))).join('');

/** As the command has them: `--tensors image,id`. */
export const asFlag: WriteOption = (name, value) => (value === undefined ? `--${name}` : `--${name} ${value}`);
