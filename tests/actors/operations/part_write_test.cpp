#include "actors/server_words.hpp"
#include "actors/stored_shares.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

using namespace truckee;
using namespace truckee::test;

namespace {

constexpr std::size_t part_file_size = 3'000'000;

/// One MDMF file on ten servers, changed in part.
class part_write : public ::testing::Test {
protected:
  void create(std::size_t size, std::uint64_t seed = 1) {
    content = drawn(size, seed);
    grid.create(content);
    forget_traffic();
  }
  static std::string drawn(std::size_t size, std::uint64_t seed) {
    bytes out(size);
    seeded_random(seed).fill(out);
    return std::string(as_text(out));
  }
  void forget_traffic() {
    for (const auto& script : grid.scripts)
      script->writes.clear();
  }
  std::uint64_t bytes_written() const {
    std::uint64_t out = 0;
    for (const auto& script : grid.scripts)
      for (const auto& message : script->writes)
        for (const auto& change : message.changes)
          for (const auto& write : change.writes)
            out += write.data.size();
    return out;
  }
  std::size_t messages_to(std::size_t server) const { return grid.scripts[server]->writes.size(); }

  /// A writer of its own, which knows nothing of what others sent.
  answer_ptr<messages::publish_reply> start_write(const std::string& data,
                                                  std::optional<std::uint64_t> offset, bool cut = false) {
    actors::write_task task;
    task.context.services = grid.services;
    task.context.servers = grid.server_list();
    const crypto::file_keys keys(vector_key(0));
    task.context.access = shares::access_to({crypto::file_format::mdmf, keys.write, keys.fingerprint});
    task.append = actors::addition{shared_bytes::copy_of(data), 1U << 26, offset, cut};
    task.defaults = {3, 10, 7};
    return grid.run.ask<messages::publish_reply>(
        actors::spawn_file_writer(grid.run.system(), std::move(task)), messages::run{});
  }
  messages::publish_reply write(const std::string& data, std::optional<std::uint64_t> offset,
                                bool cut = false) {
    const auto done = start_write(data, offset, cut);
    EXPECT_TRUE(grid.wait(done));
    return **done;
  }
  std::string read() {
    const auto got = grid.get();
    EXPECT_TRUE(grid.wait(got));
    EXPECT_TRUE((*got)->ok) << to_string((*got)->failure);
    return text((*got)->content);
  }
  void expect_healthy() {
    const auto checked = grid.verify();
    ASSERT_TRUE(grid.wait(checked));
    EXPECT_TRUE((*checked)->healthy) << (*checked)->summary;
  }
  /// Index of the server with that share.
  std::size_t server_with(std::uint8_t number) {
    const auto all = stored_shares(grid).all();
    for (std::size_t i = 0; i < all.size(); ++i)
      for (const auto& [share, data] : all[i])
        if (share.value == number)
          return i;
    throw std::runtime_error("no such share");
  }
  /// Whole versions of the file are ten thirds of it.
  bool was_whole() const { return bytes_written() > content.size() * 3; }

  test_grid grid{{.format = crypto::file_format::mdmf}};
  std::string content;
};

} // namespace

