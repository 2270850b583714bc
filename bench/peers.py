"""A Distributed Map of Pass children on another implementation of Step Functions, through boto3.

    python bench/peers.py <endpoint> <items>

Prints one JSON line: {"status": ..., "seconds": ...}. Used by bench/runtime.ts; the product needs no Python.
"""
import json
import sys
import time

import boto3
from botocore.config import Config

endpoint, items = sys.argv[1], int(sys.argv[2])
client = boto3.client(
    "stepfunctions",
    endpoint_url=endpoint,
    region_name="us-east-1",
    aws_access_key_id="bench",
    aws_secret_access_key="bench",
    config=Config(read_timeout=600, retries={"max_attempts": 0}),
)
definition = {
    "StartAt": "Map",
    "States": {
        "Map": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "Pass",
                "States": {"Pass": {"Type": "Pass", "End": True}},
            },
            "ResultPath": None,
            "End": True,
        }
    },
}
machine = client.create_state_machine(
    name=f"bench-{time.time_ns()}", definition=json.dumps(definition), roleArn="arn:aws:iam::123456789012:role/bench"
)["stateMachineArn"]
started = time.perf_counter()
execution = client.start_execution(stateMachineArn=machine, input=json.dumps({"items": list(range(items))}))["executionArn"]
while (status := client.describe_execution(executionArn=execution)["status"]) == "RUNNING":
    time.sleep(0.02)
print(json.dumps({"status": status, "seconds": time.perf_counter() - started}))
