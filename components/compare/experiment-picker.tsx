'use client';

import { MultiSelect } from '@mantine/core';
import { useCompareParams } from './use-compare-params.ts';

interface Props {
  experiments: { id: string; name: string; complete: number }[];
  /** Ids in the comparison now. */
  chosen: string[];
}

/** Which experiments are compared. */
export function ExperimentPicker({ experiments, chosen }: Props) {
  const params = useCompareParams();
  return (
    <MultiSelect
      aria-label="Experiments compared"
      placeholder={chosen.length === 0 ? 'Add an experiment' : undefined}
      size="sm"
      w="min(520px, calc(100vw - 32px))"
      searchable
      clearable
      hidePickedOptions
      nothingFoundMessage="No other experiment"
      value={chosen}
      onChange={(ids) => params.load({ experiment: ids.join(',') || null, ...(ids.length > 0 ? {} : { runs: null }) })}
      data={experiments.map(({ id, name, complete }) => ({ value: id, label: `${name} (${complete} complete)` }))}
    />
  );
}
