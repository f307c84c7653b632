// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdlib>
#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <onnxruntime_c_api.h>
#include <optional>
#include <system_error>
#include <utility>

#include "auralis/nn/runtime.hpp"

namespace auralis::nn {
namespace {

namespace fs = std::filesystem;

/// ONNX Runtime 1.11: everything called here was there by then.
constexpr std::uint32_t kOldestApi = 11;
constexpr const char* kCudaProvider = "CUDAExecutionProvider";

/// Its functions, and how its objects are freed.
struct Ort {
  const OrtApi* api = nullptr;

  void operator()(OrtEnv* p) const noexcept { api->ReleaseEnv(p); }
  void operator()(OrtSessionOptions* p) const noexcept { api->ReleaseSessionOptions(p); }
  void operator()(OrtSession* p) const noexcept { api->ReleaseSession(p); }
  void operator()(OrtTypeInfo* p) const noexcept { api->ReleaseTypeInfo(p); }
  void operator()(OrtValue* p) const noexcept { api->ReleaseValue(p); }
  void operator()(OrtIoBinding* p) const noexcept { api->ReleaseIoBinding(p); }
  void operator()(OrtMemoryInfo* p) const noexcept { api->ReleaseMemoryInfo(p); }
  void operator()(OrtCUDAProviderOptionsV2* p) const noexcept { api->ReleaseCUDAProviderOptions(p); }

  /// What was said of a failure; empty for success.
  [[nodiscard]] std::string why(OrtStatus* status) const {
    if (status == nullptr) {
      return {};
    }
    std::string text = api->GetErrorMessage(status);
    api->ReleaseStatus(status);
    return text.empty() ? "it gives no reason" : text;
  }
};
template <typename T> using Owned = std::unique_ptr<T, Ort>;

/// The environment that sessions live in, and the library, which stays.
struct Loaded {
  Ort ort;
  Owned<OrtEnv> environment{nullptr, Ort{}};
  std::string version;
};

void ORT_API_CALL say_nothing(void* /*parameter*/, OrtLoggingLevel /*severity*/, const char* /*category*/,
                              const char* /*id*/, const char* /*where*/, const char* /*message*/) noexcept {}

class OnnxRun final : public BoundRun {
public:
  OnnxRun(std::shared_ptr<const Loaded> loaded, OrtSession* session)
      : loaded_{std::move(loaded)}, session_{session}, memory_{nullptr, loaded_->ort}, binding_{nullptr, loaded_->ort} {
  }

  [[nodiscard]] std::string bind(std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
    const Ort& ort = loaded_->ort;
    OrtMemoryInfo* memory = nullptr;
    if (auto why = ort.why(ort.api->CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &memory));
        !why.empty()) {
      return why;
    }
    memory_.reset(memory);
    OrtIoBinding* binding = nullptr;
    if (auto why = ort.why(ort.api->CreateIoBinding(session_, &binding)); !why.empty()) {
      return why;
    }
    binding_.reset(binding);
    for (const auto* tensors : {&inputs, &outputs}) {
      for (const TensorView& tensor : *tensors) {
        OrtValue* value = nullptr;
        if (auto why = ort.why(ort.api->CreateTensorWithDataAsOrtValue(
                memory, tensor.values.data(), tensor.values.size_bytes(), tensor.shape.data(), tensor.shape.size(),
                ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &value));
            !why.empty()) {
          return why;
        }
        values_.emplace_back(value, ort);
        auto* const bind_it = tensors == &inputs ? ort.api->BindInput : ort.api->BindOutput;
        if (auto why = ort.why(bind_it(binding, tensor.name.c_str(), value)); !why.empty()) {
          return why;
        }
      }
    }
    return {};
  }

  bool run() noexcept override {
    const OrtApi* const api = loaded_->ort.api;
    OrtStatus* const status = api->RunWithBinding(session_, nullptr, binding_.get());
    if (status != nullptr) {
      api->ReleaseStatus(status);
      return false;
    }
    return true;
  }

private:
  std::shared_ptr<const Loaded> loaded_;
  OrtSession* session_; // the session's that made it, which outlives it
  Owned<OrtMemoryInfo> memory_;
  std::vector<Owned<OrtValue>> values_;
  Owned<OrtIoBinding> binding_;
};

class OnnxSession final : public Session {
public:
  OnnxSession(std::shared_ptr<const Loaded> loaded, OrtSession* session)
      : loaded_{std::move(loaded)}, session_{session, loaded_->ort} {}

  /// What goes in and what comes out.
  [[nodiscard]] std::string look() {
    const OrtApi* const api = loaded_->ort.api;
    auto why = look(api->SessionGetInputCount, api->SessionGetInputName, api->SessionGetInputTypeInfo, inputs_);
    return why.empty()
               ? look(api->SessionGetOutputCount, api->SessionGetOutputName, api->SessionGetOutputTypeInfo, outputs_)
               : why;
  }

  std::span<const TensorType> inputs() const noexcept override { return inputs_; }
  std::span<const TensorType> outputs() const noexcept override { return outputs_; }

