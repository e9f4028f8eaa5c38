#include "actors/server_words.hpp"
#include "actors/stored_shares.hpp"
#include "truckee/actors/operations/checker.hpp"
#include "truckee/grid/strict/writer_note.hpp"

#include <algorithm>
#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::test;

namespace {

/// A grid whose files are kept strictly: 3 of 10 on ten servers, eight confirm a version.
class Strict : public testing::Test {
protected:
  explicit Strict(grid_shape shape = {.strict = grid::strict_terms{}}) : grid(shape) {}

  messages::publish_reply put(const std::string& content) {
    const auto done = grid.put(content);
    EXPECT_TRUE(grid.wait(done));
    return **done;
  }
  void put_well(const std::string& content) {
    const auto reply = put(content);
    EXPECT_TRUE(reply.ok) << to_string(reply.failure);
    EXPECT_EQ(reply.became, effect::applied);
  }
  messages::publish_reply append_well(const std::string& line) {
    messages::append_request x;
    x.write_cap = test_grid::write_cap();
    x.data = shared_bytes::copy_of(line);
    const auto done = grid.run.ask<messages::publish_reply>(grid.gateway(), x);
    EXPECT_TRUE(grid.wait(done));
    EXPECT_TRUE((*done)->ok) << to_string((*done)->failure);
    return **done;
  }
  /// Requests that servers got.
  struct trip_count {
    std::size_t reads = 0;
    std::size_t writes = 0;
    trip_count plus(std::size_t more_reads, std::size_t more_writes) const {
      return {reads + more_reads, writes + more_writes};
    }
    friend bool operator==(const trip_count&, const trip_count&) = default;
    friend std::ostream& operator<<(std::ostream& out, const trip_count& x) {
      return out << x.reads << " reads, " << x.writes << " writes";
    }
  };
  trip_count trips() const {
    trip_count out;
    for (const auto& script : grid.scripts)
      out = out.plus(script->reads, script->writes.size());
    return out;
  }
  bool counted(const std::string& line) const {
    return grid.services->metrics->text().find("\n" + line + "\n") != std::string::npos;
  }
  messages::retrieve_reply get() {
    const auto got = grid.get();
    EXPECT_TRUE(grid.wait(got));
    return **got;
  }
  std::string now() { return text(get().content); }
  messages::retrieve_reply get_confirmed(const std::string& cap) {
    messages::retrieve_request x;
    x.cap = cap;
    x.confirmed = true;
    const auto got = grid.run.ask<messages::retrieve_reply>(grid.gateway(), x);
    EXPECT_TRUE(grid.wait(got));
    return **got;
  }
  static std::string read_cap() {
    const crypto::file_keys keys(vector_key(0));
    return to_text(
        crypto::file_cap(crypto::read_cap{crypto::file_format::sdmf, keys.read, keys.fingerprint}));
  }
  /// By a client whose grid file does not say that files are kept strictly.
  messages::check_reply check_in_place() {
    actors::check_task task;
    task.context.services = grid.services;
    task.context.servers = grid.server_list();
    const crypto::file_keys keys(vector_key(0));
    task.context.access = shares::access_to({crypto::file_format::sdmf, keys.write, keys.fingerprint});
    const auto done = grid.run.ask<messages::check_reply>(
        actors::spawn_checker(grid.run.system(), std::move(task)), messages::run{});
    EXPECT_TRUE(grid.wait(done));
    return **done;
  }

