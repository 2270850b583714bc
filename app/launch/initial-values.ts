import { type LaunchValues, toValues } from '@/components/launch/launch-values.ts';
import type { Backend } from '@/lib/domain/backend.ts';
import type { Dataset } from '@/lib/domain/dataset.ts';
import { utcTime } from '@/lib/domain/format.ts';
import type { Model } from '@/lib/domain/model-package.ts';
import { getRun } from '@/lib/server/get-run.ts';
import { getExperiment } from '@/lib/server/list-experiments.ts';

interface Choices {
  datasets: Dataset[];
  models: Model[];
  backend: Backend;
}

/** A form that can be launched as it is, where there is a dataset and a model. */
export function defaultValues({ datasets, models, backend }: Choices, dataset: string | undefined): LaunchValues {
  const chosen = dataset ?? datasets[0]?.id;
  return {
    name: `Experiment of ${utcTime(new Date().toISOString()).slice(0, 16)}`,
    question: '',
    datasets: chosen ? [chosen] : [],
    dataSizesBytes: ['all'],
    model: models.find(({ problem }) => problem === null)?.id ?? '',
    batchSizes: ['512'],
    memoriesMb: backend.defaultMemoryMb > 0 ? [String(backend.defaultMemoryMb)] : [],
    maxConcurrency: '0',
    worldSize: '',
    toleratedFailurePercentage: '0',
    repeats: '1',
  };
}

/** The form of an experiment, or of one run with that run's setting alone; null where there is none of that id. */
export async function valuesFrom(id: string): Promise<LaunchValues | null> {
  const experiment = await getExperiment(id);
  if (experiment) return toValues(experiment.form);
  const run = await getRun(id);
  if (!run) return null;
  const { settings } = run;
  return toValues({
    name: run.experimentName,
    question: '',
    datasets: [settings.datasetId],
    dataSizesBytes: [settings.dataSizeBytes],
    model: settings.modelId,
    batchSizes: [settings.batchSize],
    memoriesMb: [settings.memoryMb],
    maxConcurrency: settings.maxConcurrency,
    worldSize: settings.worldSize,
    toleratedFailurePercentage: settings.toleratedFailurePercentage,
    repeats: 1,
  });
}
