import { AwsError } from '../aws-error.ts';

interface Field {
  field: string;
  /** A value that is refused; what AWS takes by default is not. */
  example: unknown;
  isRefused(value: unknown): boolean;
  what: string;
}

const isSet = (value: unknown) => value !== undefined && value !== null && value !== false;
const member = (name: string, fine: unknown[]) => (value: unknown) =>
  isSet(value) && !fine.includes((value as Record<string, unknown>)[name]);

const machineFields: Field[] = [
  { field: 'publish', example: true, isRefused: isSet, what: 'versions of a state machine' },
  { field: 'versionDescription', example: 'v1', isRefused: isSet, what: 'versions of a state machine' },
  {
    field: 'loggingConfiguration',
    example: { level: 'ALL' },
    isRefused: member('level', [undefined, 'OFF']),
    what: 'logging to CloudWatch (the history holds every event)',
  },
  {
    field: 'tracingConfiguration',
    example: { enabled: true },
    isRefused: member('enabled', [undefined, false]),
    what: 'tracing',
  },
  {
    field: 'encryptionConfiguration',
    example: { type: 'CUSTOMER_MANAGED_KMS_KEY', kmsKeyId: 'key' },
    isRefused: member('type', ['AWS_OWNED_KEY']),
    what: 'encryption with a key of your own',
  },
];
const express: Field = {
  field: 'type',
  example: 'EXPRESS',
  isRefused: (value) => value === 'EXPRESS',
  what: 'state machines of type EXPRESS',
};
const metadataOnly: Field = {
  field: 'includedData',
  example: 'METADATA_ONLY',
  isRefused: (value) => value === 'METADATA_ONLY',
  what: 'answers without data',
};

/**
 * Fields of calls that this runtime knows but does not do, by action. Silently leaving them out would make a machine
 * behave here in another way than on AWS. Actions that are missing altogether are answered by the router, parts of a
 * definition by `diagnose`.
 */
export const NOT_SUPPORTED: Record<string, Field[]> = {
  CreateStateMachine: [
    express,
    ...machineFields,
    {
      field: 'tags',
      example: [{ key: 'a', value: 'b' }],
      isRefused: (value) => Array.isArray(value) && value.length > 0,
      what: 'tags',
    },
  ],
  UpdateStateMachine: machineFields,
  ValidateStateMachineDefinition: [express],
  DescribeStateMachine: [metadataOnly],
  DescribeStateMachineForExecution: [metadataOnly],
  DescribeExecution: [metadataOnly],
};

export const notSupported = (what: string) =>
  new AwsError('ValidationException', `not supported by the local runtime: ${what}`);

/** @throws AwsError ValidationException where the call asks for something in the table. */
export function refuseUnsupported(action: string, input: Record<string, unknown>): void {
  for (const { field, isRefused, what } of NOT_SUPPORTED[action] ?? [])
    if (isRefused(input[field])) throw notSupported(`${what} (${field})`);
}
