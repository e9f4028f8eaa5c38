#include "truckee/actors/gateway/operation_memory.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::actors;

namespace {

operation_id id(std::uint8_t number) {
  operation_id out;
  out.data[0] = static_cast<std::byte>(number);
  return out;
}

messages::publish_reply reply(effect became, std::uint64_t version) {
  messages::publish_reply out;
  out.ok = became == effect::applied;
  out.became = became;
  out.version.value = version;
  return out;
}

} // namespace

TEST(operation_memory, says_how_an_operation_stands_to_whoever_has_its_capability) {
  operation_memory memory;
  EXPECT_FALSE(memory.resolve({"cap", id(1)}).known);
  memory.begins(id(1), {}, "cap", 7);
  EXPECT_TRUE(memory.resolve({"cap", id(1)}).running);
  memory.ended(id(1), reply(effect::applied, 5));
  const auto done = memory.resolve({"cap", id(1)});
  EXPECT_TRUE(done.known);
  EXPECT_FALSE(done.running);
  EXPECT_EQ(done.became, effect::applied);
  EXPECT_EQ(done.version.value, 5U);
  EXPECT_FALSE(memory.resolve({"another", id(1)}).known);
}

TEST(operation_memory, forgets_the_oldest_of_a_file_and_of_all_but_none_that_runs) {
  operation_memory memory(4, 2);
  memory.begins(id(1), {}, "a", 1); // runs on
  for (std::uint8_t i = 2; i <= 4; ++i) {
    memory.begins(id(i), {}, "a", i);
    memory.ended(id(i), reply(effect::applied, i));
  }
  EXPECT_NE(memory.find(id(1)), nullptr);
  EXPECT_EQ(memory.find(id(2)), nullptr);
  EXPECT_EQ(memory.find(id(3)), nullptr);
  EXPECT_NE(memory.find(id(4)), nullptr);
  for (std::uint8_t i = 5; i <= 7; ++i) {
    memory.begins(id(i), {}, std::string(1, static_cast<char>('a' + i)), i);
    memory.ended(id(i), reply(effect::applied, i));
  }
  EXPECT_EQ(memory.size(), 4U);
  EXPECT_EQ(memory.find(id(4)), nullptr);
  EXPECT_NE(memory.find(id(1)), nullptr);
}

TEST(operation_memory, one_that_is_asked_for_again_keeps_what_it_sent) {
  operation_memory memory;
  memory.begins(id(1), {}, "a", 1).own->push_back({{}, true, {}, {}});
  memory.ended(id(1), reply(effect::may_be_applied, 3));
  EXPECT_EQ(memory.begins(id(1), {}, "a", 9).own->size(), 1U);
  EXPECT_EQ(effect_of_refusal(memory.find(id(1))), effect::may_be_applied);
  EXPECT_EQ(effect_of_refusal(nullptr), effect::not_applied);
}

TEST(operation_memory, what_may_be_done_again) {
  operation_memory memory;
  auto& x = memory.begins(id(1), {}, "a", 1);
  const auto again = [&](effect became) {
    memory.ended(id(1), reply(became, 3));
    return may_be_done_again(x);
  };
  EXPECT_FALSE(again(effect::applied));
  EXPECT_TRUE(again(effect::not_applied));
  EXPECT_FALSE(again(effect::may_be_applied)); // nobody knows what it sent
  x.own->push_back({{}, true, {}, {}});
  EXPECT_TRUE(again(effect::may_be_applied));
  auto& made = memory.begins(id(2), {}, "", 2); // a new file
  made.own->push_back({{}, true, {}, {}});
  memory.ended(id(2), reply(effect::may_be_applied, 1));
  EXPECT_FALSE(may_be_done_again(made));
}

TEST(operation_memory, an_id_stands_for_one_request) {
  messages::append_request a{{1}, "cap", shared_bytes::copy_of("line"), 5};
  auto b = a;
  b.token.value = 2;
  b.timeout_ms = 9;
  EXPECT_EQ(hash_of(a), hash_of(b));
  b.data = shared_bytes::copy_of("other");
  EXPECT_NE(hash_of(a), hash_of(b));
  messages::publish_request put;
  put.write_cap = "cap";
  put.content = shared_bytes::copy_of("line");
  EXPECT_NE(hash_of(put), hash_of(a));
  auto on = put;
  on.only_if = {{1}, ""};
  EXPECT_NE(hash_of(put), hash_of(on));
}
