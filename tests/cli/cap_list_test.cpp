#include "truckee/cli/files/cap_list.hpp"

#include "test_folder.hpp"
#include "truckee/crypto/capability.hpp"

#include <fstream>
#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::cli;

namespace {

crypto::write_cap cap(int seed) {
  crypto::write_cap out{};
  out.key.data.fill(static_cast<std::byte>(seed));
  return out;
}
std::string text(int seed) {
  return crypto::to_text(crypto::file_cap(cap(seed)));
}
std::string weak(int seed) {
  return crypto::to_text(crypto::file_cap(crypto::to_read_cap(cap(seed))));
}

class cap_list : public testing::Test {
protected:
  test::folder folder;

  result<std::vector<listed_cap>> read(const std::string& content) {
    std::ofstream{folder / "caps", std::ios::binary} << content;
    return read_cap_list((folder / "caps").string());
  }
};

} // namespace

TEST_F(cap_list, has_a_capability_a_line_and_passes_over_what_is_for_people) {
  const auto got = read("# all of ours\n\n  " + text(1) + " \r\n\t# no more\n" + text(2) + "\n" + text(1) +
                        "\n" + text(3));
  ASSERT_TRUE(got) << to_string(got.error());
  ASSERT_EQ(got->size(), 3U) << "a file that is named twice is one";
  EXPECT_EQ((*got)[0].line, 3U);
  EXPECT_EQ((*got)[0].cap.view(), text(1));
  EXPECT_EQ((*got)[0].file, crypto::storage_index_of(crypto::file_cap(cap(1))));
  EXPECT_EQ((*got)[1].line, 5U);
  EXPECT_EQ((*got)[2].line, 7U);
  EXPECT_EQ((*got)[2].cap.view(), text(3));
}

TEST_F(cap_list, bad_lines_are_all_named_by_number_and_none_is_repeated) {
  const auto got = read(text(1) + "\nURI:SSK:secret\n" + weak(2) + "\nhello\n");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::bad_capability);
  const auto& detail = got.error().detail;
  EXPECT_EQ(detail.find("line 1:"), std::string::npos) << detail;
  for (const auto* line :
       {"line 2:", "line 3: a read capability; a write capability is needed", "line 4:", "nothing was begun"})
    EXPECT_NE(detail.find(line), std::string::npos) << detail;
  for (const auto* secret : {"secret", "hello", "URI:SSK-RO:"})
    EXPECT_EQ(detail.find(secret), std::string::npos) << detail;
}

TEST_F(cap_list, too_weak_and_too_many) {
  EXPECT_EQ(read(weak(1) + "\n").error().code, errc::insufficient_capability);
  std::string many;
  for (int i = 0; i < 25; ++i)
    many += "x\n";
  const auto detail = read(many).error().detail;
  EXPECT_NE(detail.find("line 10:"), std::string::npos) << detail;
  EXPECT_EQ(detail.find("line 11:"), std::string::npos) << detail;
  EXPECT_NE(detail.find("and 15 lines more"), std::string::npos) << detail;
}

TEST_F(cap_list, nothing_in_it_and_no_file) {
  for (const auto* nothing : {"", "\n\n", "# none\n"}) {
    const auto got = read(nothing);
    ASSERT_FALSE(got);
    EXPECT_NE(got.error().detail.find("has no capability"), std::string::npos) << got.error().detail;
  }
  const auto got = read_cap_list((folder / "nowhere").string());
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::usage);
  EXPECT_NE(got.error().detail.find("nowhere"), std::string::npos);
}
