// SPDX-License-Identifier: Apache-2.0
import type { ControlMessage, LayerName, Parameters } from "../protocol/generated/messages";
import { layerNameValues } from "../protocol/generated/messages";

/** What a control message changes. */
export type Change = Omit<ControlMessage, "type" | "id" | "grid">;

/** Later changes win; layers merge field by field. */
export function merge(first: Change, second: Change): Change {
  const merged: Change = { ...first, ...second };
  if (first.layers === undefined || second.layers === undefined) {
    return merged;
  }
  const layers = { ...first.layers };
  for (const name of layerNameValues) {
    const change = second.layers[name];
    if (change !== undefined) {
      layers[name] = { ...layers[name], ...change };
    }
  }
  return { ...merged, layers };
}

/** What a change says of parameters, at once and without glides. */
export function applied(change: Change, to: Parameters): Parameters {
  const mix = (name: LayerName): Parameters["layers"][LayerName] => ({ ...to.layers[name], ...change.layers?.[name] });
  return {
    key: change.key ?? to.key,
    mode: change.mode ?? to.mode,
    bpm: change.bpm ?? to.bpm,
    intensity: change.intensity ?? to.intensity,
    density: change.density ?? to.density,
    brightness: change.brightness ?? to.brightness,
    humanise: change.humanise ?? to.humanise,
    layers: { piano: mix("piano"), pad: mix("pad"), bass: mix("bass"), bells: mix("bells"), percussion: mix("percussion") },
  };
}

/** The server holds levels in single precision: what it sends back differs in the seventh place. */
const kTolerance = 1e-4;
const near = (a: number, b: number): boolean => Math.abs(a - b) < kTolerance;

/** Whether two sets of parameters are the same but for rounding. */
export function alike(a: Parameters, b: Parameters): boolean {
  return (
    a.key === b.key && a.mode === b.mode && near(a.bpm, b.bpm) && near(a.intensity, b.intensity) &&
    near(a.density, b.density) && near(a.brightness, b.brightness) && near(a.humanise, b.humanise) &&
    layerNameValues.every((name) => near(a.layers[name].level, b.layers[name].level) && a.layers[name].muted === b.layers[name].muted)
  );
}

/** The change that turns anything into these parameters. */
export function changeTo(parameters: Parameters): Change {
  return { ...parameters };
}
