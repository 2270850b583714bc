import type { Result, Visit } from './fields.ts';
import { evaluationError, render } from './jsonata.ts';
import { maybeResolve, resolve, type Scope } from './path.ts';
import { type ChoiceRule, type ChoiceState, InterpreterError, type Json } from './types.ts';

type Test = (value: Json, operand: Json) => boolean;

const TIMESTAMP = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** What IsTimestamp and the Timestamp… operators take: RFC 3339 with a capital T and Z. */
export function isTimestamp(value: Json): boolean {
  const match = typeof value === 'string' ? TIMESTAMP.exec(value) : null;
  if (!match || Number.isNaN(Date.parse(match[0]))) return false;
  const [year, month, day] = match.slice(1, 4).map(Number) as [number, number, number];
  // The engine takes the 30th of February for the 1st of March.
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
}

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
  StringMatches: strings(matchesWildcard),
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

/** Where a Choice goes: the first rule that holds, else Default. */
export function branchChosen(visit: Visit<ChoiceState>): Result | Promise<Result> {
  const { state, scope, jsonata } = visit;
  if (jsonata) return conditionChosen(visit);
  for (let index = 0; index < state.Choices.length; index++) {
    const rule = state.Choices[index] as ChoiceRule;
    if (holds(rule, scope)) return taken(visit, rule, index);
  }
  return taken(visit, undefined, -1);
}

async function conditionChosen(visit: Visit<ChoiceState>): Promise<Result> {
  const { state, scope, run } = visit;
  for (const [index, rule] of state.Choices.entries()) {
    const at = `Choices[${index}]/Condition`;
    const holds = await render(rule.Condition ?? null, at, scope, run.effects);
    if (typeof holds !== 'boolean')
      throw evaluationError(
        `The JSONata expression '${String(rule.Condition).slice(2, -2).trim()}' specified for the field '${at}' returned an unexpected result type. Expected 'boolean', but was '${holds === null ? 'null' : typeof holds}' for value: ${JSON.stringify(holds)}`,
        at,
      );
    if (holds) return taken(visit, rule, index);
  }
  return taken(visit, undefined, -1);
}

function taken({ state, scope }: Visit<ChoiceState>, rule: ChoiceRule | undefined, index: number): Result {
  const next = rule ? rule.Next : state.Default;
  if (next === undefined)
    throw new InterpreterError(
      'States.NoChoiceMatched',
      'Failed to transition out of the state. The state does not point to a next state.',
    );
  const value = scope.input;
  return rule
    ? { value, next, rule: { at: `Choices[${index}]/`, Output: rule.Output, Assign: rule.Assign } }
    : { value, next };
}

/** Whether a rule of a Choice state holds. */
export function holds(rule: ChoiceRule, scope: Scope): boolean {
  if (Array.isArray(rule.And)) return rule.And.every((each) => holds(each as ChoiceRule, scope));
  if (Array.isArray(rule.Or)) return rule.Or.some((each) => holds(each as ChoiceRule, scope));
  if (rule.Not !== undefined) return !holds(rule.Not as ChoiceRule, scope);
  const variable = String(rule.Variable);
  if (rule.IsPresent !== undefined) return (maybeResolve(variable, scope) !== undefined) === rule.IsPresent;
  const [operator, operand] =
    Object.entries(rule).find(
      ([key]) => Object.hasOwn(tests, key) || (key.endsWith('Path') && Object.hasOwn(tests, key.slice(0, -4))),
    ) ?? [];
  if (operator === undefined || operand === undefined)
    throw new InterpreterError('States.Runtime', `A choice rule on ${variable} has no comparison operator`);
  const value = present(variable, scope);
  const test = tests[operator];
  return test ? test(value, operand) : (tests[operator.slice(0, -4)] as Test)(value, resolve(String(operand), scope));
}

function present(variable: string, scope: Scope): Json {
  const value = maybeResolve(variable, scope);
  if (value === undefined)
    throw new InterpreterError(
      'States.Runtime',
      `Invalid path '${variable}': The choice state's condition path references an invalid value.`,
    );
  return value;
}

/** `*` is any run of characters; `\*` is an asterisk, `\\` a backslash. Never goes back further than the last `*`. */
function matchesWildcard(text: string, pattern: string): boolean {
  const parts = [...pattern.matchAll(/\\([*\\])|(\*)|([\s\S])/g)].map(([, escaped, any, plain]) =>
    any === undefined ? (escaped ?? plain ?? '') : undefined,
  );
  let [at, part, lastAny, resumeAt] = [0, 0, -1, 0];
  while (at < text.length) {
    if (part < parts.length && parts[part] === undefined) {
      lastAny = part++;
      resumeAt = at;
    } else if (part < parts.length && parts[part] === text[at]) {
      part++;
      at++;
    } else if (lastAny >= 0) {
      part = lastAny + 1;
      at = ++resumeAt;
    } else return false;
  }
  return parts.slice(part).every((each) => each === undefined);
}
