#pragma once

#include "truckee/base/bytes.hpp"

#include <cstdint>

namespace truckee::doors::basp {

/// Reads a peer's bytes from the front. What lies past the end reads as zero, and ok() is false from then on: ask it before
/// anything that was read is believed.
class cursor {
public:
  explicit cursor(byte_view data) : data_(data) {}

  bool ok() const { return ok_; }
  /// All is read, and nothing past the end.
  bool at_end() const { return ok_ && data_.empty(); }
  byte_view rest() const { return data_; }

  byte_view take(std::size_t count) {
    if (count > data_.size()) {
      ok_ = false;
      data_ = {};
      return {};
    }
    const auto out = data_.first(count);
    data_ = data_.subspan(count);
    return out;
  }

  template <class T>
  T number() {
    const auto raw = take(sizeof(T));
    return raw.empty() ? T{} : load_be<T>(raw);
  }

  /// A length as CAF writes it: seven bits a byte, the lowest first. Longer than 32 bits is an error here; CAF would shift the
  /// bits out.
  std::uint32_t length() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      const auto part = number<std::uint8_t>();
      value |= static_cast<std::uint64_t>(part & 0x7f) << shift;
      if (!(part & 0x80) && value <= 0xffff'ffff)
        return static_cast<std::uint32_t>(value);
    }
    ok_ = false;
    return 0;
  }

  /// Bytes with their length before them.
  byte_view text() { return take(length()); }

private:
  byte_view data_;
  bool ok_ = true;
};

} // namespace truckee::doors::basp
