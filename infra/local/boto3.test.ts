import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startRuntimeProcess } from './runtime.fixture.ts';

const installed = spawnSync('python3', ['-c', 'import boto3']).status === 0;

/** Asserts for itself; what it prints last is shown where it fails. */
const CLIENT = `
import json, os, time, boto3
from botocore.config import Config
from botocore.exceptions import ClientError
s3, sfn, logs, lam = (boto3.client(name) for name in ("s3", "stepfunctions", "logs", "lambda"))

for n in range(1005):
    s3.put_object(Bucket="starmap", Key=f"many/{n:04}", Body=b"x")
pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket="starmap", Prefix="many/"))
assert [len(page["Contents"]) for page in pages] == [1000, 5], [len(page["Contents"]) for page in pages]
assert s3.get_object(Bucket="starmap", Key="many/0003", Range="bytes=0-0")["ContentLength"] == 1
signer = boto3.client("s3", config=Config(signature_version="s3v4"))
url = signer.generate_presigned_url("get_object", Params={"Bucket": "starmap", "Key": "many/0007"})
import urllib.request
assert urllib.request.urlopen(url).read() == b"x"
try:
    s3.put_object(Bucket="starmap", Key="many/0001", Body=b"y", IfNoneMatch="*")
    raise SystemExit("a conditional put replaced an object")
except ClientError as error:
    assert error.response["Error"]["Code"] == "PreconditionFailed", error
deleted = s3.delete_objects(Bucket="starmap", Delete={"Objects": [{"Key": f"many/{n:04}"} for n in range(1000)]})
assert len(deleted["Deleted"]) == 1000

name = os.environ["FUNCTION"]
answer = lam.invoke(FunctionName=name, Payload=json.dumps({"n": 4}), LogType="Tail")
assert json.load(answer["Payload"]) == {"n": 4} and "LogResult" in answer
assert any("REPORT" in event["message"] for event in logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"])

definition = {"StartAt": "Map", "States": {"Map": {"Type": "Map", "ItemsPath": "$", "End": True, "ItemProcessor": {
    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    "StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}}}}
machine = sfn.create_state_machine(name="boto3", definition=json.dumps(definition), roleArn="arn:aws:iam::000000000000:role/b")
arn = sfn.start_execution(stateMachineArn=machine["stateMachineArn"], input="[1,2,3]")["executionArn"]
while (described := sfn.describe_execution(executionArn=arn))["status"] == "RUNNING":
    time.sleep(0.02)
assert json.loads(described["output"]) == [1, 2, 3], described
run = sfn.describe_map_run(mapRunArn=sfn.list_map_runs(executionArn=arn)["mapRuns"][0]["mapRunArn"])
assert run["itemCounts"]["succeeded"] == 3
events = [event for page in sfn.get_paginator("get_execution_history").paginate(executionArn=arn) for event in page["events"]]
assert [event["id"] for event in events] == list(range(1, len(events) + 1))
children = [child for page in sfn.get_paginator("list_executions").paginate(mapRunArn=run["mapRunArn"]) for child in page["executions"]]
assert len(children) == 3
try:
    sfn.describe_execution(executionArn=arn + "x")
    raise SystemExit("an execution that is not there was described")
except sfn.exceptions.ExecutionDoesNotExist:
    print("ok")
`;

test.skipIf(!installed)(
  'boto3, which shares no code with us, works with all four services (skipped without boto3)',
  async () => {
    const runtime = await startRuntimeProcess();
    try {
      const { endpoint, region, accessKeyId, secretAccessKey, functions } = runtime.connection();
      const { stdout } = await promisify(execFile)('python3', ['-c', CLIENT], {
        env: {
          ...process.env,
          AWS_ENDPOINT_URL: endpoint,
          AWS_DEFAULT_REGION: region,
          AWS_ACCESS_KEY_ID: accessKeyId,
          AWS_SECRET_ACCESS_KEY: secretAccessKey,
          AWS_CONFIG_FILE: `${runtime.home}/no-config`,
          FUNCTION: functions.inference['1024']?.split(':').at(-1) ?? '',
        },
      });
      expect(stdout.trim()).toBe('ok');
    } finally {
      await runtime.remove();
    }
  },
);
