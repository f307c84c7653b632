// SPDX-License-Identifier: Apache-2.0
import type { Scope } from "../scope";
import type { Settings } from "./settings";
import { loadSettings, saveSettings } from "./settings";

const kSaveAfterMs = 400;

/** The listener's settings as they are now; written a moment after the last change, and when the page goes. */
export class Preferences {
  settings: Settings = $state.raw(loadSettings());

  private saving: (() => void) | null = null;

  constructor(private readonly scope: Scope) {
    scope.listen(window, "pagehide", () => { saveSettings(this.settings); });
  }

  remember(change: Partial<Settings>): void {
    this.settings = { ...this.settings, ...change };
    this.saving ??= this.scope.after(kSaveAfterMs, () => {
      this.saving = null;
      saveSettings(this.settings);
    });
  }
}
