#include "truckee/gbs/server/identity.hpp"

#include "test_folder.hpp"
#include "truckee/base/private_file.hpp"
#include "truckee/crypto/base32.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>

using namespace truckee;
using namespace truckee::gbs;

namespace {

std::string text_of(const std::filesystem::path& file) {
  return std::string(as_text(*read_small_file(file, 1 << 16)));
}

unsigned mode_of(const std::filesystem::path& file) {
  struct stat info {};
  ::stat(file.c_str(), &info);
  return info.st_mode & 0777;
}

class gbs_identity : public testing::Test {
protected:
  result<server_identity> find(bool may_make = true) {
    return find_or_make_identity(store_, may_make, system_random());
  }

  test::folder folder_;
  std::filesystem::path store_ = folder_ / "storage";
};

} // namespace

TEST_F(gbs_identity, is_made_once_and_found_again) {
  const auto made = find();
  ASSERT_TRUE(made) << to_string(made.error());
  const auto where = write_down(*made, made->key.id, {"127.0.0.1", 4500});
  ASSERT_TRUE(where) << to_string(where.error());
  const auto found = find(false);
  ASSERT_TRUE(found) << to_string(found.error());
  EXPECT_EQ(found->key.key, made->key.key);
  EXPECT_EQ(found->key.id, made->key.id);
  EXPECT_EQ(std::string_view(found->swissnum), std::string_view(made->swissnum));
  EXPECT_EQ(made->swissnum.size(), 32U);
  EXPECT_EQ(text_of(store_ / "private/storage.nurl"), std::string(to_text(*where)) + "\n");
  EXPECT_EQ(text_of(store_ / "private/storage.furl"), "pb://" + crypto::to_base32(made->key.id.view()) +
                                                          "@tcp:127.0.0.1:4500/" +
                                                          std::string(made->swissnum) + "\n");
  for (const auto* name : {"node.pem", "storage.furl", "storage.nurl"})
    EXPECT_EQ(mode_of(store_ / "private" / name), 0600U) << name;
  EXPECT_EQ(mode_of(store_ / "private"), 0700U);
}

TEST_F(gbs_identity, of_a_node_above_is_used_and_left_as_it_is) {
  // A node's folder: its store is below it.
  const auto node = find_or_make_identity(folder_.path(), true, system_random());
  ASSERT_TRUE(node);
  ASSERT_TRUE(write_down(*node, node->key.id, {"127.0.0.1", 1}));
  const auto furl = text_of(folder_ / "private/storage.furl");
  const auto found = find();
  ASSERT_TRUE(found) << to_string(found.error());
  EXPECT_FALSE(found->ours);
  EXPECT_EQ(found->key.key, node->key.key);
  EXPECT_EQ(std::string_view(found->swissnum), std::string_view(node->swissnum));
  ASSERT_TRUE(write_down(*found, found->key.id, {"127.0.0.1", 2}));
  EXPECT_EQ(text_of(folder_ / "private/storage.furl"), furl);
  EXPECT_FALSE(std::filesystem::exists(store_ / "private"));
}

TEST_F(gbs_identity, is_not_made_where_nothing_may_be_written) {
  const auto found = find(false);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, errc::configuration);
  EXPECT_FALSE(std::filesystem::exists(store_));
}

TEST_F(gbs_identity, files_that_make_no_sense_are_named_without_what_they_hold) {
  ASSERT_TRUE(find());
  std::ofstream(store_ / "private/storage.furl") << "pb://tub@tcp:127.0.0.1:1/swiss num\n";
  const auto furl = find();
  ASSERT_FALSE(furl);
  EXPECT_NE(furl.error().detail.find("storage.furl"), std::string::npos);
  EXPECT_EQ(furl.error().detail.find("swiss num"), std::string::npos);
  std::ofstream(store_ / "private/node.pem") << "nothing\n";
  const auto pem = find();
  ASSERT_FALSE(pem);
  EXPECT_NE(pem.error().detail.find("node.pem"), std::string::npos);
}
