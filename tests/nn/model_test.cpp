// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>
#include <unistd.h>

#include "auralis/nn/model_store.hpp"
#include "auralis/nn/streaming_model.hpp"
#include "auralis/rt/realtime_section.hpp"

namespace auralis::nn {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;

const fs::path kModels{AURALIS_TEST_MODELS};

/// A folder of its own that is gone at the end.
class Folder {
public:
  Folder()
      : path_{fs::temp_directory_path() / ("auralis-nn-" + std::to_string(getpid()) + "-" + std::to_string(next_++))} {
    fs::copy(kModels, path_);
  }
  ~Folder() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

private:
  static inline std::atomic<int> next_{0};
  fs::path path_;
};

class NeedsRuntime : public testing::Test {
protected:
  void SetUp() override {
    if (const auto runtime = Runtime::load({}); !runtime) {
      GTEST_SKIP() << runtime.error().what;
    }
  }
  static core::Result<std::shared_ptr<const Model>> load(std::string_view kind, const ModelStore::Config& config) {
    const auto store = ModelStore::open(config);
    if (!store) {
      return tl::unexpected{store.error()};
    }
    const auto* entry = store->manifest().find(kind);
    return entry == nullptr ? core::fail(core::ErrorCode::not_found, "no such kind") : store->load(*entry);
  }
  static std::shared_ptr<const Model> loaded(std::string_view kind) {
    auto model = load(kind, {.folder = kModels});
    EXPECT_TRUE(model) << model.error().what;
    return model ? *model : nullptr;
  }
  static float sigmoid(float x) { return 1.0F / (1.0F + std::exp(-x)); }
};

/// The tests' names read better so.
using LiveModel = NeedsRuntime;
using FileModel = NeedsRuntime;
using BrokenModel = NeedsRuntime;
using LoadedRuntime = NeedsRuntime;

TEST_F(LiveModel, CarriesItsStateFromStepToStep) {
  auto stream = StreamingModel::of(loaded("live"));
  ASSERT_TRUE(stream) << stream.error().what;
  ASSERT_EQ(stream->frames().size(), 4U);
  float first = 0.0F;
  float second = 0.0F;
  for (int n = 0; n < 20; ++n) {
    const auto x = static_cast<float>(n % 3);
    std::ranges::copy(std::array{x, -x, 1.0F, 0.0F}, stream->frames().begin());
    ASSERT_TRUE(stream->step());
    first = 0.5F * first + x + 0.5F;
    second = 0.5F * second - x;
    EXPECT_THAT(stream->output(), ElementsAre(FloatNear(sigmoid(first), 1e-6F), FloatNear(sigmoid(second), 1e-6F)));
  }
}

TEST_F(LiveModel, IsAsNewAfterResetAndTheSameToTheLastBit) {
  const auto model = loaded("live");
  auto used = StreamingModel::of(model);
  auto fresh = StreamingModel::of(model);
  ASSERT_TRUE(used && fresh);
  std::ranges::fill(used->frames(), 0.7F);
  ASSERT_TRUE(used->step());
  used->reset();
  for (int n = 0; n < 7; ++n) {
    for (auto* stream : {&*used, &*fresh}) {
      std::ranges::fill(stream->frames(), 0.1F * static_cast<float>(n));
      ASSERT_TRUE(stream->step());
    }
    EXPECT_TRUE(std::ranges::equal(used->output(), fresh->output()));
  }
}

TEST_F(LiveModel, ServesSeveralStreamsAtOnce) {
  const auto model = loaded("live");
  std::array<float, 3> last{};
  std::vector<std::thread> threads;
  for (std::size_t k = 0; k < last.size(); ++k) {
    threads.emplace_back([&model, &result = last[k]] {
      auto stream = StreamingModel::of(model);
      for (int n = 0; stream && n < 100; ++n) {
        std::ranges::fill(stream->frames(), 0.01F * static_cast<float>(n));
        result = stream->step() ? stream->output()[0] : -1.0F;
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_GT(last[0], 0.5F);
  EXPECT_EQ(last[0], last[1]);
  EXPECT_EQ(last[0], last[2]);
}

/// What ONNX Runtime itself does in a step is not nothing; that it does not grow, and nothing of ours is added, is
/// asked.
TEST_F(LiveModel, AllocatesNoMoreInOneStepThanInAnother) {
  if (!rt::violations_are_counted()) {
    GTEST_SKIP() << "this build does not count";
  }
  auto stream = StreamingModel::of(loaded("live"));
  ASSERT_TRUE(stream);
  const auto calls_in_a_step = [&stream] {
    const auto before = rt::violations();
    const rt::RealtimeSection section;
    return stream->step() ? rt::violations() - before : std::uint64_t{1'000'000};
  };
  const auto first = calls_in_a_step();
  RecordProperty("allocations_and_locks", static_cast<int>(first));
  EXPECT_LT(first, 100U);
  for (int n = 0; n < 100; ++n) {
    EXPECT_EQ(calls_in_a_step(), first);
  }
}

TEST_F(LiveModel, IsNearlyTheSameInEightBits) {
  const auto small = load("live", {.folder = kModels, .precision = "int8"});
  ASSERT_TRUE(small) << small.error().what;
  EXPECT_EQ((*small)->title(), "toy-live 1.0.0 (int8)");
  auto whole = StreamingModel::of(loaded("live"));
  auto rounded = StreamingModel::of(*small);
  ASSERT_TRUE(whole && rounded);
  for (int n = 0; n < 10; ++n) {
    for (auto* stream : {&*whole, &*rounded}) {
      std::ranges::copy(std::array{0.3F, -0.4F, 0.1F, 0.7F}, stream->frames().begin());
      ASSERT_TRUE(stream->step());
    }
    EXPECT_NEAR(rounded->output()[0], whole->output()[0], 0.01F);
    EXPECT_NEAR(rounded->output()[1], whole->output()[1], 0.01F);
  }
}

TEST_F(FileModel, AnswersFrameByFrameForEachOfABatch) {
  const auto model = loaded("file");
  ASSERT_TRUE(model);
  std::vector<float> frames(2 * 5 * 4);
  for (std::size_t n = 0; n < frames.size(); ++n) {
    frames[n] = 0.1F * static_cast<float>(n);
  }
  const auto answers = model->run(frames, 2);
  ASSERT_TRUE(answers) << answers.error().what;
  ASSERT_EQ(answers->size(), 2U * 5 * 2);
  for (std::size_t n = 0; n < 10; ++n) {
    EXPECT_NEAR((*answers)[2 * n], sigmoid(frames[4 * n] + 0.5F * frames[4 * n + 2]), 1e-6F);
  }
  EXPECT_TRUE(model->run({}, 1)->empty());
}

TEST_F(FileModel, HasNoStateToStream) {
  const auto stream = StreamingModel::of(loaded("file"));
  ASSERT_FALSE(stream);
  EXPECT_THAT(stream.error().what, HasSubstr("for files"));
}

TEST_F(BrokenModel, IsMissing) {
  const Folder folder;
  fs::remove(folder.path() / "toy-live.onnx");
  const auto model = load("live", {.folder = folder.path()});
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, core::ErrorCode::not_found);
  EXPECT_THAT(model.error().where, HasSubstr("toy-live.onnx"));
  EXPECT_EQ(ModelStore::open({.folder = folder.path() / "nowhere"}).error().code, core::ErrorCode::not_found);
}

TEST_F(BrokenModel, IsDamaged) {
  const Folder folder;
  std::ofstream{folder.path() / "toy-live.onnx", std::ios::app} << "x";
  const auto model = load("live", {.folder = folder.path()});
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, core::ErrorCode::invalid_argument);
  EXPECT_THAT(model.error().what, HasSubstr("SHA-256"));
  EXPECT_THAT(model.error().what, HasSubstr("expected"));
}

TEST_F(BrokenModel, IsOfANewerOpset) {
  const auto model = load("newer", {.folder = kModels});
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().what, HasSubstr("opset 18"));
}

TEST_F(BrokenModel, HasOtherShapes) {
  const auto model = load("stateless", {.folder = kModels});
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().what, HasSubstr("1 states and gives 0 back"));
  const auto store = ModelStore::open({.folder = kModels});
  ASSERT_TRUE(store);
  auto entry = *store->manifest().find("live");
  entry.features.size = 5;
  const auto wider = store->load(entry);
  ASSERT_FALSE(wider);
  EXPECT_THAT(wider.error().what, HasSubstr("'frame' is [1, 4], expected [1, 5]"));
}

TEST_F(LoadedRuntime, SaysWhatItIsAndRefusesWhatIsNoModel) {
  const auto runtime = Runtime::load({});
  ASSERT_TRUE(runtime);
  EXPECT_THAT((*runtime)->version(), testing::StartsWith("1."));
  EXPECT_THAT((*runtime)->providers(), Contains("CPUExecutionProvider"));
  const auto model = (*runtime)->open(std::as_bytes(std::span{"no model at all"}), {});
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, core::ErrorCode::invalid_argument);
}

