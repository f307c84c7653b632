# SPDX-License-Identifier: Apache-2.0
"""How the bands of many kinds of music keep time: drum, bass and chord patterns of one bar.

A pattern has `steps` signs a beat: x accented, o softer, ? now and then, . nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

KICK, SNARE, CLAP, RIM, CLOSED, OPEN, PEDAL, RIDE, BELL, CRASH = 36, 38, 39, 37, 42, 46, 44, 51, 53, 49
SHAKER, TAMBOURINE, COWBELL, CONGA_HIGH, CONGA_LOW, CLAVES = 70, 54, 56, 63, 64, 75


@dataclass(frozen=True)
class Style:
    name: str
    tempo: tuple[float, float]
    metre: int
    steps: int  # a beat
    drums: dict[int, str]
    bass: tuple[str, ...]
    chords: tuple[str, ...]
    swing: bool = False  # the second of two halves comes late


STYLES = (
    Style("rock", (85, 160), 4, 4, {KICK: "x.......x.?.....", SNARE: "....x.......x...", CLOSED: "x.o.x.o.x.o.x.o."}, ("eighths", "kick", "long"), ("eighths", "long", "strum", "power")),
    Style("rock ride", (90, 170), 4, 4, {KICK: "x.x...?.x.x...?.", SNARE: "....x.......x...", RIDE: "x.o.x.o.x.o.x.o."}, ("eighths", "kick"), ("eighths", "strum", "power", "beats")),
    Style("ballad", (58, 95), 4, 4, {KICK: "x......?x.?.....", RIM: "....x.......x...", CLOSED: "x.o.x.o.x.o.x.o."}, ("long", "kick"), ("long", "arp8", "arp16", "strum", "beats")),
    Style("pop", (80, 130), 4, 4, {KICK: "x..?..x.x.....?.", SNARE: "....x.......x...", CLOSED: "x.o.x.o.x.o.x.o.", TAMBOURINE: "....?.......?..."}, ("kick", "eighths", "long"), ("beats", "strum", "arp8", "long", "pulse")),
    Style("half time", (110, 170), 4, 4, {KICK: "x.......?.......", SNARE: "........x.......", CLOSED: "x.o.x.o.x.o.x.o."}, ("long", "kick"), ("long", "arp8", "strum")),
    Style("disco", (105, 135), 4, 4, {KICK: "x...x...x...x...", SNARE: "....x.......x...", CLOSED: "x.oox.oox.oox.oo", OPEN: "..x...x...x...x."}, ("octaves", "eighths"), ("offbeats", "pulse", "charleston", "long")),
    Style("house", (115, 132), 4, 4, {KICK: "x...x...x...x...", CLAP: "....x.......x...", OPEN: "..x...x...x...x.", SHAKER: "oooooooooooooooo"}, ("offbeats", "octaves", "kick"), ("charleston", "offbeats", "long", "pulse")),
    Style("techno", (122, 150), 4, 4, {KICK: "x...x...x...x...", CLOSED: "..x...x...x...x.", COWBELL: "...?.....?......"}, ("offbeats", "sixteenths", "kick"), ("pulse", "arp16", "long")),
    Style("hip hop", (70, 105), 4, 4, {KICK: "x..?...?..x..?..", SNARE: "....x.......x...", CLOSED: "x.o.x.o.x.o.x.oo"}, ("kick", "long"), ("long", "beats", "arp8", "charleston")),
    Style("hip hop swung", (78, 100), 4, 4, {KICK: "x....?.x.xx.....", SNARE: "....x..?....x...", CLOSED: "x.o.x.o.x.o.x.o."}, ("kick", "long"), ("long", "charleston", "beats"), True),
    Style("funk", (90, 120), 4, 4, {KICK: "x.x...?...x..?..", SNARE: "....x..o.o..x..o", CLOSED: "xooxxooxxooxxoox"}, ("funk", "kick"), ("funk", "charleston", "offbeats")),
    Style("one drop", (125, 165), 4, 4, {KICK: "........x.......", RIM: "........x.......", CLOSED: "x.o.x.o.x.o.x.o."}, ("reggae",), ("skank",)),
    Style("reggae", (65, 90), 4, 4, {KICK: "....x.......x...", RIM: "....x.......x...", CLOSED: "o.x.o.x.o.x.o.x."}, ("reggae", "kick"), ("offbeats",)),
    Style("steppers", (65, 90), 4, 4, {KICK: "x...x...x...x...", RIM: "....x.......x...", CLOSED: "o.x.o.x.o.x.o.x."}, ("reggae", "eighths"), ("offbeats",)),
    Style("ska", (110, 160), 4, 4, {KICK: "x.......x.......", SNARE: "....x.......x...", CLOSED: "o.x.o.x.o.x.o.x."}, ("walking", "eighths"), ("offbeats",)),
    Style("metal", (100, 190), 4, 4, {KICK: "xxxxxxxxxxxxxxxx", SNARE: "....x.......x...", CRASH: "x...?...x...?..."}, ("sixteenths", "eighths"), ("power", "gallop", "eighths")),
    Style("thrash", (150, 205), 4, 4, {KICK: "x...x...x...x...", SNARE: "..x...x...x...x.", CLOSED: "x.x.x.x.x.x.x.x."}, ("eighths",), ("power", "gallop", "eighths")),
    Style("metal slow", (80, 130), 4, 4, {KICK: "x.xx..x.x.xx..x.", SNARE: "....x.......x...", OPEN: "x...x...x...x..."}, ("kick", "eighths"), ("power", "gallop", "long")),
    Style("country train", (85, 125), 4, 4, {KICK: "x...x...x...x...", SNARE: "o.x.o.x.o.x.o.x."}, ("fifths",), ("offbeats", "strum", "arp16")),
    Style("country", (85, 150), 4, 4, {KICK: "x.......x.......", SNARE: "....x.......x...", CLOSED: "x.o.x.o.x.o.x.o."}, ("fifths", "walking"), ("backbeat", "strum", "arp8")),
    Style("country waltz", (85, 150), 3, 4, {KICK: "x...........", SNARE: "....o...o...", CLOSED: "x...o...o..."}, ("fifths", "long"), ("waltz", "strum", "arp8")),
    Style("waltz", (90, 190), 3, 4, {KICK: "x...........", RIM: "....o...o...", RIDE: "x...o...o..."}, ("long", "fifths"), ("waltz", "arp8", "long")),
    Style("swing", (100, 200), 4, 3, {RIDE: "x..x.ox..x.o", PEDAL: "...x.....x..", KICK: "o..o..o..o..", SNARE: "..?..?..?..?"}, ("walking",), ("charleston", "long", "stabs")),
    Style("swing two", (120, 200), 4, 3, {RIDE: "x..x.ox..x.o", PEDAL: "...x.....x..", SNARE: ".....?.....?"}, ("fifths", "walking"), ("charleston", "backbeat", "stabs")),
    Style("bebop", (160, 260), 4, 3, {RIDE: "x..x.ox..x.o", PEDAL: "...x.....x..", SNARE: "?.??.??.??.?", KICK: "?..?..?..?.?"}, ("walking",), ("comping", "stabs")),
    Style("swing ride", (100, 230), 4, 3, {RIDE: "x..x.?x..x.?", PEDAL: "...x.....x..", SNARE: ".....?...?.?", KICK: "?....?......"}, ("walking",), ("comping", "comping", "long")),
    Style("swing guitar", (110, 220), 4, 3, {PEDAL: "...x.....x..", CLOSED: "x..x.ox..x.o"}, ("walking", "fifths"), ("beats",)),
    Style("jazz ballad", (52, 84), 4, 3, {SNARE: "o..x..o..x..", PEDAL: "...o.....o..", RIDE: "?..?.??..?.?"}, ("walking", "long"), ("comping", "long")),
    Style("jazz waltz", (100, 180), 3, 3, {RIDE: "x..x.ox..", PEDAL: "...x..x..", KICK: "o........"}, ("walking", "long"), ("charleston", "waltz", "long")),
    Style("shuffle", (80, 150), 4, 3, {KICK: "x.....x.....", SNARE: "...x.....x..", CLOSED: "x.ox.ox.ox.o"}, ("walking", "shuffle"), ("shuffle", "backbeat", "long", "stabs")),
    Style("slow blues", (50, 80), 4, 3, {KICK: "x.....x..?..", SNARE: "...x.....x..", RIDE: "xooxooxooxoo"}, ("long", "walking"), ("arp", "long", "stabs")),
    Style("doo wop", (58, 110), 4, 3, {KICK: "x.....x.....", SNARE: "...x.....x..", CLOSED: "xooxooxooxoo"}, ("long", "kick"), ("triplets", "long", "arp")),
    Style("bossa", (110, 160), 4, 4, {KICK: "x..xx..xx..xx..x", RIM: "x..x..x...x..x..", CLOSED: "x.o.x.o.x.o.x.o."}, ("bossa",), ("bossa", "charleston", "long")),
    Style("latin", (90, 130), 4, 4, {CONGA_HIGH: "x.o.x.oox.o.x.oo", COWBELL: "x...x.x.x...x.x.", CLAVES: "x..x..x...x.x...", SHAKER: "oooooooooooooooo"}, ("tumbao", "bossa"), ("montuno", "offbeats", "long")),
    Style("acoustic", (70, 130), 4, 4, {SHAKER: "o.x.o.x.o.x.o.x.", CONGA_LOW: "x.....o.x......."}, ("long", "fifths"), ("strum", "arp8", "arp16")),
    Style("soul", (70, 120), 4, 4, {KICK: "x.....x...x.....", SNARE: "....x.......x...", TAMBOURINE: "..o.x.o...o.x.o."}, ("kick", "walking", "funk"), ("backbeat", "long", "charleston")),
    Style("motown", (100, 140), 4, 4, {KICK: "x..x..x.x..x..x.", SNARE: "x...x...x...x...", TAMBOURINE: "x...x...x...x..."}, ("kick", "eighths", "walking"), ("beats", "backbeat", "offbeats")),
    Style("march", (95, 125), 4, 4, {KICK: "x.......x.......", SNARE: "x.xxx.x.x.xxxxxx"}, ("fifths",), ("backbeat", "beats")),
    Style("five", (90, 170), 5, 4, {KICK: "x.......?...x.......", SNARE: "........x.......x...", CLOSED: "x.o.x.o.x.o.x.o.x.o."}, ("long", "kick"), ("long", "arp8", "beats")),
    Style("three rock", (100, 170), 3, 4, {KICK: "x.....?.....", SNARE: "........x...", CLOSED: "x.o.x.o.x.o."}, ("long", "kick"), ("strum", "beats", "arp8")),
    Style("dembow", (85, 105), 4, 4, {KICK: "x...x...x...x...", SNARE: "...x..x....x..x.", CLOSED: "o.o.o.o.o.o.o.o."}, ("kick", "tumbao"), ("charleston", "offbeats", "pulse")),
    Style("eurodance", (125, 150), 4, 4, {KICK: "x...x...x...x...", OPEN: "..x...x...x...x.", CLAP: "....x.......x...", CLOSED: "oooooooooooooooo"}, ("offbeats", "octaves", "sixteenths"), ("offbeats", "pulse", "arp16")),
)  # fmt: skip

# Of one beat's steps where "arp8" and their like count halves and quarters of a beat; lengths in beats.
CHORD_PATTERNS = {
    "beats": ("x...", "x.."),
    "eighths": ("x.o.", "x.o"),
    "offbeats": ("..x.", "..x"),
    "pulse": ("xoxo", "xoo"),
    "gallop": ("x.xx", "x.x"),
    "triplets": ("xooo", "xoo"),
    "strum": ("x.ox", "x.o"),
    "shuffle": ("x..o", "x.o"),
}
# Of a bar of four beats, in steps; shorter and longer bars take as much as fits, again from the start.
BAR_PATTERNS = {
    "charleston": {4: "x.....x.........", 3: "x....x......"},
    "stabs": {4: "......x......x..", 3: ".....x.....x"},
    "comping": {4: "?..?..?...?..?..", 3: "?.??.??.??.?"},
    "backbeat": {4: "....x.......x...", 3: "...x.....x.."},
    "skank": {4: "....x.......x...", 3: "...x.....x.."},
    "waltz": {4: "....x...x...", 3: "...x..x.."},
    "funk": {4: "x.o..o.x..o..x..", 3: "x....x..x..."},
    "bossa": {4: "x..x..x...x..x..", 3: "x....x..x..."},
    "montuno": {4: "x.xx.xx.xx.x.xx.", 3: "x.xx.xx.xx.x"},
}
BASS_PATTERNS = {
    "eighths": {4: "x.o.x.o.x.o.x.o.", 3: "x.ox.ox.ox.o"},
    "sixteenths": {4: "xoooxoooxoooxooo", 3: "xooxooxooxoo"},
    "offbeats": {4: "..x...x...x...x.", 3: "..x..x..x..x"},
    "octaves": {4: "x.x.x.x.x.x.x.x.", 3: "x.xx.xx.xx.x"},
    "walking": {4: "x...x...x...x...", 3: "x..x..x..x.."},
    "fifths": {4: "x.......x.......", 3: "x.....x....."},
    "reggae": {4: "x.....x.x..x....", 3: "x....xx....."},
    "funk": {4: "x..xo...x.xo..x.", 3: "x..x.ox..x.."},
    "bossa": {4: "x.....xxx.....xx", 3: "x....xx....x"},
    "tumbao": {4: "......x.....x...", 3: ".....x...x.."},
    "shuffle": {4: "x..ox..ox..ox..o", 3: "x.ox.ox.ox.o"},
    "long": {4: "x...............", 3: "x..........."},
}
