#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what a peer takes for recordings, in the peer's own environment.

Usage: peer_speed.py PEER FILE…. Prints a JSON object: the peer's version, and per file the seconds of processor time from
the path to the last value. One file is heard before the clock runs, so that nothing is loaded or compiled meanwhile.
"""

import collections
import collections.abc
import json
import sys
import time


def essentia_extractor():
    import essentia
    import essentia.standard as standard
    essentia.log.infoActive = essentia.log.warningActive = False

    def hear(file):
        standard.MusicExtractor()(file)
    return hear, essentia.__version__


def librosa_set():
    """Beats, chroma, cepstrum and fundamental frequency, by the functions and settings the manual shows."""
    import librosa

    def hear(file):
        sound, rate = librosa.load(file)
        librosa.beat.beat_track(y=sound, sr=rate)
        librosa.feature.chroma_cqt(y=sound, sr=rate)
        librosa.feature.mfcc(y=sound, sr=rate)
        librosa.pyin(sound, sr=rate, fmin=librosa.note_to_hz("C2"), fmax=librosa.note_to_hz("C7"))
    return hear, librosa.__version__


def madmom_beats():
    for name in ("MutableSequence", "MutableMapping", "Mapping", "Sequence", "Iterable"):  # madmom knows Python 3.9
        setattr(collections, name, getattr(collections.abc, name))
    import madmom
    from madmom.features import downbeats
    network = downbeats.RNNDownBeatProcessor()
    decide = downbeats.DBNDownBeatTrackingProcessor(beats_per_bar=[3, 4], fps=100)

    def hear(file):
        decide(network(file))
    return hear, madmom.__version__


PEERS = {"essentia": essentia_extractor, "librosa": librosa_set, "madmom": madmom_beats}


def main() -> None:
    hear, version = PEERS[sys.argv[1]]()
    files = sys.argv[2:]
    hear(files[0])
    taken = []
    for file in files:
        start = time.process_time()
        hear(file)
        taken.append(time.process_time() - start)
    print(json.dumps({"version": version, "seconds": taken}))


if __name__ == "__main__":
    main()
