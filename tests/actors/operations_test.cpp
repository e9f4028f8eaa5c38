#include "actors/byte_budget.hpp"
#include "stored_shares.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace std::chrono_literals;
using test::test_grid;

namespace {

/// A server that takes requests and never answers a write.
void hang_writes(test_grid& grid, std::size_t server) {
  grid.scripts[server]->write = [](const auto&) { return std::optional<grid::read_test_write_answer>{}; };
}

void hang_all_writes(test_grid& grid) {
  for (std::size_t i = 0; i < grid.scripts.size(); ++i)
    hang_writes(grid, i);
}

void release_all(test_grid& grid) {
  for (auto& script : grid.scripts) {
    script->write = nullptr;
    script->read = nullptr;
    script->release(grid.run);
  }
}

std::string outcome_at(const messages::publish_reply& reply, const std::string& server) {
  for (const auto& report : reply.servers)
    if (report.server == server)
      return report.outcome;
  return "nothing";
}

bool placed_at(const messages::publish_reply& reply, const std::string& server) {
  return std::ranges::any_of(reply.placed, [&](const auto& place) { return place.server == server; });
}

std::string text(const shared_bytes& content) {
  return std::string(as_text(content.view()));
}

std::string all_reasons(const messages::retrieve_reply& reply) {
  std::string out;
  for (const auto& bad : reply.bad)
    out += bad.server + ": " + bad.reason + "\n";
  return out;
}

/// Content whose shares do not fit the first read of a map update.
std::string long_content() {
  std::string out(20'000, 'x');
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<char>('a' + (i * 7 + i / 26) % 26);
  return out;
}

} // namespace

TEST(Operations, ANewFileIsReadBackAndIsHealthy) {
  test_grid grid;
  const auto made = grid.put_new("hello");
  ASSERT_TRUE(grid.wait(made));
  ASSERT_TRUE((*made)->ok) << to_string((*made)->failure);
  EXPECT_EQ((*made)->placed.size(), 10U);
  EXPECT_EQ((*made)->happiness, 10U);
  EXPECT_EQ((*made)->version.value, 1U);

  messages::retrieve_request read;
  read.cap = (*made)->write_cap;
  const auto got = grid.run.ask<messages::retrieve_reply>(grid.gateway(), read);
  messages::check_request look;
  look.cap = (*made)->write_cap;
  const auto checked = grid.run.ask<messages::check_reply>(grid.gateway(), look);
  grid.run.settle();
  EXPECT_EQ(text((*got)->content), "hello");
  EXPECT_TRUE((*checked)->healthy) << (*checked)->summary;
}

TEST(Operations, AnUpdateKeepsTheFilesOwnEncodingAndReplacesEveryShare) {
  test_grid grid;
  grid.create("one");
  const auto done = grid.put("two");
  grid.run.settle();
  ASSERT_TRUE((*done)->ok) << to_string((*done)->failure);
  EXPECT_EQ((*done)->version.value, 2U);
  EXPECT_EQ((*done)->placed.size(), 10U);
  const auto got = grid.get();
  const auto health = grid.check();
  grid.run.settle();
  EXPECT_EQ(text((*got)->content), "two");
  EXPECT_TRUE((*health)->healthy) << (*health)->summary;
}

TEST(Operations, AFileWhosePrivateKeyLiesBeyondTheFirstReadIsUpdated) {
  test_grid grid;
  grid.create(long_content());
  const auto done = grid.put("short now");
  grid.run.settle();
  ASSERT_TRUE((*done)->ok) << to_string((*done)->failure);
  const auto got = grid.get();
  grid.run.settle();
  EXPECT_EQ(text((*got)->content), "short now");
}

TEST(Operations, ThePublishEndsThoughAServerHangsForAllOfIt) {
  test_grid grid;
  hang_writes(grid, 3);
  const auto done = grid.start_create("hello");
  ASSERT_TRUE(grid.wait(done, 2min));
  ASSERT_TRUE((*done)->ok) << to_string((*done)->failure);
  EXPECT_EQ((*done)->placed.size(), 10U) << "its share has a new home";
  EXPECT_FALSE(placed_at(**done, "s3"));
  ASSERT_EQ((*done)->unknown_servers.size(), 1U);
  EXPECT_EQ((*done)->unknown_servers[0], "s3");
  EXPECT_EQ(outcome_at(**done, "s3"), "unknown");
}

TEST(Operations, AServerThatDiesWithAMessageInHandIsUnknownAtOnce) {
  test_grid grid;
  hang_writes(grid, 4);
  grid.scripts[4]->ends = true;
  const auto done = grid.start_create("hello");
  ASSERT_TRUE(grid.wait(done, 9s)) << "well before the server's deadline";
  ASSERT_TRUE((*done)->ok) << to_string((*done)->failure);
  EXPECT_EQ((*done)->placed.size(), 10U);
  EXPECT_EQ(outcome_at(**done, "s4"), "unknown");
}

TEST(Operations, AFullServersSharesGoElsewhere) {
  test_grid grid({.servers = 9});
  grid.add_server(test::make_script(9, 100));
  const auto done = grid.start_create(long_content());
  grid.run.settle();
  ASSERT_TRUE((*done)->ok) << to_string((*done)->failure);
  EXPECT_EQ((*done)->placed.size(), 10U);
  EXPECT_EQ(outcome_at(**done, "s9"), "no space");
  EXPECT_FALSE(placed_at(**done, "s9"));
}

TEST(Operations, GarbageInsteadOfAnAnswerIsAProtocolErrorAndDoesNoHarm) {
  using grid::read_test_write_answer;
  test_grid grid;
  auto garbage = [&](std::size_t server, std::function<void(read_test_write_answer&)> spoil) {
    grid.scripts[server]->write = [spoil = std::move(spoil)](const auto&) {
      read_test_write_answer x;
      spoil(x);
      return std::optional(x);
    };
  };
  garbage(0, [](auto& x) { x.reads[share_number{0}] = {shared_bytes::copy_of(std::string(76, 'x'))}; });
  garbage(1, [](auto& x) { x.reads[share_number{255}] = {shared_bytes::copy_of("x")}; });
  garbage(2, [](auto& x) { x.reads[share_number{200}] = {}; });
  const auto done = grid.start_create("hello");
  ASSERT_TRUE(grid.wait(done, 2min));
  ASSERT_TRUE((*done)->ok) << to_string((*done)->failure);
  EXPECT_EQ((*done)->placed.size(), 10U);
  for (const auto* server : {"s0", "s1", "s2"}) {
    EXPECT_EQ(outcome_at(**done, server), "malformed answer") << server;
    EXPECT_FALSE(placed_at(**done, server)) << server;
  }
}

TEST(Operations, AServerThatIsNotThereIsLeftOut) {
  test_grid grid({.servers = 9});
  // The discard port of this machine: nobody listens.
  grid.add_link(actors::remote_endpoint{"127.0.0.1", 9, std::nullopt});
  const auto done = grid.put_new("hello");
  ASSERT_TRUE(grid.wait(done));
  ASSERT_TRUE((*done)->ok) << to_string((*done)->failure);
  EXPECT_EQ((*done)->placed.size(), 10U);
  EXPECT_FALSE(placed_at(**done, "s9"));
}

TEST(Operations, NoServerAtAllIsToldWithEachReason) {
  test_grid grid({.servers = 0});
  grid.add_link(actors::remote_endpoint{"127.0.0.1", 9, std::nullopt});
  const auto done = grid.get();
  ASSERT_TRUE(grid.wait(done));
  EXPECT_EQ((*done)->failure.code, errc::not_enough_servers);
  EXPECT_NE((*done)->failure.detail.find("s0: 127.0.0.1:9"), std::string::npos) << (*done)->failure.detail;
}

TEST(Operations, AGatewayWithoutServersAnswersToo) {
  test_grid grid({.servers = 0});
  const auto done = grid.get();
  const auto status = grid.run.ask<messages::status_reply>(grid.gateway(), messages::status_request{});
  ASSERT_TRUE(grid.wait(done, 1min));
  EXPECT_EQ((*done)->failure.code, errc::not_enough_servers);
  ASSERT_TRUE(grid.wait(status, 1min));
  EXPECT_TRUE(status->value.has_value());
}

TEST(Operations, OfTwoServersWithOneIdTheSecondGetsNothing) {
  test_grid grid;
  grid.add_server(test::make_script(0));
  grid.gateway();
  const auto done = grid.put_new("hello");
  ASSERT_TRUE(grid.wait(done));
  ASSERT_TRUE((*done)->ok) << to_string((*done)->failure);
  EXPECT_EQ((*done)->placed.size(), 10U);
  EXPECT_TRUE(grid.scripts[10]->writes.empty()) << "a write enabler must not reach two servers";
  EXPECT_EQ(grid.scripts[0]->writes.size(), 1U);
}

TEST(Operations, AWrongWriteEnablerIsToldAndTheShareGoesElsewhere) {
  test_grid grid;
  grid.create("one");
  // Another client made the slot of server 2 anew, with another enabler.
  const auto slot = grid.scripts[2]->writes.at(0).slot;
  const auto share = grid.scripts[2]->writes.at(0).changes.at(0).share;
  grid.scripts[2]->store = test::make_script(2)->store;
  grid::read_test_write other;
  other.slot = slot;
  other.secrets.write_enabler.data.fill(std::byte{7});
  other.changes.push_back({share, {}, {{0, shared_bytes::copy_of("somebody else's")}}, std::nullopt});
  ASSERT_EQ(grid.scripts[2]->store->read_test_write(other).status, grid::storage_status::ok);

  const auto done = grid.put("two");
  grid.run.settle();
  ASSERT_TRUE((*done)->ok) << to_string((*done)->failure);
  EXPECT_EQ(outcome_at(**done, "s2"), "bad write enabler");
  EXPECT_EQ((*done)->placed.size(), 10U);
  EXPECT_FALSE(placed_at(**done, "s2"));
}

// -- reading from servers that lie
// ---------------------------------------------------------------------------

namespace {

/// Server `i` answers reads with its shares' bytes changed.
void lie(test_grid& grid, std::size_t server,
         std::function<void(grid::slot_read_answer&, const grid::slot_read&)> spoil) {
  auto& script = *grid.scripts[server];
  script.read = [store = script.store, spoil = std::move(spoil)](const grid::slot_read& x) {
    auto answer = store->read(x);
    spoil(answer, x);
    return std::optional(answer);
  };
}

shared_bytes with_flipped(const shared_bytes& from, std::size_t at) {
  auto copy = to_bytes(from.view());
  if (at < copy.size())
    copy[at] ^= std::byte{1};
  return shared_bytes(std::move(copy));
}

/// Flips one byte of the share, wherever a read shows it.
void flip_at(grid::slot_read_answer& answer, const grid::slot_read& asked, std::uint64_t at) {
  for (auto& [share, reads] : answer.reads)
    for (std::size_t i = 0; i < reads.size(); ++i)
      if (at >= asked.reads[i].offset && at < asked.reads[i].offset + reads[i].size())
        reads[i] = with_flipped(reads[i], at - asked.reads[i].offset);
}

codec::share_layout layout_at(test_grid& grid, std::size_t server) {
  const auto slot = grid.scripts[server]->writes.at(0).slot;
  const auto all = grid.scripts[server]->store->read({slot, {}, {{0, 1U << 20}}});
  return codec::parse_share(all.reads.begin()->second.at(0).view())->layout;
}

} // namespace

TEST(Operations, LyingServersAreNamedAndTheReadSucceedsFromOthers) {
  for (const bool small : {true, false}) {
    test_grid grid;
    const auto content = small ? std::string("hello") : long_content();
    grid.create(content);
    const auto layout = layout_at(grid, 0);
    lie(grid, 0, [&](auto& x, const auto& asked) { flip_at(x, asked, layout.signature.offset + 3); });
    lie(grid, 1, [&](auto& x, const auto& asked) { flip_at(x, asked, layout.share_data.offset); });
    lie(grid, 2, [&](auto& x, const auto& asked) { flip_at(x, asked, layout.public_key.offset + 40); });
    lie(grid, 3, [&](auto& x, const auto& asked) { flip_at(x, asked, layout.share_hash_chain.offset + 5); });
    lie(grid, 4, [&](auto& x, const auto& asked) { flip_at(x, asked, layout.block_hash_tree.offset); });
    lie(grid, 5, [](auto& x, const auto&) { // its share under another number
      auto moved = x.reads.extract(x.reads.begin());
      moved.key() = share_number{static_cast<std::uint8_t>((moved.key().value + 1) % 10)};
      x.reads.insert(std::move(moved));
    });
    lie(grid, 6,
        [](auto& x, const auto&) { x.reads.begin()->second.push_back(shared_bytes::copy_of("more")); });

    const auto health = grid.check();
    grid.run.settle();
    // Beyond the first read, a check proves signatures only.
    EXPECT_GE((*health)->bad.size(), small ? 7U : 3U) << (*health)->summary;
    const auto got = grid.get();
    ASSERT_TRUE(grid.wait(got, 5min));
    ASSERT_TRUE((*got)->ok) << to_string((*got)->failure);
    EXPECT_EQ(text((*got)->content), content);
  }
}

TEST(Operations, AReadNamesEveryLiarItMet) {
  test_grid grid;
  grid.create(long_content());
  const auto layout = layout_at(grid, 0);
  // All but three lie about their data, which only shows when it is read.
  for (std::size_t i = 0; i < 7; ++i)
    lie(grid, i, [&](auto& x, const auto& asked) { flip_at(x, asked, layout.share_data.offset + 5000); });
  const auto got = grid.get();
  ASSERT_TRUE(grid.wait(got, 5min));
  ASSERT_TRUE((*got)->ok) << to_string((*got)->failure);
  EXPECT_EQ(text((*got)->content), long_content());
  for (const auto& bad : (*got)->bad)
    EXPECT_LT(bad.server, "s7") << bad.server << ": " << bad.reason;
}

TEST(Operations, AnotherFilesSharesAreNotTaken) {
  test_grid grid;
  grid.create("mine", 0);
  grid.create("other", 1);
  const auto other = grid.scripts[0]->writes.at(1).slot;
  for (std::size_t i = 0; i < 3; ++i)
    grid.scripts[i]->read = [store = grid.scripts[i]->store, other](grid::slot_read x) {
      x.slot = other;
      return std::optional(store->read(x));
    };
  const auto got = grid.get();
  ASSERT_TRUE(grid.wait(got, 5min));
  ASSERT_TRUE((*got)->ok) << to_string((*got)->failure);
  EXPECT_EQ(text((*got)->content), "mine");
  const auto health = grid.check();
  ASSERT_TRUE(grid.wait(health, 5min));
  EXPECT_EQ((*health)->bad.size(), 3U);
  EXPECT_FALSE((*health)->healthy);
}

TEST(Operations, WithOneShareTooFewTheReadFailsAndSaysWhatWasWrong) {
  for (const bool small : {true, false}) {
    test_grid grid;
    grid.create(small ? "hello" : long_content());
    const auto layout = layout_at(grid, 0);
    for (std::size_t i = 0; i < 8; ++i)
      lie(grid, i, [&](auto& x, const auto& asked) { flip_at(x, asked, layout.share_data.offset); });
    const auto got = grid.get();
    ASSERT_TRUE(grid.wait(got, 5min));
    EXPECT_FALSE((*got)->ok);
    EXPECT_EQ((*got)->failure.code, errc::not_enough_shares);
    for (std::size_t i = 0; i < 8; ++i)
      EXPECT_NE(all_reasons(**got).find("s" + std::to_string(i) + ":"), std::string::npos)
          << all_reasons(**got) << to_string((*got)->failure);
    EXPECT_EQ((*got)->content.size(), 0U);
  }
}

TEST(Operations, AReadWithHangingServersEnds) {
  test_grid grid;
  grid.create(long_content());
  for (std::size_t i = 0; i < 7; ++i)
    grid.scripts[i]->read = [](const auto&) { return std::optional<grid::slot_read_answer>{}; };
  const auto got = grid.get();
  ASSERT_TRUE(grid.wait(got, 3min));
  ASSERT_TRUE((*got)->ok) << to_string((*got)->failure);
  EXPECT_EQ(text((*got)->content), long_content());
}

// -- ends: cancel, deadline, stop
// ------------------------------------------------------------------------------

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
    grid.compute.submit([gate = gate_.get_future().share()] { gate.wait(); });
  }
  void let_go() {
    gate_.set_value();
    grid_.join_compute();
  }

