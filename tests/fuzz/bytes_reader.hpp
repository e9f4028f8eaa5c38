#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace truckee::fuzz {

/// Makes values of a fuzzer's bytes; zeros once they are used up.
class bytes_reader {
public:
  bytes_reader(const std::uint8_t* data, std::size_t size)
    : left_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return left_.empty(); }
  std::uint8_t byte() {
    if (left_.empty())
      return 0;
    const auto out = static_cast<std::uint8_t>(left_.front());
    left_.remove_prefix(1);
    return out;
  }
  /// Small numbers, and now and then one at an edge.
  std::uint64_t number() {
    const auto kind = byte();
    if (kind < 200)
      return kind;
    std::uint64_t out = 0;
    for (int i = 0; i < 8; ++i)
      out = out << 8 | byte();
    return kind < 228 ? out : kind < 240 ? out % 5000 : ~std::uint64_t{0} - kind % 3;
  }
  std::string_view text(std::size_t size) {
    const auto out = left_.substr(0, size);
    left_.remove_prefix(out.size());
    return out;
  }
  std::string_view rest() { return text(left_.size()); }

private:
  std::string_view left_;
};

/// What must hold does not: the input is a finding.
inline void expect(bool holds) {
  if (!holds)
    __builtin_trap();
}

} // namespace truckee::fuzz
