#include "grid/model_grid.hpp"
#include "truckee/base/random.hpp"
#include "truckee/grid/file/strict_write.hpp"
#include "truckee/grid/strict/standing.hpp"

#include <gtest/gtest.h>

using namespace truckee;
using namespace truckee::grid;
using namespace truckee::test;

namespace {

strict_setting setting_of(std::size_t servers = 10, std::uint8_t liars = 0) {
  strict_choice choice{3, 10, {}, liars, 1};
  for (std::size_t i = 0; i < servers; ++i)
    choice.servers.push_back(server(static_cast<std::uint8_t>(i)));
  return strict_setting::make(std::move(choice)).value();
}

/// What the servers hold: one share a server, by version.
class strict_write_test : public ::testing::Test {
protected:
  void hold(std::size_t from, std::size_t to, const file_version& version,
            std::optional<writer_note> note = {}) {
    for (auto i = from; i < to; ++i)
      held_[i][share(static_cast<std::uint8_t>(i))] = sealed_share{version, {}, note};
  }
  file_map seen(std::size_t answering = 10, std::optional<error> no_key = {}) const {
    servermap shares(map_mode::write);
    slot_map slots(setting_);
    for (std::size_t i = 0; i < answering; ++i) {
      const auto id = server(static_cast<std::uint8_t>(i));
      const auto at = held_.find(i);
      slots.know(id, at == held_.end() ? slot_contents{} : at->second);
      shares.set_answered(id);
      for (const auto& [number, held] : slots.slots().at(id))
        if (const auto* version = version_of(held))
          shares.add_share({id, number}, *version);
    }
    return {std::move(shares), std::move(no_key), std::move(slots), std::chrono::milliseconds(100)};
  }
  std::unique_ptr<strict_write> begin(write_kind kind, write_wish wish = {}) {
    wish.kind = kind;
    return std::make_unique<strict_write>(std::move(wish), setting_, random_);
  }
  static publish_report ended(const file_version& version, publish_end end, bool readable = true) {
    publish_report out;
    out.version = version;
    out.end = end;
    out.readable = readable;
    out.strict = strict_account{
        .confirming = 6, .needed = 8, .places = 10, .met_another = end == publish_end::uncoordinated_write};
    return out;
  }
  static error failure_of(const strict_write& op) { return op.result().failure.value_or(error{}); }

  strict_setting setting_ = setting_of();
  seeded_random random_{1};
  std::map<std::size_t, slot_contents> held_;
};

using kind = write_action::kind;

} // namespace

TEST_F(strict_write_test, R1_all_are_asked_and_without_H_answers_nothing_is_written) {
  hold(0, 10, version(1));
  const auto op = begin(write_kind::overwrite);
  EXPECT_EQ(op->next().what, kind::map);
  EXPECT_TRUE(op->next().ask_all);
  op->on_map(seen(7));
  ASSERT_TRUE(op->done());
  EXPECT_EQ(failure_of(*op).code, errc::not_enough_servers);
  EXPECT_EQ(failure_of(*op).detail, "7 of 10 servers answered, 8 needed; nothing written");
  EXPECT_EQ(op->result().what, effect::not_applied);
}

TEST_F(strict_write_test, R2_without_a_readable_version_nothing_is_written) {
  hold(0, 2, version(1));
  auto op = begin(write_kind::overwrite);
  for (int i = 0; i < 3; ++i) { // a map may be torn by somebody who publishes meanwhile
    ASSERT_EQ(op->next().what, kind::map);
    op->on_map(seen());
    op->on_waited();
  }
  EXPECT_EQ(op->result().end, write_end::unrecoverable);
  EXPECT_EQ(failure_of(*op).code, errc::not_enough_shares);
  op = begin(write_kind::overwrite);
  op->on_map(seen());
  ASSERT_EQ(op->next().what, kind::wait);
  op->on_waited();
  hold(2, 10, version(1));
  op->on_map(seen());
  EXPECT_EQ(op->next().what, kind::publish) << "it was torn";
}

TEST_F(strict_write_test, R3_the_number_is_above_all_that_is_seen_and_the_note_is_the_settings) {
  hold(0, 8, version(1));
  hold(8, 9, version(7));
  const auto op = begin(write_kind::overwrite);
  op->on_map(seen());
  const auto action = op->next();
  ASSERT_EQ(action.what, kind::publish);
  EXPECT_EQ(action.sequence.value, 8U);
  EXPECT_EQ(action.base, version(1));
  ASSERT_TRUE(action.strict);
  EXPECT_EQ(action.strict->note.setting, hash_of(setting_));
  EXPECT_EQ(action.strict->known.slots().size(), 10U);
}

