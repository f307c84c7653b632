// SPDX-License-Identifier: Apache-2.0
import { Scope } from "../scope";
import type { Hertz, Milliseconds } from "../units";
import type { MicrophoneCommand, MicrophoneOptions, MicrophoneSound } from "./microphone_protocol";
import { kMicrophoneName } from "./microphone_protocol";
import workletUrl from "./microphone_worklet?worker&url";
import { toPcm16 } from "./pcm16";
import { FrameRing, allocateRing } from "./ring";

/** Why there is no microphone to hear. */
export type MicrophoneProblem =
  /** The visitor, or the browser for him, said no. */
  | "denied"
  | "none"
  /** Another program holds it. */
  | "busy"
  /** Browsers give microphones to secure pages only. */
  | "insecure"
  | "failed";

export class NoMicrophone extends Error {
  constructor(readonly problem: MicrophoneProblem, detail: string) {
    super(detail);
  }
}

/** What getUserMedia's errors mean (Media Capture and Streams, 10.2). */
export function problemOf(error: unknown): MicrophoneProblem {
  const name = error instanceof Error ? error.name : "";
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return "none";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    default:
      return "failed";
  }
}

/** 2.7 s at 48 kHz: a page in the background is woken once a second. */
const kRingFrames = 2 ** 17;
const kReadEveryMs: Milliseconds = 40;
/** Longest stretch handed over at once; the server takes no larger message. */
const kMostFrames = 16_384;

export interface MicrophoneEvents {
  /** One channel, at the microphone's rate. */
  sound(samples: Int16Array<ArrayBuffer>): void;
  /** It was unplugged, or taken back. */
  ended(): void;
}

/** The visitor's microphone, as it is: without what makes calls clearer and music worse. */
export class Microphone {
  private readonly scope = new Scope();

  private constructor(private readonly context: AudioContext) {
    this.scope.add(() => void context.close());
  }

  get sampleRate(): Hertz {
    return this.context.sampleRate;
  }

  /** Asks the visitor. Call from a user's gesture. @throws NoMicrophone */
  static async open(shared: boolean, events: MicrophoneEvents): Promise<Microphone> {
    const { mediaDevices } = navigator as { readonly mediaDevices?: MediaDevices };
    if (mediaDevices === undefined) {
      throw new NoMicrophone("insecure", "the page is not secure");
    }
    let stream: MediaStream;
    try {
      stream = await mediaDevices.getUserMedia({
        audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false },
      });
    } catch (error) {
      throw new NoMicrophone(problemOf(error), String(error));
    }
    const microphone = new Microphone(new AudioContext({ latencyHint: "interactive" }));
    const { scope, context } = microphone;
    scope.add(() => { stream.getTracks().forEach((track) => { track.stop(); }); });
    try {
      await Promise.all([context.audioWorklet.addModule(workletUrl), context.resume()]);
      microphone.connect(stream, shared && crossOriginIsolated, events);
    } catch (error) {
      microphone.close();
      throw new NoMicrophone("failed", String(error));
    }
    return microphone;
  }

  close(): void {
    this.scope.close();
  }

  private connect(stream: MediaStream, shared: boolean, events: MicrophoneEvents): void {
    const { scope, context } = this;
    const memory = shared ? allocateRing(kRingFrames, true) : null;
    const options: MicrophoneOptions = { ring: memory };
    const node = new AudioWorkletNode(context, kMicrophoneName, { numberOfInputs: 1, numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit", processorOptions: options });
    const source = new MediaStreamAudioSourceNode(context, { mediaStream: stream });
    source.connect(node);
    scope.add(() => {
      source.disconnect();
      const command: MicrophoneCommand = { type: "close" };
      node.port.postMessage(command);
    });
    for (const track of stream.getTracks()) {
      scope.listen(track, "ended", () => { events.ended(); });
    }
    if (memory === null) {
      node.port.onmessage = ({ data }: MessageEvent<MicrophoneSound>): void => { events.sound(Int16Array.from(data, toPcm16)); };
      return;
    }
    const ring = new FrameRing(memory);
    scope.every(kReadEveryMs, () => {
      for (let count = ring.available(); count > 0; count = ring.available()) {
        const samples = new Int16Array(Math.min(count, kMostFrames));
        for (let i = 0; i < samples.length; ++i) {
          samples[i] = toPcm16(ring.peek(i, 0));
        }
        ring.skip(samples.length);
        events.sound(samples);
      }
    });
  }
}
