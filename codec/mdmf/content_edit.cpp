#include "truckee/codec/mdmf/content_edit.hpp"

#include "truckee/base/assert.hpp"

#include <algorithm>

namespace truckee::codec::mdmf {

std::optional<std::uint64_t> length_after(std::uint64_t now, const content_edit& edit) {
  if (edit.length > UINT64_MAX - edit.offset)
    return std::nullopt;
  const auto end = edit.offset + edit.length;
  if (edit.cut)
    return end;
  return edit.length == 0 ? now : std::max(now, end);
}

byte_range kept_of(std::uint64_t now, const content_edit& edit, const byte_range& part) {
  const auto written_end = edit.offset + edit.length;
  auto begin = part.offset;
  auto end = std::min(part.end(), edit.cut ? std::min(now, edit.offset) : now);
  if (edit.length > 0) {
    if (begin >= edit.offset)
      begin = std::max(begin, std::min(written_end, part.end()));
    if (end <= written_end)
      end = std::min(end, std::max(edit.offset, part.offset));
  }
  return begin < end ? byte_range{begin, end - begin} : byte_range{part.offset, 0};
}

void lay_into(mutable_byte_view out, const byte_range& part, std::uint64_t at, byte_view what) {
  const auto begin = std::max(at, part.offset);
  const auto end = std::min(at + what.size(), part.end());
  if (begin < end)
    std::ranges::copy(what.subspan(begin - at, end - begin),
                      out.begin() + static_cast<std::ptrdiff_t>(begin - part.offset));
}

buffer edited_part(std::uint64_t now, const content_edit& edit, const byte_range& part, byte_view kept,
                   byte_view data) {
  const auto stays = kept_of(now, edit, part);
  TRUCKEE_ASSERT(kept.size() == stays.length && data.size() == edit.length, "all that the part consists of");
  buffer out(part.length);
  std::ranges::fill(out.view(), std::byte{0});
  lay_into(out.view(), part, stays.offset, kept);
  lay_into(out.view(), part, edit.offset, data);
  return out;
}

} // namespace truckee::codec::mdmf