  /// An append of another client, of which this gateway knows nothing; under the gateway's setting unless told.
  answer_ptr<messages::publish_reply> append_of_another(const std::string& line, std::uint8_t liars = 0) {
    actors::write_task task;
    task.context.services = grid.services;
    task.context.servers = grid.server_list();
    const crypto::file_keys keys(vector_key(0));
    task.context.access = shares::access_to({crypto::file_format::sdmf, keys.write, keys.fingerprint});
    task.append = actors::addition{shared_bytes::copy_of(line), 1U << 20};
    task.defaults = {3, 10, 7};
    task.wish.limits = grid.services->limits;
    task.strict =
        grid::strict_setting::make({3, 10, task.context.servers->all_permuted(keys.slot).value(), liars, 1})
            .value();
    return grid.run.ask<messages::publish_reply>(
        actors::spawn_file_writer(grid.run.system(), std::move(task)), messages::run{});
  }
  static std::size_t count(const std::string& in, const std::string& what) {
    std::size_t out = 0;
    for (auto at = in.find(what); at != std::string::npos; at = in.find(what, at + 1))
      ++out;
    return out;
  }
  std::set<std::uint64_t> versions_at(std::size_t server) {
    std::set<std::uint64_t> out;
    for (const auto& [number, share] : stored_shares(grid).at(server))
      out.insert(grid::parse_prefix(share).value().sequence.value);
    return out;
  }
  void answers_again(std::size_t server) {
    grid.scripts[server]->write = nullptr;
    grid.scripts[server]->read = nullptr;
    grid.run.advance(std::chrono::minutes(5)); // until the link knows it
  }
  /// Of a writer that dies after two servers have its shares.
  void leave_a_dead_writers_shares() {
    for (std::size_t i = 2; i < 10; ++i)
      grid.scripts[i]->write = [](const auto&) {
        grid::read_test_write_answer out;
        out.status = grid::storage_status::refused;
        return std::optional(out);
      };
    const auto tries = std::exchange(grid.services->limits.strict_tries_max, 1);
    const auto dead = append_of_another("dead\n");
    ASSERT_TRUE(grid.wait(dead));
    EXPECT_FALSE((*dead)->ok);
    EXPECT_EQ((*dead)->became, effect::not_applied) << "two of three shares: nobody can have read it";
    for (const auto& script : grid.scripts)
      script->write = nullptr;
    grid.services->limits.strict_tries_max = tries;
  }
  void never_answers(std::size_t server) {
    grid.scripts[server]->write = [](const auto&) { return std::nullopt; };
    grid.scripts[server]->read = [](const auto&) { return std::nullopt; };
  }

  test_grid grid;
};

} // namespace

TEST_F(Strict, new_shares_lie_beside_the_old_ones_and_what_is_older_goes) {
  grid.create("one"); // in place: it is kept strictly from now on
  put_well("two");
  EXPECT_EQ(now(), "two");
  for (std::size_t i = 0; i < 10; ++i)
    EXPECT_EQ(versions_at(i), (std::set<std::uint64_t>{1, 2})) << i;
  put_well("three");
  EXPECT_EQ(now(), "three");
  for (std::size_t i = 0; i < 10; ++i)
    EXPECT_EQ(versions_at(i), (std::set<std::uint64_t>{2, 3})) << i;
}

TEST_F(Strict, a_new_file_is_made_strictly) {
  const auto made = grid.put_new("content");
  ASSERT_TRUE(grid.wait(made));
  ASSERT_TRUE((*made)->ok) << to_string((*made)->failure);
  EXPECT_GE((*made)->happiness, 8U) << "as many as confirm; it is told as soon as they do";
  messages::retrieve_request x;
  x.cap = (*made)->write_cap;
  const auto got = grid.run.ask<messages::retrieve_reply>(grid.gateway(), x);
  ASSERT_TRUE(grid.wait(got));
  EXPECT_EQ(text((*got)->content), "content");
}

TEST_F(Strict, a_write_after_a_write_takes_one_round_trip_and_one_after_another_client_maps) {
  grid.create("one");
  put_well("two"); // maps
  grid.run.settle();
  auto before = trips();
  put_well("three");
  grid.run.settle();
  EXPECT_EQ(trips(), before.plus(0, 10)) << "one message to each server, and nothing is read";
  before = trips();
  append_well("+");
  append_well("+");
  grid.run.settle();
  EXPECT_EQ(trips(), before.plus(0, 20));
  EXPECT_EQ(now(), "three++");
  EXPECT_TRUE(counted("truckee_kept_maps_total{result=\"used\"} 3")) << grid.services->metrics->text();
  // Another client's append: nobody is told of it, and both are in it.
  const auto others = append_of_another("=");
  ASSERT_TRUE(grid.wait(others));
  ASSERT_TRUE((*others)->ok) << to_string((*others)->failure);
  append_well("-");
  EXPECT_EQ(now(), "three++=-");
  EXPECT_TRUE(counted("truckee_kept_maps_total{result=\"stale\"} 1"));
  EXPECT_TRUE(counted("truckee_publishes_total{outcome=\"uncoordinated_write\"} 0"));
  before = trips();
  put_well("four");
  grid.run.settle();
  EXPECT_EQ(trips(), before.plus(0, 10)) << "and what it left is kept again";
  // As long as maps are kept.
  grid.run.advance(grid.services->limits.kept_map_age);
  before = trips();
  put_well("five");
  EXPECT_GE(trips().reads, before.reads + 10);
}

