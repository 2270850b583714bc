import { CodeLine } from '@/components/ui/code-line.tsx';
import { ErrorPanel } from '@/components/ui/error-panel.tsx';
import { Facts } from '@/components/ui/facts.tsx';
import { toneColor } from '@/components/ui/status.tsx';
import type { Backend } from '@/lib/domain/backend.ts';
import { toQuantity } from '@/lib/domain/format.ts';
import prices from '@/lib/domain/price-book.json' with { type: 'json' };
import classes from './panels.module.css';

/** Which services are in use and what is deployed there. */
export function BackendFacts({ backend }: { backend: Backend }) {
  const { reachable, problem, endpoint, bucket, stateMachineArn, home } = backend;
  return (
    <div className={classes.stack}>
      {problem && <ErrorPanel title="The services do not answer">{problem}</ErrorPanel>}
      <Facts
        facts={[
          ['In use', backend.label],
          [
            'State',
            <span key="state" style={{ color: toneColor(reachable ? 'succeeded' : 'failed'), fontWeight: 500 }}>
              {reachable ? 'Answers' : 'Does not answer'}
            </span>,
          ],
          ['Region', backend.region || null],
          ['Endpoint', endpoint ? <CodeLine key="endpoint" text={endpoint} what="the endpoint" /> : "AWS's own"],
          ['Bucket', bucket ? <CodeLine key="bucket" text={bucket} what="the bucket" /> : null],
          ['State machine', stateMachineArn ? <CodeLine key="arn" text={stateMachineArn} what="the ARN" /> : null],
          ['State folder', <CodeLine key="home" text={home} what="the path" />],
        ]}
      />
    </div>
  );
}

/** The Lambda functions with their memory and log groups. */
export function FunctionsTable({ backend }: { backend: Backend }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className={classes.scroller} tabIndex={0} aria-label="Table of functions">
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Function</th>
            <th scope="col" className={classes.number}>
              Memory
            </th>
            <th scope="col">Log group</th>
          </tr>
        </thead>
        <tbody>
          {backend.functions.map(({ arn, name, memoryMb, logGroup }) => (
            <tr key={arn}>
              <td title={arn}>
                <code>{name}</code>
                {memoryMb === backend.defaultMemoryMb && <span className={classes.note}> default</span>}
              </td>
              <td className={classes.number}>
                {memoryMb === null ? 'its own' : toQuantity('memoryMb', memoryMb).text}
              </td>
              <td>{logGroup ? <code>{logGroup}</code> : 'not known'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** What costs are computed from. */
export function PriceFacts() {
  const { lambda, stepFunctions, s3, logs } = prices;
  return (
    <>
      <Facts
        facts={[
          ['As of', `${prices.date}, ${prices.region}`],
          ['Lambda, x86', `$${lambda.x86_64GbSecond} per GB-second of configured memory`],
          ['Lambda, arm64', `$${lambda.arm64GbSecond} per GB-second of configured memory`],
          ['Lambda requests', `$${(lambda.request * 1e6).toFixed(2)} per million`],
          [
            'Lambda /tmp',
            `$${lambda.ephemeralGbSecond.toFixed(10)} per GB-second above ${lambda.ephemeralIncludedMb} MB`,
          ],
          ['Step Functions', `$${(stepFunctions.standardTransition * 1000).toFixed(3)} per 1,000 transitions`],
          ['S3 writes, lists', `$${(s3.putOrListRequest * 1000).toFixed(4)} per 1,000 requests`],
          ['S3 reads', `$${(s3.getRequest * 1000).toFixed(4)} per 1,000 requests`],
          ['Logs', `$${logs.ingestedGb.toFixed(2)} per GB`],
        ]}
      />
      <p className={classes.note}>{prices.source}.</p>
    </>
  );
}

/** What the terminal can do, ready to copy. */
export function TerminalCommands({ bucket }: { bucket: string }) {
  const commands: [string, string][] = [
    ['All commands', 'npm run starmap -- --help'],
    ['AWS CLI on the local runtime', 'eval "$(npm run -s starmap -- env)"'],
    ['Make a dataset', `npm run starmap -- dataset --size 80MB --partition 5MB --out s3://${bucket}/datasets/sdss-5MB`],
    ['Install a model', `npm run starmap -- model install <folder> --out s3://${bucket}/models/<name>`],
    ['Launch', `npm run starmap -- launch --dataset ${bucket}/datasets/sdss-5MB --batch 128,512 --repeats 3 --wait`],
  ];
  return (
    <Facts facts={commands.map(([name, text]) => [name, <CodeLine key={name} text={text} what="the command" />])} />
  );
}
