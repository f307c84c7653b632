# SPDX-License-Identifier: Apache-2.0
"""Prints what mido finds in a MIDI file, one line each: tracks, notes in seconds, tempos.

Usage: read_midi.py FILE. Needs python3-mido.
"""

import sys

import mido

file = mido.MidiFile(sys.argv[1])
print(f"format {file.type} tracks {len(file.tracks)} ticks {file.ticks_per_beat}")
for track in file.tracks:
    print(f"track {track.name}")
now = 0.0
sounding = {}
for message in file:  # all tracks merged, times in seconds along the tempo map
    now += message.time
    if message.type == "note_on" and message.velocity > 0:
        assert (message.channel, message.note) not in sounding, "struck again before it ended"
        sounding[message.channel, message.note] = (now, message.velocity)
    elif message.type in ("note_off", "note_on"):
        begun, velocity = sounding.pop((message.channel, message.note))
        print(f"note {message.channel + 1} {message.note} {velocity} {begun:.4f} {now:.4f}")
    elif message.type == "program_change":
        print(f"program {message.channel + 1} {message.program} {now:.4f}")
    elif message.type == "control_change":
        print(f"control {message.channel + 1} {message.control} {message.value} {now:.4f}")
    elif message.type == "marker":
        print(f"chord {message.text} {now:.4f}")
    elif message.type == "key_signature":
        print(f"key {message.key} {now:.4f}")
    elif message.type == "time_signature":
        print(f"metre {message.numerator}/{message.denominator}")
print(f"hanging {len(sounding)} length {now:.4f}")