TEST_F(Strict, a_server_whose_answer_is_out_gets_the_next_write_all_the_same) {
  grid.create("one");
  put_well("two");
  // It takes what it is sent, and its answers come late.
  grid.scripts[3]->write = [&](const auto& request) {
    grid.scripts[3]->store->read_test_write(request);
    return std::nullopt;
  };
  put_well("three");
  grid.scripts[3]->write = nullptr;
  put_well("four");
  grid.run.settle();
  EXPECT_EQ(versions_at(3), (std::set<std::uint64_t>{3, 4}))
      << "by what our own message must have left there";
}

TEST_F(Strict, a_server_that_lost_a_message_costs_a_kept_map_nothing) {
  grid.create("one");
  put_well("two");
  grid.scripts[3]->write = [](const auto&) { return std::nullopt; };
  put_well("three");
  grid.scripts[3]->write = nullptr;
  const auto before = trips();
  put_well("four");
  EXPECT_EQ(trips().reads, before.reads) << "nine others confirm it";
  EXPECT_EQ(now(), "four");
}

TEST_F(Strict, what_a_kept_map_could_not_confirm_is_told_as_it_is) {
  grid.create("one");
  put_well("two");
  for (const std::size_t server : {2U, 5U, 6U})
    never_answers(server);
  const auto three = put("three");
  EXPECT_FALSE(three.ok);
  ASSERT_TRUE(three.strict);
  EXPECT_EQ(three.strict->outcome, strict_outcome::unknown) << "those three may have it";
  EXPECT_EQ(three.became, effect::may_be_applied);
  EXPECT_NE(three.failure.code, errc::uncoordinated_write) << to_string(three.failure);
}

TEST_F(Strict, each_message_tests_the_whole_slot_and_deletes_last) {
  grid.create("one");
  put_well("two");
  put_well("three");
  for (const auto& script : grid.scripts) {
    const auto& changes = script->writes.back().changes;
    ASSERT_EQ(changes.size(), 10U) << "one for each number";
    std::size_t writes = 0;
    bool deleted = false;
    for (const auto& change : changes) {
      EXPECT_FALSE(change.tests.empty());
      const bool absent = change.tests.front().specimen.empty();
      EXPECT_EQ(change.tests.size(), absent ? 1U : 2U)
          << "a share is known by its checkstring and its signature";
      if (!change.writes.empty()) {
        ++writes;
        EXPECT_FALSE(deleted) << "a server that dies half way must keep more, not less";
      } else {
        deleted = deleted || (!absent && change.new_length == 0U);
      }
    }
    EXPECT_EQ(writes, 1U);
    EXPECT_TRUE(deleted) << "the first version, which is older than the confirmed one";
  }
}

TEST_F(Strict, the_note_is_in_every_signature) {
  grid.create("one");
  put_well("two");
  const crypto::file_keys keys(vector_key(0));
  const auto setting =
      grid::strict_setting::make({3, 10, grid.server_list()->all_permuted(keys.slot).value(), 0, 1}).value();
  std::size_t noted = 0;
  for (const auto& slot : stored_shares(grid).all())
    for (const auto& [number, bytes] : slot) {
      const auto share = codec::sdmf::parse_share(bytes);
      ASSERT_TRUE(share);
      const auto salt = keys.signing.public_half().salt_of(share->signed_prefix, share->signature);
      ASSERT_TRUE(salt);
      if (const auto note = grid::parse_note(*salt)) {
        ++noted;
        EXPECT_EQ(note->setting, grid::hash_of(setting));
      }
    }
  EXPECT_EQ(noted, 10U) << "of the second version; the first was written in place";
}