TEST_F(strict_write_test, R9_what_is_on_enough_servers_is_done_and_what_is_not_is_published_again) {
  hold(0, 10, version(1));
  const auto op = begin(write_kind::modify);
  op->on_map(seen());
  ASSERT_EQ(op->next().what, kind::read);
  op->on_read(true);
  op->on_applied({applied_change::kind::changed});
  ASSERT_EQ(op->next().what, kind::publish);
  op->on_published(ended(version(2), publish_end::uncoordinated_write));
  ASSERT_EQ(op->next().what, kind::wait);
  EXPECT_GE(op->next().delay, std::chrono::milliseconds(40));
  EXPECT_LE(op->next().delay, std::chrono::milliseconds(240));
  op->on_waited();
  hold(0, 6, version(2));
  op->on_map(seen());
  ASSERT_EQ(op->next().what, kind::publish) << "six servers do not confirm it";
  EXPECT_EQ(op->next().sequence.value, 3U);
  op->on_published(ended(version(3), publish_end::uncoordinated_write));
  op->on_waited();
  hold(0, 8, version(3));
  op->on_map(seen());
  ASSERT_TRUE(op->done());
  EXPECT_EQ(op->result().end, write_end::already_applied);
  EXPECT_EQ(op->result().found, version(3));
  EXPECT_EQ(op->result().what, effect::applied);
}

TEST_F(strict_write_test, R9_a_change_that_another_built_on_is_not_made_twice) {
  hold(0, 10, version(1));
  const auto op = begin(write_kind::modify);
  op->on_map(seen());
  op->on_read(true);
  op->on_applied({applied_change::kind::changed});
  op->on_published(ended(version(2), publish_end::uncoordinated_write));
  op->on_waited();
  hold(0, 9, version(5));
  op->on_map(seen());
  ASSERT_EQ(op->next().what, kind::read);
  op->on_read(true);
  op->on_applied({applied_change::kind::contained});
  EXPECT_EQ(op->result().end, write_end::already_applied);
  EXPECT_EQ(op->result().found, version(5));
}

TEST_F(strict_write_test, what_was_signed_goes_with_every_further_try_and_operation) {
  const auto seal = [](char c) {
    return share_seal::from(bytes(share_seal::size, static_cast<std::byte>(c))).value();
  };
  hold(0, 10, version(1));
  write_wish wish;
  wish.own_seals = {seal('a')};
  const auto op = begin(write_kind::overwrite, wish);
  op->on_map(seen());
  EXPECT_EQ(op->next().strict->own_seals, (std::set{seal('a')}));
  auto lost = ended(version(2), publish_end::unconfirmed_unknown, false);
  lost.strict->seals = {seal('b'), seal('c')};
  op->on_published(lost);
  op->on_waited();
  op->on_map(seen());
  EXPECT_EQ(op->next().strict->own_seals, (std::set{seal('a'), seal('b'), seal('c')}));
  op->on_published(ended(version(3), publish_end::published));
  EXPECT_EQ(op->result().seals, (std::set{seal('b'), seal('c')}));
}

TEST_F(strict_write_test, an_overwrite_does_not_undo_what_may_be_built_on_it) {
  hold(0, 10, version(1));
  for (const bool readable : {true, false}) {
    const auto op = begin(write_kind::overwrite);
    op->on_map(seen());
    op->on_published(ended(version(2), publish_end::uncoordinated_write, readable));
    op->on_waited();
    hold(0, 10, version(5));
    op->on_map(seen());
    if (readable) {
      EXPECT_EQ(op->result().end, write_end::uncoordinated_write);
      EXPECT_EQ(op->result().what, effect::may_be_applied);
    } else {
      EXPECT_EQ(op->next().what, kind::publish);
    }
    hold(0, 10, version(1));
  }
}

TEST_F(strict_write_test, a_conditional_write_wants_the_version_named) {
  hold(0, 10, version(4));
  write_wish wish;
  wish.only_if = version_condition{{3}, {}};
  const auto no = begin(write_kind::conditional, wish);
  no->on_map(seen());
  EXPECT_EQ(no->result().end, write_end::version_changed);
  EXPECT_EQ(no->result().what, effect::not_applied);
  wish.only_if = version_condition{{4}, {}};
  const auto yes = begin(write_kind::conditional, wish);
  yes->on_map(seen());
  ASSERT_EQ(yes->next().what, kind::publish);
  yes->on_published(ended(version(5), publish_end::uncoordinated_write));
  yes->on_waited();
  hold(0, 10, version(6));
  yes->on_map(seen());
  EXPECT_EQ(yes->result().end, write_end::version_changed);
  EXPECT_EQ(yes->result().what, effect::may_be_applied);
}