TEST_F(LoadedRuntime, SaysWhereCudaIsNotOffered) {
  const auto providers = (*Runtime::load({}))->providers();
  if (std::ranges::find(providers, "CUDAExecutionProvider") != providers.end()) {
    GTEST_SKIP() << "this build offers it";
  }
  const auto model = load("live", {.folder = kModels, .session = {.device = Device::cuda}});
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, core::ErrorCode::unavailable);
  EXPECT_THAT(model.error().what, HasSubstr("CUDA"));
}

TEST(Runtime, SaysWhichLibraryIsNotThere) {
  const auto runtime = Runtime::load({.library = "/nowhere/libonnxruntime.so"});
  ASSERT_FALSE(runtime);
  EXPECT_FALSE(runtime.error().what.empty());
}

TEST(Opset, IsReadFromTheFilesOwnBytes) {
  std::ifstream stream{kModels / "toy-newer.onnx", std::ios::binary};
  const std::string bytes{std::istreambuf_iterator<char>{stream}, {}};
  EXPECT_EQ(opset_of(std::as_bytes(std::span{bytes})), 18);
  EXPECT_EQ(opset_of(std::as_bytes(std::span{"\xff\xff\xff nonsense"})), 0);
  EXPECT_EQ(opset_of({}), 0);
}

TEST(Device, HasItsName) {
  EXPECT_EQ(parse_device("cpu"), Device::cpu);
  EXPECT_EQ(parse_device("cuda"), Device::cuda);
  EXPECT_FALSE(parse_device("tpu"));
}

} // namespace
} // namespace auralis::nn
