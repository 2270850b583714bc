import { Duration, RemovalPolicy, type Stack, Validations } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { type DeployOptions, TEMPORARY_PREFIX } from '../../lib/domain/deploy-options.ts';

/** An upload that was not finished by then never will be; its parts cost storage. */
const ABANDONED_UPLOAD_DAYS = 3;

/**
 * The bucket of datasets, models and results. It stays when the stack goes; one whose first deployment failed does not.
 * A bucket that was there before is used as it is: its encryption and lifecycle are its owner's.
 */
export function makeBucket(stack: Stack, options: DeployOptions): IBucket {
  if (options.bucket !== null) return Bucket.fromBucketName(stack, 'Bucket', options.bucket);
  const bucket = new Bucket(stack, 'Bucket', {
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    lifecycleRules: [
      { id: 'abandoned-uploads', abortIncompleteMultipartUploadAfter: Duration.days(ABANDONED_UPLOAD_DAYS) },
      { id: 'temporary-results', prefix: `${TEMPORARY_PREFIX}/`, expiration: Duration.days(options.temporaryDays) },
    ],
  });
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason:
      'Access logs would be a second bucket that costs with every request of a run; an account that wants them turns on CloudTrail data events.',
  });
  return bucket;
}