TEST_F(strict_write_test, R11_another_setting_is_refused_before_anything_is_written) {
  hold(0, 10, version(1), writer_note{hash_of(setting_of(10, 1)), 3, {}});
  const auto op = begin(write_kind::overwrite);
  op->on_map(seen());
  ASSERT_TRUE(op->done());
  EXPECT_EQ(failure_of(*op).code, errc::configuration);
  EXPECT_NE(failure_of(*op).detail.find("epoch 3"), std::string::npos);
  EXPECT_EQ(op->result().what, effect::not_applied);
  hold(0, 10, version(1), writer_note{hash_of(setting_), 0, {}});
  const auto own = begin(write_kind::overwrite);
  own->on_map(seen());
  EXPECT_EQ(own->next().what, kind::publish);
}

TEST_F(strict_write_test, R11_the_neighbouring_setting_is_not_refused_and_no_other_is_taken) {
  strict_choice choice{3, 10, setting_.servers(), 0, 1};
  choice.neighbour = hash_of(setting_of(10, 1));
  setting_ = strict_setting::make(choice).value();
  hold(0, 10, version(7), writer_note{*choice.neighbour, 0, {}});
  auto op = begin(write_kind::overwrite);
  op->on_map(seen());
  EXPECT_EQ(op->next().what, kind::publish);
  EXPECT_EQ(op->next().strict->note.setting, hash_of(setting_)) << "what it writes is of its own";
  EXPECT_TRUE(standing_of(*seen().slots).mendable) << "a repair brings the file to this setting";
  hold(0, 1, version(7), writer_note{hash_of(setting_of(10, 2)), 0, {}});
  op = begin(write_kind::overwrite);
  op->on_map(seen());
  EXPECT_EQ(op->result().end, write_end::failed);
  EXPECT_TRUE(op->result().strict->other_setting);
}

TEST_F(strict_write_test, R11_another_spread_is_refused) {
  hold(0, 10, version(1, 0, 2, 10));
  const auto op = begin(write_kind::overwrite);
  op->on_map(seen());
  EXPECT_EQ(failure_of(*op).code, errc::configuration);
  EXPECT_NE(failure_of(*op).detail.find("2 of 10"), std::string::npos);
}

TEST_F(strict_write_test, R11_a_newer_version_without_a_note_is_an_in_place_writers) {
  const writer_note own{hash_of(setting_), 0, {}};
  hold(0, 10, version(1), own);
  EXPECT_FALSE(written_in_place(*seen().slots));
  hold(0, 3, version(2));
  EXPECT_EQ(written_in_place(*seen().slots), version(2));
  held_.clear();
  hold(0, 10, version(1));
  EXPECT_FALSE(written_in_place(*seen().slots)) << "it was never kept strictly";
  hold(0, 5, version(2), own);
  EXPECT_FALSE(written_in_place(*seen().slots)) << "it is from now on";
}

// Under many writers shares are retired while one reads: no reason to say that the file cannot be read.
TEST_F(strict_write_test, a_read_that_fails_costs_a_try_and_no_more) {
  hold(0, 10, version(1));
  const auto op = begin(write_kind::modify);
  for (std::uint32_t tries = 1; tries < grid_limits().strict_tries_max; ++tries) {
    op->on_map(seen());
    op->on_read(false, "shares moved");
    ASSERT_FALSE(op->done()) << tries;
    op->on_waited();
  }
  op->on_map(seen());
  op->on_read(false, "shares moved");
  ASSERT_TRUE(op->done());
  EXPECT_EQ(op->result().end, write_end::unrecoverable);
}