TEST_F(Strict, two_of_ten_may_be_away_and_a_third_may_not) {
  grid.create("one");
  never_answers(2);
  never_answers(7);
  put_well("two");
  EXPECT_EQ(now(), "two");
  never_answers(5);
  grid.run.advance(grid.services->limits.kept_map_age); // what "two" left is not used any more
  const auto writes = grid.scripts[0]->writes.size();
  const auto no = put("three");
  EXPECT_FALSE(no.ok);
  EXPECT_EQ(no.failure.code, errc::not_enough_servers);
  EXPECT_NE(no.failure.detail.find("7 of 10 servers answered, 8 needed; nothing written"), std::string::npos)
      << no.failure.detail;
  EXPECT_EQ(no.became, effect::not_applied);
  EXPECT_EQ(grid.scripts[0]->writes.size(), writes);
}

TEST_F(Strict, a_server_that_missed_a_version_gets_the_next) {
  grid.create("one");
  never_answers(4);
  put_well("two");
  grid.scripts[4]->write = nullptr;
  grid.scripts[4]->read = nullptr;
  put_well("three");
  EXPECT_EQ(versions_at(4), (std::set<std::uint64_t>{1})) << "its slot is not known, and nothing is mapped";
  grid.run.advance(grid.services->limits.kept_map_age);
  put_well("four");
  EXPECT_EQ(versions_at(4), (std::set<std::uint64_t>{4})) << "three is confirmed, so one goes";
}

TEST_F(Strict, stored_on_too_few_servers_is_told_as_such) {
  grid.create("one");
  for (const std::size_t full : {1U, 5U, 8U})
    grid.scripts[full]->write = [](const auto&) {
      grid::read_test_write_answer out;
      out.status = grid::storage_status::no_space;
      return std::optional(out);
    };
  const auto stored = put("two");
  EXPECT_FALSE(stored.ok);
  EXPECT_EQ(stored.failure.code, errc::not_enough_servers);
  EXPECT_NE(stored.failure.detail.find("stored, not confirmed"), std::string::npos) << stored.failure.detail;
  EXPECT_NE(stored.failure.detail.find("on 7 of 10 servers, 8 needed"), std::string::npos)
      << stored.failure.detail;
  EXPECT_EQ(stored.became, effect::may_be_applied);
  EXPECT_EQ(now(), "two");
  for (const std::size_t full : {1U, 5U, 8U})
    grid.scripts[full]->write = nullptr;
  put_well("three");
  EXPECT_EQ(now(), "three");
}

TEST_F(Strict, an_answer_that_is_lost_is_found_by_the_next_map) {
  grid.create("one");
  // Three servers take the write, and their answers do not arrive.
  for (const std::size_t mute : {0U, 3U, 6U})
    grid.scripts[mute]->write = [script = grid.scripts[mute]](const grid::read_test_write& x) {
      script->store->read_test_write(x);
      return std::optional<grid::read_test_write_answer>();
    };
  const auto done = put("two");
  EXPECT_TRUE(done.ok) << to_string(done.failure);
  EXPECT_EQ(now(), "two");
  for (const std::size_t mute : {0U, 3U, 6U})
    EXPECT_EQ(versions_at(mute), (std::set<std::uint64_t>{1, 2})) << "it was not published twice";
}

TEST_F(Strict, writers_at_the_same_time_are_all_in_it_once) {
  grid.create("begin\n");
  std::vector<answer_ptr<messages::publish_reply>> done;
  for (int i = 0; i < 4; ++i)
    done.push_back(append_of_another("line " + std::to_string(i) + "\n"));
  for (const auto& one : done)
    ASSERT_TRUE(grid.wait(one));
  const auto content = now();
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_TRUE((*done[i])->ok) << to_string((*done[i])->failure);
    EXPECT_EQ(count(content, "line " + std::to_string(i) + "\n"), 1U) << content;
  }
}

