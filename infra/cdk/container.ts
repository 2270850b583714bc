import { fileURLToPath } from 'node:url';
import { IgnoreMode } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { DockerImageCode } from 'aws-cdk-lib/aws-lambda';
import type { DeployOptions } from '../../lib/domain/deploy-options.ts';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
const DOCKERFILE = 'infra/cdk/inference-image/Dockerfile';
/** What the Dockerfile copies. Nothing else belongs to the image's fingerprint: a change of the dashboard is no new image. */
const CONTEXT = ['package.json', 'package-lock.json', '.npmrc', 'lambdas', 'lib/domain', DOCKERFILE];

/**
 * The image of the inference function, built by Docker or Finch when it is deployed. To synthesize a template only its
 * fingerprint is needed, so that works without either.
 */
export function inferenceImage({ architecture }: DeployOptions): DockerImageCode {
  return DockerImageCode.fromImageAsset(CHECKOUT, {
    file: DOCKERFILE,
    platform: architecture === 'arm64' ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64,
    exclude: ['**', ...CONTEXT.map((path) => `!${path}`), '**/*.test.ts', '**/testdata', 'lambdas/models'],
    ignoreMode: IgnoreMode.DOCKER,
  });
}