TEST_F(strict_write_test, an_end_says_which_it_was) {
  hold(0, 10, version(1));
  const auto run = [&](publish_end how) {
    auto op = begin(write_kind::overwrite);
    op->on_map(seen());
    for (std::uint64_t next = 2; !op->done() && next < 200; ++next) {
      op->on_published(ended(version(next), how, false));
      if (op->done())
        break;
      op->on_waited();
      op->on_map(seen());
    }
    return op;
  };
  const auto stored = run(publish_end::not_confirmed);
  EXPECT_EQ(failure_of(*stored).code, errc::not_enough_servers);
  EXPECT_NE(failure_of(*stored).detail.find("on 6 of 10 servers, 8 needed"), std::string::npos);
  EXPECT_EQ(stored->result().tries, 3U) << "servers come and go: two more looks";
  EXPECT_EQ(failure_of(*run(publish_end::unconfirmed_unknown)).code, errc::timeout);
  const auto others = run(publish_end::uncoordinated_write);
  EXPECT_EQ(failure_of(*others).code, errc::uncoordinated_write);
  EXPECT_EQ(others->result().tries, grid_limits().strict_tries_max);
}

TEST_F(strict_write_test, after_a_lost_round_too_few_answers_tell_what_became_of_it) {
  hold(0, 10, version(1));
  const auto op = begin(write_kind::overwrite);
  op->on_map(seen());
  op->on_published(ended(version(2), publish_end::unconfirmed_unknown));
  op->on_waited();
  op->on_map(seen(7));
  ASSERT_TRUE(op->done());
  EXPECT_EQ(failure_of(*op).code, errc::timeout);
  EXPECT_EQ(op->result().what, effect::may_be_applied);
}

TEST_F(strict_write_test, a_file_that_nobody_can_write_until_it_is_repaired_is_told_of_with_what_to_do) {
  const auto fill = [&](const file_version& version, std::size_t from, std::size_t turn) {
    for (auto i = from; i < 10; ++i)
      held_[i][share(static_cast<std::uint8_t>((i + turn) % 10))] = sealed_share{version, {}};
  };
  // Server 0 never took a message, 1 and 2 took none while a writer went on trying.
  fill(version(6), 1, 0);
  for (std::uint64_t turn = 1; turn < 10; ++turn)
    fill(version(6 + turn), 3, turn);
  const auto told = [&](write_kind what, publish_end end, std::size_t answering = 10) {
    const auto op = begin(what);
    for (std::uint64_t next = 20; !op->done() && next < 40; ++next) {
      op->on_map(seen(answering));
      if (op->next().what == kind::read)
        op->on_read(true);
      if (op->next().what == kind::apply)
        op->on_applied({applied_change::kind::changed});
      op->on_published(ended(version(next), end, false));
      op->on_waited();
    }
    EXPECT_TRUE(op->done());
    return failure_of(*op);
  };
  for (const auto what : {write_kind::overwrite, write_kind::modify}) {
    const auto why = told(what, publish_end::not_enough_servers);
    EXPECT_EQ(why.code, errc::not_enough_servers);
    EXPECT_EQ(why.detail,
              "versions that were never finished are in the way, and may be confirmed yet, so that nobody "
              "can write the file as it lies there (without a share of it: " +
                  publish_report::short_id(server(0)) +
                  "): run `truckee repair`, which frees it; nothing was written");
  }
  const auto stored = told(write_kind::modify, publish_end::not_confirmed).detail;
  EXPECT_NE(stored.find("on 6 of 10 servers"), std::string::npos);
  EXPECT_NE(stored.find("run `truckee repair`"), std::string::npos);
  const auto unknown = told(write_kind::modify, publish_end::unconfirmed_unknown);
  EXPECT_EQ(unknown.code, errc::timeout);
  EXPECT_NE(unknown.detail.find("run `truckee repair`"), std::string::npos);
  const auto away = told(write_kind::modify, publish_end::not_enough_servers, 9).detail;
  EXPECT_NE(away.find("write again when these servers answer"), std::string::npos);
  EXPECT_NE(away.find(publish_report::short_id(server(9))), std::string::npos);
  const auto in_repair = told(write_kind::repair, publish_end::not_enough_servers).detail;
  EXPECT_EQ(in_repair.find("run `truckee repair`"), std::string::npos) << "that is what is being done";
  held_[0][share(0)] = sealed_share{version(6), {}}; // what a repair does first
  EXPECT_EQ(told(write_kind::modify, publish_end::not_enough_servers).detail.find("repair"),
            std::string::npos);
}

