import { Argument, Command, CommanderError, Option } from 'commander';
import { benchNames } from './bench-names.ts';
import { generateClient } from './build.ts';
import { type DeployFlags, withDeployFlags } from './deploy-flags.ts';
import { StartError } from './stack.ts';
import { StepFailed } from './step.ts';
import { UserError } from './user-error.ts';

const json = () => new Option('--json', 'print one JSON object instead of text');
const program = new Command('starmap')
  .description('Data-parallel model inference on AWS Step Functions, from a terminal.')
  .showHelpAfterError()
  .exitOverride();

// The commands read the database through generated code that a bare clone does not have yet.
program.hook('preAction', () => generateClient());

// Each command's module is loaded when it runs: `start` must not wait for what `dataset` needs.
program
  .command('demo')
  .description('set up, start, make a demo dataset, run the demo experiment, keep the dashboard open')
  .option('--exit', 'stop after the experiment; exit 0 only if every run is COMPLETE and its files were read back')
  .action(async (options: { exit?: boolean }) => (await import('./demo.ts')).demo({ exit: options.exit ?? false }));
program
  .command('start')
  .description('start the local runtime and the dashboard')
  .addOption(json())
  .action(async (options: { json?: boolean }) => (await import('./start.ts')).start({ json: options.json ?? false }));
program
  .command('build')
  .description('generate the database client, bundle the Lambda functions, build the dashboard')
  .action(async () => (await import('./build.ts')).build((step) => console.error(`· ${step}`)));
program
  .command('test')
  .description('lint, types, unit, integration and end-to-end tests')
  .action(async () => (await import('./test.ts')).test());
program
  .command('bench')
  // Checked before anything is built: that would disturb a dashboard that runs.
  .addArgument(new Argument('[names...]', 'which benchmarks (default: all)').choices(benchNames))
  .description('measure; prints a table of ratios')
  .addOption(json())
  .action(async (names: string[], options: { json?: boolean }) => (await import('./bench.ts')).bench(names, options));
program
  .command('env')
  .description('print export lines for the aws CLI against the local runtime')
  .addOption(json())
  .action(async (options: { json?: boolean }) => (await import('./env-command.ts')).printEnv(options));
const dataset = program.command('dataset').description('make a dataset of simulated galaxies, or delete one');
dataset
  .command('make', { isDefault: true })
  .description('make a dataset of simulated SDSS-like galaxies')
  .requiredOption('--size <size>', 'how much in all, e.g. 200MB (MB = 10^6 bytes)')
  .requiredOption('--partition <size>', 'largest size of one partition file, e.g. 5MB')
  .requiredOption('--out <s3 url>', 'where to, e.g. s3://starmap/datasets/sdss-5MB')
  .option('--seed <number>', 'the same seed makes the same galaxies', '1')
  .option('--overwrite', 'replace what is there')
  .addOption(json())
  .action(async (options) => (await import('./dataset.ts')).dataset(options));
dataset
  .command('delete')
  .argument('<place>', 's3://bucket/datasets/name, whole or unfinished')
  .description('delete a dataset; refused while a run that waits or runs reads it')
  .option('--yes', 'do not ask')
  .addOption(json())
  .action(async (place: string, options) => (await import('./dataset.ts')).removeDataset(place, options));
program
  .command('partition')
  .argument('[source]', 'data file, folder of data files, s3://bucket/file or s3://bucket/folder')
  .description('split a big data file or folder into a dataset; run it again to continue what was interrupted')
  .option('--size <size>', 'largest size of one partition: 25MB (10^6 bytes) or 25MiB (2^20 bytes)')
  .option('--samples <number>', 'samples per partition, instead of a size')
  .option('--out <place>', 'name of the dataset, or s3://bucket/folder (default: named like the source)')
  .option(
    '--format <format>',
    'safetensors, npy, npz, parquet or csv (default: that of the source, safetensors for the others)',
  )
  .option('--tensors <list>', 'only these tensors or columns')
  .option('--overwrite', 'replace what is there')
  .option('--verify', 'read all back and compare checksums; without a source: only that')
  .addOption(json())
  .action(async (source: string | undefined, options) => (await import('./partition.ts')).partition(source, options));
const model = program.command('model').description('model packages: your own models');
model
  .command('check')
  .argument('<folder>', 'folder with model.json and the ONNX file it names')
  .description('run a model package on one partition as the inference function would; say all that does not fit')
  .option('--partition <file>', 'a data file of this machine')
  .option('--dataset <id>', 'the first partition of a dataset, e.g. starmap/datasets/sdss-5MB')
  .option('--batch <number>', 'samples per batch', '64')
  .addOption(json())
  .action(async (folder: string, options) => (await import('./model.ts')).checkModelFolder(folder, options));
