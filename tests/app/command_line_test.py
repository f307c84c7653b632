#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Uses the program as a person at a terminal does: auralis analyze and auralis listen on real files.

Usage: command_line_test.py PROGRAM [unittest's arguments]. The music is rendered by the program itself.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

PROGRAM = ""
MODELS = pathlib.Path(__file__).resolve().parents[1] / "analysis" / "models"
SHIPPED = pathlib.Path(__file__).resolve().parents[2] / "models"


def auralis(*arguments: object, cache: pathlib.Path, stdin: bytes | None = None) -> subprocess.CompletedProcess:
    return subprocess.run([PROGRAM, *map(str, arguments)], input=stdin, capture_output=True, timeout=120,
                          env={**os.environ, "AURALIS_ANALYSIS_CACHE": str(cache)})


class CommandLine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="auralis-cli-"))
        cls.cache = cls.folder / "cache"
        cls.music = cls.folder / "music"
        (cls.music / "more").mkdir(parents=True)
        for name, preset in (("bright.wav", "bright"), ("more/focus.flac", "focus")):
            made = auralis("render", cls.music / name, "--preset", preset, "--seed", 7, "--seconds", 12, cache=cls.cache)
            assert made.returncode == 0, made.stderr

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def analyze(self, *arguments: object) -> subprocess.CompletedProcess:
        return auralis("analyze", *arguments, cache=self.cache)

    def test_prints_a_table_with_a_line_a_file(self):
        done = self.analyze(self.music)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.decode().splitlines()
        self.assertIn("Camelot", lines[0])
        self.assertEqual([line.split()[:2] for line in lines[1:]], [["bright.wav", "0:12"], ["focus.flac", "0:12"]])

    def test_one_bad_file_stops_no_others_and_shows_in_the_exit_code(self):
        bad = self.folder / "bad.wav"
        bad.write_bytes(b"no sound at all")
        done = self.analyze(bad, self.folder / "gone.wav", self.music / "bright.wav")
        self.assertEqual(done.returncode, 1)
        self.assertIn("bright.wav", done.stdout.decode())
        self.assertIn("bad.wav: ", done.stderr.decode())
        self.assertIn("gone.wav: ", done.stderr.decode())
        self.assertIn("2 of 3 files", done.stderr.decode())

    def test_results_do_not_depend_on_the_number_of_jobs(self):
        written = []
        for jobs in (1, 3):
            out = self.folder / f"jobs{jobs}"
            self.assertEqual(self.analyze(self.music, "--no-cache", "--jobs", jobs, "--out", out).returncode, 0)
            written.append({file.name: file.read_bytes() for file in out.iterdir()})
        self.assertEqual(set(written[0]), {"bright.json", "focus.json"})
        self.assertEqual(written[0], written[1])

    def test_the_second_run_gives_the_same_from_the_cache(self):
        cache = self.folder / "second"
        runs = [auralis("analyze", self.music, "--format", "csv", cache=cache) for _ in range(2)]
        self.assertEqual(runs[0].returncode, 0, runs[0].stderr)
        self.assertEqual(runs[0].stdout, runs[1].stdout)
        remembered = list(cache.rglob("*.json"))
        self.assertEqual(len(remembered), 2)
        for file in remembered:  # what is read is what was remembered: a mark in it shows
            file.write_text(file.read_text().replace('"length":12', '"length":13'))
        self.assertIn(b",13,", auralis("analyze", self.music, "--format", "csv", cache=cache).stdout)

    def test_writes_only_the_parts_asked_for(self):
        done = self.analyze(self.music / "bright.wav", "--only", "loudness,key", "--format", "json")
        self.assertEqual(set(json.loads(done.stdout)), {"analysis", "engine", "source", "key", "loudness"})

    def test_calls_files_of_one_name_apart(self):
        for folder in ("a", "b"):
            (self.folder / folder).mkdir()
            shutil.copy(self.music / "bright.wav", self.folder / folder / "same.wav")
        out = self.folder / "names"
        files = [self.folder / folder / "same.wav" for folder in ("a", "b")]
        self.assertEqual(self.analyze(*files, "--out", out, "--only", "loudness").returncode, 0)
        self.assertEqual({file.name for file in out.iterdir()}, {"same.json", "same.wav.json"})

    def test_calls_all_files_of_a_recording_by_its_name(self):
        out = self.folder / "labels"
        done = self.analyze(self.music / "bright.wav", "--out", out, "--format", "audacity", "--only", "beats,onsets")
        self.assertEqual(done.returncode, 0)
        self.assertEqual({file.name for file in out.iterdir()}, {"bright.beats.txt", "bright.onsets.txt"})

    def test_refuses_what_it_does_not_know_and_says_what_it_does(self):
        for arguments, expected in ((("--format", "mp3"), "expected one of json"), (("--only", "smell"), "expected some of"),
                                    (("--format", "audacity"), "--out")):
            done = self.analyze(self.music, *arguments)
            self.assertEqual(done.returncode, 2)
            self.assertIn(expected, done.stderr.decode())

    def test_says_first_what_is_wrong_with_a_command_line(self):
        for arguments, expected in (((), "A subcommand is required"), (("sing",), "'sing'"), (("--loud",), "'--loud'"),
                                    (("analyze", "x.wav", "--formt"), "--formt"), (("serve", "--port"), "--port")):
            done = auralis(*arguments, cache=self.cache)
            self.assertEqual(done.returncode, 2)
            self.assertIn(expected, done.stderr.decode().splitlines()[0])

    def test_lists_verifies_and_times_models(self):
        done = auralis("models", "list", "--models", MODELS, "--json", cache=self.cache)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([one["name"] for one in json.loads(done.stdout)["models"]], ["rise-live", "rise-file"])
        self.needs_networks()
        done = auralis("models", "bench", "--models", MODELS, "--json", "--steps", 50, "--seconds", 2, cache=self.cache)
        self.assertEqual(done.returncode, 0, done.stderr)
        live, file = json.loads(done.stdout)["models"]
        self.assertLessEqual(live["p50_us"], live["p99_us"])
        self.assertGreater(file["x_realtime"], 0)
        damaged = self.folder / "damaged"
        shutil.copytree(MODELS, damaged)
        (damaged / "rise-live.onnx").write_bytes(b"no model")
        done = auralis("models", "verify", "--models", damaged, cache=self.cache)
        self.assertEqual(done.returncode, 1)
        self.assertIn("SHA-256", done.stdout.decode())
        self.assertIn("2 checked, 1 faults", done.stdout.decode())

    def test_models_that_are_nowhere_are_a_mistake_of_whoever_named_them(self):
        done = auralis("models", "list", "--models", self.folder / "nowhere", cache=self.cache)
        self.assertEqual(done.returncode, 2)
        self.assertIn("nowhere", done.stderr.decode())

    def test_says_whether_a_network_heard_the_beats(self):
        def beats(*arguments: object) -> dict:
            done = self.analyze(self.music / "bright.wav", "--only", "beats", "--format", "json", *arguments)
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads(done.stdout)["beats"]

        plain = beats("--no-neural")
        self.assertEqual(plain["method"], "signal")
        self.assertNotIn("why_no_network", plain)
        gone = beats("--models", self.folder / "nowhere")
        self.assertEqual(gone["grid"], plain["grid"])
        self.assertIn("nowhere", gone["why_no_network"])
        peaks = beats("--no-neural", "--beat-decoder", "peaks")
        self.assertEqual((plain["decoder"], peaks["decoder"]), ("bar_pointer", "peaks"))
        self.assertNotEqual(peaks["grid"], plain["grid"])
        self.assertEqual(beats("--no-neural"), plain, "from the cache, and not the peaks")
        self.needs_networks()
        heard = beats("--models", MODELS)
        self.assertEqual((heard["method"], heard["network"]), ("network", "rise-file 1.0.0"))
        self.assertEqual(beats("--models", MODELS), heard)
        self.assertEqual(beats("--no-neural"), plain, "from the cache, and not the network's")

    def test_says_whether_a_network_heard_the_key(self):
        def key(*arguments: object) -> dict:
            done = self.analyze(self.music / "bright.wav", "--only", "key", "--format", "json", *arguments)
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads(done.stdout)["key"]

        plain = key("--no-neural")
        self.assertEqual(plain["method"], "signal")
        self.assertNotIn("why_no_network", plain)
        gone = key("--models", self.folder / "nowhere")
        self.assertEqual(gone["best"], plain["best"])
        self.assertIn("nowhere", gone["why_no_network"])
        none = key("--models", MODELS)
        self.assertEqual((none["method"], none["best"]), ("signal", plain["best"]), "that manifest names no network of keys")
        self.needs_networks()
        heard = key("--models", SHIPPED)
        self.assertEqual((heard["method"], heard["network"].split()[0]), ("network", "key"))
        self.assertEqual(key("--no-neural"), plain, "from the cache, and not the network's")

    def test_says_what_networks_are_fed(self):
        for name, size in (("log-bands", 80), ("harmony", 24), ("pitch", 433)):
            done = auralis("models", "features", name, cache=self.cache)
            self.assertEqual(done.returncode, 0, done.stderr)
            said = json.loads(done.stdout)
            self.assertEqual((said["name"], said["size"]), (name, size))
        self.assertEqual(auralis("models", "features", "smells", cache=self.cache).returncode, 2)

    def test_says_whether_a_network_heard_the_pitch(self):
        def pitch(*arguments: object) -> dict:
            done = self.analyze(self.music / "bright.wav", "--only", "pitch", "--format", "json", *arguments)
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads(done.stdout)["pitch"]

        plain = pitch("--no-neural")
        self.assertEqual(plain["method"], "signal")
        gone = pitch("--models", self.folder / "nowhere")
        self.assertEqual(gone["f0"], plain["f0"])
        self.assertIn("nowhere", gone["why_no_network"])
        self.needs_networks()
        heard = pitch("--models", MODELS.parent / "repeats")
        self.assertEqual((heard["method"], heard["network"]), ("network", "repeats 1.0.0"))
        self.assertEqual(len(heard["f0"]), len(plain["f0"]))
        self.assertEqual(pitch("--no-neural"), plain, "from the cache, and not the network's")

    def needs_networks(self):
        done = auralis("models", "verify", "--models", MODELS, cache=self.cache)
        if b"ONNX Runtime was not found" in done.stdout or b"built without ONNX Runtime" in done.stdout:
            self.skipTest("there is no ONNX Runtime")
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_serve_ends_in_order_when_asked_to(self):
        for more in ((), ("--analysis-neural", "false")):
            for number in (signal.SIGTERM, signal.SIGINT):
                with subprocess.Popen([PROGRAM, "serve", "--port", "0", *more],
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
                    said = ""
                    while " ready " not in said:
                        line = server.stdout.readline()
                        self.assertNotEqual(line, "", said)
                        said += line
                    server.send_signal(number)
                    said += server.stdout.read()
                self.assertEqual(server.returncode, 0, said)
                self.assertIn(" stopped", said)

    def test_listen_says_what_comes_through_a_pipe_with_its_latency(self):
        done = auralis("listen", "-", cache=self.cache, stdin=(self.music / "bright.wav").read_bytes())
        self.assertEqual(done.returncode, 0, done.stderr)
        events = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(len([one for one in events if one["type"] == "loudness"]), 120)
        onsets = [one for one in events if one["type"] == "onset"]
        self.assertGreater(len(onsets), 20)
        self.assertLess(max(one["latency"] for one in onsets), 0.050)

    def test_listen_refuses_what_is_not_there(self):
        done = auralis("listen", self.folder / "gone.wav", cache=self.cache)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("gone.wav", done.stderr.decode())


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