TEST_F(strict_write_test, a_renewal_publishes_what_is_there_unless_a_version_is_confirmed) {
  hold(0, 8, version(1));
  const auto none = begin(write_kind::renew);
  none->on_map(seen());
  EXPECT_EQ(none->result().end, write_end::unchanged);
  held_.clear();
  hold(0, 7, version(1));
  const auto op = begin(write_kind::renew);
  op->on_map(seen());
  ASSERT_EQ(op->next().what, kind::read);
  EXPECT_EQ(op->next().version, version(1));
  op->on_read(true);
  op->on_applied({applied_change::kind::changed});
  ASSERT_EQ(op->next().what, kind::publish);
  EXPECT_EQ(op->next().sequence.value, 2U);
  EXPECT_EQ(op->next().base, version(1));
}

TEST_F(strict_write_test, what_it_met_and_did_is_counted_over_all_rounds) {
  hold(0, 8, version(1));
  hold(8, 10, version(2));
  const auto op = begin(write_kind::overwrite);
  op->on_map(seen());
  auto first = ended(version(3), publish_end::uncoordinated_write, false);
  first.strict->barrier = true;
  first.strict->purged = 1;
  first.strict->retired = 2;
  first.strict->resent = 3;
  op->on_published(first);
  op->on_waited();
  op->on_map(seen(9));
  auto second = ended(version(4), publish_end::published);
  second.strict->confirming = 9;
  second.strict->retired = 4;
  second.strict->missed = {server(9)};
  op->on_published(second);
  const auto& tally = op->result().strict.value();
  EXPECT_EQ(tally.rounds, 2U);
  EXPECT_EQ(tally.barriers, 1U);
  EXPECT_EQ(tally.purged, 1U);
  EXPECT_EQ(tally.retired, 6U);
  EXPECT_EQ(tally.resent, 3U);
  EXPECT_EQ(tally.leftovers, 1U);
  EXPECT_TRUE(tally.met_another);
  EXPECT_EQ(tally.answered, 9U);
  EXPECT_EQ(tally.confirming, 9U);
  EXPECT_EQ(tally.needed, 8U);
  EXPECT_EQ(tally.places, 10U);
  EXPECT_EQ(tally.missed, (std::set{server(9)}));
}

TEST(strict_outcome, each_end_has_its_word) {
  using enum effect;
  EXPECT_EQ(strict_outcome_of(true, false, applied, publish_end::published), strict_outcome::published);
  EXPECT_EQ(strict_outcome_of(true, true, applied, std::nullopt), strict_outcome::not_written);
  EXPECT_EQ(strict_outcome_of(false, false, not_applied, std::nullopt), strict_outcome::not_written);
  EXPECT_EQ(strict_outcome_of(false, false, not_applied, publish_end::uncoordinated_write),
            strict_outcome::not_written);
  EXPECT_EQ(strict_outcome_of(false, false, may_be_applied, publish_end::not_confirmed),
            strict_outcome::stored_not_confirmed);
  for (const auto end : {publish_end::unconfirmed_unknown, publish_end::uncoordinated_write,
                         publish_end::timeout, publish_end::not_enough_servers})
    EXPECT_EQ(strict_outcome_of(false, false, may_be_applied, end), strict_outcome::unknown);
}

TEST(strict_backoff, grows_by_a_factor_up_to_the_seventh_try) {
  seeded_random random{7};
  const auto most_of = [&](std::uint32_t tries) {
    std::chrono::milliseconds most{0};
    for (int i = 0; i < 300; ++i) {
      const auto drawn = strict_backoff(tries, std::chrono::milliseconds(100), {}, random);
      EXPECT_GE(drawn, std::chrono::milliseconds(40));
      most = std::max(most, drawn);
    }
    return most.count();
  };
  EXPECT_NEAR(double(most_of(1)), 240, 12);
  EXPECT_NEAR(double(most_of(2)), 384, 20);
  EXPECT_NEAR(double(most_of(7)), 4027, 200);
  EXPECT_NEAR(double(most_of(60)), 4027, 200);
}

