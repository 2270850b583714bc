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

/**
 * Names of the children of a map run: UUIDs that a restart finds again, and that tell the child's number, so that it is
 * found among a hundred thousand without a search.
 */
export function childNames(mapRunArn: string) {
  const hex = createHash('md5').update(mapRunArn).digest('hex');
  const prefix = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-`;
  return {
    of: (number: number) => prefix + number.toString(16).padStart(12, '0'),
    /** @returns undefined for what is no child of this map run. */
    numberOf: (name: string) => (name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 16) : undefined),
  };
}
