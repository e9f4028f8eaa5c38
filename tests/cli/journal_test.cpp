#include "truckee/cli/files/journal.hpp"

#include "test_folder.hpp"
#include "truckee/base/private_file.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>

using namespace truckee;
using namespace truckee::cli;

namespace {

storage_index file(int seed) {
  storage_index out;
  out.data.fill(static_cast<std::byte>(seed));
  return out;
}

class journals : public testing::Test {
protected:
  test::folder folder;
  std::string name = (folder / "done").string();

  std::string content() const { return std::string(as_text(*read_small_file(name, 10'000))); }
  void be(std::string_view text) const { std::ofstream{name, std::ios::binary} << text; }
  std::string refused(std::string_view what = "repair") const {
    const auto got = journal::open(name, what);
    EXPECT_FALSE(got);
    return got ? std::string() : got.error().detail;
  }
};

} // namespace

TEST_F(journals, what_was_done_is_known_when_it_is_opened_again) {
  {
    auto first = journal::open(name, "repair").value();
    EXPECT_FALSE(first.has(file(1)));
    ASSERT_TRUE(first.add(file(1)));
    ASSERT_TRUE(first.add(file(2)));
    ASSERT_TRUE(first.add(file(1)));
  }
  auto again = journal::open(name, "repair").value();
  EXPECT_EQ(again.size(), 2U);
  EXPECT_TRUE(again.has(file(1)));
  EXPECT_TRUE(again.has(file(2)));
  EXPECT_FALSE(again.has(file(3)));
  ASSERT_TRUE(again.add(file(3)));
  struct stat about {};
  ASSERT_EQ(::stat(name.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
}

TEST_F(journals, a_line_that_was_cut_off_is_forgotten_wherever_it_was_cut) {
  {
    auto first = journal::open(name, "repair").value();
    ASSERT_TRUE(first.add(file(1)));
    ASSERT_TRUE(first.add(file(2)));
  }
  const auto whole = content();
  const auto second = whole.size() - 27;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    be(whole.substr(0, size));
    auto cut = journal::open(name, "repair");
    ASSERT_TRUE(cut) << size << ": " << to_string(cut.error());
    EXPECT_EQ(cut->has(file(1)), size >= second);
    EXPECT_FALSE(cut->has(file(2)));
    ASSERT_TRUE(cut->add(file(2)));
    EXPECT_EQ(content().size(), size >= second ? whole.size() : whole.size() - 27);
  }
}

TEST_F(journals, of_something_else_or_of_somebody_else_is_refused_and_stays) {
  ASSERT_TRUE(journal::open(name, "repair with old.toml"));
  const auto before = content();
  EXPECT_NE(refused("repair with new.toml").find("begun for something else"), std::string::npos);
  EXPECT_EQ(content(), before);
  be(before + "no storage index\n");
  EXPECT_NE(refused("repair with old.toml").find("line 2 is no storage index"), std::string::npos);
  be("my diary\n");
  EXPECT_NE(refused().find("is no journal"), std::string::npos);
  EXPECT_EQ(content(), "my diary\n");
  name = folder.path().string();
  EXPECT_FALSE(refused().empty());
  name = (folder / "no" / "folder").string();
  EXPECT_FALSE(refused().empty());
}

TEST_F(journals, two_at_once_are_refused) {
  const auto one = journal::open(name, "repair");
  ASSERT_TRUE(one);
  const auto two = journal::open(name, "repair");
  ASSERT_FALSE(two);
  EXPECT_EQ(two.error().code, errc::refused);
}
