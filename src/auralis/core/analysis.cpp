// SPDX-License-Identifier: Apache-2.0
#include "auralis/core/analysis.hpp"

#include <cassert>

namespace auralis::core {

std::string_view to_string(Band band) noexcept {
  switch (band) {
  case Band::low:
    return "low";
  case Band::mid:
    return "mid";
  case Band::high:
    return "high";
  }
  return "";
}

std::string camelot(const Key& key) {
  assert(key.mode == Mode::ionian || key.mode == Mode::aeolian);
  const bool minor = key.mode == Mode::aeolian;
  // The wheel turns by fifths; 8 holds C major and its relative, A minor, three fifths above C.
  const int steps = key.tonic.fifths - (minor ? 3 : 0);
  const int number = ((7 + steps) % 12 + 12) % 12 + 1;
  return std::to_string(number) + (minor ? 'A' : 'B');
}

} // namespace auralis::core
