// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

namespace auralis::rt {

/// A bounded queue from one writer thread to one reader thread, in order, without loss: what does not fit is refused
/// and stays with the writer.
///
/// Thread: one writer, one reader; each method says whose it is. Realtime: all but construction; wait-free.
template <typename T> class SpscRing {
  static_assert(std::is_trivially_copyable_v<T>);
  static_assert(std::atomic<std::size_t>::is_always_lock_free);

public:
  /// Holds at least `capacity` elements. \pre capacity > 0
  explicit SpscRing(std::size_t capacity) : slots_(std::bit_ceil(capacity)), mask_{slots_.size() - 1} {}

  [[nodiscard]] std::size_t capacity() const noexcept { return slots_.size(); }

  /// Writer. Copies as many as fit and says how many that was.
  std::size_t write(std::span<const T> items) noexcept {
    const std::size_t at = write_index_.load(std::memory_order_relaxed);  // ours
    const std::size_t read = read_index_.load(std::memory_order_acquire); // pairs with the store in read()
    const std::size_t count = std::min(items.size(), slots_.size() - (at - read));
    for (std::size_t i = 0; i < count; ++i) {
      slots_[(at + i) & mask_] = items[i];
    }
    write_index_.store(at + count, std::memory_order_release); // pairs with the load in read()
    return count;
  }
  /// Writer. True if it fitted.
  bool push(const T& item) noexcept { return write(std::span{&item, 1}) == 1; }

  /// Reader. Takes as many as there are, up to out.size(), and says how many that was.
  std::size_t read(std::span<T> out) noexcept {
    const std::size_t at = read_index_.load(std::memory_order_relaxed);       // ours
    const std::size_t written = write_index_.load(std::memory_order_acquire); // pairs with the store in write()
    const std::size_t count = std::min(out.size(), written - at);
    for (std::size_t i = 0; i < count; ++i) {
      out[i] = slots_[(at + i) & mask_];
    }
    read_index_.store(at + count, std::memory_order_release); // pairs with the load in write()
    return count;
  }
  /// Reader. True if there was one.
  bool pop(T& item) noexcept { return read(std::span{&item, 1}) == 1; }

  /// Any thread; exact for the two owners, a recent value for others.
  [[nodiscard]] std::size_t size() const noexcept {
    const std::size_t read = read_index_.load(std::memory_order_acquire);
    return write_index_.load(std::memory_order_acquire) - read;
  }

private:
  static constexpr std::size_t kCacheLine = 64;

  std::vector<T> slots_;
  std::size_t mask_;
  alignas(kCacheLine) std::atomic<std::size_t> write_index_{0}; // stored by the writer only
  alignas(kCacheLine) std::atomic<std::size_t> read_index_{0};  // stored by the reader only
};

} // namespace auralis::rt
