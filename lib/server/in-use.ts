import { countUnendedRuns } from '../db/runs.ts';

/** Why a model package must stay as it is; null where nothing needs it. */
export const modelInUse = (modelId: string) => inUse({ modelId }, modelId, ['needs', 'need']);

/** Why a dataset must stay as it is; null where nothing reads it. */
export const datasetInUse = (datasetId: string) => inUse({ datasetId }, datasetId, ['reads', 'read']);

async function inUse(
  of: Parameters<typeof countUnendedRuns>[0],
  id: string,
  [one, many]: [string, string],
): Promise<string | null> {
  const runs = await countUnendedRuns(of);
  if (runs === 0) return null;
  return runs === 1
    ? `1 run that waits or runs ${one} ${id}. Wait for its end, or stop it first.`
    : `${runs} runs that wait or run ${many} ${id}. Wait for their end, or stop them first.`;
}
