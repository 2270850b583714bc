import type { PartitionOption, WriteOption } from '@/lib/domain/partition-message.ts';

/** Labels of the form's fields: messages name them so too. */
export const PARTITION_FIELDS: Record<PartitionOption, string> = {
  size: 'Size of one partition',
  samples: 'Samples of one partition',
  format: 'Format',
  tensors: 'Tensors',
  overwrite: 'Replace the dataset of that name, if there is one',
};

/** `image,id in "Tensors"` */
export const asField: WriteOption = (name, value) => {
  const field = `"${PARTITION_FIELDS[name]}"`;
  return value === undefined ? field : `${value} in ${field}`;
};
