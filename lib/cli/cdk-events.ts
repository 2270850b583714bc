/** `starmap | 12/55 | 10:31:07 AM | CREATE_COMPLETE | AWS::IAM::Role | InitializeRole (InitializeRole5D3E)` */
const EVENT = /^\s*\S+ \|\s*(\d+)(?:\/(\d+))? \| [^|]+ \| (\w+)\s*\| (\S+)\s*\| (.*)$/;

/**
 * A line of the CDK's output for people to read: of CloudFormation's events those that end something. undefined where
 * the line says nothing new.
 */
export function readableEvent(line: string): string | undefined {
  const [, done, total, status, type, what] = EVENT.exec(line) ?? [];
  if (status === undefined || type === undefined || what === undefined)
    return line.trim() === '' ? undefined : line.trimEnd();
  const words = wordsOf(status);
  if (words === undefined) return undefined;
  const count = done === undefined ? '' : `[${total ? `${done.padStart(total.length)}/${total}` : done}] `;
  return `${count}${type.replace(/^AWS::/, '').replace('::', ' ')} ${what.replace(/ \([^)]*\)/, '').trim()}: ${words}`;
}

function wordsOf(status: string): string | undefined {
  if (/FAILED$|ROLLBACK/.test(status)) return status.toLowerCase().replaceAll('_', ' ');
  const action = /^(CREATE|UPDATE|DELETE)_COMPLETE$/.exec(status)?.[1];
  return action && { CREATE: 'created', UPDATE: 'updated', DELETE: 'deleted' }[action];
}
