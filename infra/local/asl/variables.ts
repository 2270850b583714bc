import { InterpreterError, type Json, type JsonObject } from './types.ts';

/** The variables that a state can read: its own scope's and those of the scopes around. Never changed, only replaced. */
export type Variables = Readonly<Record<string, Json>>;

/** Largest value of one variable, and of one Assign together: bytes of JSON. Source: Developer Guide, "Service quotas". */
const MAX_ASSIGNED_BYTES = 262_144;
/** Of all variables of an execution. */
const MAX_STORED_BYTES = 10 * 1024 * 1024;

/**
 * The variables after an Assign.
 * @returns with `texts`, what the history shows: each assigned value as JSON text; both undefined where nothing is assigned.
 * @throws InterpreterError States.Runtime above the size limits.
 */
export function assign(
  before: Variables | undefined,
  assigned: JsonObject | undefined,
): { variables: Variables | undefined; texts: Record<string, string> | undefined } {
  const entries = Object.entries(assigned ?? {});
  if (entries.length === 0) return { variables: before, texts: undefined };
  const texts: Record<string, string> = Object.create(null) as Record<string, string>;
  const variables: Record<string, Json> = Object.assign(Object.create(null), before) as Record<string, Json>;
  let assignedBytes = 0;
  for (const [name, value] of entries) {
    const text = JSON.stringify(value);
    texts[name] = text;
    variables[name] = value;
    assignedBytes += Buffer.byteLength(text);
  }
  if (assignedBytes > MAX_ASSIGNED_BYTES)
    throw new InterpreterError(
      'States.Runtime',
      `The size of the variables assigned by Assign is ${assignedBytes} bytes, more than the limit of ${MAX_ASSIGNED_BYTES} bytes`,
    );
  limitStored(variables);
  return { variables, texts };
}

function limitStored(variables: Variables): void {
  // Each Assign adds at most its limit, so few variables cannot reach the sum: no need to measure them all.
  if (Object.keys(variables).length * MAX_ASSIGNED_BYTES <= MAX_STORED_BYTES) return;
  const storedBytes = Object.values(variables).reduce<number>(
    (sum, value) => sum + Buffer.byteLength(JSON.stringify(value)),
    0,
  );
  if (storedBytes > MAX_STORED_BYTES)
    throw new InterpreterError(
      'States.Runtime',
      `The variables take ${storedBytes} bytes, more than the limit of ${MAX_STORED_BYTES} bytes`,
    );
}
