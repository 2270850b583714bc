import { findExperiment, findExperiments } from '../db/experiments.ts';
import type { ExperimentDetail, ExperimentRow } from '../domain/experiment-row.ts';

/** All experiments, newest first. */
export async function listExperiments(): Promise<ExperimentRow[]> {
  return findExperiments();
}

/** null where there is none of that id. */
export async function getExperiment(id: string): Promise<ExperimentDetail | null> {
  return findExperiment(id);
}
