#include "truckee/grid/strict/writer_note.hpp"

#include "grid/model_grid.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::grid;
using truckee::test::server;

namespace {

strict_setting setting(std::uint8_t k, std::size_t servers, std::uint8_t liars = 0) {
  strict_choice choice;
  choice.k = k;
  choice.liars = liars;
  for (std::size_t i = 0; i < servers; ++i)
    choice.servers.push_back(server(static_cast<std::uint8_t>(i)));
  return strict_setting::make(choice).value();
}

note_noise noise(std::uint8_t first) {
  note_noise out;
  out.data[0] = static_cast<std::byte>(first);
  return out;
}

} // namespace

TEST(writer_note, comes_back_as_it_was_packed) {
  const writer_note note{hash_of(setting(3, 10)), 513, {0x0102030405ULL}};
  EXPECT_EQ(parse_note(pack_note(note, noise(7))), note);
  EXPECT_NE(pack_note(note, noise(7)), pack_note(note, noise(8)));
}

TEST(writer_note, has_its_bytes_where_the_description_says) {
  writer_note note;
  note.setting.data.fill(std::byte{0xaa});
  note.epoch = 0x0102;
  note.reserved.value = 0x030405060708ULL;
  note_noise noise;
  noise.data.fill(std::byte{0xbb});
  EXPECT_EQ(to_hex(pack_note(note, noise).view()), "747275636b656531"
                                                   "aaaaaaaaaaaaaaaa"
                                                   "0102"
                                                   "030405060708"
                                                   "bbbbbbbbbbbbbbbb");
}

TEST(writer_note, is_not_in_the_salt_of_others) {
  EXPECT_FALSE(parse_note({}));
  auto salt = pack_note({}, noise(1));
  EXPECT_TRUE(parse_note(salt));
  salt.data[3] ^= std::byte{1};
  EXPECT_FALSE(parse_note(salt));
}

TEST(writer_note, tells_settings_apart) {
  const auto ten = hash_of(setting(3, 10));
  EXPECT_EQ(ten, hash_of(setting(3, 10)));
  EXPECT_EQ(ten, hash_of(setting(3, 12))) << "only the first N servers count";
  EXPECT_NE(ten, hash_of(setting(3, 9)));
  EXPECT_NE(ten, hash_of(setting(2, 10)));
  EXPECT_NE(ten, hash_of(setting(3, 10, 1)));
}

TEST(writer_note, counts_unless_it_is_far_ahead) {
  writer_note note;
  note.reserved.value = 1005;
  EXPECT_TRUE(counts(note, {5}));
  EXPECT_FALSE(counts(note, {4}));
  EXPECT_TRUE(counts(note, {2000}));
}
