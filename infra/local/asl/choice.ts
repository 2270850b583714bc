import { maybeResolve, resolve, type Scope } from './path.ts';
import { type ChoiceRule, type Json, StatesError } from './types.ts';

type Test = (value: Json, operand: Json) => boolean;

const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const isTimestamp = (value: Json) =>
  typeof value === 'string' && TIMESTAMP.test(value) && !Number.isNaN(Date.parse(value));

const strings =
  (compare: (a: string, b: string) => boolean): Test =>
  (a, b) =>
    typeof a === 'string' && typeof b === 'string' && compare(a, b);
const numbers =
  (compare: (a: number, b: number) => boolean): Test =>
  (a, b) =>
    typeof a === 'number' && typeof b === 'number' && compare(a, b);
const times =
  (compare: (a: number, b: number) => boolean): Test =>
  (a, b) =>
    isTimestamp(a) && isTimestamp(b) && compare(Date.parse(a as string), Date.parse(b as string));
const is =
  (holds: (value: Json) => boolean): Test =>
  (value, wanted) =>
    holds(value) === wanted;

/** Comparison operators of a Choice rule. Each but the Is… ones also exists as …Path, whose operand is a path. */
const tests: Record<string, Test> = {
  StringEquals: strings((a, b) => a === b),
  StringLessThan: strings((a, b) => a < b),
  StringGreaterThan: strings((a, b) => a > b),
  StringLessThanEquals: strings((a, b) => a <= b),
  StringGreaterThanEquals: strings((a, b) => a >= b),
  StringMatches: strings((a, b) => wildcard(b).test(a)),
  NumericEquals: numbers((a, b) => a === b),
  NumericLessThan: numbers((a, b) => a < b),
  NumericGreaterThan: numbers((a, b) => a > b),
  NumericLessThanEquals: numbers((a, b) => a <= b),
  NumericGreaterThanEquals: numbers((a, b) => a >= b),
  BooleanEquals: (a, b) => typeof a === 'boolean' && a === b,
  TimestampEquals: times((a, b) => a === b),
  TimestampLessThan: times((a, b) => a < b),
  TimestampGreaterThan: times((a, b) => a > b),
  TimestampLessThanEquals: times((a, b) => a <= b),
  TimestampGreaterThanEquals: times((a, b) => a >= b),
  IsNull: is((value) => value === null),
  IsNumeric: is((value) => typeof value === 'number'),
  IsString: is((value) => typeof value === 'string'),
  IsBoolean: is((value) => typeof value === 'boolean'),
  IsTimestamp: is(isTimestamp),
};

/** Whether a rule of a Choice state holds. */
export function holds(rule: ChoiceRule, scope: Scope): boolean {
  if (Array.isArray(rule.And)) return rule.And.every((each) => holds(each as ChoiceRule, scope));
  if (Array.isArray(rule.Or)) return rule.Or.some((each) => holds(each as ChoiceRule, scope));
  if (rule.Not !== undefined) return !holds(rule.Not as ChoiceRule, scope);
  const variable = String(rule.Variable);
  if (rule.IsPresent !== undefined) return (maybeResolve(variable, scope) !== undefined) === rule.IsPresent;
  const [operator, operand] =
    Object.entries(rule).find(([key]) => key in tests || (key.endsWith('Path') && key.slice(0, -4) in tests)) ?? [];
  if (operator === undefined || operand === undefined)
    throw new StatesError('States.Runtime', `A choice rule on ${variable} has no comparison operator`);
  const value = present(variable, scope);
  const test = tests[operator];
  return test ? test(value, operand) : (tests[operator.slice(0, -4)] as Test)(value, resolve(String(operand), scope));
}

function present(variable: string, scope: Scope): Json {
  const value = maybeResolve(variable, scope);
  if (value === undefined)
    throw new StatesError(
      'States.Runtime',
      `Invalid path '${variable}': The choice state's condition path references an invalid value.`,
    );
  return value;
}

/** `*` is any run of characters; `\*` is an asterisk. */
function wildcard(pattern: string): RegExp {
  const source = pattern.replace(/\\([*\\])|\*|[.+?^${}()|[\]\\]/g, (found, escaped?: string) =>
    escaped ? `\\${escaped}` : found === '*' ? '.*' : `\\${found}`,
  );
  return new RegExp(`^${source}$`, 's');
}
