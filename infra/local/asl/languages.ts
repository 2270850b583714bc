import type { JsonObject, Machine, QueryLanguage, State } from './types.ts';

/** What is wrong with a definition, and where in it. */
export interface Problem {
  message: string;
  /** JSON pointer. */
  location: string;
}

/** Fields that only one of the languages has, by AWS's own list. */
const ONLY_IN: Record<QueryLanguage, string[]> = {
  JSONPath: [
    'InputPath',
    'OutputPath',
    'ResultPath',
    'ResultSelector',
    'Parameters',
    'Result',
    'ItemsPath',
    'MaxConcurrencyPath',
    'SecondsPath',
    'TimestampPath',
    'TimeoutSecondsPath',
    'HeartbeatSecondsPath',
    'ToleratedFailureCountPath',
    'ToleratedFailurePercentagePath',
    'ErrorPath',
    'CausePath',
  ],
  JSONata: ['Arguments', 'Output', 'Items'],
};
const MAX_NAME = 80;
const RESERVED = 'states';

/** Checks query languages and variables, which hang together over the whole definition. */
export function languageProblems(machine: Machine): Problem[] {
  const outermost = machine.QueryLanguage ?? 'JSONPath';
  const wrong = unknownLanguage(machine.QueryLanguage, '');
  return [...wrong, ...machineProblems(machine, '', outermost, new Set())];
}

function machineProblems(machine: Machine, at: string, outermost: QueryLanguage, outer: Set<string>): Problem[] {
  const states = Object.entries(machine.States ?? {});
  const own = new Set(states.flatMap(([, state]) => assignments(state).flatMap(({ names }) => names)));
  return states.flatMap(([name, state]) => {
    const location = `${at}/States/${name}`;
    return [
      ...fieldProblems(state, location, outermost),
      ...nameProblems(state, location, outer),
      ...innerMachines(state).flatMap(({ inner, where }) => [
        ...('QueryLanguage' in inner
          ? [{ message: "Field 'QueryLanguage' is not supported", location: `${location}/${where}` }]
          : []),
        ...machineProblems(inner, `${location}/${where}`, outermost, new Set([...outer, ...own])),
      ]),
    ];
  });
}

function fieldProblems(state: State, location: string, outermost: QueryLanguage): Problem[] {
  const given = state.QueryLanguage;
  if (given === 'JSONPath' && outermost === 'JSONata')
    return [{ message: "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", location }];
  const language = given === undefined ? outermost : given === 'JSONPath' ? 'JSONPath' : 'JSONata';
  const other = language === 'JSONPath' ? 'JSONata' : 'JSONPath';
  const foreign = ONLY_IN[other].filter((field) => field in state);
  return [
    ...unknownLanguage(given, location),
    ...foreign.map((field) => ({
      message: `The QueryLanguage is set to '${language}', but field '${field}' is only supported for the '${other}' QueryLanguage`,
      location,
    })),
  ];
}

function unknownLanguage(given: unknown, at: string): Problem[] {
  const location = `${at}/QueryLanguage`;
  if (given === undefined || given === 'JSONPath' || given === 'JSONata') return [];
  if (typeof given !== 'string') return [{ message: 'Expected value of type [STRING]', location }];
  return [{ message: 'Value should be one of the following: [JSONPath, JSONata]', location }];
}

function nameProblems(state: State, location: string, outer: Set<string>): Problem[] {
  return assignments(state).flatMap(({ names, where }) =>
    names.flatMap((name) => {
      const refuse = (why: string) => [
        { message: `The variable '${name}' cannot be assigned: ${why}`, location: `${location}/${where}` },
      ];
      if (name === RESERVED) return refuse(`'${RESERVED}' is reserved`);
      if (!/^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(name)) return refuse('its name is no identifier');
      if (name.length > MAX_NAME) return refuse(`its name is longer than ${MAX_NAME} characters`);
      if (outer.has(name)) return refuse('an outer scope has a variable of the same name');
      return [];
    }),
  );
}

/** Every Assign of a state: its own, those of Catch and of Choice rules. */
function assignments(state: State): { names: string[]; where: string }[] {
  const holders = [
    { assign: state.Assign, where: 'Assign' },
    ...('Catch' in state ? (state.Catch ?? []) : []).map((each, index) => ({
      assign: each.Assign,
      where: `Catch/${index}/Assign`,
    })),
    ...(state.Type === 'Choice' ? (state.Choices ?? []) : []).map((each, index) => ({
      assign: each.Assign,
      where: `Choices/${index}/Assign`,
    })),
  ];
  return holders.map(({ assign, where }) => ({ names: namesOf(assign), where }));
}

const namesOf = (assign: JsonObject | undefined) =>
  Object.keys(assign ?? {}).map((key) => (key.endsWith('.$') ? key.slice(0, -2) : key));

function innerMachines(state: State): { inner: Machine; where: string }[] {
  if (state.Type === 'Parallel')
    return (state.Branches ?? []).map((inner, index) => ({ inner, where: `Branches/${index}` }));
  if (state.Type !== 'Map') return [];
  if (state.ItemProcessor) return [{ inner: state.ItemProcessor, where: 'ItemProcessor' }];
  return state.Iterator ? [{ inner: state.Iterator, where: 'Iterator' }] : [];
}
