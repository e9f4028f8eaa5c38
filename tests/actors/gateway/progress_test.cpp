#include "actors/server_words.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::test;
using namespace std::chrono_literals;

namespace {

class listener_state {
public:
  using handle = messages::progress_listener;
  using log = std::shared_ptr<std::vector<messages::progress_event>>;
  static constexpr const char* name = "truckee.test.listener";
  listener_state(messages::shell<listener_state>*, log events) : events_(std::move(events)) {}
  messages::behavior<handle> make_behavior() {
    return {[this](const messages::progress_event& x) { events_->push_back(x); }};
  }

private:
  log events_;
};

} // namespace

TEST(Operations, ASubscriberHearsItAllAndOneThatDiesHarmsNobody) {
  test_grid grid;
  grid.create("one");
  auto heard = std::make_shared<std::vector<messages::progress_event>>();
  auto lost = std::make_shared<std::vector<messages::progress_event>>();
  const auto stays = messages::spawn<listener_state>(grid.run.system(), heard);
  const auto dies = messages::spawn<listener_state>(grid.run.system(), lost);
  for (const auto& listener : {stays, dies}) {
    const auto done = grid.run.ask<messages::subscribe_answer>(grid.gateway(), messages::subscribe{listener});
    grid.run.settle();
    EXPECT_TRUE((*done)->accepted);
  }
  grid.run.kill(dies);
  grid.run.settle();
  const auto put = grid.put("two", 7);
  grid.run.settle();
  EXPECT_TRUE((*put)->ok);
  ASSERT_FALSE(heard->empty());
  EXPECT_TRUE(lost->empty());
  EXPECT_TRUE(heard->back().finished);
  EXPECT_EQ(heard->back().token.value, 7U);
  double last = 0;
  for (const auto& event : *heard) {
    EXPECT_GE(event.progress, last) << event.text;
    last = event.progress;
  }
  const auto status = grid.run.ask<messages::status_reply>(grid.gateway(), messages::status_request{});
  grid.run.settle();
  EXPECT_EQ((*status)->subscribers, 1U);
  EXPECT_TRUE((*status)->running.empty());
  ASSERT_FALSE((*status)->recent.empty());
  EXPECT_EQ((*status)->servers.size(), 10U);
  grid.run.kill(stays);
}

TEST(Operations, ASubscriberOfOneTokenHearsOfThatAloneUntilItUnsubscribes) {
  test_grid grid;
  grid.create("one");
  auto heard = std::make_shared<std::vector<messages::progress_event>>();
  const auto listener = messages::spawn<listener_state>(grid.run.system(), heard);
  const auto tell = [&](auto message) {
    const auto done = grid.run.ask<messages::subscribe_answer>(grid.gateway(), message);
    grid.run.settle();
    return (*done)->accepted;
  };
  EXPECT_FALSE(tell(messages::unsubscribe{listener})) << "it had not subscribed";
  EXPECT_TRUE(tell(messages::subscribe{listener, {7}}));
  for (const std::uint64_t token : {6U, 7U}) {
    const auto put = grid.put("two", token);
    grid.run.settle();
    EXPECT_TRUE((*put)->ok);
  }
  ASSERT_FALSE(heard->empty());
  for (const auto& event : *heard)
    EXPECT_EQ(event.token.value, 7U) << event.text;
  heard->clear();
  EXPECT_TRUE(tell(messages::subscribe{listener, {8}})) << "another one instead of the first";
  EXPECT_TRUE(tell(messages::unsubscribe{listener}));
  const auto put = grid.put("three", 8);
  grid.run.settle();
  EXPECT_TRUE((*put)->ok);
  EXPECT_TRUE(heard->empty());
  const auto status = grid.run.ask<messages::status_reply>(grid.gateway(), messages::status_request{});
  grid.run.settle();
  EXPECT_EQ((*status)->subscribers, 0U);
  grid.run.kill(listener);
}

TEST(Operations, AHelloOfAnotherProtocolIsRefusedWithBothVersionsNamed) {
  test_grid grid;
  const auto good = grid.run.ask<messages::greeting>(grid.gateway(), messages::hello_to_gateway());
  const auto bad = grid.run.ask<messages::greeting>(
      grid.gateway(), messages::hello{messages::gateway_protocol + 1, "truckee/99.0"});
  grid.run.settle();
  EXPECT_EQ((*good)->protocol, messages::gateway_protocol);
  EXPECT_EQ((*good)->software, messages::software_name());
  EXPECT_NE(bad->failure.find("truckee/99.0"), std::string::npos) << bad->failure;
  EXPECT_NE(bad->failure.find(messages::software_name()), std::string::npos) << bad->failure;
}

