// SPDX-License-Identifier: Apache-2.0
#include "auralis/server/live_socket.hpp"

#include <deque>
#include <fmt/format.h>
#include <utility>
#include <vector>

#include "auralis/server/event_messages.hpp"
#include "auralis/server/live_hearing.hpp"
#include "auralis/server/text_socket.hpp"

namespace auralis::server {
namespace {

using core::ErrorCode;

constexpr std::size_t kMessageLimit = 64 * 1024; // two thirds of a second at 48 kHz
/// What may wait for one who reads slowly: minutes of what is heard.
constexpr std::size_t kMostWaiting = 8'000;
/// How much sooner than it sounds a microphone's sound may come, all in all.
constexpr core::Seconds kHeadStart{10.0};
/// No clock is as wrong as this.
constexpr double kFastest = 1.05;
/// Sound that waits for longer has found a server with too much to do.
constexpr core::Seconds kFarBehind{20.0};

class LiveSocket final : public LiveWatch, public TextSocket {
public:
  LiveSocket(Connections& owner, TcpSocket socket, std::string peer, std::string station)
      : TextSocket{owner, std::move(socket), std::move(peer), kMessageLimit}, station_{std::move(station)} {}

  void told(const std::shared_ptr<const std::string>& text) override {
    if (finishing()) {
      return;
    }
    if (texts_.size() >= kMostWaiting) {
      ++s_.counters.closed_as_slow;
      texts_.clear();
      return finish(CloseCode::try_again_later, "too slow: what is heard is not read");
    }
    texts_.push_back(text);
    write();
  }
  void ended(CloseCode code, std::string_view reason, std::shared_ptr<const std::string> last_words) override {
    if (last_words && !finishing()) {
      texts_.push_back(std::move(last_words));
    }
    finish(code, reason);
  }

private:
  void opened() override {
    if (!station_.empty()) {
      s_.hearing.watch(station_, *this);
    }
  }
  void from_elsewhere(std::string_view reason) override {
    refuse({ErrorCode::invalid_argument, std::string{reason}, "origin"});
  }

  void left() override {
    if (!station_.empty()) {
      s_.hearing.unwatch(station_, *this);
    }
    if (ear_) {
      s_.hearing.give_back(*std::exchange(ear_, nullptr));
    }
  }

  void received(std::string_view bytes, bool text) override {
    if (finishing() || ending_) {
      return;
    }
    ++s_.counters.messages_received;
    if (!station_.empty()) {
      refuse({ErrorCode::invalid_argument, "nothing is to be said here: the server listens to the station", ""});
    } else if (text) {
      obey(bytes);
    } else {
      hear(bytes);
    }
  }

  std::shared_ptr<const std::string> next() override {
    if (texts_.empty()) {
      return nullptr;
    }
    auto text = std::move(texts_.front());
    texts_.pop_front();
    return text;
  }

  void obey(std::string_view text) {
    const auto message = protocol::parse_live_request(text);
    if (!message) {
      return refuse(message.error());
    }
    const auto* microphone = std::get_if<protocol::MicrophoneMessage>(&*message);
    if (microphone == nullptr) {
      ending_ = true;
      ear_ ? ear_->finish() : finish(CloseCode::done, "nothing was heard");
      return;
    }
    if (ear_) {
      return refuse({ErrorCode::invalid_argument, "the microphone has been described already", "/type"});
    }
    const core::Hertz rate{static_cast<double>(microphone->sample_rate)};
    auto ear = s_.hearing.microphone(rate, [this](const std::vector<Told>& heard, bool over) { tell(heard, over); });
    if (!ear) {
      return refuse(ear.error(), CloseCode::try_again_later);
    }
    ear_ = std::move(*ear);
    rate_ = rate;
    began_ = s_.clock.now();
    told(std::make_shared<const std::string>(
        protocol::to_json(protocol::ListeningMessage{.source = protocol::LiveSource::microphone,
                                                     .sample_rate = microphone->sample_rate,
                                                     .at = 0,
                                                     .networks = s_.hearing.networks().of_streams()})));
  }

  void hear(std::string_view bytes) {
    if (!ear_) {
      return refuse(
          {ErrorCode::invalid_argument, "sound came before it was described, expected a microphone message", ""});
    }
    if (bytes.size() % 2 != 0) {
      return refuse({ErrorCode::invalid_argument,
                     fmt::format("{} bytes of sound came, expected samples of two bytes each", bytes.size()), ""});
    }
    frames_ += bytes.size() / 2;
    const double sounded = kFastest * core::to_seconds(s_.clock.now() - began_).value + kHeadStart.value;
    if (static_cast<double>(frames_) > sounded * rate_.value) {
      ++s_.counters.closed_for_flood;
      return refuse({ErrorCode::limit_exceeded, "sound comes faster than it sounds", ""});
    }
    if (ear_->waiting() > kFarBehind) {
      return refuse({ErrorCode::unavailable, "the server has too much to do to listen", ""},
                    CloseCode::try_again_later);
    }
    const auto* first = reinterpret_cast<const std::byte*>(bytes.data());
    const auto kept = std::make_shared<const std::vector<std::byte>>(first, first + bytes.size());
    ear_->push(kept, *kept);
  }

  void tell(const std::vector<Told>& heard, bool over) {
    for (const auto& one : heard) {
      told(one.text);
    }
    if (over) {
      // Before goodbye is said: who hears it may come again at once.
      s_.hearing.give_back(*std::exchange(ear_, nullptr));
      finish(CloseCode::done, "all has been heard");
    }
  }

  void refuse(const core::Error& error, CloseCode code = CloseCode::policy) {
    ++s_.counters.messages_refused;
    ended(code, error.what, std::make_shared<const std::string>(error_json(error)));
  }

  std::string station_;      // empty: the other end sends the sound
  std::shared_ptr<Ear> ear_; // of a microphone, once it has been described
  core::Hertz rate_;
  core::TimePoint began_;
  std::uint64_t frames_ = 0; // that have come
  std::deque<std::shared_ptr<const std::string>> texts_;
  bool ending_ = false; // no more sound is taken
};

} // namespace

void serve_live(Connections& connections, TcpSocket socket, TextSocket::Request request, const std::string& peer,
                std::string station, bool origin_ok) {
  std::make_shared<LiveSocket>(connections, std::move(socket), peer, std::move(station))
      ->start(std::move(request), origin_ok);
}

} // namespace auralis::server
