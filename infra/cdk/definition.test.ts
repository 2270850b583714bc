import { readFileSync } from 'node:fs';
import validate from 'asl-validator';
import { beforeAll, expect, test } from 'vitest';
import { deployed, resourcesOf, synthesize } from './synthesized.fixture.ts';

const file = readFileSync(new URL('../state-machine.asl.json', import.meta.url), 'utf8');
let machine: { DefinitionString: string; DefinitionSubstitutions: Record<string, string> };

beforeAll(() => {
  const template = synthesize();
  const found = Object.values(resourcesOf(template)).find(({ Type }) => Type === 'AWS::StepFunctions::StateMachine');
  machine = deployed(template, found?.Properties) as typeof machine;
});

test('what is deployed is the file that the local runtime runs, to the letter', () => {
  expect(machine.DefinitionString).toBe(file);
});

test('every placeholder of the file is filled, and none is filled that it does not have', () => {
  const placeholders = [...file.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name);
  expect(Object.keys(machine.DefinitionSubstitutions).sort()).toEqual([...new Set(placeholders)].sort());
});

test('an independent validator accepts the definition with its placeholders filled', () => {
  const filled = machine.DefinitionString.replace(
    /\$\{(\w+)\}/g,
    (_, name: string) => machine.DefinitionSubstitutions[name] ?? '',
  );
  const { isValid, errors } = validate(JSON.parse(filled));
  expect(errors).toEqual([]);
  expect(isValid).toBe(true);
});

test('it would have found a mistake', () => {
  const broken = JSON.parse(file) as { States: Record<string, { Next?: string }> };
  (broken.States.Initialize as { Next?: string }).Next = 'Nowhere';
  expect(validate(broken as never).isValid).toBe(false);
});

test('the definition fits what Step Functions takes', () => {
  expect(Buffer.byteLength(file)).toBeLessThan(1_000_000);
});
