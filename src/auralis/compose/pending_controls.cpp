// SPDX-License-Identifier: Apache-2.0
#include "auralis/compose/pending_controls.hpp"

namespace auralis::compose {
namespace {

using core::Control;

/// Calls `visit(a.field, b.field)` for every optional of the two controls.
template <typename Visit> void each_field(Control& a, Control& b, Visit visit) noexcept {
  visit(a.tonic, b.tonic);
  visit(a.mode, b.mode);
  visit(a.tempo, b.tempo);
  visit(a.intensity, b.intensity);
  visit(a.density, b.density);
  visit(a.brightness, b.brightness);
  visit(a.humanise, b.humanise);
  visit(a.character, b.character);
  visit(a.transport, b.transport);
  visit(a.chord, b.chord);
  for (std::size_t i = 0; i < core::kLayerCount; ++i) {
    visit(a.levels[i], b.levels[i]);
    visit(a.muted[i], b.muted[i]);
  }
}

} // namespace

void PendingControls::add(const Control& control) noexcept {
  const auto grid = static_cast<std::size_t>(control.grid);
  Control newer = control;
  for (std::size_t i = 0; i < kGrids; ++i) {
    if (!any_[i] && i != grid) {
      continue;
    }
    each_field(waiting_[i], newer, [&](auto& older, auto& wish) {
      if (wish) {
        older.reset();
        if (i == grid) {
          older = wish;
        }
      }
    });
  }
  waiting_[grid].grid = control.grid;
  any_[grid] = true;
}

std::optional<Control> PendingControls::take(core::Grid grid) noexcept {
  std::optional<Control> merged;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(grid); ++i) {
    if (!any_[i]) {
      continue;
    }
    if (!merged) {
      merged = waiting_[i];
    } else {
      // Fields never wait in two places, so the order does not matter.
      each_field(*merged, waiting_[i], [](auto& to, auto& from) {
        if (from) {
          to = from;
        }
      });
      merged->grid = waiting_[i].grid;
    }
    waiting_[i] = Control{};
    any_[i] = false;
  }
  return merged;
}

} // namespace auralis::compose
