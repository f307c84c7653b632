#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reference values of the spectral features, from NumPy and SciPy.

Usage: spectral_features.py > tests/golden/analysis/spectral_features.txt

One line a value: frame, name, number. The sound is closed form and a linear congruential generator, so that the test
makes the same samples.
"""

import sys

import numpy
import scipy
import scipy.fft
import scipy.signal
import scipy.stats

RATE = 44100
SIZE = 2048
HOP = 441
COUNT = 22050
FRAMES = (0, 7, 12, 20, 33, 49)
MEL_BANDS = 40
MFCC = 13
CONTRAST_EDGES = (0.0, 200.0, 400.0, 800.0, 1600.0, 3200.0, 8000.0)


def sound() -> numpy.ndarray:
    """A chord that fades into noise, with a click."""
    n = numpy.arange(COUNT)
    chord = sum(a * numpy.sin(2 * numpy.pi * f * n / RATE) for f, a in ((220.0, 0.3), (554.4, 0.2), (1760.0, 0.1)))
    noise = numpy.empty(COUNT)
    state = 12345
    for i in range(COUNT):
        state = (1664525 * state + 1013904223) % 2**32
        noise[i] = state / 2**32 - 0.5
    share = n / COUNT
    samples = chord * (1 - share) + 0.4 * noise * share**2
    samples[9000] += 0.8
    return samples.astype(numpy.float32).astype(numpy.float64)


def to_mel(hertz: float) -> float:
    return hertz / (200 / 3) if hertz < 1000 else 15 + numpy.log(hertz / 1000) / (numpy.log(6.4) / 27)


def to_hertz(mel: float) -> float:
    return mel * 200 / 3 if mel < 15 else 1000 * numpy.exp((mel - 15) * numpy.log(6.4) / 27)


def mel_bank() -> numpy.ndarray:
    frequencies = numpy.fft.rfftfreq(SIZE, 1 / RATE)
    edges = [to_hertz(m) for m in numpy.linspace(0, to_mel(RATE / 2), MEL_BANDS + 2)]
    rows = []
    for left, centre, right in zip(edges, edges[1:], edges[2:]):
        triangle = numpy.interp(frequencies, (left, centre, right), (0, 1, 0), left=0, right=0)
        rows.append(triangle * 2 / (right - left))
    return numpy.array(rows)


def main() -> int:
    padded = numpy.concatenate([numpy.zeros(SIZE // 2), sound(), numpy.zeros(SIZE)])
    window = scipy.signal.get_window("hann", SIZE)
    bank = mel_bank()
    hertz = RATE / SIZE
    previous = numpy.zeros(SIZE // 2 - 1)
    mfccs: list[numpy.ndarray] = []
    print(f"# tools/reference/spectral_features.py, numpy {numpy.__version__}, scipy {scipy.__version__}")
    print("# tolerance: 1e-3 of the value, or of the unit where it says so in the test")
    for index in range((COUNT + HOP - 1) // HOP):
        samples = padded[index * HOP : index * HOP + SIZE]
        magnitude = numpy.abs(numpy.fft.rfft(samples * window)) * 2 / window.sum()
        k = numpy.arange(2, SIZE // 2 + 1)
        m = magnitude[2:]
        power = m**2
        values: dict[str, float] = {}
        values["rms"] = numpy.sqrt(numpy.mean(samples**2))
        values["peak"] = numpy.max(numpy.abs(samples))
        values["crest"] = values["peak"] / values["rms"]
        values["zero_crossing_rate"] = numpy.mean(numpy.diff(numpy.signbit(samples + 0.0).astype(int)) != 0)
        centre = numpy.average(k, weights=m)
        values["centroid"] = centre * hertz
        values["bandwidth"] = numpy.sqrt(numpy.average((k - centre) ** 2, weights=m)) * hertz
        values["rolloff"] = k[numpy.searchsorted(numpy.cumsum(power), 0.85 * power.sum())] * hertz
        values["flatness"] = scipy.stats.gmean(numpy.maximum(power, 1e-30)) / power.mean()
        values["flux"] = numpy.maximum(0, m - previous).sum()
        edge = numpy.concatenate([[0.0], m, [0.0]])
        values["complexity"] = numpy.sum((m > edge[:-2]) & (m >= edge[2:]) & (m > 0.01 * m.max()))
        previous = m
        for band, (low, high) in enumerate(zip(CONTRAST_EDGES, CONTRAST_EDGES[1:])):
            part = numpy.sort(magnitude[max(2, round(low / hertz)) : round(high / hertz)])
            share = max(1, round(0.2 * len(part)))
            values[f"contrast{band}"] = 20 * numpy.log10(
                (part[-share:].mean() + 1e-5) / (part[:share].mean() + 1e-5)
            )
        mel = bank @ numpy.concatenate([[0, 0], power])
        mfcc = scipy.fft.dct(10 * numpy.log10(numpy.maximum(mel, 1e-10)), norm="ortho")[:MFCC]
        mfccs.append(mfcc)
        recent = [mfccs[max(0, index - back)] for back in range(4, -1, -1)]
        delta = numpy.polyfit(numpy.arange(5), numpy.array(recent), 1)[0]
        for c in range(MFCC):
            values[f"mfcc{c}"] = mfcc[c]
            values[f"mfcc_delta{c}"] = delta[c]
        if index in FRAMES:
            for name, value in values.items():
                print(f"{index} {name} {value:.9g}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
