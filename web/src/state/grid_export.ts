// SPDX-License-Identifier: Apache-2.0
import type { AnalysisDocument, BeatResult } from "../protocol/generated/messages";

export const kExports = [
  { format: "beats", name: ".beats" },
  { format: "audacity", name: "Audacity" },
  { format: "json", name: "JSON" },
] as const;
export type ExportFormat = (typeof kExports)[number]["format"];

export interface TextFile {
  readonly name: string;
  readonly type: string;
  readonly text: string;
}

/** The grid as a file, named after the recording as `auralis analyze` names its own. */
export function exported(format: ExportFormat, document: AnalysisDocument, beats: BeatResult): TextFile {
  const stem = document.source.name.replace(/\.[^.]*$/, "") || "recording";
  switch (format) {
    case "beats":
      return { name: `${stem}.beats`, type: "text/plain", text: beats.grid.map((beat) => `${time(beat.at)}\t${beat.position}\n`).join("") };
    case "audacity":
      return {
        name: `${stem}.beats.txt`,
        type: "text/plain",
        text: beats.grid.map((beat) => `${time(beat.at)}\t${time(beat.at)}\t${beat.position}\n`).join(""),
      };
    case "json":
      return { name: `${stem}.json`, type: "application/json", text: `${JSON.stringify({ ...document, beats }, null, 2)}\n` };
  }
}

function time(seconds: number): string {
  return seconds.toFixed(6);
}
