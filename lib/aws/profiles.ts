import { readFileSync } from 'node:fs';
import { awsEnvironment } from '../env.ts';

/** Names of the profiles in ~/.aws, in their order there. Only the headings of the sections are looked at. */
export function listProfiles(): string[] {
  const { config, credentials } = awsEnvironment().profileFiles;
  const names = [
    ...headings(config).flatMap((heading) =>
      heading === 'default' ? [heading] : (/^profile\s+["']?(.+?)["']?$/.exec(heading)?.[1] ?? []),
    ),
    ...headings(credentials),
  ];
  return [...new Set(names)];
}

function headings(file: string): string[] {
  try {
    return [...readFileSync(file, 'utf8').matchAll(/^\s*\[([^\]]+)\]/gm)].flatMap(
      ([, heading]) => heading?.trim() ?? [],
    );
  } catch {
    // Without such a file there are no profiles.
    return [];
  }
}
