// SPDX-License-Identifier: Apache-2.0
#include "auralis/nn/sha256.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <fmt/format.h>

namespace auralis::nn {
namespace {

constexpr std::size_t kBlock = 64;

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2).
constexpr std::array<std::uint32_t, 64> kRound{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

void take(std::array<std::uint32_t, 8>& hash, std::span<const std::byte, kBlock> block) {
  std::array<std::uint32_t, 64> w{};
  for (std::size_t t = 0; t < 16; ++t) {
    for (std::size_t n = 0; n < 4; ++n) {
      w[t] = (w[t] << 8U) | std::to_integer<std::uint32_t>(block[4 * t + n]);
    }
  }
  for (std::size_t t = 16; t < 64; ++t) {
    const auto s0 = std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ (w[t - 15] >> 3U);
    const auto s1 = std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ (w[t - 2] >> 10U);
    w[t] = w[t - 16] + s0 + w[t - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = hash;
  for (std::size_t t = 0; t < 64; ++t) {
    const auto big1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const auto first = h + big1 + ((e & f) ^ (~e & g)) + kRound[t] + w[t];
    const auto big0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const auto second = big0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + first;
    d = c;
    c = b;
    b = a;
    a = first + second;
  }
  const std::array<std::uint32_t, 8> added{a, b, c, d, e, f, g, h};
  for (std::size_t n = 0; n < hash.size(); ++n) {
    hash[n] += added[n];
  }
}

} // namespace

std::string sha256(std::span<const std::byte> bytes) {
  std::array<std::uint32_t, 8> hash{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::size_t at = 0;
  for (; at + kBlock <= bytes.size(); at += kBlock) {
    take(hash, bytes.subspan(at).first<kBlock>());
  }
  // What is left, a one, zeros, and the length in bits: one block or two.
  std::array<std::byte, 2 * kBlock> rest{};
  const auto left = bytes.size() - at;
  std::ranges::copy(bytes.subspan(at), rest.begin());
  rest.at(left) = std::byte{0x80};
  const std::size_t blocks = left + 9 <= kBlock ? 1 : 2;
  const auto bits = static_cast<std::uint64_t>(bytes.size()) * 8U;
  for (std::size_t n = 0; n < 8; ++n) {
    rest.at(blocks * kBlock - 1 - n) = static_cast<std::byte>((bits >> (8U * n)) & 0xffU);
  }
  for (std::size_t block = 0; block < blocks; ++block) {
    take(hash, std::span{rest}.subspan(block * kBlock).first<kBlock>());
  }
  std::string text;
  for (const auto word : hash) {
    text += fmt::format("{:08x}", word);
  }
  return text;
}

} // namespace auralis::nn
