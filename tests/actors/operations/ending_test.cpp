#include "actors/server_words.hpp"
#include "truckee/actors/shell/offload.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::test;
using namespace std::chrono_literals;

TEST(Operations, CancelWhileQueued) {
  test_grid grid;
  grid.create("one");
  hang_all_writes(grid);
  const auto first = grid.put("two", 1);
  const auto second = grid.put("three", 2);
  grid.run.settle();
  EXPECT_TRUE(grid.cancel(2));
  ASSERT_TRUE(second->done());
  EXPECT_EQ((*second)->failure.code, errc::cancelled);
  EXPECT_FALSE(first->done());
  release_all(grid);
  ASSERT_TRUE(grid.wait(first));
  EXPECT_TRUE((*first)->ok) << to_string((*first)->failure);
  EXPECT_FALSE(grid.cancel(1)) << "it has ended";
}

TEST(Operations, CancelWhilePushingANewFileAnswersWhatIsKnown) {
  test_grid grid;
  hang_all_writes(grid);
  const auto done = grid.put_new("one", 1);
  grid.run.settle();
  EXPECT_TRUE(grid.cancel(1));
  ASSERT_TRUE(done->done());
  EXPECT_EQ((*done)->failure.code, errc::cancelled) << to_string((*done)->failure);
  EXPECT_EQ((*done)->unknown_servers.size(), 10U) << "the messages may land yet";
  EXPECT_FALSE((*done)->write_cap.empty()) << "shares may be there: whoever asked must be able to reach them";
}

TEST(Operations, ACancelThatWouldLeaveNoVersionReadableWaitsUntilOneIs) {
  test_grid grid;
  grid.create("one");
  hang_all_writes(grid);
  const auto done = grid.put("two", 1);
  grid.run.settle();
  EXPECT_TRUE(grid.cancel(1));
  EXPECT_FALSE(done->done()) << "every share of the old version is under way to be replaced";
  release_all(grid);
  ASSERT_TRUE(grid.wait(done, 1min));
  EXPECT_EQ((*done)->ok ? errc::cancelled : (*done)->failure.code, errc::cancelled);
  const auto got = grid.get();
  ASSERT_TRUE(grid.wait(got));
  EXPECT_EQ(text((*got)->content), "two");
}

namespace {

/// Keeps the only compute thread busy until let go, so that an encoding waits behind it.
class busy_thread {
public:
  explicit busy_thread(test_grid& grid) : grid_(grid) {
    grid.compute->submit([gate = gate_.get_future().share()] { gate.wait(); });
  }
  void let_go() {
    gate_.set_value();
    grid_.join_compute();
  }

private:
  test_grid& grid_;
  std::promise<void> gate_;
};

/// Of a new file.
actors::write_task new_file_task(test_grid& grid) {
  actors::write_task task;
  task.context.services = grid.services;
  task.context.servers = grid.server_list();
  task.key = test::vector_key(0);
  const crypto::file_keys keys(*task.key);
  task.context.access = shares::access_to({crypto::file_format::sdmf, keys.write, keys.fingerprint});
  task.content = shared_bytes::copy_of("hello");
  return task;
}

/// Keeps what it is told.
class progress_book {
public:
  using handle = messages::progress_sink;
  using lines = std::vector<messages::operation_progress>;
  static constexpr const char* name = "test.progress_book";

