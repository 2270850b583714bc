import { Stack, Validations } from 'aws-cdk-lib';
import { type ManagedPolicy, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';

/** A right: these actions on these resources. */
export interface Grant {
  actions: string[];
  resources: string[];
  /** Why there are `*` in the resources. */
  because?: string;
  conditions?: Record<string, unknown>;
}

/** Gives the rights, and tells cdk-nag, which asks about every `*` in a resource, why it is there. */
export function grant(to: Role | ManagedPolicy, grants: Grant[]): void {
  for (const { actions, resources, because, conditions } of grants) {
    const statement = new PolicyStatement({ actions, resources, ...(conditions && { conditions }) });
    if ('addStatements' in to) to.addStatements(statement);
    else to.addToPolicy(statement);
    for (const resource of because ? resources : []) acknowledgeWildcard(to, resource, because ?? '');
  }
}

export function acknowledgeWildcard(holder: Role | ManagedPolicy, resource: string, reason: string): void {
  const flat = flatten(Stack.of(holder).resolve(resource));
  if (flat.includes('*')) Validations.of(holder).acknowledge({ id: `AwsSolutions-IAM5[Resource::${flat}]`, reason });
}

/** A resource as cdk-nag writes it in the id of a finding: `<Bucket83908E77.Arn>/results/*`. */
function flatten(node: unknown): string {
  if (typeof node === 'string') return node;
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = node as Record<string, unknown>;
  if (Array.isArray(join)) return (join[1] as unknown[]).map(flatten).join(String(join[0]));
  return `<${Array.isArray(attribute) ? attribute.join('.') : String(Ref)}>`;
}
