#include "codec/codec_test_support.hpp"
#include "truckee/codec/mdmf/content_edit.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::codec;

namespace {

std::string edited(std::string content, const mdmf::content_edit& edit, const std::string& data) {
  if (edit.length > 0 || edit.cut) {
    if (content.size() < edit.offset)
      content.resize(edit.offset);
    content.replace(edit.offset, edit.length, data);
  }
  if (edit.cut)
    content.resize(edit.offset + edit.length);
  return content;
}

std::string letters(std::size_t count, char first) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i)
    out += static_cast<char>(first + i % 26);
  return out;
}

} // namespace

TEST(mdmf_content_edit, every_part_of_every_edit_is_what_a_plain_string_becomes) {
  for (std::size_t now = 0; now <= 6; ++now)
    for (std::uint64_t offset = 0; offset <= 8; ++offset)
      for (std::uint64_t length = 0; length <= 4; ++length)
        for (const bool cut : {false, true}) {
          const mdmf::content_edit edit{offset, length, cut};
          const auto before = letters(now, 'a');
          const auto data = letters(length, 'A');
          const auto after = edited(before, edit, data);
          ASSERT_EQ(mdmf::length_after(now, edit), after.size());
          for (std::size_t from = 0; from < after.size(); ++from)
            for (std::size_t to = from + 1; to <= after.size(); ++to) {
              SCOPED_TRACE("now " + std::to_string(now) + ", offset " + std::to_string(offset) + ", length " +
                           std::to_string(length) + (cut ? ", cut" : "") + ", part " + std::to_string(from) +
                           " to " + std::to_string(to));
              const byte_range part{from, to - from};
              const auto kept = mdmf::kept_of(now, edit, part);
              ASSERT_TRUE(kept.length == 0 || (kept.offset >= from && kept.end() <= std::min(to, now)));
              const auto made = mdmf::edited_part(
                  now, edit, part, as_bytes(before).subspan(kept.length ? kept.offset : 0, kept.length),
                  as_bytes(data));
              ASSERT_EQ(as_text(made.view()), after.substr(from, to - from));
            }
        }
}

TEST(mdmf_content_edit, what_is_written_over_is_not_read) {
  const mdmf::content_edit edit{10, 20, false};
  EXPECT_EQ(mdmf::kept_of(100, edit, {10, 20}).length, 0U);
  EXPECT_EQ(mdmf::kept_of(100, edit, {0, 20}), (byte_range{0, 10}));
  EXPECT_EQ(mdmf::kept_of(100, edit, {20, 20}), (byte_range{30, 10}));
  EXPECT_EQ(mdmf::kept_of(100, edit, {0, 40}), (byte_range{0, 40})) << "on both sides of it";
  EXPECT_EQ(mdmf::kept_of(100, {10, 20, true}, {0, 40}), (byte_range{0, 10})) << "nothing is behind a cut";
}
