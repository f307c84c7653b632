// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <type_traits>

namespace auralis::core {

/// A vector with room for Capacity elements inside the object: nothing is ever allocated.
///
/// For trivially copyable T. Realtime: yes.
template <typename T, std::size_t Capacity> class FixedVector {
  static_assert(std::is_trivially_copyable_v<T>);

public:
  using value_type = T;
  using iterator = T*;
  using const_iterator = const T*;

  [[nodiscard]] static constexpr std::size_t capacity() noexcept { return Capacity; }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
  [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] constexpr bool full() const noexcept { return size_ == Capacity; }
  [[nodiscard]] constexpr std::size_t room() const noexcept { return Capacity - size_; }

  /// Appends, or refuses and returns false when full.
  constexpr bool push_back(const T& element) noexcept {
    if (full()) {
      return false;
    }
    elements_[size_++] = element;
    return true;
  }
  /// \pre !empty()
  constexpr void pop_back() noexcept {
    assert(!empty());
    --size_;
  }
  /// Takes out one element; those behind it move up.
  constexpr iterator erase(iterator where) noexcept {
    assert(where >= begin() && where < end());
    std::move(where + 1, end(), where);
    --size_;
    return where;
  }
  /// Takes out what satisfies the predicate; order is kept.
  template <typename Predicate> constexpr void erase_if(Predicate predicate) noexcept {
    size_ = static_cast<std::size_t>(std::remove_if(begin(), end(), predicate) - begin());
  }
  constexpr void clear() noexcept { size_ = 0; }
  /// Keeps the first `count`. \pre count <= size()
  constexpr void truncate(std::size_t count) noexcept {
    assert(count <= size_);
    size_ = count;
  }

  [[nodiscard]] constexpr T& operator[](std::size_t i) noexcept {
    assert(i < size_);
    return elements_[i];
  }
  [[nodiscard]] constexpr const T& operator[](std::size_t i) const noexcept {
    assert(i < size_);
    return elements_[i];
  }
  [[nodiscard]] constexpr T& back() noexcept { return (*this)[size_ - 1]; }
  [[nodiscard]] constexpr const T& back() const noexcept { return (*this)[size_ - 1]; }
  [[nodiscard]] constexpr T& front() noexcept { return (*this)[0]; }
  [[nodiscard]] constexpr const T& front() const noexcept { return (*this)[0]; }
  [[nodiscard]] constexpr T* data() noexcept { return elements_.data(); }
  [[nodiscard]] constexpr const T* data() const noexcept { return elements_.data(); }
  [[nodiscard]] constexpr iterator begin() noexcept { return elements_.data(); }
  [[nodiscard]] constexpr iterator end() noexcept { return elements_.data() + size_; }
  [[nodiscard]] constexpr const_iterator begin() const noexcept { return elements_.data(); }
  [[nodiscard]] constexpr const_iterator end() const noexcept { return elements_.data() + size_; }

private:
  std::array<T, Capacity> elements_{};
  std::size_t size_ = 0;
};

} // namespace auralis::core