TEST_F(Strict, a_dead_writers_leftover_is_barred_before_the_next_publish) {
  grid.create("one");
  leave_a_dead_writers_shares();
  put_well("two");
  EXPECT_EQ(now(), "two");
  std::size_t seals = 0;
  for (const auto& script : grid.scripts)
    for (const auto& message : script->writes)
      for (const auto& change : message.changes)
        seals +=
            change.writes.size() == 1 && change.writes.front().data.size() == crypto::signature_size ? 1 : 0;
  EXPECT_GE(seals, 10U) << "one share of each slot was signed anew";
  for (std::size_t i = 0; i < 10; ++i)
    EXPECT_EQ(versions_at(i), (std::set<std::uint64_t>{1, 3})) << "what can never be confirmed is purged";
}

TEST_F(Strict, a_barrier_of_an_earlier_operation_that_lands_late_is_nobody_elses) {
  grid.create("one");
  leave_a_dead_writers_shares();
  // What the barrier sends to server 3 is on its way for long; the publish succeeds without it.
  std::optional<grid::read_test_write> late;
  auto& slow = grid.scripts[3];
  slow->write = [&](const grid::read_test_write& x) {
    late = x;
    return std::optional<grid::read_test_write_answer>();
  };
  put_well("two");
  ASSERT_TRUE(late);
  slow->write = [&](const grid::read_test_write& x) {
    if (late) {
      const auto landed = slow->store->read_test_write(*std::exchange(late, std::nullopt));
      EXPECT_EQ(landed.status, grid::storage_status::ok);
    }
    return std::optional(slow->store->read_test_write(x));
  };
  grid.run.advance(std::chrono::minutes(5)); // until the link knows again that its server answers
  const auto three = put("three");
  EXPECT_TRUE(three.ok) << to_string(three.failure);
  EXPECT_FALSE(late) << "it landed between the map and the message";
  EXPECT_TRUE(three.conflicts.empty()) << three.conflicts.front().found;
  EXPECT_EQ(now(), "three");
}

TEST_F(Strict, another_setting_is_refused_before_anything_is_written) {
  grid.create("one\n");
  const auto other = append_of_another("two\n", 1);
  ASSERT_TRUE(grid.wait(other));
  ASSERT_TRUE((*other)->ok) << to_string((*other)->failure);
  const auto no = put("three");
  EXPECT_FALSE(no.ok);
  EXPECT_EQ(no.failure.code, errc::configuration);
  EXPECT_NE(no.failure.detail.find("another setting of the strict order"), std::string::npos);
  EXPECT_EQ(no.became, effect::not_applied);
  EXPECT_EQ(now(), "one\ntwo\n");
}

TEST_F(Strict, a_reader_that_hears_too_few_says_so) {
  grid.create("one");
  put_well("two");
  for (const std::size_t away : {0U, 1U, 2U, 3U, 4U})
    never_answers(away);
  EXPECT_EQ(now(), "two") << "five are enough";
  never_answers(5);
  const auto no = get();
  EXPECT_FALSE(no.ok);
  EXPECT_EQ(no.failure.code, errc::not_enough_servers);
  EXPECT_NE(no.failure.detail.find("4 of 10 servers answered, and 5 must be heard"), std::string::npos)
      << no.failure.detail;
}

TEST_F(Strict, a_check_says_how_the_file_is_kept) {
  grid.create("one");
  const auto check = [&] {
    const auto done = grid.check();
    EXPECT_TRUE(grid.wait(done));
    return **done;
  };
  EXPECT_FALSE(check().healthy);
  EXPECT_NE(check().summary.find("written in place, and to be kept strictly"), std::string::npos);
  put_well("two");
  EXPECT_TRUE(check().healthy) << check().summary;
  EXPECT_NE(check().summary.find("; kept strictly: seq 2"), std::string::npos) << check().summary;
  EXPECT_NE(check().summary.find("on 10 of 10 servers, 8 needed"), std::string::npos) << check().summary;
  stored_shares(grid).lose(3);
  EXPECT_FALSE(check().healthy);
}

