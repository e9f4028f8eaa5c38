#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// Runs every file of the folders that are named, and each cut short and with one byte changed: an ordinary test in a
/// build that has no fuzzer.
int main(int count, char** names) {
  std::size_t runs = 0;
  const auto run = [&runs](const std::vector<std::uint8_t>& input) {
    LLVMFuzzerTestOneInput(input.data(), input.size());
    ++runs;
  };
  run({});
  for (int i = 1; i < count; ++i)
    for (const auto& entry : std::filesystem::directory_iterator(names[i])) {
      std::ifstream in(entry.path(), std::ios::binary);
      std::vector<std::uint8_t> input{std::istreambuf_iterator<char>(in), {}};
      std::printf("%s\n", entry.path().c_str());
      std::fflush(stdout); // the last one named is the one that failed
      run(input);
      const auto step = input.size() / 64 + 1;
      for (std::size_t at = 0; at < input.size(); at += step) {
        run({input.begin(), input.begin() + static_cast<std::ptrdiff_t>(at)});
        auto wounded = input;
        wounded[at] ^= static_cast<std::uint8_t>(1U << (at % 8));
        run(wounded);
      }
    }
  std::printf("%zu inputs\n", runs);
  return runs > 1 ? 0 : 1; // an empty corpus proves nothing
}
