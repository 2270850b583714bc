// The arrows of the design: what may import what. Each rule was seen to fire once (see lib/arrows.test.ts).
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: '\\.(test|fixture)\\.tsx?$' },
  to: {
    path: '^(app|components|lib|lambdas|infra|prisma|bench|e2e)/',
    pathNot: allowed,
  },
});

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    only(
      'app-imports',
      '^app/',
      '^(app|components|lib/server|lib/domain)/',
      'app → components, lib/server, lib/domain',
    ),
    only('components-imports', '^components/', '^(components|lib/domain)/', 'components → lib/domain only'),
    only('domain-is-pure', '^lib/domain/', '^lib/domain/', 'lib/domain imports nothing of ours'),
    only('planner-is-pure', '^lib/planner/', '^lib/(planner|domain)/', 'lib/planner → lib/domain'),
    only('aws-imports', '^lib/aws/', '^lib/(aws|domain)/|^lib/(env|connection)\\.ts$', 'lib/aws → domain, env'),
    only('db-imports', '^lib/db/', '^lib/(db|domain)/|^lib/(env|connection)\\.ts$', 'lib/db → domain, env'),
    only(
      'server-imports',
      '^lib/server/',
      '^lib/(server|aws|db|domain|planner)/|^lib/(env|connection)\\.ts$',
      'lib/server → aws, db, domain, planner',
    ),
    only(
      'cli-imports',
      '^lib/cli/',
      '^lib/(cli|server|domain)/|^lib/(env|connection)\\.ts$',
      'lib/cli → server, domain, env',
    ),
    only('lambdas-imports', '^lambdas/', '^(lambdas|lib/domain)/', 'lambdas → lib/domain + SDK'),
    only('runtime-imports', '^infra/local/', '^infra/local/', 'infra/local starts lambdas and reads the ASL by path'),
    only('cdk-imports', '^infra/cdk/', '^(infra/cdk|lib/domain)/', 'infra/cdk → lib/domain; reads the ASL by path'),
    only('asl-is-pure', '^infra/local/asl/', '^infra/local/asl/', 'the interpreter imports nothing of ours'),
    {
      name: 'nobody-imports-the-runtime',
      severity: 'error',
      from: { pathNot: '^(infra/local|bench)/|\\.(test|fixture)\\.tsx?$|^e2e/' },
      to: { path: '^infra/local/' },
    },
    {
      name: 'sdk-only-in-aws-and-lambdas',
      severity: 'error',
      from: { path: '^(app|components|lib)/', pathNot: '^lib/aws/|\\.(test|fixture)\\.tsx?$' },
      to: { path: 'node_modules/@aws-sdk/' },
    },
    {
      name: 'prisma-only-in-db',
      severity: 'error',
      from: { path: '^(app|components|lib)/', pathNot: '^lib/db/' },
      to: { path: 'node_modules/(@prisma|prisma)/|^lib/db/generated/' },
    },
    {
      name: 'recharts-only-in-charts',
      severity: 'error',
      from: { pathNot: '^components/charts/' },
      to: { path: 'node_modules/recharts/' },
    },
    {
      name: 'asl-needs-no-io',
      severity: 'error',
      from: { path: '^infra/local/asl/', pathNot: '\\.(test|fixture)\\.ts$' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'domain-needs-zod-only',
      severity: 'error',
      from: { path: '^lib/(domain|planner)/', pathNot: '\\.(test|fixture)\\.ts$' },
      to: { path: 'node_modules/', pathNot: 'node_modules/zod/' },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', 'lib/db/generated'] },
    exclude: { path: '(^|/)(\\.next|dist|\\.starmap)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'] },
  },
};
