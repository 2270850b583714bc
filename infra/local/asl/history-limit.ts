import { StatesError } from './types.ts';

/**
 * Most events of a Standard execution: the one after fails it, so a machine that goes in circles ends there.
 * https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
 */
export const MAX_EVENTS = 25_000;

export const tooManyEvents = () =>
  new StatesError('States.Runtime', `The execution reached the maximum number of history events (${MAX_EVENTS}).`);
