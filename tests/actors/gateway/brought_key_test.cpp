#include "actors/server_words.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::test;

/// A new file with a private key that came with the request.
namespace {

struct known_key {
  std::string pem;
  std::string cap;
};

known_key known(int number) {
  const auto all = read_json("known-caps.json")["vectors"];
  for (const auto& each : all)
    if (each["format"] == "sdmf" && number-- == 0)
      return {each["private_key_pem"], each["write_cap"]};
  throw std::runtime_error("no such key");
}

messages::publish_request with_key(const std::string& pem, const std::string& content) {
  messages::publish_request x;
  x.private_key = pem;
  x.content = shared_bytes::copy_of(content);
  return x;
}

class brought_key : public ::testing::Test {
protected:
  messages::publish_reply publish(const messages::publish_request& x, test_grid& grid) {
    const auto done = grid.run.ask<messages::publish_reply>(grid.gateway(), x);
    EXPECT_TRUE(grid.wait(done));
    return **done;
  }
  std::string read(const std::string& cap, test_grid& grid) {
    messages::retrieve_request x;
    x.cap = cap;
    const auto done = grid.run.ask<messages::retrieve_reply>(grid.gateway(), x);
    EXPECT_TRUE(grid.wait(done));
    return text((*done)->content);
  }
  test_grid grid_;
  const known_key key_ = known(0);
};

} // namespace

TEST_F(brought_key, the_new_file_has_the_capability_that_the_key_gives) {
  const auto made = publish(with_key(key_.pem, "one"), grid_);
  ASSERT_TRUE(made.ok) << to_string(made.failure);
  EXPECT_EQ(std::string_view(made.write_cap), key_.cap);
  EXPECT_EQ(made.version.value, 1U);
  EXPECT_EQ(made.root.size(), 64U);
  EXPECT_EQ(made.placed.size(), 10U);
  EXPECT_EQ(read(key_.cap, grid_), "one");
}

TEST_F(brought_key, a_second_time_nothing_is_written_and_the_version_there_is_named) {
  ASSERT_TRUE(publish(with_key(key_.pem, "one"), grid_).ok);
  const auto again = publish(with_key(key_.pem, "two"), grid_);
  EXPECT_FALSE(again.ok);
  EXPECT_EQ(again.failure.code, errc::uncoordinated_write);
  EXPECT_EQ(again.became, effect::not_applied);
  EXPECT_NE(again.failure.detail.find("exists already, and is at seq 1"), std::string::npos)
      << again.failure.detail;
  EXPECT_EQ(read(key_.cap, grid_), "one");
  // Another client's file, which this gateway never heard of, is no other thing.
  grid_.end_gateway();
  EXPECT_FALSE(publish(with_key(key_.pem, "three"), grid_).ok);
  EXPECT_EQ(read(key_.cap, grid_), "one");
}

TEST_F(brought_key, the_next_version_is_written_with_its_capability) {
  ASSERT_TRUE(publish(with_key(key_.pem, "one"), grid_).ok);
  messages::publish_request next;
  next.write_cap = key_.cap;
  next.content = shared_bytes::copy_of("two");
  const auto written = publish(next, grid_);
  ASSERT_TRUE(written.ok) << to_string(written.failure);
  EXPECT_EQ(written.version.value, 2U);
  EXPECT_EQ(read(key_.cap, grid_), "two");
}

TEST_F(brought_key, asked_for_again_under_its_id_it_is_made_once) {
  auto x = with_key(key_.pem, "one");
  x.operation = seeded_random(7).make<operation_id>();
  ASSERT_TRUE(publish(x, grid_).ok);
  const auto again = publish(x, grid_);
  EXPECT_TRUE(again.ok) << to_string(again.failure);
  EXPECT_EQ(again.version.value, 1U);
  auto other = with_key(known(1).pem, "one");
  other.operation = x.operation;
  EXPECT_EQ(publish(other, grid_).failure.code, errc::usage) << "another key is another write";
}

TEST_F(brought_key, what_is_no_key_or_comes_with_a_capability_is_refused) {
  const auto no_key = publish(with_key("Snow on the ridge.", "one"), grid_);
  EXPECT_EQ(no_key.failure.code, errc::usage);
  EXPECT_NE(no_key.failure.detail.find("no PEM private key"), std::string::npos) << no_key.failure.detail;
  EXPECT_EQ(no_key.became, effect::not_applied);
  EXPECT_EQ(publish(with_key(std::string(100'000, 'A'), "one"), grid_).failure.code, errc::usage);
  auto both = with_key(key_.pem, "one");
  both.write_cap = test_grid::write_cap();
  EXPECT_EQ(publish(both, grid_).failure.code, errc::usage);
}

TEST_F(brought_key, files_that_are_kept_strictly_are_made_likewise) {
  test_grid strict({.strict = grid::strict_terms{}});
  const auto made = publish(with_key(key_.pem, "one"), strict);
  ASSERT_TRUE(made.ok) << to_string(made.failure);
  EXPECT_FALSE(publish(with_key(key_.pem, "two"), strict).ok);
  EXPECT_EQ(read(key_.cap, strict), "one");
}