  progress_book(messages::shell<progress_book>*, lines* told) : told_(told) {}
  messages::behavior<handle> make_behavior() {
    return {[this](const messages::operation_progress& x) { told_->push_back(x); },
            [](const messages::publish_news&) {}};
  }

private:
  lines* told_;
};

template <class Script>
void let_go(test_grid& grid, Script& server) {
  server.write = nullptr;
  server.release(grid.run);
}

messages::publish_reply stop_while_encoding(errc reason) {
  test_grid grid({.compute_threads = 1});
  busy_thread busy(grid);
  auto task = new_file_task(grid);
  // What is smaller is encoded in its actor, at once.
  task.content = shared_bytes::copy_of(std::string(actors::small_work_bytes + 1, 'x'));
  const auto writer = actors::spawn_file_writer(grid.run.system(), std::move(task));
  const auto done = grid.run.ask<messages::publish_reply>(writer, messages::run{});
  grid.run.settle();
  messages::send_anonymously(writer, messages::stop{reason});
  grid.run.settle();
  busy.let_go();
  EXPECT_TRUE(grid.wait(done, 1min));
  for (const auto& script : grid.scripts)
    EXPECT_TRUE(script->writes.empty()) << "nothing may be sent after a stop";
  return **done;
}

/// Tells its listener, who does or does not want to hear of each step.
answer_ptr<messages::publish_reply> start_told(test_grid& grid, progress_book::lines& told, bool watched) {
  auto task = new_file_task(grid);
  task.context.listener = messages::spawn<progress_book>(grid.run.system(), &told);
  task.context.watched = watched;
  return grid.run.ask<messages::publish_reply>(actors::spawn_file_writer(grid.run.system(), std::move(task)),
                                               messages::run{});
}

} // namespace

TEST(Operations, WhereNobodyWatchesAPublishTellsHowItsSendingBeginsAndEnds) {
  for (const bool watched : {true, false}) {
    test_grid grid;
    progress_book::lines told;
    const auto done = start_told(grid, told, watched);
    ASSERT_TRUE(grid.wait(done));
    EXPECT_TRUE((*done)->ok) << to_string((*done)->failure);
    grid.run.settle();
    ASSERT_FALSE(told.empty());
    EXPECT_EQ(told.back().placed, told.back().goal);
    EXPECT_EQ(told.back().outstanding, 0U);
    if (watched) {
      EXPECT_GT(told.size(), 10U) << "each stage, and each server's answer";
      continue;
    }
    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(told.front().outstanding, told.front().goal);
  }
}

TEST(Operations, WhatTakesItsTimeIsToldThoughNobodyWatchedFromTheBeginning) {
  test_grid grid;
  hang_all_writes(grid);
  progress_book::lines told;
  const auto done = start_told(grid, told, false);
  grid.run.settle();
  ASSERT_EQ(told.size(), 1U);
  const auto servers = told.front().outstanding;
  let_go(grid, *grid.scripts.front());
  grid.run.settle();
  EXPECT_EQ(told.size(), 1U) << "too soon";
  EXPECT_FALSE(grid.wait(done, 150ms));
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told.back().outstanding, servers - 1);
  let_go(grid, *grid.scripts.back());
  grid.run.settle();
  EXPECT_EQ(told.size(), 3U) << "from then on each answer";
  release_all(grid);
  EXPECT_TRUE(grid.wait(done));
}

TEST(Operations, CancelWhileEncodingSendsNothing) {
  EXPECT_EQ(stop_while_encoding(errc::cancelled).failure.code, errc::cancelled);
}

TEST(Operations, ADeadlineWhileEncodingIsATimeout) {
  EXPECT_EQ(stop_while_encoding(errc::timeout).failure.code, errc::timeout);
}

TEST(Operations, AReplyWithoutAPublishIsStillOneThatPeersCanRead) {
  const auto reply = stop_while_encoding(errc::cancelled);
  EXPECT_GE(reply.spread.needed, 1);
  EXPECT_GE(reply.spread.total, reply.spread.needed);
  EXPECT_GE(reply.spread.happy, 1);
}

TEST(Operations, ARequestsOwnDeadlineEndsIt) {
  test_grid grid;
  grid.create("one");
  hang_all_writes(grid);
  const auto running = grid.put("two", 1, 0, 2000);
  const auto waiting = grid.put("three", 2, 0, 1000);
  ASSERT_TRUE(grid.wait(waiting, 1500ms));
  EXPECT_EQ((*waiting)->failure.code, errc::timeout);
  ASSERT_TRUE(grid.wait(running, 10s));
  EXPECT_EQ((*running)->failure.code, errc::timeout) << to_string((*running)->failure);
}

