import type { DeployOptions } from '../../lib/domain/deploy-options.ts';

/** Name of a function of the deployment: `initialize`, `summarize` or `inference-<memory in MB>` after the stack's name. */
export const functionName = ({ stack }: DeployOptions, part: string) => `${stack}-${part}`;

export const inferencePart = (memoryMb: number | '*') => `inference-${memoryMb}`;

/** The functions without the stack's name. */
export const functionParts = ({ memoriesMb }: DeployOptions) => [
  'initialize',
  'summarize',
  ...memoriesMb.map((memoryMb) => inferencePart(memoryMb)),
];

export const logGroupName = (name: string) => `/aws/lambda/${name}`;