namespace {

/// 1 of 3 on three servers: with the barrier before each publish two confirm a version.
class StrictTwoRounds : public Strict {
protected:
  StrictTwoRounds() : Strict({.servers = 3, .spread = {1, 3, 2}, .strict = grid::strict_terms{0, 2}}) {}
};

} // namespace

TEST_F(StrictTwoRounds, one_of_three_may_be_away) {
  const auto made = grid.put_new("new");
  ASSERT_TRUE(grid.wait(made));
  EXPECT_TRUE((*made)->ok) << to_string((*made)->failure);
  grid.create("one");
  put_well("two");
  never_answers(1);
  put_well("three");
  EXPECT_EQ(now(), "three");
}

TEST_F(Strict, a_reply_says_in_the_orders_words_what_it_came_to) {
  grid.create("one");
  never_answers(2);
  const auto two = put("two");
  ASSERT_TRUE(two.strict);
  EXPECT_EQ(two.strict->outcome, strict_outcome::published);
  EXPECT_GE(two.strict->confirming, 8U);
  EXPECT_EQ(two.strict->needed, 8U);
  EXPECT_EQ(two.strict->places, 10U);
  EXPECT_EQ(two.strict->rounds, 1U);
  EXPECT_EQ(two.strict->barriers, 0U);
  EXPECT_EQ(two.strict->missed, std::vector<std::string>{"s2"});
  never_answers(5);
  never_answers(6);
  grid.run.advance(grid.services->limits.kept_map_age); // what "two" left is not used any more
  const auto three = put("three");
  ASSERT_TRUE(three.strict);
  EXPECT_EQ(three.strict->outcome, strict_outcome::not_written);
  EXPECT_EQ(three.strict->rounds, 0U);
  const auto text = grid.services->metrics->text();
  EXPECT_NE(text.find("truckee_strict_writes_total{outcome=\"published\"} 1"), std::string::npos);
  EXPECT_NE(text.find("truckee_strict_servers_short 1"), std::string::npos) << "seven of eight answered";
}

TEST_F(Strict, status_shows_what_became_of_a_write) {
  grid.create("one");
  leave_a_dead_writers_shares();
  put_well("two");
  const auto status = grid.run.ask<messages::status_reply>(grid.gateway(), messages::status_request{});
  ASSERT_TRUE(grid.wait(status));
  EXPECT_EQ((*status)->order, shares_order::strict);
  EXPECT_EQ((*status)->defaults.happy, 8) << "as many as confirm";
  EXPECT_EQ((*status)->recent.at(0).text.find("Finished: published, on "), 0U)
      << (*status)->recent.at(0).text;
  EXPECT_NE((*status)->recent.at(0).text.find(" of 10 servers, 8 needed, after a barrier"), std::string::npos)
      << (*status)->recent.at(0).text;
  const auto detail = grid.run.ask<messages::operation_detail>(
      grid.gateway(), messages::operation_detail_request{(*status)->recent.at(0).operation});
  ASSERT_TRUE(grid.wait(detail));
  ASSERT_TRUE((*detail)->strict);
  EXPECT_EQ((*detail)->strict->outcome, strict_outcome::published);
  EXPECT_EQ((*detail)->strict->barriers, 1U);
  EXPECT_EQ((*detail)->strict->leftovers, 1U);
  EXPECT_EQ((*detail)->strict->purged, 1U);
}

TEST_F(Strict, a_read_says_whether_it_is_confirmed) {
  grid.create("one");
  put_well("two");
  const auto sure = get_confirmed(test_grid::write_cap());
  EXPECT_TRUE(sure.ok) << to_string(sure.failure);
  EXPECT_EQ(sure.kind, read_kind::confirmed);
  EXPECT_EQ(text(sure.content), "two");
}

