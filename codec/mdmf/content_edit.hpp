#pragma once

#include "truckee/base/shared_bytes.hpp"
#include "truckee/codec/share_layout.hpp"

#include <cstdint>
#include <optional>

/// A change of one run of bytes of a content.
namespace truckee::codec::mdmf {

/// `length` bytes go to `offset` of a content; what lies between its end and them becomes zeros.
struct content_edit {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  bool cut = false; ///< the content ends behind them
};

/// How long a content of `now` bytes is afterwards. Nothing beyond 2^64.
std::optional<std::uint64_t> length_after(std::uint64_t now, const content_edit& edit);

/// Of the old content, what stays in this part of the new one, from its first to its last byte; length 0 where nothing does.
byte_range kept_of(std::uint64_t now, const content_edit& edit, const byte_range& part);

/// A part of the new content. `kept`: the old one's bytes of kept_of; `data`: what the edit writes, all of it.
buffer edited_part(std::uint64_t now, const content_edit& edit, const byte_range& part, byte_view kept,
                   byte_view data);

/// Copies what of `what`, which stands at byte `at` of a content, lies in `part` of it.
void lay_into(mutable_byte_view out, const byte_range& part, std::uint64_t at, byte_view what);

} // namespace truckee::codec::mdmf
