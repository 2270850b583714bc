import { paginateDescribeStacks } from '@aws-sdk/client-cloudformation';
import { StackOutputs } from '../domain/deployment.ts';
import { clients } from './clients.ts';
import { inPlainWords } from './plain-words.ts';

/** A deployment of Starmap that was found. */
export interface FoundStack {
  name: string;
  /** As CloudFormation gives them: they fit StackOutputs. */
  outputs: Record<string, string>;
  /** ISO time of its last change. */
  changedAt: string | null;
}

/** The stacks of the connection's region whose outputs are those of a Starmap deployment, page after page. */
export async function findStacks(): Promise<FoundStack[]> {
  const found: FoundStack[] = [];
  const pages = paginateDescribeStacks({ client: clients().cloudFormation }, {})[Symbol.asyncIterator]();
  for (;;) {
    const page = await inPlainWords(pages.next(), { name: 'the list of stacks (cloudformation:DescribeStacks on *)' });
    if (page.done) return found;
    for (const { StackName, Outputs, LastUpdatedTime, CreationTime } of page.value.Stacks ?? []) {
      const outputs = Object.fromEntries(
        (Outputs ?? []).flatMap(({ OutputKey, OutputValue }) =>
          OutputKey && OutputValue ? [[OutputKey, OutputValue]] : [],
        ),
      );
      if (StackName && StackOutputs.safeParse(outputs).success)
        found.push({ name: StackName, outputs, changedAt: (LastUpdatedTime ?? CreationTime)?.toISOString() ?? null });
    }
  }
}