private:
  test_grid& grid_;
  std::promise<void> gate_;
};

messages::publish_reply stop_while_encoding(errc reason) {
  test_grid grid({.compute_threads = 1});
  busy_thread busy(grid);
  actors::write_task task;
  task.servers = grid.server_list();
  task.key = test::vector_key(0);
  const crypto::file_keys keys(*task.key);
  task.access = actors::access_to({crypto::file_format::sdmf, keys.write, keys.fingerprint});
  task.content = shared_bytes::copy_of("hello");
  const auto writer = actors::spawn_file_writer(grid.run.system(), grid.world, std::move(task));
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

} // namespace

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

// -- listeners and leftovers
// -------------------------------------------------------------------------------------

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

TEST(Operations, NoActorIsLeftOverAfterOperationsHoweverTheyEnd) {
  test_grid grid;
  grid.create("one");
  grid.gateway();
  grid.run.settle();
  const auto before = grid.run.running();
  const auto put = grid.put("two");
  const auto get = grid.get();
  const auto check = grid.check();
  grid.run.settle();
  EXPECT_TRUE((*put)->ok && (*get)->ok && (*check)->ok);
  EXPECT_EQ(grid.run.running(), before) << "after good ones";

  hang_all_writes(grid);
  const auto stuck = grid.put_new("three", 1);
  grid.run.settle();
  grid.cancel(1);
  EXPECT_TRUE(stuck->done());
  EXPECT_EQ(grid.run.running(), before) << "after a cancelled write";
  release_all(grid);

  for (auto& script : grid.scripts)
    script->read = [](const auto&) { return std::optional<grid::slot_read_answer>{}; };
  const auto read = grid.get(2);
  grid.run.settle();
  grid.cancel(2);
  grid.run.settle();
  EXPECT_TRUE(read->done());
  EXPECT_EQ(grid.run.running(), before) << "after a cancelled map";
  EXPECT_EQ(grid.end(), 0U);
}