  core::Result<std::unique_ptr<BoundRun>> bind(std::span<const TensorView> inputs,
                                               std::span<const TensorView> outputs) const override {
    auto run = std::make_unique<OnnxRun>(loaded_, session_.get());
    if (const auto why = run->bind(inputs, outputs); !why.empty()) {
      return core::fail(core::ErrorCode::internal, fmt::format("ONNX Runtime cannot bind its tensors: {}", why));
    }
    return run;
  }

private:
  template <typename Count, typename Name, typename Type>
  std::string look(Count count_of, Name name_of, Type type_of, std::vector<TensorType>& found) {
    const Ort& ort = loaded_->ort;
    const OrtApi* const api = ort.api;
    std::size_t count = 0;
    OrtAllocator* allocator = nullptr;
    if (auto why = ort.why(count_of(session_.get(), &count)); !why.empty()) {
      return why;
    }
    if (auto why = ort.why(api->GetAllocatorWithDefaultOptions(&allocator)); !why.empty()) {
      return why;
    }
    for (std::size_t n = 0; n < count; ++n) {
      char* name = nullptr;
      if (auto why = ort.why(name_of(session_.get(), n, allocator, &name)); !why.empty()) {
        return why;
      }
      TensorType tensor{.name = name};
      if (auto why = ort.why(api->AllocatorFree(allocator, name)); !why.empty()) {
        return why;
      }
      OrtTypeInfo* type = nullptr;
      if (auto why = ort.why(type_of(session_.get(), n, &type)); !why.empty()) {
        return why;
      }
      const Owned<OrtTypeInfo> owned{type, ort};
      const OrtTensorTypeAndShapeInfo* shape = nullptr; // the type's
      auto element = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
      std::size_t dimensions = 0;
      if (auto why = ort.why(api->CastTypeInfoToTensorInfo(type, &shape)); !why.empty()) {
        return why;
      }
      if (shape == nullptr) {
        return fmt::format("'{}' is no tensor", tensor.name);
      }
      if (auto why = ort.why(api->GetTensorElementType(shape, &element)); !why.empty()) {
        return why;
      }
      if (element != ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT) {
        return fmt::format("'{}' does not hold 32-bit floats", tensor.name);
      }
      if (auto why = ort.why(api->GetDimensionsCount(shape, &dimensions)); !why.empty()) {
        return why;
      }
      tensor.shape.resize(dimensions);
      if (auto why = ort.why(api->GetDimensions(shape, tensor.shape.data(), dimensions)); !why.empty()) {
        return why;
      }
      found.push_back(std::move(tensor));
    }
    return {};
  }

  std::shared_ptr<const Loaded> loaded_;
  Owned<OrtSession> session_;
  std::vector<TensorType> inputs_;
  std::vector<TensorType> outputs_;
};

class OnnxRuntime final : public Runtime {
public:
  explicit OnnxRuntime(std::shared_ptr<const Loaded> loaded) : loaded_{std::move(loaded)} {}

  std::string version() const override { return loaded_->version; }

  std::vector<std::string> providers() const override {
    const OrtApi* const api = loaded_->ort.api;
    char** names = nullptr;
    int count = 0;
    if (!loaded_->ort.why(api->GetAvailableProviders(&names, &count)).empty()) {
      return {};
    }
    std::vector<std::string> all{names, names + count};
    static_cast<void>(loaded_->ort.why(api->ReleaseAvailableProviders(names, count)));
    return all;
  }

  core::Result<std::unique_ptr<Session>> open(std::span<const std::byte> model,
                                              const SessionConfig& config) const override {
    const Ort& ort = loaded_->ort;
    OrtSessionOptions* made = nullptr;
    if (auto why = ort.why(ort.api->CreateSessionOptions(&made)); !why.empty()) {
      return core::fail(core::ErrorCode::internal, fmt::format("ONNX Runtime: {}", why));
    }
    const Owned<OrtSessionOptions> options{made, ort};
    for (OrtStatus* const status : {
             ort.api->SetIntraOpNumThreads(made, config.threads),
             ort.api->SetInterOpNumThreads(made, 1),
             ort.api->SetSessionExecutionMode(made, ORT_SEQUENTIAL),
             ort.api->SetSessionGraphOptimizationLevel(made, ORT_ENABLE_ALL),
             // What is all but zero costs a hundred times as much to multiply.
             ort.api->AddSessionConfigEntry(made, "session.set_denormal_as_zero", "1"),
             // Weights in 8 bits are turned back once, as the model is loaded, and not at every step.
             ort.api->AddSessionConfigEntry(made, "session.disable_quant_qdq", "1"),
             // Threads that wait for the next step must not burn a core meanwhile.
             ort.api->AddSessionConfigEntry(made, "session.intra_op.allow_spinning", "0"),
         }) {
      if (const auto why = ort.why(status); !why.empty()) {
        return core::fail(core::ErrorCode::internal, fmt::format("ONNX Runtime takes no settings: {}", why));
      }
    }
    if (config.device == Device::cuda) {
      if (auto error = use_cuda(made)) {
        return tl::unexpected{*std::move(error)};
      }
    }
    OrtSession* session = nullptr;
    if (auto why = ort.why(
            ort.api->CreateSessionFromArray(loaded_->environment.get(), model.data(), model.size(), made, &session));
        !why.empty()) {
      return core::fail(core::ErrorCode::invalid_argument,
                        fmt::format("ONNX Runtime {} cannot run it: {}", loaded_->version, why));
    }
    auto opened = std::make_unique<OnnxSession>(loaded_, session);
    if (const auto why = opened->look(); !why.empty()) {
      return core::fail(core::ErrorCode::invalid_argument, fmt::format("its inputs or outputs do not fit: {}", why));
    }
    return opened;
  }

private:
  std::optional<core::Error> use_cuda(OrtSessionOptions* options) const {
    const Ort& ort = loaded_->ort;
    const auto all = providers();
    if (std::ranges::find(all, kCudaProvider) == all.end()) {
      return core::Error{core::ErrorCode::unavailable,
                         fmt::format("ONNX Runtime {} has no CUDA; it offers {}. Name a build that does by "
                                     "AURALIS_ONNXRUNTIME, or use the cpu",
                                     loaded_->version, fmt::join(all, ", "))};
    }
    OrtCUDAProviderOptionsV2* cuda = nullptr;
    auto why = ort.why(ort.api->CreateCUDAProviderOptions(&cuda));
    const Owned<OrtCUDAProviderOptionsV2> owned{cuda, ort};
    if (why.empty()) {
      why = ort.why(ort.api->SessionOptionsAppendExecutionProvider_CUDA_V2(options, cuda));
    }
    if (!why.empty()) {
      return core::Error{core::ErrorCode::unavailable, fmt::format("CUDA does not start: {}", why)};
    }
    return std::nullopt;
  }