TEST(strict_backoff, waits_no_longer_than_the_longest_wait_however_long_the_map_waited_for_a_lost_answer) {
  seeded_random random{7};
  grid_limits limits;
  limits.backoff_longest = std::chrono::milliseconds(3'000);
  std::chrono::milliseconds most{0};
  for (int i = 0; i < 300; ++i)
    most = std::max(most, strict_backoff(7, std::chrono::milliseconds(60'000), limits, random));
  EXPECT_LE(most, limits.backoff_longest);
  EXPECT_GT(most, limits.backoff_longest * 9 / 10);
}

TEST_F(strict_write_test, a_brought_key_makes_a_file_only_where_nothing_of_it_is) {
  const auto fresh = begin(write_kind::create);
  fresh->on_map(seen());
  ASSERT_EQ(fresh->next().what, kind::publish);
  EXPECT_EQ(fresh->next().sequence.value, 1U);
  EXPECT_FALSE(fresh->next().base);
  fresh->on_published(ended(version(1), publish_end::published));
  EXPECT_EQ(fresh->result().end, write_end::written);

  hold(0, 1, version(1));
  const auto late = begin(write_kind::create);
  late->on_map(seen());
  EXPECT_EQ(late->result().end, write_end::version_changed);
  EXPECT_EQ(failure_of(*late).code, errc::uncoordinated_write);
  EXPECT_EQ(late->result().what, effect::not_applied);
}

TEST_F(strict_write_test, a_kept_map_needs_no_other_and_accuses_nobody) {
  hold(0, 10, version(4), writer_note{hash_of(setting_), 0, {}});
  write_wish wish;
  wish.kept_slots = *seen().slots;
  auto op = begin(write_kind::overwrite, wish);
  ASSERT_EQ(op->next().what, kind::publish);
  EXPECT_EQ(op->next().sequence, sequence_number{5});
  ASSERT_TRUE(op->next().kept);
  EXPECT_EQ(op->next().base, version(4));
  EXPECT_EQ(op->result().kept, kept_map_use::used);
  // It is not what is there: a map follows at once, and what the answers showed is no collision.
  op->on_published(ended(version(5, 9), publish_end::kept_map_stale, false));
  ASSERT_EQ(op->next().what, kind::map);
  EXPECT_EQ(op->result().kept, kept_map_use::stale);
  EXPECT_EQ(op->result().tries, 0U);
  EXPECT_TRUE(op->result().surprises.empty());
  held_.clear();
  hold(0, 10, version(6), writer_note{hash_of(setting_), 0, {}});
  op->on_map(seen());
  ASSERT_EQ(op->next().what, kind::publish);
  EXPECT_FALSE(op->next().kept);
  EXPECT_EQ(op->next().base, version(6));
  op->on_published(ended(version(7, 9), publish_end::published));
  EXPECT_EQ(op->result().end, write_end::written);
}

TEST_F(strict_write_test, a_kept_map_that_was_stale_and_no_answers_are_not_told_as_a_collision) {
  hold(0, 10, version(4), writer_note{hash_of(setting_), 0, {}});
  write_wish wish;
  wish.kept_slots = *seen().slots;
  auto op = begin(write_kind::overwrite, wish);
  op->on_published(ended(version(5, 9), publish_end::kept_map_stale));
  op->on_map(seen(7));
  EXPECT_EQ(op->result().end, write_end::failed);
  EXPECT_EQ(failure_of(*op).code, errc::not_enough_servers);
  EXPECT_EQ(failure_of(*op).detail, "7 of 10 servers answered, 8 needed; this update is not acknowledged");
  EXPECT_EQ(op->result().what, effect::may_be_applied);
}

TEST_F(strict_write_test, an_append_on_a_kept_map_reads_nothing_and_what_landed_of_it_is_recognised) {
  hold(0, 10, version(4), writer_note{hash_of(setting_), 0, {}});
  write_wish wish;
  wish.kept_slots = *seen().slots;
  auto op = begin(write_kind::modify, wish);
  ASSERT_EQ(op->next().what, kind::apply);
  op->on_applied({applied_change::kind::changed});
  ASSERT_EQ(op->next().what, kind::publish);
  EXPECT_TRUE(op->next().kept);
  op->on_published(ended(version(5, 9), publish_end::kept_map_stale));
  hold(0, 10, version(5, 9), writer_note{hash_of(setting_), 0, {}}); // its answers were lost
  op->on_map(seen());
  EXPECT_EQ(op->result().end, write_end::already_applied);
}

TEST_F(strict_write_test, who_asks_again_or_names_a_version_maps) {
  hold(0, 10, version(4), writer_note{hash_of(setting_), 0, {}});
  write_wish wish;
  wish.kept_slots = *seen().slots;
  auto asked_again = wish;
  asked_again.own = {{version(4), true, {}, {}}};
  EXPECT_EQ(begin(write_kind::overwrite, asked_again)->next().what, kind::map);
  wish.only_if = version_condition{{4}, ""};
  EXPECT_EQ(begin(write_kind::conditional, wish)->next().what, kind::map);
  EXPECT_EQ(begin(write_kind::renew, wish)->next().what, kind::map);
  EXPECT_EQ(begin(write_kind::repair, wish)->next().what, kind::map);
}