TEST(Operations, ACancelledReadLeavesNoReaderWaitingForHangingServers) {
  test_grid grid;
  grid.create(long_content());
  grid.gateway();
  grid.run.settle();
  const auto before = grid.run.running();
  for (auto& script : grid.scripts)
    script->read = [store = script->store](const grid::slot_read& x) {
      return x.reads.size() > 1 ? std::nullopt : std::optional(store->read(x)); // bodies never come
    };
  const auto read = grid.get(2);
  grid.run.advance(1s);
  EXPECT_FALSE(read->done());
  grid.cancel(2);
  grid.run.settle();
  EXPECT_TRUE(read->done());
  EXPECT_EQ(grid.run.running(), before);
}

namespace {

/// Takes most of the room and never gives it back.
struct taker_state {
  using handle = messages::protocol<void(messages::run)>;
  static constexpr const char* name = "truckee.test.taker";
  taker_state(messages::shell<taker_state>* self, messages::byte_budget budget)
    : self_(self), budget_(std::move(budget)) {}
  messages::behavior<handle> make_behavior() {
    return {[this](const messages::run&) {
      messages::request(
          self_, budget_, 1h, messages::take_bytes{800}, [](const messages::bytes_taken&) {},
          [](const caf::error&) {});
    }};
  }
  messages::shell<taker_state>* self_;
  messages::byte_budget budget_;
};

/// A grid whose publishes share room for one of them.
struct narrow_grid : test_grid {
  narrow_grid() {
    world.budget = actors::spawn_byte_budget(run.system(), world, 1000);
    run.settle();
  }
  ~narrow_grid() {
    run.kill(world.budget);
    world.budget = messages::byte_budget{};
    end();
  }
};

} // namespace

