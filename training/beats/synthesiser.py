# SPDX-License-Identifier: Apache-2.0
"""FluidSynth, held open so that a SoundFont is loaded once, with the parts of a piece on separate buses."""

from __future__ import annotations

import ctypes
import ctypes.util
from pathlib import Path

import numpy as np

RATE = 44_100
BUSES = 4  # MIDI channel n sounds on bus n % 4
CHORDS, DRUMS, LEAD, BASS = range(BUSES)
STEP = 64  # samples; events fall on such steps, 1.5 ms apart


class Synthesiser:
    def __init__(self, soundfont: Path) -> None:
        name = ctypes.util.find_library("fluidsynth")
        if name is None:
            raise RuntimeError("libfluidsynth is not installed")
        self._library = ctypes.CDLL(name)
        for function in ("new_fluid_settings", "new_fluid_synth"):
            getattr(self._library, function).restype = ctypes.c_void_p
        self._settings = ctypes.c_void_p(self._library.new_fluid_settings())
        self._set("synth.sample-rate", float(RATE))
        self._set("synth.gain", 0.3)
        for setting, value in (
            ("synth.audio-channels", BUSES),
            ("synth.audio-groups", BUSES),
            ("synth.polyphony", 80),
            ("synth.reverb.active", 0),
            ("synth.chorus.active", 0),
            ("synth.threadsafe-api", 0),
        ):
            self._set(setting, value)
        self._synth = ctypes.c_void_p(self._library.new_fluid_synth(self._settings))
        if self._library.fluid_synth_sfload(self._synth, str(soundfont).encode(), 1) < 0:
            raise RuntimeError(f"{soundfont} cannot be read")
        self._library.fluid_synth_set_interp_method(self._synth, -1, 1)  # linear: half the cost of the default

    def _set(self, name: str, value: float | int) -> None:
        if isinstance(value, float):
            self._library.fluid_settings_setnum(self._settings, name.encode(), ctypes.c_double(value))
        else:
            self._library.fluid_settings_setint(self._settings, name.encode(), value)

    def play(self, events: list[tuple[float, bytes]], seconds: float) -> np.ndarray:
        """[BUSES][samples], mono. Events are (seconds, MIDI message)."""
        library, synth = self._library, self._synth
        library.fluid_synth_system_reset(synth)
        count = int(seconds * RATE) // STEP * STEP
        left = np.zeros((BUSES, count), np.float32)
        right = np.zeros((BUSES, count), np.float32)
        pointers = ctypes.c_void_p * BUSES
        bases = [left[bus].ctypes.data for bus in range(BUSES)], [right[bus].ctypes.data for bus in range(BUSES)]

        def write(start: int, end: int) -> None:
            lefts = pointers(*(base + 4 * start for base in bases[0]))
            rights = pointers(*(base + 4 * start for base in bases[1]))
            library.fluid_synth_nwrite_float(synth, end - start, lefts, rights, None, None)

        now = 0
        for time, message in sorted(events, key=lambda event: (event[0], event[1][0] & 0xF0 == 0x90)):
            at = min(count, int(time * RATE) // STEP * STEP)
            if at > now:
                write(now, at)
                now = at
            kind, channel = message[0] & 0xF0, message[0] & 0x0F
            if kind == 0x90:
                library.fluid_synth_noteon(synth, channel, message[1], message[2])
            elif kind == 0x80:
                library.fluid_synth_noteoff(synth, channel, message[1])
            elif kind == 0xC0:
                library.fluid_synth_program_change(synth, channel, message[1])
            elif kind == 0xB0:
                library.fluid_synth_cc(synth, channel, message[1], message[2])
            elif kind == 0xE0:
                library.fluid_synth_pitch_bend(synth, channel, message[1] | message[2] << 7)
        if now < count:
            write(now, count)
        return 0.5 * (left + right)