TEST_F(part_write, a_kibibyte_in_a_large_file_sends_one_segment) {
  create(20U << 20);
  const auto data = drawn(1'024, 2);
  const auto done = write(data, 10'000'000);
  ASSERT_TRUE(done.ok) << to_string(done.failure);
  EXPECT_EQ(done.content_bytes, content.size());
  EXPECT_EQ(done.placed.size(), 10U);
  EXPECT_TRUE(done.partial);
  EXPECT_EQ(done.whole_because, "");
  EXPECT_LT(bytes_written(), 10 * (131'073 / 3 + 3'000U));
  for (std::size_t i = 0; i < 10; ++i)
    EXPECT_EQ(messages_to(i), 1U);
  EXPECT_TRUE(read() == content.replace(10'000'000, data.size(), data));
  expect_healthy();
}

TEST_F(part_write, appends_and_cuts_send_what_they_touch) {
  create(part_file_size);
  const auto data = drawn(500, 2);
  ASSERT_TRUE(write(data, std::nullopt).ok);
  EXPECT_FALSE(was_whole());
  content += data;
  EXPECT_TRUE(read() == content);
  forget_traffic();
  ASSERT_TRUE(write(data, 2'000'000, true).ok);
  EXPECT_FALSE(was_whole());
  content = content.substr(0, 2'000'000) + data;
  EXPECT_TRUE(read() == content);
  forget_traffic();
  ASSERT_TRUE(write("x", content.size() + 300'000).ok);
  EXPECT_FALSE(was_whole());
  content += std::string(300'000, '\0') + "x";
  EXPECT_TRUE(read() == content);
  expect_healthy();
}

TEST_F(part_write, what_is_there_already_is_not_written) {
  create(part_file_size);
  const auto done = write(content.substr(1'000'000, 100), 1'000'000);
  EXPECT_TRUE(done.ok && done.unchanged);
  EXPECT_EQ(bytes_written(), 0U);
}

TEST_F(part_write, a_missing_or_damaged_share_has_the_whole_file_published_and_is_mended) {
  for (const bool lost : {true, false}) {
    create(part_file_size);
    if (lost)
      stored_shares(grid).lose(4);
    else
      stored_shares(grid).flip(4, 50); // in the signed prefix
    const auto done = write("abc", 1'000'000);
    ASSERT_TRUE(done.ok) << to_string(done.failure);
    EXPECT_TRUE(was_whole());
    EXPECT_FALSE(done.partial);
    EXPECT_EQ(done.whole_because, "places");
    EXPECT_TRUE(read() == content.replace(1'000'000, 3, "abc"));
    expect_healthy();
    for (std::size_t i = 0; i < 10; ++i)
      stored_shares(grid).lose(i);
  }
}

TEST_F(part_write, block_hashes_that_do_not_lead_to_the_root_are_not_built_on) {
  create(part_file_size);
  const auto share = stored_shares(grid).at(4).at(0).second;
  stored_shares(grid).flip(4, share.size() - 5); // the last leaf of the tree
  const auto done = write("abc", 1'000'000);
  ASSERT_TRUE(done.ok) << to_string(done.failure);
  EXPECT_TRUE(was_whole());
  EXPECT_TRUE(read() == content.replace(1'000'000, 3, "abc"));
  expect_healthy();
}

TEST_F(part_write, a_server_that_takes_nothing_has_the_whole_file_published) {
  for (const std::uint8_t number : {std::uint8_t{0}, std::uint8_t{5}}) {
    SCOPED_TRACE("the server with share " + std::to_string(number));
    create(part_file_size);
    const auto bad = server_with(number);
    grid.scripts[bad]->write = [](const grid::read_test_write&) {
      return grid::read_test_write_answer{grid::storage_status::no_space, {}, 0, std::nullopt, {}};
    };
    const auto done = write("abc", 1'000'000);
    ASSERT_TRUE(done.ok) << to_string(done.failure);
    EXPECT_TRUE(was_whole());
    EXPECT_TRUE(read() == content.replace(1'000'000, 3, "abc"));
    grid.scripts[bad]->write = nullptr;
    for (std::size_t i = 0; i < 10; ++i)
      stored_shares(grid).lose(i);
  }
}

TEST_F(part_write, two_writers_at_once_both_have_their_part_in_the_file) {
  create(part_file_size);
  const auto one = start_write("one", 1'000'000);
  const auto two = start_write("two", 2'000'000);
  ASSERT_TRUE(grid.wait(one));
  ASSERT_TRUE(grid.wait(two));
  EXPECT_TRUE((*one)->ok) << to_string((*one)->failure);
  EXPECT_TRUE((*two)->ok) << to_string((*two)->failure);
  EXPECT_TRUE(read() == content.replace(1'000'000, 3, "one").replace(2'000'000, 3, "two"));
  expect_healthy();
}

TEST_F(part_write, two_who_append_at_once_are_both_in_it_once) {
  create(part_file_size);
  const auto one = start_write("<the first of two>", std::nullopt);
  const auto two = start_write("<the other of two>", std::nullopt);
  ASSERT_TRUE(grid.wait(one));
  ASSERT_TRUE(grid.wait(two));
  EXPECT_TRUE((*one)->ok) << to_string((*one)->failure);
  EXPECT_TRUE((*two)->ok) << to_string((*two)->failure);
  const auto now = read();
  ASSERT_EQ(now.size(), content.size() + 36);
  const auto tail = now.substr(content.size());
  EXPECT_TRUE(tail == "<the first of two><the other of two>" ||
              tail == "<the other of two><the first of two>")
      << tail;
}

TEST_F(part_write, a_whole_put_beside_it_leaves_one_of_the_two_readable) {
  create(part_file_size);
  const auto other = drawn(part_file_size, 9);
  const auto part = start_write("abc", 1'000'000);
  const auto whole = grid.put_of_another(other);
  ASSERT_TRUE(grid.wait(part));
  ASSERT_TRUE(grid.wait(whole));
  EXPECT_TRUE((*part)->ok || (*whole)->ok);
  auto before = content;
  auto after = other;
  const auto now = read();
  EXPECT_TRUE(now == before.replace(1'000'000, 3, "abc") || now == other ||
              now == after.replace(1'000'000, 3, "abc"));
}

namespace {

/// A part that is written while some servers do not answer, and a stop in the middle of it.
class stopped_part_write : public part_write {
protected:
  /// Servers from the `took`-th on hear of a write and say nothing.
  void hang_from(std::size_t took) {
    for (std::size_t i = took; i < grid.scripts.size(); ++i)
      grid.scripts[i]->write = [](const auto&) { return std::optional<grid::read_test_write_answer>{}; };
  }
  answer_ptr<messages::publish_reply> start_part(const std::string& data, std::uint64_t offset,
                                                 std::uint64_t timeout_ms = 0) {
    messages::publish_request x;
    x.token = {1};
    x.write_cap = test_grid::write_cap(0, crypto::file_format::mdmf);
    x.content = shared_bytes::copy_of(data);
    x.offset = offset;
    x.timeout_ms = timeout_ms;
    return grid.run.ask<messages::publish_reply>(grid.gateway(), x);
  }

  /// What is there is one of both, as the reply says, and the next write finds its way.
  void expect_whole_and_truthful(const messages::publish_reply& reply, errc reason, bool lands) {
    auto after = content;
    after.replace(1'000'000, 4, "PART");
    if (!reply.ok) {
      EXPECT_EQ(reply.failure.code, reason) << to_string(reply.failure);
    }
    EXPECT_EQ(reply.ok, reply.became == effect::applied);
    const auto before_all_landed = read();
    EXPECT_TRUE(before_all_landed == content || before_all_landed == after);
    for (const auto& script : grid.scripts) {
      if (!lands)
        script->held.clear();
      script->release(grid.run);
      script->write = nullptr;
    }
    grid.run.settle();
    auto now = read();
    if (reply.became == effect::not_applied) {
      EXPECT_TRUE(before_all_landed == content && now == content);
    } else if (reply.became == effect::applied) {
      EXPECT_TRUE(now == after);
    }
    ASSERT_TRUE(now == content || now == after);
    const auto next = write("next", 2'000'000);
    ASSERT_TRUE(next.ok) << to_string(next.failure);
    EXPECT_TRUE(read() == now.replace(2'000'000, 4, "next"));
    const auto mended = grid.repair();
    ASSERT_TRUE(grid.wait(mended));
    EXPECT_TRUE((*mended)->ok) << to_string((*mended)->failure);
    expect_healthy();
  }
};

} // namespace

TEST_F(stopped_part_write, leaves_a_whole_version_and_says_what_became_of_it_however_many_took_it) {
  for (const auto reason : {errc::cancelled, errc::timeout})
    for (const std::size_t took : {0U, 2U, 3U, 7U, 9U})
      for (const bool lands : {false, true}) {
        SCOPED_TRACE(std::string(to_word(reason)) + ", taken by " + std::to_string(took) +
                     (lands ? ", the rest lands later" : ", the rest is lost"));
        create(part_file_size);
        hang_from(took);
        const auto done = start_part("PART", 1'000'000, reason == errc::timeout ? 2'000 : 0);
        grid.run.settle();
        ASSERT_FALSE(done->done());
        EXPECT_FALSE(was_whole()) << "it is a part that is stopped";
        if (reason == errc::cancelled) {
          EXPECT_TRUE(grid.cancel(1));
        }
        ASSERT_TRUE(grid.wait(done));
        expect_whole_and_truthful(**done, reason, lands);
        if (HasFatalFailure())
          return;
        grid.end_gateway();
        for (std::size_t i = 0; i < 10; ++i)
          stored_shares(grid).lose(i);
      }
}

TEST_F(stopped_part_write, while_it_reads_what_it_changes_sends_nothing) {
  for (const auto reason : {errc::cancelled, errc::timeout}) {
    create(part_file_size);
    std::size_t reads = 0;
    // The map is answered, and what is read behind it is not.
    for (const auto& script : grid.scripts)
      script->read = [&reads, store = script->store](const grid::slot_read& x) {
        return x.shares.empty() || ++reads == 0 ? std::optional(store->read(x)) : std::nullopt;
      };
    const auto done = start_part("PART", 1'000'000, reason == errc::timeout ? 2'000 : 0);
    grid.run.settle();
    ASSERT_FALSE(done->done());
    EXPECT_GT(reads, 0U) << "the block hashes are asked for";
    if (reason == errc::cancelled) {
      EXPECT_TRUE(grid.cancel(1));
    }
    ASSERT_TRUE(grid.wait(done, std::chrono::seconds(5)));
    EXPECT_FALSE((*done)->ok);
    EXPECT_EQ((*done)->failure.code, reason) << to_string((*done)->failure);
    EXPECT_EQ((*done)->became, effect::not_applied);
    EXPECT_EQ(bytes_written(), 0U);
    for (const auto& script : grid.scripts) {
      script->read = nullptr;
      script->held.clear();
    }
    EXPECT_TRUE(read() == content);
    const auto next = write("next", 2'000'000);
    ASSERT_TRUE(next.ok) << to_string(next.failure);
    EXPECT_TRUE(next.partial);
    EXPECT_TRUE(read() == content.replace(2'000'000, 4, "next"));
    grid.end_gateway();
    for (std::size_t i = 0; i < 10; ++i)
      stored_shares(grid).lose(i);
  }
}

namespace {

/// What a write makes of a plain array of bytes.
std::string array_with(std::string now, const std::string& data, std::optional<std::uint64_t> offset,
                       bool cut) {
  const auto at = offset.value_or(now.size());
  const auto end = at + data.size();
  const auto length = cut ? end : data.empty() ? now.size() : std::max<std::uint64_t>(now.size(), end);
  now.resize(std::max<std::uint64_t>(now.size(), end), '\0');
  now.replace(at, data.size(), data);
  now.resize(length);
  return now;
}

/// One file beside a plain array of bytes, while servers refuse, or are late, and writers meet.
class part_write_history : public part_write {
protected:
  void run_history(std::uint64_t seed) {
    random.emplace(seed);
    create(1 + random->below(400'000), seed);
    for (int i = 0; i < 6 && !HasFatalFailure(); ++i) {
      SCOPED_TRACE("step " + std::to_string(i));
      step();
    }
    for (std::size_t i = 0; i < 10; ++i)
      stored_shares(grid).lose(i);
  }

  std::uint64_t parts = 0; ///< steps in which a part was sent

private:
  /// A whole share is one write.
  bool parts_were_sent() const {
    for (const auto& script : grid.scripts)
      for (const auto& message : script->writes)
        for (const auto& change : message.changes)
          if (change.writes.size() > 1)
            return true;
    return false;
  }

  struct drawn_write {
    std::string data;
    std::optional<std::uint64_t> offset;
    bool cut = false;
  };
  drawn_write draw() {
    drawn_write out;
    out.data = drawn(1 + random->below(random->below(3) == 0 ? 150'000 : 300), random->below(1U << 30));
    if (random->below(3) == 0)
      return out;
    const std::uint64_t places[] = {random->below(content.size() + 1), 131'072,
                                    content.size() + random->below(200'000)};
    out.offset = places[random->below(3)];
    out.cut = random->below(4) == 0;
    return out;
  }
  std::string with(const std::string& now, const drawn_write& x) const {
    return array_with(now, x.data, x.offset, x.cut);
  }

  void step() {
    forget_traffic();
    const auto fault = random->below(4);
    const auto bad = grid.scripts[random->below(10)];
    if (fault == 1 || fault == 2) {
      const auto status = fault == 1 ? grid::storage_status::no_space : grid::storage_status::io_error;
      bad->write = [status](const grid::read_test_write&) {
        return grid::read_test_write_answer{status, {}, 0, std::nullopt, {}};
      };
    } else if (fault == 3) {
      bad->write = [](const grid::read_test_write&) { return std::nullopt; }; // until it is released
    }
    const auto a = draw();
    const auto b = draw();
    const bool meet = random->below(3) == 0;
    const auto one = start_write(a.data, a.offset, a.cut);
    const auto two = meet ? start_write(b.data, b.offset, b.cut) : nullptr;
    ASSERT_TRUE(grid.wait(one));
    ASSERT_TRUE(!two || grid.wait(two));
    bad->release(grid.run); // what was late lands now
    grid.run.settle();
    bad->write = nullptr;
    parts += parts_were_sent() ? 1 : 0;
    judge(a, **one, b, two ? &**two : nullptr);
    if (HasFatalFailure())
      return;
    const auto mended = grid.repair();
    ASSERT_TRUE(grid.wait(mended));
    ASSERT_TRUE((*mended)->ok) << to_string((*mended)->failure);
    ASSERT_TRUE(read() == content);
    const auto from = random->below(content.size() + 1);
    const auto part = grid.get_range({from, 1'000});
    ASSERT_TRUE(grid.wait(part));
    ASSERT_TRUE((*part)->ok && text((*part)->content) == content.substr(from, 1'000));
  }

  /// What the file may be by the answers, in either order; it is one of them.
  void judge(const drawn_write& a, const messages::publish_reply& of_a, const drawn_write& b,
             const messages::publish_reply* of_b) {
    std::vector<std::string> may{};
    const bool a_may_not = !of_a.ok;
    const bool a_may = of_a.became != effect::not_applied;
    const bool b_may_not = of_b == nullptr || !of_b->ok;
    const bool b_may = of_b != nullptr && of_b->became != effect::not_applied;
    if (a_may_not && b_may_not)
      may.push_back(content);
    if (a_may && b_may_not)
      may.push_back(with(content, a));
    if (a_may_not && b_may)
      may.push_back(with(content, b));
    if (a_may && b_may) {
      may.push_back(with(with(content, a), b));
      may.push_back(with(with(content, b), a));
      // An append that another wrote over in part does not find itself in place, and is made again (docs/decisions.md).
      if (!b.offset)
        may.push_back(with(with(with(content, b), a), b));
      if (!a.offset)
        may.push_back(with(with(with(content, a), b), a));
    }
    ASSERT_TRUE(of_b != nullptr || of_a.ok) << to_string(of_a.failure);
    const auto now = read();
    ASSERT_TRUE(std::ranges::find(may, now) != may.end())
        << "first: " << (of_a.ok ? "ok" : to_string(of_a.failure)) << "; second: "
        << (of_b == nullptr ? "none"
            : of_b->ok      ? "ok"
                            : to_string(of_b->failure));
    content = now;
  }

  std::optional<seeded_random> random;
};

} // namespace

TEST_F(part_write_history, equals_a_plain_array_of_bytes_while_servers_fail_and_writers_meet) {
  const char* asked = std::getenv("TRUCKEE_PART_HISTORIES");
  const auto count = asked != nullptr ? std::strtoull(asked, nullptr, 10) : 200;
  for (std::uint64_t seed = 1; seed <= count && !HasFatalFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    run_history(seed);
  }
  EXPECT_GT(parts, count) << "of six steps of each";
}