model
  .command('install')
  .argument('<folder>', 'folder with model.json and the ONNX file it names')
  .description('check the model.json of a package and upload it')
  .requiredOption('--out <s3 url>', 'where to, e.g. s3://starmap/models/photoz')
  .addOption(json())
  .action(async (folder: string, options) => (await import('./model.ts')).installModelFolder(folder, options));
model
  .command('list')
  .description('the model packages in the bucket')
  .addOption(json())
  .action(async (options) => (await import('./model.ts')).printModels(options));
model
  .command('delete')
  .argument('<place>', 's3://bucket/models/name')
  .description('delete a model package; refused while a run that waits or runs needs it')
  .option('--yes', 'do not ask')
  .addOption(json())
  .action(async (place: string, options) => (await import('./model.ts')).removeModel(place, options));
program
  .command('launch')
  .description('launch an experiment: the product of all lists, each repeated')
  .requiredOption('--dataset <list>', 'dataset ids, e.g. starmap/datasets/sdss-5MB', list())
  .option('--name <text>', 'name of the experiment', 'From the terminal')
  .option('--question <text>', 'what it shall answer', '')
  .option('--size <list>', 'how much of the data: sizes, or all', ...listWith(['all']))
  .option('--batch <list>', 'batch sizes', ...listWith(['512']))
  .option('--memory <list>', 'memory of the function, MB', ...listWith([]))
  .option('--model <id>', 'model package', 'starmap/models/photoz')
  .option('--concurrency <number>', 'most items at once; 0 = no limit', '0')
  .option('--workers <number>', 'spread the partitions over so many jobs')
  .option('--tolerate <percent>', 'items that may fail, in %', '0')
  .option('--repeats <number>', 'how often each', '1')
  .option('--wait', 'wait for the end; exit 0 only if every run is COMPLETE')
  .addOption(json())
  .action(async (options) => (await import('./launch.ts')).launch(options));
program
  .command('watch')
  .argument('<id>', 'run or experiment')
  .description('follow a run or an experiment to its end')
  .addOption(json())
  .action(async (id: string, options: { json?: boolean }) => (await import('./watch.ts')).watch(id, options));
program
  .command('download')
  .argument('<run>', 'run id')
  .argument('[file]', 'combined_data.json, predictions.csv or predictions.parquet', 'combined_data.json')
  .description('fetch a combined result')
  .option('--out <path>', 'where to (default: <run>-<file> in this folder)')
  .addOption(json())
  .action(async (run: string, file: string, options) => (await import('./download.ts')).download(run, file, options));
withDeployFlags(program.command('synth'))
  .description('write the CloudFormation template of the AWS deployment; needs no network, credentials or Docker')
  .addOption(json())
  .action(async (flags: DeployFlags & { json?: boolean }) => (await import('./synth.ts')).synth(flags));
withDeployFlags(whereOnAws(program.command('deploy')))
  .description('deploy to AWS, or update what is there: checks, shows, asks')
  .addOption(
    new Option('--builder <program>', 'what builds the container image (default: docker, else finch)').env(
      'CDK_DOCKER',
    ),
  )
  .action(async (flags) => (await import('./deploy.ts')).deploy(flags));
whereOnAws(program.command('destroy'))
  .description('take the AWS deployment away; the bucket with the data stays')
  .option('--stack <name>', 'name of the CloudFormation stack (default: starmap)')
  .action(async (flags) => (await import('./destroy.ts')).destroy(flags));

try {
  await program.parseAsync();
} catch (error) {
  fail(error as Error);
}

/** Says what went wrong on stderr, and as JSON on stdout where that was asked for: who reads it gets an object always. */
function fail(error: Error): void {
  // Commander has spoken already, and throws also when it was asked for help.
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode;
    if (error.exitCode === 0) return;
  } else {
    // What a user can act on is shown as a sentence; anything else is a bug and keeps its stack.
    const expected = error instanceof UserError || error instanceof StartError || error instanceof StepFailed;
    const known = ['EnvError', 'BackendError', 'DatabaseError', 'MigrationError'].includes(error.name);
    console.error(expected || known ? error.message : error);
    process.exitCode = 1;
  }
  if (process.argv.includes('--json')) console.log(JSON.stringify({ error: error.message.replace(/^error: /, '') }));
}

function whereOnAws(command: Command): Command {
  return command
    .option('--region <name>', 'AWS region (default: AWS_REGION, else the profile’s)')
    .option('--profile <name>', 'section of ~/.aws/config (default: AWS_PROFILE, else AWS’s usual chain)')
    .option('--yes', 'do not ask')
    .addOption(json());
}

/** Parses a list; an option that is given several times has all that it was given. */
function list(defaults?: string[]): (text: string, before?: string[]) => string[] {
  return (text, before) => [
    ...(before === defaults ? [] : (before ?? [])),
    ...text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  ];
}

function listWith(defaults: string[]) {
  return [list(defaults), defaults] as const;
}
