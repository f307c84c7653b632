// SPDX-License-Identifier: Apache-2.0

const kRate = 44_100;

/** A wav file: A minor, held, with a thump on every beat and a stronger one on every fourth. */
export function recording(seconds: number, bpm: number): Buffer {
  const frames = Math.round(seconds * kRate);
  const data = Buffer.alloc(44 + 2 * frames);
  data.write("RIFF", 0);
  data.writeUInt32LE(36 + 2 * frames, 4);
  data.write("WAVEfmt ", 8);
  data.writeUInt32LE(16, 16);
  data.writeUInt16LE(1, 20);
  data.writeUInt16LE(1, 22);
  data.writeUInt32LE(kRate, 24);
  data.writeUInt32LE(2 * kRate, 28);
  data.writeUInt16LE(2, 32);
  data.writeUInt16LE(16, 34);
  data.write("data", 36);
  data.writeUInt32LE(2 * frames, 40);
  const period = 60 / bpm;
  for (let n = 0; n < frames; ++n) {
    const t = n / kRate;
    const since = t % period;
    const strong = Math.floor(t / period) % 4 === 0;
    const thump = Math.exp(-since * 40) * Math.sin(2 * Math.PI * 80 * since) * (strong ? 0.6 : 0.35);
    const chord = [220, 261.63, 329.63].reduce((sum, hertz) => sum + 0.08 * Math.sin(2 * Math.PI * hertz * t), 0);
    data.writeInt16LE(Math.round(32_767 * (thump + chord)), 44 + 2 * n);
  }
  return data;
}
