// SPDX-License-Identifier: Apache-2.0

/** Keyboards, headsets and lock screens have keys of their own for play and stop. */
export function takeMediaKeys(play: () => void, stop: () => void): void {
  if (!("mediaSession" in navigator)) {
    return;
  }
  navigator.mediaSession.metadata = new MediaMetadata({ title: "Music that never repeats", artist: "Auralis" });
  navigator.mediaSession.setActionHandler("play", play);
  for (const action of ["pause", "stop"] as const) {
    navigator.mediaSession.setActionHandler(action, stop);
  }
}
