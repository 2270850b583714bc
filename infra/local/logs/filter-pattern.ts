import { AwsError } from '../aws-error.ts';

/**
 * A CloudWatch Logs filter pattern as a predicate: terms (all must occur), `?term` (any), `-term` (none), quoted
 * phrases, `%regex%`, and the JSON form `{ $.field = "value" }` with `=`, `!=`, `&&` and `||`.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export function matcher(pattern: string): (message: string) => boolean {
  const text = pattern.trim();
  if (text === '') return () => true;
  if (text.startsWith('{')) return jsonMatcher(text);
  if (text.startsWith('['))
    throw new AwsError(
      'InvalidParameterException',
      'not supported by the local runtime: space-delimited filter patterns [..]',
    );
  const terms = [...text.matchAll(/([?-]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]+)%|(\S+))/g)].map((match) => {
    const expression = match[3] === undefined ? undefined : new RegExp(match[3]);
    const term = (match[2] ?? match[4] ?? '').replace(/\\(.)/g, '$1');
    return {
      sign: match[1],
      occurs: (message: string) => (expression ? expression.test(message) : message.includes(term)),
    };
  });
  const optional = terms.filter((term) => term.sign === '?');
  return (message) =>
    terms.every((term) => (term.sign === '?' ? true : term.occurs(message) !== (term.sign === '-'))) &&
    (optional.length === 0 || terms.length > optional.length || optional.some((term) => term.occurs(message)));
}

function jsonMatcher(text: string): (message: string) => boolean {
  const inner = text.replace(/^\{\s*|\s*\}$/g, '');
  const anyOf = inner.split('||').map((side) =>
    side.split('&&').map((condition) => {
      const match = /^\s*\(*\s*\$\.([\w.]+)\s*(=|!=)\s*(?:"([^"]*)"|([\w.-]+))\s*\)*\s*$/.exec(condition);
      if (!match)
        throw new AwsError(
          'InvalidParameterException',
          `Invalid filter pattern, or not supported by the local runtime: ${condition.trim()}`,
        );
      return {
        path: (match[1] as string).split('.'),
        equal: match[2] === '=',
        value: match[3] ?? (match[4] as string),
      };
    }),
  );
  return (message) => {
    let json: unknown;
    try {
      json = JSON.parse(message);
    } catch {
      return false;
    }
    return anyOf.some((all) =>
      all.every(({ path, equal, value }) => {
        const found = path.reduce<unknown>(
          (at, name) => (at !== null && typeof at === 'object' ? (at as Record<string, unknown>)[name] : undefined),
          json,
        );
        return (found !== undefined && String(found) === value) === equal;
      }),
    );
  };
}
