#include "truckee/storage/file_image.hpp"

#include "test_support.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using storage::file_image;

namespace {

class bytes_file final : public storage::readable_file {
public:
  explicit bytes_file(bytes content) : content_(std::move(content)) {}
  std::uint64_t size() const override { return content_.size(); }
  storage::io_result<void> read_at(std::uint64_t offset, mutable_byte_view out) const override {
    if (offset + out.size() > content_.size())
      return storage::io_fail(5, "read", "bytes");
    std::copy_n(content_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
    return {};
  }

private:
  bytes content_;
};

bytes rendered(const file_image& image, const storage::readable_file* old_file) {
  bytes out;
  const auto done =
      storage::write_image(image, old_file, [&out](byte_view piece) -> storage::io_result<void> {
        out.insert(out.end(), piece.begin(), piece.end());
        return {};
      });
  EXPECT_TRUE(done.has_value());
  return out;
}

} // namespace

TEST(file_image, any_sequence_of_writes_gives_what_the_same_writes_give_on_plain_bytes) {
  test::seeded_random random(7);
  for (int run = 0; run < 300; ++run) {
    bytes plain(random.below(200));
    random.fill(plain);
    const bytes_file old_file(plain);
    file_image image(plain.size());
    for (int i = 0; i < 12; ++i) {
      const auto offset = random.below(300);
      bytes data(random.below(80));
      const bool zeros = random.below(3) == 0;
      if (!zeros)
        random.fill(data);
      if (plain.size() < offset + data.size() || plain.size() < offset)
        plain.resize(offset + data.size());
      std::copy(data.begin(), data.end(), plain.begin() + static_cast<std::ptrdiff_t>(offset));
      if (zeros)
        image.put_zeros(offset, data.size());
      else
        image.put(offset, shared_bytes::copy_of(byte_view(data)));
    }
    ASSERT_EQ(image.size(), plain.size()) << "run " << run;
    ASSERT_EQ(to_hex(rendered(image, &old_file)), to_hex(plain)) << "run " << run;
  }
}

TEST(file_image, large_runs_pass_through_in_pieces_and_in_order) {
  test::seeded_random random(8);
  bytes old_content(700'000);
  random.fill(old_content);
  const bytes_file old_file(old_content);
  file_image image(old_content.size());
  bytes big(300'000);
  random.fill(big);
  image.put(100'000, shared_bytes::copy_of(byte_view(big)));
  image.put_zeros(900'000, 500'000);
  auto expected = old_content;
  expected.resize(1'400'000);
  std::copy(big.begin(), big.end(), expected.begin() + 100'000);
  EXPECT_TRUE(rendered(image, &old_file) == expected);
}

TEST(file_image, what_is_cut_off_is_gone) {
  const bytes_file old_file(to_bytes(as_bytes("0123456789")));
  file_image image(10);
  image.put(4, shared_bytes::copy_of("abcd"));
  image.cut(20);
  EXPECT_EQ(image.size(), 10U);
  image.cut(6);
  EXPECT_EQ(as_text(rendered(image, &old_file)), "0123ab");
  image.put(8, shared_bytes::copy_of("z"));
  EXPECT_EQ(as_text(rendered(image, &old_file)), std::string_view("0123ab\0\0z", 9));
  image.cut(0);
  EXPECT_EQ(image.size(), 0U);
}

TEST(file_image, an_error_of_the_old_file_or_of_the_sink_is_passed_on) {
  const bytes_file too_short(bytes(10));
  const auto keep = [](byte_view) -> storage::io_result<void> { return {}; };
  EXPECT_FALSE(storage::write_image(file_image(20), &too_short, keep));
  EXPECT_FALSE(storage::write_image(file_image(20), nullptr, keep));
  const auto full = [](byte_view) -> storage::io_result<void> { return storage::io_fail(28, "write", "x"); };
  const auto failed = storage::write_image(file_image(10), &too_short, full);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, 28);
}

TEST(file_image, what_is_staged_is_in_place_and_all_else_is_given_with_its_place) {
  auto image = file_image::of_staged(10);
  EXPECT_EQ(image.size(), 10U);
  EXPECT_EQ(image.bytes_to_write(), 0U);
  image.put(0, shared_bytes::copy_of("ab"));
  image.put(2, shared_bytes::copy_of("c"));
  image.put(6, shared_bytes::copy_of("x"));
  image.put(12, shared_bytes(bytes(100'000, std::byte{'y'})));
  EXPECT_EQ(image.bytes_to_write(), 4U + 2 + 100'000);
  std::string file(10, '.');
  std::size_t pieces = 0;
  EXPECT_TRUE(storage::place_image(image, nullptr,
                                   [&](std::uint64_t offset, byte_view piece) -> storage::io_result<void> {
                                     ++pieces;
                                     file.resize(std::max<std::size_t>(file.size(), offset + piece.size()));
                                     file.replace(offset, piece.size(), as_text(piece));
                                     return {};
                                   }));
  EXPECT_EQ(file, "abc...x..." + std::string(2, '\0') + std::string(100'000, 'y'));
  EXPECT_EQ(pieces, 4U) << "two that stand together are one";
  image.cut(1);
  EXPECT_EQ(image.bytes_to_write(), 1U);
  EXPECT_EQ(image.given(2, 1), bytes{}) << "nothing is known of what is staged";
}