  std::shared_ptr<const Loaded> loaded_;
};

/// Where the library may be, best first.
std::vector<std::string> candidates() {
  std::vector<std::string> all;
  std::error_code error;
  const auto program = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    all.push_back((program.parent_path() / "../lib/auralis/libonnxruntime.so.1").lexically_normal().string());
  }
  all.emplace_back("libonnxruntime.so.1");
  all.emplace_back("libonnxruntime.so");
#if defined(AURALIS_ONNXRUNTIME_LIBRARY)
  all.emplace_back(AURALIS_ONNXRUNTIME_LIBRARY);
#endif
  return all;
}

core::Result<std::shared_ptr<const Runtime>> start(void* library, const std::string& name) {
  void* const found = dlsym(library, "OrtGetApiBase");
  if (found == nullptr) {
    return core::fail(core::ErrorCode::unavailable, "is not ONNX Runtime: it lacks OrtGetApiBase", name);
  }
  const auto base_of = reinterpret_cast<decltype(&OrtGetApiBase)>(found);
  const OrtApiBase* const base = base_of();
  auto loaded = std::make_shared<Loaded>();
  loaded->version = base->GetVersionString();
  // A library answers for every version up to its own. What is called here has been there since kOldestApi.
  for (std::uint32_t version = ORT_API_VERSION; loaded->ort.api == nullptr && version >= kOldestApi; --version) {
    loaded->ort.api = base->GetApi(version);
  }
  if (loaded->ort.api == nullptr) {
    return core::fail(core::ErrorCode::unavailable,
                      fmt::format("is ONNX Runtime {}, which is too old: 1.{} is needed", loaded->version, kOldestApi),
                      name);
  }
  OrtEnv* environment = nullptr;
  if (auto why = loaded->ort.why(loaded->ort.api->CreateEnvWithCustomLogger(
          say_nothing, nullptr, ORT_LOGGING_LEVEL_FATAL, "auralis", &environment));
      !why.empty()) {
    return core::fail(core::ErrorCode::unavailable, fmt::format("does not start: {}", why), name);
  }
  loaded->environment = Owned<OrtEnv>{environment, loaded->ort};
  return std::make_shared<const OnnxRuntime>(std::move(loaded));
}

} // namespace

core::Result<std::shared_ptr<const Runtime>> Runtime::load(const Config& config) {
  // NODELETE: its threads and statics outlive the last session.
  constexpr int kHow = RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE;
  auto wanted = config.library.string();
  if (const char* const named = std::getenv("AURALIS_ONNXRUNTIME"); // NOLINT(concurrency-mt-unsafe): nobody sets it
      wanted.empty() && named != nullptr) {
    wanted = named;
  }
  if (!wanted.empty()) {
    void* const library = dlopen(wanted.c_str(), kHow);
    if (library == nullptr) {
      return core::fail(core::ErrorCode::not_found, fmt::format("ONNX Runtime cannot be loaded: {}", dlerror()),
                        wanted);
    }
    return start(library, wanted);
  }
  for (const auto& name : candidates()) {
    if (void* const library = dlopen(name.c_str(), kHow)) {
      return start(library, name);
    }
  }
  return core::fail(core::ErrorCode::not_found,
                    "ONNX Runtime was not found: install it (libonnxruntime), run tools/setup/onnxruntime.sh in the "
                    "source tree, or name its library by AURALIS_ONNXRUNTIME");
}

} // namespace auralis::nn
