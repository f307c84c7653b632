// SPDX-License-Identifier: Apache-2.0
#include "auralis/evaluation/key.hpp"

namespace auralis::evaluation {
namespace {

enum class Class { major, minor, other };

Class class_of(core::Mode mode) noexcept {
  switch (mode) {
  case core::Mode::ionian:
    return Class::major;
  case core::Mode::aeolian:
    return Class::minor;
  default:
    return Class::other;
  }
}

} // namespace

double mirex_key_score(const std::optional<core::Key>& reference, const std::optional<core::Key>& estimate) noexcept {
  if (!reference || !estimate) {
    return !reference && !estimate ? 1.0 : 0.0;
  }
  const int up = (estimate->tonic.pitch_class() - reference->tonic.pitch_class() + 12) % 12;
  const Class wanted = class_of(reference->mode);
  if (wanted == class_of(estimate->mode)) {
    return up == 0 ? 1.0 : up == 7 ? 0.5 : 0.0;
  }
  if ((wanted == Class::major && up == 9) || (wanted == Class::minor && up == 3)) {
    return 0.3;
  }
  return up == 0 ? 0.2 : 0.0;
}

std::optional<core::Key> parse_key(std::string_view text) noexcept {
  const auto space = text.find(' ');
  if (space == std::string_view::npos) {
    return std::nullopt;
  }
  const auto tonic = core::parse_pitch_name(text.substr(0, space));
  const auto mode = text.substr(space + 1);
  if (!tonic || (mode != "major" && mode != "minor")) {
    return std::nullopt;
  }
  return core::Key{.tonic = *tonic, .mode = mode == "major" ? core::Mode::ionian : core::Mode::aeolian};
}

} // namespace auralis::evaluation
