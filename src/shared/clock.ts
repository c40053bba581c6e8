/** Milliseconds from a monotonic clock, passed in wherever time matters so that tests can move it by hand. */
export type Clock = () => number;

export const monotonicClock: Clock = () => performance.now();
