// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target without libFuzzer: over a corpus, and over seeded mutations of each of its files.
//
// Usage: replay MUTATIONS FOLDER… ; fails if a folder holds nothing.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "auralis/core/random.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run(const std::string& input) {
  // A copy without a byte to spare, so that AddressSanitizer sees a step beyond the end.
  const std::vector<std::uint8_t> bytes(input.begin(), input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::string mutated(std::string input, auralis::core::Random& random) {
  for (int edits = random.integer(1, 4); edits > 0; --edits) {
    const int length = static_cast<int>(input.size());
    const auto at = static_cast<std::size_t>(random.integer(0, length));
    switch (random.integer(0, 4)) {
    case 0:
      input.insert(at, 1, static_cast<char>(random.integer(0, 255)));
      break;
    case 1:
      input.erase(at, static_cast<std::size_t>(random.integer(1, 8)));
      break;
    case 2:
      input.insert(at, input.substr(static_cast<std::size_t>(random.integer(0, length)),
                                    static_cast<std::size_t>(random.integer(1, 32))));
      break;
    case 3:
      input.resize(at);
      break;
    default:
      if (at < input.size()) {
        input[at] = static_cast<char>(static_cast<unsigned char>(input[at]) ^ (1U << random.integer(0, 7)));
      }
    }
  }
  return input;
}

} // namespace

int main(int count, char** arguments) {
  if (count < 3) {
    std::cerr << "usage: replay MUTATIONS FOLDER...\n";
    return 2;
  }
  const int mutations = std::atoi(arguments[1]);
  auralis::core::Random random{20'260'101};
  std::size_t inputs = 0;
  for (int i = 2; i < count; ++i) {
    std::size_t here = 0;
    for (const auto& entry : std::filesystem::directory_iterator{arguments[i]}) {
      std::ifstream file{entry.path(), std::ios::binary};
      const std::string input{std::istreambuf_iterator<char>{file}, {}};
      run(input);
      // The first byte chooses the type where a target reads several.
      for (int choice = 0; choice < 8; ++choice) {
        run(static_cast<char>(choice) + input);
      }
      for (int k = 0; k < mutations; ++k) {
        const auto changed = mutated(input, random);
        run(changed);
        run(static_cast<char>(random.integer(0, 7)) + changed);
      }
      ++here;
    }
    if (here == 0) {
      std::cerr << arguments[i] << " holds nothing\n";
      return 1;
    }
    inputs += here;
  }
  std::cout << inputs << " inputs, " << mutations << " mutations of each\n";
  return 0;
}