TEST_F(Strict, what_is_not_confirmed_is_told_to_readers_and_settled_by_who_may_write) {
  grid.create("one");
  for (const std::size_t full : {1U, 5U, 8U})
    grid.scripts[full]->write = [](const auto&) {
      grid::read_test_write_answer out;
      out.status = grid::storage_status::no_space;
      return std::optional(out);
    };
  EXPECT_FALSE(put("two").ok);
  for (const std::size_t full : {1U, 5U, 8U})
    grid.scripts[full]->write = nullptr;
  const auto all_heard = get_confirmed(read_cap());
  EXPECT_EQ(text(all_heard.content), "one") << "seven of ten do not confirm it, and no other has it";
  never_answers(8); // it might be the eighth
  const auto plain = get();
  EXPECT_EQ(text(plain.content), "two");
  EXPECT_EQ(plain.kind, read_kind::plain);
  const auto readers = get_confirmed(read_cap());
  EXPECT_FALSE(readers.ok);
  EXPECT_EQ(readers.failure.code, errc::not_enough_servers);
  EXPECT_NE(readers.failure.detail.find("an unfinished update is there"), std::string::npos)
      << readers.failure.detail;
  const auto settled = get_confirmed(test_grid::write_cap());
  ASSERT_TRUE(settled.ok) << to_string(settled.failure);
  EXPECT_EQ(settled.kind, read_kind::confirmed);
  EXPECT_EQ(text(settled.content), "two");
  EXPECT_GT(settled.version, plain.version) << "it was published once more, without a change";
  const auto now_sure = get_confirmed(read_cap());
  EXPECT_TRUE(now_sure.ok) << to_string(now_sure.failure);
  EXPECT_EQ(text(now_sure.content), "two");
}

TEST_F(Strict, a_confirmed_read_needs_as_many_servers_as_confirm) {
  grid.create("one");
  put_well("two");
  for (const std::size_t away : {0U, 1U, 2U})
    never_answers(away);
  EXPECT_EQ(now(), "two");
  const auto no = get_confirmed(test_grid::write_cap());
  EXPECT_FALSE(no.ok);
  EXPECT_EQ(no.failure.code, errc::not_enough_servers);
  EXPECT_NE(no.failure.detail.find("7 of 10 servers answered, and 8 must"), std::string::npos)
      << no.failure.detail;
}

TEST_F(Strict, a_check_says_which_order_the_shares_obey_whatever_the_grid_file_says) {
  grid.create("one");
  EXPECT_EQ(check_in_place().order, shares_order::in_place);
  put_well("two");
  const auto strict = check_in_place();
  EXPECT_EQ(strict.order, shares_order::strict);
  EXPECT_NE(strict.summary.find("kept strictly by others"), std::string::npos) << strict.summary;
  const auto here = grid.check();
  ASSERT_TRUE(grid.wait(here));
  EXPECT_EQ((*here)->order, shares_order::strict);
  ASSERT_TRUE((*here)->strict);
  EXPECT_TRUE((*here)->strict->confirmed);
  EXPECT_EQ((*here)->strict->on, 10U);
  EXPECT_EQ((*here)->strict->needed, 8U);
  never_answers(9); // keeps what it has
  const auto other = grid.put_of_another("in place");
  ASSERT_TRUE(grid.wait(other));
  ASSERT_TRUE((*other)->ok);
  answers_again(9);
  EXPECT_EQ(check_in_place().order, shares_order::mixed);
}

TEST(InPlace, a_confirmed_read_is_refused_where_nothing_confirms_a_version) {
  test_grid grid;
  grid.create("one");
  messages::retrieve_request x;
  x.cap = test_grid::write_cap();
  x.confirmed = true;
  const auto no = grid.run.ask<messages::retrieve_reply>(grid.gateway(), x);
  ASSERT_TRUE(grid.wait(no));
  EXPECT_EQ((*no)->failure.code, errc::usage);
  const auto plain = grid.get();
  ASSERT_TRUE(grid.wait(plain));
  EXPECT_EQ((*plain)->kind, read_kind::in_place);
}

