// SPDX-License-Identifier: Apache-2.0

/** Values that were, the one that is, and those that were taken back. */
export interface History<T> {
  readonly past: readonly T[];
  readonly present: T;
  readonly future: readonly T[];
}

/** Nobody goes back further than this. */
const kDeepest = 200;

export function historyOf<T>(present: T): History<T> {
  return { past: [], present, future: [] };
}

/** @param joins whether this continues the last change, as a drag does: both are taken back as one */
export function changed<T>(history: History<T>, present: T, joins = false): History<T> {
  if (present === history.present) {
    return history;
  }
  const past = joins && history.past.length > 0 ? history.past : [...history.past, history.present].slice(-kDeepest);
  return { past, present, future: [] };
}

export function undone<T>(history: History<T>): History<T> {
  const present = history.past.at(-1);
  return present === undefined ? history : { past: history.past.slice(0, -1), present, future: [history.present, ...history.future] };
}

export function redone<T>(history: History<T>): History<T> {
  const present = history.future[0];
  return present === undefined ? history : { past: [...history.past, history.present], present, future: history.future.slice(1) };
}