TEST(Operations, CancelAndDeadlineReachAReadWhoseServersHang) {
  test_grid grid;
  grid.create("one");
  for (auto& script : grid.scripts)
    script->read = [](const auto&) { return std::optional<grid::slot_read_answer>{}; };
  const auto one = grid.get(1);
  grid.run.settle();
  EXPECT_TRUE(grid.cancel(1));
  ASSERT_TRUE(one->done());
  EXPECT_EQ((*one)->failure.code, errc::cancelled);
  const auto health = grid.check(2);
  grid.run.settle();
  EXPECT_TRUE(grid.cancel(2));
  ASSERT_TRUE(health->done());
  EXPECT_EQ((*health)->failure.code, errc::cancelled);
}

TEST(Operations, OnOneFileTheyQueueAndOnAnotherTheyRunBesideIt) {
  test_grid grid;
  grid.create("one", 0);
  grid.create("one", 1);
  hang_all_writes(grid);
  const auto first = grid.put("two", 1, 0);
  const auto second = grid.get(2, 0);
  grid.run.settle();
  const auto other = grid.get(3, 1);
  grid.run.settle();
  EXPECT_TRUE(other->done()) << "another file waits for nobody";
  EXPECT_FALSE(first->done());
  EXPECT_FALSE(second->done());
  release_all(grid);
  grid.run.settle();
  ASSERT_TRUE(first->done());
  ASSERT_TRUE(second->done());
  EXPECT_EQ(text((*second)->content), "two") << "the read came after the write";
}

TEST(Operations, ATokenNamesOneOperationAtATime) {
  test_grid grid;
  grid.create("one");
  hang_all_writes(grid);
  const auto first = grid.put("two", 5);
  const auto twin = grid.get(5);
  grid.run.settle();
  EXPECT_EQ((*twin)->failure.code, errc::refused);
  release_all(grid);
  EXPECT_TRUE(grid.wait(first));
}

TEST(Operations, AGatewayThatStopsAnswersEveryone) {
  test_grid grid({.compute_threads = 1});
  grid.run.settle();
  grid.gateway();
  grid.join_compute();
  busy_thread busy(grid);
  const auto fresh = grid.put_new("a new file that waits for its key", 1);
  const auto running = grid.put("an update that waits for a look at shares", 2);
  const auto waiting = grid.get(3);
  grid.run.settle();
  messages::send_anonymously(caf::actor_cast<caf::actor>(grid.gateway()), messages::stop{});
  grid.run.settle();
  const auto late = grid.put("after the stop", 4, 1);
  grid.run.settle();
  busy.let_go();
  for (const auto& [done, what] : {std::pair(fresh, "fresh"), {running, "running"}, {late, "late"}}) {
    ASSERT_TRUE(grid.wait(done, 1min)) << what;
    // What came after the end may find no gateway any more; what came before gets its reply.
    EXPECT_TRUE(done->value.has_value() || what == std::string("late")) << what << ": " << done->failure;
    EXPECT_FALSE(done->value && done->value->ok) << what;
  }
  ASSERT_TRUE(grid.wait(waiting, 1min));
  EXPECT_TRUE(waiting->value.has_value()) << waiting->failure;
}

TEST(Operations, CancelAndDeadlineReachANewFileThatWaitsForItsKey) {
  test_grid grid({.compute_threads = 1});
  grid.gateway();
  grid.join_compute();
  busy_thread busy(grid);
  const auto one = grid.put_new("a", 1);
  const auto two = grid.put_new("b", 2, 1000);
  grid.run.settle();
  EXPECT_TRUE(grid.cancel(1));
  EXPECT_TRUE(one->done());
  EXPECT_TRUE(grid.wait(two, 2s));
  busy.let_go();
  ASSERT_TRUE(grid.wait(one, 1min));
  ASSERT_TRUE(grid.wait(two, 1min));
  EXPECT_EQ((*one)->failure.code, errc::cancelled);
  EXPECT_EQ((*two)->failure.code, errc::timeout);
  for (const auto& script : grid.scripts)
    EXPECT_TRUE(script->writes.empty());
}
