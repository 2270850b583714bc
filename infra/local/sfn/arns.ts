import { createHash, randomUUID } from 'node:crypto';

/** Builds and takes apart the ARNs of Step Functions. A child machine is named `<machine>/<label>`. */
export function arnsOf(region: string, accountId: string) {
  const base = `arn:aws:states:${region}:${accountId}`;
  return {
    machine: (name: string) => `${base}:stateMachine:${name}`,
    execution: (machineName: string, name: string) => `${base}:execution:${machineName}:${name}`,
    mapRun: (machineName: string, label: string) => `${base}:mapRun:${machineName}/${label}:${randomUUID()}`,
  };
}

/** Last part of an ARN. */
export const lastPart = (arn: string) => arn.split(':').at(-1) ?? '';
/** `stateMachine:NAME`, `execution:NAME:…`, `mapRun:NAME:…` → NAME. */
export const machineNameOf = (arn: string) => arn.split(':')[6] ?? '';

/** The name of child `number` of a map run: a UUID that a restart finds again. */
export function childName(mapRunArn: string, number: number): string {
  const hex = createHash('md5').update(`${mapRunArn}#${number}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}
