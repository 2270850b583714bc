import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll } from 'vitest';
import { type DeployOptionsInput, deployOptions } from '../../lib/domain/deploy-options.ts';
import { makeStack } from './starmap-stack.ts';

export const ACCOUNT = '111122223333';
export const REGION = 'eu-west-1';
export const BUCKET = 'the-bucket';

const workspace = mkdtempSync(path.join(tmpdir(), 'starmap-cdk-'));
afterAll(() => rmSync(workspace, { recursive: true, force: true }));

/** A function's bundle is a file like any other to a template: tests need none that runs. */
function stubBundles(): string {
  const folder = mkdtempSync(path.join(workspace, 'bundles-'));
  for (const name of ['initialize', 'summarize']) {
    mkdirSync(path.join(folder, name));
    writeFileSync(path.join(folder, name, 'index.mjs'), 'export const handler = () => {};\n');
  }
  return folder;
}

export function synthesizeApp(options: DeployOptionsInput = {}): { app: App; stack: Stack } {
  const app = new App({ analyticsReporting: false, outdir: mkdtempSync(path.join(workspace, 'cdk.out-')) });
  const env = { account: ACCOUNT, region: REGION };
  return { app, stack: makeStack(app, deployOptions.parse(options), { bundles: stubBundles(), env }) };
}

export const synthesize = (options: DeployOptionsInput = {}): Template =>
  Template.fromStack(synthesizeApp(options).stack);

export interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
}

export const resourcesOf = (template: Template) => template.toJSON().Resources as Record<string, Resource>;

/** A value of the template as it would be once deployed: references become names and ARNs. */
export function deployed(template: Template, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => deployed(template, each));
  if (typeof value !== 'object' || value === null) return value;
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value as Record<string, unknown>;
  if (typeof Ref === 'string') return pseudo[Ref] ?? nameOf(template, Ref);
  if (Array.isArray(attribute)) return attributeOf(template, attribute as [string, string]);
  if (Array.isArray(join)) return (deployed(template, join[1]) as string[]).join(join[0] as string);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, deployed(template, each)]));
}

const pseudo: Record<string, string> = {
  'AWS::Partition': 'aws',
  'AWS::Region': REGION,
  'AWS::AccountId': ACCOUNT,
  'AWS::URLSuffix': 'amazonaws.com',
};

/** What `Ref` gives: a name, or an ARN where the type's reference is one. */
function nameOf(template: Template, id: string): string {
  const { Type, Properties } = resourcesOf(template)[id] ?? { Type: 'unknown', Properties: {} };
  switch (Type) {
    case 'AWS::S3::Bucket':
      return BUCKET;
    case 'AWS::Lambda::Function':
      return String(Properties.FunctionName);
    case 'AWS::Logs::LogGroup':
      return String(Properties.LogGroupName);
    case 'AWS::StepFunctions::StateMachine':
      return `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${Properties.StateMachineName}`;
    case 'AWS::IAM::ManagedPolicy':
      return `arn:aws:iam::${ACCOUNT}:policy/${id}`;
    default:
      return id;
  }
}

function attributeOf(template: Template, [id, attribute]: [string, string]): string {
  const { Type } = resourcesOf(template)[id] ?? { Type: 'unknown' };
  if (attribute !== 'Arn')
    return attribute === 'Name' ? (nameOf(template, id).split(':').at(-1) ?? '') : `${id}.${attribute}`;
  switch (Type) {
    case 'AWS::S3::Bucket':
      return `arn:aws:s3:::${BUCKET}`;
    case 'AWS::Lambda::Function':
      return `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${nameOf(template, id)}`;
    case 'AWS::Logs::LogGroup':
      return `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${nameOf(template, id)}:*`;
    case 'AWS::IAM::Role':
      return `arn:aws:iam::${ACCOUNT}:role/${id}`;
    default:
      return nameOf(template, id);
  }
}

export interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

/** What the role or managed policy whose logical id begins so may do. */
export function statementsOf(template: Template, holder: string): Statement[] {
  const documents = Object.entries(resourcesOf(template)).flatMap(([id, { Type, Properties }]) => {
    const roles = JSON.stringify(Properties.Roles ?? []);
    const mine =
      (Type === 'AWS::IAM::ManagedPolicy' && id.startsWith(holder)) ||
      (Type === 'AWS::IAM::Policy' && roles.includes(`"Ref":"${holder}`));
    return mine ? [Properties.PolicyDocument as { Statement: Statement[] }] : [];
  });
  if (documents.length !== 1) throw new Error(`${holder} has ${documents.length} policies`);
  return documents.flatMap(({ Statement }) => deployed(template, Statement) as Statement[]);
}

export const actionsOf = (statements: Statement[]) =>
  [...new Set(statements.flatMap(({ Action }) => list(Action)))].sort();

/** Whether IAM would allow it: our policies have allow statements only. */
export function may(
  statements: Statement[],
  action: string,
  resource: string,
  context: Record<string, string> = {},
): boolean {
  return statements.some(
    ({ Effect, Action, Resource, Condition }) =>
      Effect === 'Allow' &&
      list(Action).includes(action) &&
      list(Resource).some((pattern) => matches(pattern, resource)) &&
      Object.entries(Condition ?? {}).every(([operator, wanted]) => {
        if (operator !== 'StringLike') throw new Error(`condition ${operator} is not known here`);
        return Object.entries(wanted).every(
          ([key, patterns]) =>
            context[key] !== undefined && list(patterns).some((each) => matches(each, context[key] ?? '')),
        );
      }),
  );
}

const matches = (pattern: string, text: string) =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
    's',
  ).test(text);
