#include "truckee/codec/encoding.hpp"

namespace truckee::codec {

bool is_valid(encoding shape) {
  return shape.needed >= 1 && shape.needed <= shape.total;
}

result<encoding> make_encoding(std::uint64_t needed, std::uint64_t total) {
  if (total < 1 || total > 255)
    return fail(errc::usage, "the number of shares must be between 1 and 255, not " + std::to_string(total));
  if (needed < 1 || needed > total)
    return fail(errc::usage, "the number of needed shares must be between 1 and the number of shares (" +
                                 std::to_string(total) + "), not " + std::to_string(needed));
  return encoding{static_cast<std::uint8_t>(needed), static_cast<std::uint8_t>(total)};
}

std::uint64_t block_size(std::uint64_t content_length, encoding shape) {
  return content_length / shape.needed + (content_length % shape.needed == 0 ? 0 : 1);
}

} // namespace truckee::codec
