// SPDX-License-Identifier: Apache-2.0
#include "auralis/session/wire.hpp"

#include <gtest/gtest.h>

namespace auralis::session {
namespace {

std::optional<protocol::PresetDocument> no_preset(std::string_view /*id*/) { return std::nullopt; }

TEST(Wire, EnumerationsOfBothSidesListTheSameNamesInTheSameOrder) {
  for (std::size_t i = 0; i < protocol::kModeNames.size(); ++i) {
    EXPECT_EQ(to_string(static_cast<core::Mode>(i)), protocol::kModeNames[i]);
  }
  for (std::size_t i = 0; i < protocol::kLayerNameNames.size(); ++i) {
    EXPECT_EQ(to_string(static_cast<core::Layer>(i)), protocol::kLayerNameNames[i]);
  }
  for (std::size_t i = 0; i < protocol::kGridNames.size(); ++i) {
    EXPECT_EQ(to_string(static_cast<core::Grid>(i)), protocol::kGridNames[i]);
  }
  for (std::size_t i = 0; i < protocol::kTransportStateNames.size(); ++i) {
    EXPECT_EQ(to_string(static_cast<core::Transport>(i)), protocol::kTransportStateNames[i]);
  }
}

TEST(Wire, AControlSurvivesTheWay) {
  core::Control control{.grid = core::Grid::phrase,
                        .tonic = core::PitchName{-3},
                        .mode = core::Mode::lydian,
                        .tempo = core::Bpm{72.5},
                        .intensity = 0.9F,
                        .density = 0.0F,
                        .brightness = 1.0F,
                        .humanise = 0.25F,
                        .transport = core::Transport::pause,
                        .chord = core::ChordOverride{*core::parse_chord("F#m7b5"), core::Beats{8.0}}};
  control.levels[core::index(core::Layer::pad)] = 0.3F;
  control.muted[core::index(core::Layer::bells)] = true;
  const auto back = to_control(to_message(control), no_preset);
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_EQ(*back, control);
}

TEST(Wire, OnlyWhatIsPresentChangesAndTheGridIsTheBeat) {
  const auto control = to_control({.intensity = 0.5}, no_preset);
  ASSERT_TRUE(control);
  EXPECT_EQ(*control, (core::Control{.grid = core::Grid::beat, .intensity = 0.5F}));
}

TEST(Wire, APresetComesFirstAndTheMessagesOwnFieldsOnTop) {
  protocol::PresetDocument preset{.id = "calm"};
  preset.parameters.key = "Eb";
  preset.parameters.mode = protocol::Mode::aeolian;
  preset.parameters.bpm = 50.0;
  preset.parameters.intensity = 0.2;
  preset.character.programs = {1, 90, 33, 11, 0};
  const auto control =
      to_control({.grid = protocol::Grid::bar, .preset = "calm", .bpm = 70.0},
                 [&](std::string_view id) { return id == preset.id ? std::optional{preset} : std::nullopt; });
  ASSERT_TRUE(control);
  EXPECT_EQ(control->grid, core::Grid::bar);
  EXPECT_EQ(control->tonic, core::PitchName{-3});
  EXPECT_EQ(control->tempo, core::Bpm{70.0});
  ASSERT_TRUE(control->character);
  EXPECT_EQ(control->character->programs[1], 90);
}

TEST(Wire, RefusesAnUnknownPresetAndAnUnreadableChordNamingTheField) {
  const auto preset = to_control({.preset = "nowhere"}, no_preset);
  ASSERT_FALSE(preset);
  EXPECT_EQ(preset.error().code, core::ErrorCode::not_found);
  EXPECT_EQ(preset.error().where, "/preset");
  const auto chord = to_control({.override_ = protocol::ChordOverride{.chord = "Hm"}}, no_preset);
  ASSERT_FALSE(chord);
  EXPECT_EQ(chord.error().code, core::ErrorCode::invalid_argument);
  EXPECT_EQ(chord.error().where, "/override/chord");
}

TEST(Wire, ParametersAndCharacterComeBackAndFractionsReadAsWritten) {
  core::Parameters parameters{
      .key = {core::PitchName{6}, core::Mode::locrian}, .tempo = core::Bpm{88.0}, .intensity = 0.9F};
  parameters.layers[2] = {.level = 0.1F, .muted = true};
  EXPECT_EQ(to_parameters(to_message(parameters)), parameters);
  EXPECT_EQ(to_message(parameters).intensity, 0.9);
  const core::Character character{.programs = {1, 2, 3, 4, 5}, .phrase_bars = 16, .swing = 0.1F, .register_shift = -7};
  EXPECT_EQ(to_character(to_message(character)), character);
}

} // namespace
} // namespace auralis::session