TEST(Budget, WhatAnAskerHadIsFreeAgainWhenItEndsWithoutGivingBack) {
  narrow_grid grid;
  const auto holder = messages::spawn<taker_state>(grid.run.system(), grid.world.budget);
  const auto waiter = messages::spawn<taker_state>(grid.run.system(), grid.world.budget);
  messages::send_anonymously(holder, messages::run{});
  grid.run.settle();
  messages::send_anonymously(waiter, messages::run{});
  const auto third = grid.run.ask<messages::bytes_taken>(grid.world.budget, messages::take_bytes{800});
  grid.run.settle();
  EXPECT_FALSE(third->done());
  grid.run.kill(waiter); // it waits before the third
  grid.run.kill(holder);
  grid.run.settle();
  EXPECT_TRUE(third->done()) << "neither a grant nor a place in the line outlives its asker";
}

TEST(Budget, SharesAreCountedWholeNotOnlyTheirContent) {
  narrow_grid grid;
  hang_all_writes(grid);
  const auto first = grid.start_create("a", 0);
  grid.run.settle();
  const auto second = grid.start_create("b", 1);
  grid.run.settle();
  std::size_t writes = 0;
  for (const auto& script : grid.scripts)
    writes += script->writes.size();
  EXPECT_EQ(writes, 10U) << "two files of one byte have 20 shares of 2 KiB: the second waits";
  release_all(grid);
  ASSERT_TRUE(grid.wait(second, 2min));
  EXPECT_TRUE((*second)->ok) << to_string((*second)->failure);
}

TEST(Budget, WaitingForRoomCountsAgainstThePublishsDeadline) {
  narrow_grid grid;
  const auto hog = grid.run.ask<messages::bytes_taken>(grid.world.budget, messages::take_bytes{1000});
  grid.run.settle();
  ASSERT_TRUE(hog->done());
  const auto late = grid.start_create("a");
  grid.run.advance(grid.world.limits.publish_deadline - 1s, 1s);
  EXPECT_FALSE(late->done());
  hang_all_writes(grid);
  grid.run.inside(
      [&] { messages::send_anonymously(grid.world.budget, messages::give_bytes_back{(*hog)->grant}); });
  grid.run.advance(3s, 1s);
  ASSERT_TRUE(late->done()) << "it got its room a second before its deadline, not a new deadline";
  EXPECT_EQ((*late)->failure.code, errc::timeout);
}
