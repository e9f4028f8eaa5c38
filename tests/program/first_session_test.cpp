#include "program/support/program.hpp"
#include "program/support/shares_on_disk.hpp"
#include "truckee/crypto/capability.hpp"

using namespace truckee;
using namespace truckee::test;

namespace {

crypto::fingerprint fingerprint_in(std::string cap) {
  cap.erase(cap.find_last_not_of('\n') + 1);
  return crypto::fingerprint_of(crypto::parse_capability(cap).value().file);
}

/// On the embedded grid: what a person sees who types the first commands.
class first_session : public program_test {
protected:
  std::vector<share_on_disk> shares(const std::string& cap_file) const {
    return shares_below(data() / "truckee" / "grid",
                        fingerprint_in(content(std::filesystem::path(cap_file).filename().string())));
  }

  void expect_ten_good_shares(const std::string& cap_file, std::uint64_t version, std::size_t size) const {
    const auto found = shares(cap_file);
    EXPECT_EQ(found.size(), 10U) << describe(found);
    std::set<std::string> stores;
    std::set<int> numbers;
    for (const auto& share : found) {
      EXPECT_EQ(share.wrong, "") << share.file;
      EXPECT_EQ(share.version.value, version) << share.file;
      EXPECT_EQ(share.content_bytes, size) << share.file;
      EXPECT_EQ(share.needed, 3);
      EXPECT_EQ(share.total, 10);
      stores.insert(share.store);
      numbers.insert(share.number.value);
    }
    EXPECT_EQ(stores.size(), 10U) << "each server holds one: " << describe(found);
    EXPECT_EQ(numbers.size(), 10U) << describe(found);
  }
};

class first_session_of_size : public first_session, public ::testing::WithParamInterface<std::size_t> {};

} // namespace

TEST_P(first_session_of_size, put_get_and_two_updates_give_versions_1_2_3_and_ten_tahoe_containers) {
  const auto size = GetParam();
  const auto first = noise(size, 1);
  const auto made = json({"put", "-"}, first);
  EXPECT_EQ(made["version"], 1);
  EXPECT_EQ(made["placed"].size(), 10U);
  EXPECT_EQ(made["happiness"], 10);
  const auto cap = file("cap", made["write_cap"].get<std::string>() + "\n");
  EXPECT_TRUE(get(cap) == first);
  expect_ten_good_shares(cap, 1, size);

  const auto second = noise(size + 7, 2);
  EXPECT_EQ(json({"put", file("second", second), "--cap-file", cap})["version"], 2);
  EXPECT_TRUE(get(cap) == second);
  const auto third = noise(size / 2, 3);
  EXPECT_EQ(json({"put", file("third", third), "--cap-file", cap})["version"], 3);
  EXPECT_TRUE(get(cap) == third);
  expect_ten_good_shares(cap, 3, third.size());

  const auto health = json({"check", "--cap-file", cap});
  EXPECT_EQ(health["healthy"], true);
  EXPECT_EQ(health["happiness"], 10);
  ASSERT_EQ(health["versions"].size(), 1U);
  EXPECT_EQ(health["versions"][0]["version"], 3);
}

INSTANTIATE_TEST_SUITE_P(bytes, first_session_of_size,
                         ::testing::Values(0, 1, std::size_t{64} << 10, std::size_t{20} << 20),
                         ::testing::PrintToStringParamName());

TEST_F(first_session, output_file_is_there_whole_and_standard_output_holds_the_content_alone) {
  const auto cap = put_new("hello\n");
  const auto done = truckee({"get", "--cap-file", cap, "-o", path("copy")});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(content("copy"), "hello\n");
  EXPECT_EQ(truckee({"get", "--cap-file", cap}).out, "hello\n");
}

TEST_F(first_session, weaker_caps_do_what_they_may_and_no_more) {
  const auto cap = put_new("content");
  const auto read = truckee({"cap", "--cap-file", cap, "--read-only"});
  ASSERT_TRUE(read.out.starts_with("URI:SSK-RO:")) << read.out << read.err;
  const auto verify = truckee({"cap", "--cap-file", "-", "--verify"}, read.out);
  ASSERT_TRUE(verify.out.starts_with("URI:SSK-Verifier:")) << verify.out << verify.err;
  EXPECT_EQ(truckee({"get", "--cap-file", "-"}, read.out).out, "content");
  EXPECT_EQ(truckee({"check", "--cap-file", "-"}, verify.out).code, 0);
  EXPECT_EQ(truckee({"get", "--cap-file", "-"}, verify.out).code, 6);
  EXPECT_EQ(truckee({"put", file("new", "new"), "--cap-file", "-"}, read.out).code, 6);
  EXPECT_EQ(get(cap), "content");
}

TEST_F(first_session, own_encoding_is_kept_by_updates) {
  const auto made = json({"put", "-", "-k", "2", "-n", "4", "--happy", "4"}, "two of four");
  const auto cap = file("cap", made["write_cap"].get<std::string>() + "\n");
  EXPECT_EQ(shares(cap).size(), 4U);
  const auto next = json({"put", file("next", "again"), "--cap-file", cap});
  EXPECT_EQ(next["needed"], 2);
  EXPECT_EQ(next["total"], 4);
  EXPECT_EQ(get(cap), "again");
  EXPECT_EQ(shares(cap).size(), 4U);
}

TEST_F(first_session, capability_file_that_is_standard_input_leaves_the_content_to_a_file) {
  const auto cap = put_new("one");
  const auto text = content("cap-1");
  EXPECT_EQ(truckee({"put", file("two", "two"), "--cap-file", "-"}, text).code, 0);
  EXPECT_EQ(get(cap), "two");
  EXPECT_EQ(truckee({"put", "-", "--cap-file", "-"}, text).code, 2);
}
