/** Wall time of each phase of one item, in ms. They add up to the handler's duration plus `init`; `other` is the rest. */
export const phaseNames = ['init', 'model_load', 'fetch', 'decode', 'inference', 'write', 'other'] as const;
export type PhaseName = (typeof phaseNames)[number];
export type PhasesMs = Record<PhaseName, number>;
