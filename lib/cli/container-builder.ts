import { spawn } from 'node:child_process';

/** Programs that build container images with Docker's command line, in the order in which they are looked for. */
const BUILDERS = ['docker', 'finch'];
/** A daemon that is being started may need some seconds. */
const ANSWER_WITHIN_MS = 20_000;

/**
 * The program that builds the image of the inference function, or what is missing and what to do.
 * @param chosen the one to use; otherwise the first that works.
 */
export async function findBuilder(chosen: string | undefined): Promise<{ builder: string } | { problem: string }> {
  const problems: string[] = [];
  for (const builder of chosen ? [chosen] : BUILDERS) {
    const state = await ask(builder);
    if (state === 'works') return { builder };
    if (state === 'broken')
      problems.push(
        builder === 'finch'
          ? 'Finch is installed, but its virtual machine does not run: "finch vm start" (the first time "finch vm init").'
          : `${builder} is installed, but does not answer: start it (Docker Desktop, or "sudo systemctl start docker"), and see that "${builder} info" works for your user.`,
      );
  }
  if (problems.length > 0) return { problem: problems.join('\n') };
  return {
    problem: chosen
      ? `${chosen} was not found on the PATH. Install it, or leave --builder and CDK_DOCKER out to use Docker or Finch.`
      : 'Neither Docker nor Finch was found on the PATH; one of them builds the container image of the inference function. Install Docker (https://docs.docker.com/get-docker/) or Finch (https://runfinch.com), start it, and try again.',
  };
}

function ask(builder: string): Promise<'works' | 'broken' | 'absent'> {
  return new Promise((resolve) => {
    const child = spawn(builder, ['info'], {
      stdio: 'ignore',
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    child.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ENOENT' ? 'absent' : 'broken'));
    child.on('close', (code) => resolve(code === 0 ? 'works' : 'broken'));
  });
}