TEST_F(Strict, a_repair_publishes_what_is_there_until_all_is_well) {
  grid.create("one");
  never_answers(4);
  put_well("two");
  grid.scripts[4]->write = nullptr;
  grid.scripts[4]->read = nullptr;
  const auto repair = [&] {
    messages::repair_request x;
    x.write_cap = test_grid::write_cap();
    const auto done = grid.run.ask<messages::repair_reply>(grid.gateway(), x);
    EXPECT_TRUE(grid.wait(done));
    return **done;
  };
  grid.run.advance(std::chrono::minutes(5)); // until the link knows again that its server answers
  const auto mended = repair();
  EXPECT_TRUE(mended.ok) << to_string(mended.failure);
  EXPECT_EQ(mended.done, messages::repair_action::refilled) << "the same version, where it was missed";
  EXPECT_FALSE(mended.before.healthy);
  EXPECT_TRUE(mended.write.ok);
  EXPECT_EQ(versions_at(4), std::set<std::uint64_t>{2}) << "and what is older goes there";
  const auto again = repair();
  EXPECT_TRUE(again.ok);
  EXPECT_EQ(again.done, messages::repair_action::nothing);
  EXPECT_EQ(now(), "two");
  // Shares that rot go.
  stored_shares(grid).flip(7, 300);
  const auto rotten = repair();
  EXPECT_FALSE(rotten.before.healthy);
  EXPECT_EQ(rotten.done, messages::repair_action::republished);
  EXPECT_EQ(repair().done, messages::repair_action::nothing);
  EXPECT_EQ(now(), "two");
}

TEST_F(Strict, a_file_whose_slots_are_full_is_freed_by_a_repair) {
  const auto takes_nothing = [&](std::size_t server, bool is_so) {
    grid.scripts[server]->write = nullptr;
    if (is_so)
      grid.scripts[server]->write = [](const auto&) {
        grid::read_test_write_answer out;
        out.status = grid::storage_status::no_space;
        return std::optional(out);
      };
  };
  takes_nothing(0, true);
  const auto made = grid.put_new("begin\n");
  ASSERT_TRUE(grid.wait(made));
  ASSERT_TRUE((*made)->ok) << to_string((*made)->failure);
  const auto cap = (*made)->write_cap;
  const auto append = [&] {
    messages::append_request x;
    x.write_cap = cap;
    x.data = shared_bytes::copy_of("line\n");
    const auto done = grid.run.ask<messages::publish_reply>(grid.gateway(), x);
    EXPECT_TRUE(grid.wait(done));
    return **done;
  };
  // Each try leaves a version on seven, which the one that has nothing may make eight: none is excluded, no number comes free.
  takes_nothing(1, true);
  takes_nothing(4, true);
  for (int i = 0; i < 14; ++i)
    EXPECT_FALSE(append().ok);
  for (const std::size_t server : {0U, 1U, 4U})
    takes_nothing(server, false);
  EXPECT_FALSE(append().ok) << "the test's own condition: it is stuck";
  messages::repair_request x;
  x.write_cap = cap;
  const auto mended = grid.run.ask<messages::repair_reply>(grid.gateway(), x);
  ASSERT_TRUE(grid.wait(mended));
  EXPECT_TRUE((*mended)->ok) << to_string((*mended)->failure);
  const auto appended = append();
  EXPECT_TRUE(appended.ok) << to_string(appended.failure);
}

TEST(server_list, all_servers_of_the_grid_file_are_in_one_order_whoever_answers) {
  const auto id = [](char c) { return server_id::from(bytes(20, static_cast<std::byte>(c))).value(); };
  const auto entry = [&](char c) {
    actors::server_entry out;
    out.name = std::string(1, c);
    out.id = id(c);
    out.permutation_seed = bytes(20, std::byte{9}); // what it says of itself does not count
    return out;
  };
  const storage_index slot{};
  const actors::server_list here({entry('a'), entry('b'), entry('c')});
  const actors::server_list away({entry('a')}, {{"b", id('b')}, {"c", id('c')}});
  EXPECT_EQ(here.all_permuted(slot).value(), away.all_permuted(slot).value());
  EXPECT_EQ(away.name_of(id('b')), "b");
  const actors::server_list unknown({entry('a')}, {{"b", std::nullopt}, {"c", id('c')}});
  const auto no = unknown.all_permuted(slot);
  ASSERT_FALSE(no);
  EXPECT_EQ(no.error().code, errc::configuration);
  EXPECT_NE(no.error().detail.find("b does not answer: name the id"), std::string::npos) << no.error().detail;
}