namespace {

/// What a subscriber hears of one operation, run to its end.
template <class Start>
std::vector<messages::progress_event> heard_of(test_grid& grid, Start start) {
  auto heard = std::make_shared<std::vector<messages::progress_event>>();
  const auto listener = messages::spawn<listener_state>(grid.run.system(), heard);
  grid.run.ask<messages::subscribe_answer>(grid.gateway(), messages::subscribe{listener});
  grid.run.settle();
  EXPECT_TRUE(grid.wait(start()));
  grid.run.settle();
  grid.run.kill(listener);
  return *heard;
}

bool begins(const messages::progress_event& x, std::string_view text) {
  return x.text.starts_with(text);
}

} // namespace

TEST(Operations, AReaderHearsHowManyBytesItHas) {
  test_grid grid;
  const std::string content(100'000, 'x');
  grid.create(content);
  const auto all = heard_of(grid, [&] { return grid.get(); });
  std::set<std::uint64_t> done;
  for (const auto& x : all)
    if (begins(x, "Reading shares")) {
      EXPECT_EQ(x.bytes_total, content.size());
      done.insert(x.bytes_done);
    }
  EXPECT_GE(done.size(), 3U) << "it grows with every share of three";
  EXPECT_EQ(all.back().bytes_done, content.size());
}

TEST(Operations, AVerifyHearsHowManyBytesOfSharesWereRead) {
  test_grid grid;
  grid.create(std::string(100'000, 'x'));
  const auto all = heard_of(grid, [&] {
    messages::check_request x;
    x.cap = test_grid::write_cap();
    x.verify = true;
    return grid.run.ask<messages::check_reply>(grid.gateway(), x);
  });
  std::uint64_t last = 0;
  for (const auto& x : all) {
    EXPECT_GE(x.bytes_done, last) << x.text;
    last = x.bytes_done;
  }
  EXPECT_GT(all.back().bytes_total, 10U * 33'000);
  EXPECT_EQ(all.back().bytes_done, all.back().bytes_total);
}

TEST(Operations, TheBarOfARepairIsNotFullBeforeItHasPutSharesBack) {
  test_grid grid;
  grid.create(std::string(100'000, 'x'));
  test::stored_shares(grid).lose(2);
  const auto all = heard_of(grid, [&] {
    return grid.run.ask<messages::repair_reply>(
        grid.gateway(), messages::repair_request{{}, test_grid::write_cap(), false, 0});
  });
  std::map<std::string, double> furthest;
  double last = 0;
  for (const auto& x : all) {
    EXPECT_GE(x.progress, last) << x.text;
    last = x.progress;
    for (const auto* stage : {"Mapping", "Verifying", "Reading", "Encoding", "Sending"})
      if (begins(x, stage))
        furthest[stage] = std::max(furthest[stage], x.progress);
  }
  EXPECT_LE(furthest["Verifying"], 0.5);
  EXPECT_LE(furthest["Reading"], 0.6);
  EXPECT_LT(furthest["Encoding"], 0.7);
  EXPECT_GT(furthest["Sending"], 0.6);
  EXPECT_EQ(last, 1.0);
}

TEST(Operations, AMapThatTakesItsTimeSaysWhomItWaitsFor) {
  test_grid grid;
  grid.create("one");
  grid.scripts[3]->read = [](const auto&) { return std::optional<grid::slot_read_answer>{}; };
  auto heard = std::make_shared<std::vector<messages::progress_event>>();
  const auto listener = messages::spawn<listener_state>(grid.run.system(), heard);
  grid.run.ask<messages::subscribe_answer>(grid.gateway(), messages::subscribe{listener});
  const auto check = grid.check();
  grid.run.advance(std::chrono::seconds(200));
  ASSERT_TRUE(grid.wait(check));
  EXPECT_TRUE(std::ranges::any_of(*heard, [](const auto& x) {
    return x.text == "Mapping shares: 9 of 10 servers answered";
  })) << heard->size();
  grid.run.kill(listener);
}
