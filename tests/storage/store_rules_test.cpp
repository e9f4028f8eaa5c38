#include "storage/store_test_support.hpp"

#include "truckee/crypto/base32.hpp"
#include "truckee/storage/container.hpp"

using namespace truckee;
using namespace truckee::storage;
using namespace truckee::test;
using grid::storage_status;

/// Every rule on both stores: true is the disk.
class store_rules : public testing::TestWithParam<bool> {
protected:
  std::unique_ptr<share_store> open(store_limits limits = {},
                                    std::uint64_t capacity = std::uint64_t{1} << 40) {
    return pair_.make(GetParam(), limits, capacity);
  }
  store_pair pair_;
  storage_index slot_ = filled<storage_index>(7);
};

INSTANTIATE_TEST_SUITE_P(both, store_rules, testing::Bool(),
                         [](const auto& which) { return which.param ? "disk" : "memory"; });

namespace {

grid::read_test_write recorded_request(const nlohmann::json& server, const nlohmann::json& call) {
  grid::read_test_write out;
  out.slot = *storage_index::from(hex(server.at("storage_index")));
  const std::string note = call.at("note");
  const auto& secrets = server.at("secrets");
  out.secrets = {secret(secrets.at(0)), secret(secrets.at(1)), secret(secrets.at(2))};
  if (note.starts_with("wrong write enabler") || note.starts_with("after deletion"))
    out.secrets.write_enabler = filled<server_secret>(0x77);
  if (note.find("other lease secrets") != std::string::npos)
    out.secrets.lease_renew = filled<server_secret>(0x78);
  for (const auto& [number, vectors] : call.at("tw").items()) {
    grid::share_change change;
    change.share = {static_cast<std::uint8_t>(std::stoi(number))};
    for (const auto& test : vectors.at("test"))
      change.tests.push_back({test.at(0), test.at(1), shared_bytes(hex(test.at(2)))});
    for (const auto& write : vectors.at("write"))
      change.writes.push_back({write.at(0), shared_bytes(hex(write.at(1)))});
    if (!vectors.at("new_length").is_null())
      change.new_length = vectors.at("new_length").get<std::uint64_t>();
    out.changes.push_back(std::move(change));
  }
  for (const auto& read : call.at("read"))
    out.reads.push_back({read.at(0), read.at(1)});
  return out;
}

nlohmann::json as_json(const grid::share_reads& reads) {
  auto out = nlohmann::json::object();
  for (const auto& [share, found] : reads) {
    auto& list = out[std::to_string(share.value)] = nlohmann::json::array();
    for (const auto& one : found)
      list.push_back(to_hex(one.view()));
  }
  return out;
}

nlohmann::json leases_as_json(const slot_leases& leases) {
  auto out = nlohmann::json::object();
  for (const auto& [share, list] : leases)
    for (const auto& one : list)
      out[std::to_string(share.value)].push_back({one.owner, one.expires});
  return out;
}

} // namespace

TEST_P(store_rules, the_recorded_calls_of_a_real_server_give_the_recorded_answers_and_shares) {
  const auto vectors = read_json("container.json");
  const auto& server = vectors.at("server");
  const auto store = open();
  pair_.now = server.at("now");
  for (const auto& call : server.at("calls")) {
    const std::string note = call.at("note");
    SCOPED_TRACE(note);
    if (note.starts_with("1000 s later"))
      pair_.now += 1000;
    const auto asked = recorded_request(server, call);
    const auto answer = store->read_test_write(asked);
    if (call.contains("error")) {
      EXPECT_EQ(answer.status, storage_status::bad_write_enabler);
      EXPECT_EQ(answer.recorded_node, pair_.id);
      EXPECT_TRUE(answer.reads.empty());
    } else {
      EXPECT_EQ(answer.status, call.at("success") ? storage_status::ok : storage_status::test_failed)
          << answer.detail;
      EXPECT_EQ(as_json(answer.reads), call.at("data"));
    }
    auto after = nlohmann::json::object();
    for (const auto& [share, content] : contents(*store, asked.slot))
      after[std::to_string(share)] = to_hex(as_bytes(content));
    EXPECT_EQ(after, call.at("after"));
    const auto leases = store->leases(asked.slot);
    ASSERT_TRUE(leases);
    EXPECT_EQ(leases_as_json(*leases), call.at("leases"));
    if (GetParam()) {
      EXPECT_EQ(std::filesystem::exists(share_path(pair_.folder.path(), asked.slot, 0).parent_path()),
                !call.at("after").empty())
          << "the slot's directory goes with its last share";
    }
    EXPECT_EQ(store->info().slots, call.at("after").empty() ? 0U : 1U);
  }
}

TEST_P(store_rules, a_bad_write_enabler_names_who_recorded_it_and_changes_nothing) {
  const auto store = open();
  ASSERT_EQ(store->read_test_write(request(slot_, {write_share(0, 0, "mine")})).status, storage_status::ok);
  for (auto changes : {std::vector{write_share(0, 0, "his")}, std::vector{write_share(9, 0, "his")},
                       std::vector{delete_share(0)}, std::vector<grid::share_change>{}}) {
    const auto answer = store->read_test_write(request(slot_, changes, 99));
    EXPECT_EQ(answer.status, storage_status::bad_write_enabler);
    EXPECT_EQ(answer.recorded_node, pair_.id);
    EXPECT_NE(answer.detail.find(crypto::to_base32(pair_.id.view())), std::string::npos);
    EXPECT_EQ(answer.detail.find(std::string(64, '9')), std::string::npos);
  }
  EXPECT_EQ(contents(*store, slot_), (std::map<int, std::string>{{0, "mine"}}));
}

TEST_P(store_rules, an_absurd_request_is_refused_before_anything_is_allocated_or_written) {
  store_limits limits;
  limits.share_bytes_max = 1000;
  limits.writes_per_share_max = 4;
  limits.tests_per_share_max = 4;
  limits.reads_max = 4;
  limits.changes_max = 3;
  const auto store = open(limits);
  ASSERT_EQ(store->read_test_write(request(slot_, {write_share(0, 0, "old")})).status, storage_status::ok);
  const auto status = [&](std::vector<grid::share_change> changes) {
    const auto answer = store->read_test_write(request(slot_, std::move(changes)));
    EXPECT_FALSE(answer.detail.empty());
    return answer.status;
  };
  EXPECT_EQ(status({write_share(0, ~std::uint64_t{0}, "xy")}), storage_status::malformed);
  EXPECT_EQ(status({write_share(0, ~std::uint64_t{0} - 2, "xy")}), storage_status::too_large);
  EXPECT_EQ(status({write_share(0, std::uint64_t{1} << 62, "")}), storage_status::too_large)
      << "a giant hole";
  EXPECT_EQ(status({write_share(0, 999, "xy")}), storage_status::too_large);
  EXPECT_EQ(status({write_share(0, 0, "a"), write_share(0, 1, "b")}), storage_status::malformed);
  EXPECT_EQ(status({write_share(0, 0, "a"), write_share(1, 1, "b"), write_share(2, 1, "b"),
                    write_share(3, 1, "b")}),
            storage_status::too_large);
  auto many = write_share(0, 0, "a");
  many.writes.resize(5);
  EXPECT_EQ(status({many}), storage_status::too_large);
  many.writes.resize(1);
  many.tests.resize(5);
  EXPECT_EQ(status({many}), storage_status::too_large);
  auto reads = request(slot_, {});
  reads.reads.resize(5);
  EXPECT_EQ(store->read_test_write(reads).status, storage_status::too_large);
  EXPECT_EQ(store->read({slot_, {}, std::vector<grid::read_vector>(5)}).status, storage_status::too_large);
  EXPECT_EQ(contents(*store, slot_), (std::map<int, std::string>{{0, "old"}}));
}

TEST_P(store_rules, reads_that_would_fill_memory_are_refused) {
  store_limits limits;
  limits.answer_bytes_max = 100;
  const auto store = open(limits);
  ASSERT_EQ(store->read_test_write(request(slot_, {write_share(0, 0, std::string(60, 'x'))})).status,
            storage_status::ok);
  EXPECT_EQ(store->read({slot_, {}, {{0, 100}}}).status, storage_status::ok);
  EXPECT_EQ(store->read({slot_, {}, {{0, 100}, {0, 50}}}).status, storage_status::too_large);
  auto asked = request(slot_, {write_share(0, 0, "new")});
  asked.reads = {{0, 60}, {0, 60}};
  EXPECT_EQ(store->read_test_write(asked).status, storage_status::too_large);
  EXPECT_EQ(contents(*store, slot_)[0].substr(0, 3), "xxx");
  // Of several shares together; one of them may still be had.
  ASSERT_EQ(store->read_test_write(request(slot_, {write_share(1, 0, std::string(60, 'y'))})).status,
            storage_status::ok);
  const auto both = store->read({slot_, {}, {{0, 60}}});
  EXPECT_EQ(both.status, storage_status::too_large);
  EXPECT_TRUE(both.reads.empty());
  EXPECT_EQ(store->read({slot_, {share_number{1}}, {{0, 60}}}).status, storage_status::ok);
}

TEST_P(store_rules, a_store_takes_no_more_slots_than_its_limit) {
  store_limits limits;
  limits.slots_max = 2;
  const auto store = open(limits);
  const auto put = [&](int slot) {
    return store->read_test_write(request(filled<storage_index>(slot), {write_share(0, 0, "x")})).status;
  };
  EXPECT_EQ(put(1), storage_status::ok);
  EXPECT_EQ(put(2), storage_status::ok);
  EXPECT_EQ(put(3), storage_status::too_large);
  EXPECT_EQ(put(2), storage_status::ok) << "a slot that is there already";
  EXPECT_EQ(store->read_test_write(request(filled<storage_index>(1), {delete_share(0)})).status,
            storage_status::ok);
  EXPECT_EQ(put(3), storage_status::ok);
  EXPECT_EQ(store->slots()->size(), 2U);
}

TEST(store_rules_in_little_room, a_share_may_become_shorter_though_its_old_size_does_not_fit_again) {
  store_pair pair;
  const auto slot = filled<storage_index>(1);
  const auto store = pair.make(false, {}, 10'000);
  const std::string much(7'000, 'x');
  ASSERT_EQ(store->read_test_write(request(slot, {write_share(0, 0, much)})).status, storage_status::ok);
  auto shorter = write_share(0, 0, "ab");
  shorter.new_length = 2;
  const auto answer = store->read_test_write(request(slot, {shorter}));
  EXPECT_EQ(answer.status, storage_status::ok) << answer.detail;
  EXPECT_EQ(contents(*store, slot), (std::map<int, std::string>{{0, "ab"}}));
  EXPECT_EQ(store->leases(slot)->at({0}).size(), 1U);
  EXPECT_EQ(store->read_test_write(request(filled<storage_index>(2), {write_share(0, 0, much)})).status,
            storage_status::ok)
      << "the room is free again";
  EXPECT_EQ(store->read_test_write(request(slot, {write_share(0, 0, much)})).status,
            storage_status::no_space);
  EXPECT_EQ(contents(*store, slot), (std::map<int, std::string>{{0, "ab"}}));
}

TEST(store_rules_in_little_room, leases_are_renewed_and_added_where_there_is_no_room_at_all) {
  store_pair pair;
  const auto slot = filled<storage_index>(1);
  const auto lease = [&](share_store& store, int secret) {
    return store.add_lease(slot, filled<server_secret>(secret), filled<server_secret>(secret));
  };
  constexpr std::uint64_t size = 468 + 7'000 + 4;
  const auto store = pair.make(false, {}, 2 * size); // two shares, and not one byte more
  const std::string much(7'000, 'x');
  ASSERT_EQ(store->read_test_write(request(slot, {write_share(0, 0, much), write_share(1, 0, much)})).status,
            storage_status::ok);
  ASSERT_EQ(store->info().bytes_available, 0U);
  pair.now += 1'000;
  const auto renewed = lease(*store, 2);
  EXPECT_EQ(renewed.status, storage_status::ok) << renewed.detail;
  for (const int other : {11, 12, 13})
    EXPECT_EQ(lease(*store, other).status, storage_status::ok) << "a container has room for four";
  const auto fifth = lease(*store, 14);
  EXPECT_EQ(fifth.status, storage_status::no_space) << fifth.detail;
  EXPECT_NE(fifth.detail.find("0 available"), std::string::npos) << fifth.detail;
  EXPECT_EQ(contents(*store, slot), (std::map<int, std::string>{{0, much}, {1, much}}));
  const auto held = store->leases(slot);
  for (const int share : {0, 1}) {
    const auto& leases = held->at({static_cast<std::uint8_t>(share)});
    ASSERT_EQ(leases.size(), 4U);
    EXPECT_EQ(leases[0].expires, test_time + 1'000 + lease_seconds);
  }
}

TEST(store_rules_in_little_room, what_is_reserved_serves_for_a_moment_but_not_for_good) {
  store_pair pair;
  const auto slot = filled<storage_index>(1);
  constexpr std::uint64_t size = 468 + 2'000 + 4;
  const auto store = pair.make(false, {.reserved_space = 3 * size}, 4 * size); // room for one share
  const auto put = [&](int share, std::size_t length, int renew = 2) {
    auto change = write_share(share, 0, std::string(length, 'x'));
    change.new_length = length;
    auto asked = request(slot, {change});
    asked.secrets = secrets_of(1, renew, renew);
    return store->read_test_write(asked);
  };
  ASSERT_EQ(put(0, 2'000).status, storage_status::ok);
  ASSERT_EQ(store->info().bytes_available, 0U);
  for (int renew = 10; renew < 16; ++renew) // more leases than a head holds
    EXPECT_EQ(put(0, 2'000, renew).status, storage_status::ok)
        << "a file of the same length, by writer " << renew;
  EXPECT_EQ(put(0, 1'000, 20).status, storage_status::ok) << "a shorter one";
  const auto longer = put(0, 5'000);
  EXPECT_EQ(longer.status, storage_status::no_space);
  EXPECT_EQ(longer.bytes_available, 0U);
  EXPECT_EQ(put(1, 100).status, storage_status::no_space) << "another share";
  EXPECT_EQ(contents(*store, slot), (std::map<int, std::string>{{0, std::string(1'000, 'x')}}));
}

TEST_P(store_rules, what_does_not_fit_gets_no_space_with_the_bytes_available_and_changes_nothing) {
  store_limits limits;
  const auto free = GetParam() ? std::filesystem::space(pair_.folder.path()).available : 10'000;
  limits.reserved_space =
      GetParam() ? free + (std::uint64_t{1} << 40) : 9'000; // the disk changes under us: far off
  const auto store = open(limits, 10'000);
  const auto answer = store->read_test_write(request(slot_, {write_share(0, 0, std::string(2'000, 'x'))}));
  EXPECT_EQ(answer.status, storage_status::no_space);
  EXPECT_EQ(answer.bytes_available, GetParam() ? 0U : 1'000U);
  EXPECT_TRUE(contents(*store, slot_).empty());
  EXPECT_EQ(store->info().slots, 0U);
}

TEST_P(store_rules, holes_read_as_zeros_and_truncated_bytes_never_come_back) {
  const auto store = open();
  auto first = write_share(0, 0, "secret tail");
  ASSERT_EQ(store->read_test_write(request(slot_, {first})).status, storage_status::ok);
  auto cut = write_share(0, 0, "");
  cut.new_length = 2;
  ASSERT_EQ(store->read_test_write(request(slot_, {cut})).status, storage_status::ok);
  ASSERT_EQ(store->read_test_write(request(slot_, {write_share(0, 6, "X")})).status, storage_status::ok);
  EXPECT_EQ(contents(*store, slot_)[0], std::string("se\0\0\0\0X", 7));
  ASSERT_EQ(store->read_test_write(request(slot_, {write_share(0, 5'000, "Y")})).status, storage_status::ok);
  EXPECT_EQ(contents(*store, slot_)[0], std::string("se\0\0\0\0X", 7) + std::string(4'993, '\0') + "Y");
}

TEST_P(store_rules, no_read_shows_leases_or_the_write_enabler) {
  const auto store = open();
  for (int renew = 10; renew < 20; ++renew) { // more than the head holds
    auto asked = request(slot_, {write_share(0, 0, "data")});
    asked.secrets = secrets_of(1, renew, renew);
    ASSERT_EQ(store->read_test_write(asked).status, storage_status::ok);
  }
  ASSERT_EQ(store->leases(slot_)->at({0}).size(), 10U);
  for (std::uint64_t offset = 0; offset < 1'500; offset += 3) {
    const auto answer = store->read({slot_, {}, {{offset, 1'500}}});
    EXPECT_EQ(as_text(answer.reads.at({0}).at(0).view()),
              std::string_view("data").substr(std::min<std::size_t>(offset, 4)));
  }
}

TEST_P(store_rules, a_read_names_shares_or_gets_them_all) {
  const auto store = open();
  ASSERT_EQ(store->read_test_write(request(slot_, {write_share(0, 0, "a"), write_share(3, 0, "d")})).status,
            storage_status::ok);
  EXPECT_EQ(store->read({slot_, {{3}, {9}}, {{0, 9}, {1, 1}}}).reads,
            (grid::share_reads{{{3}, {text("d"), text("")}}}));
  EXPECT_EQ(store->read({slot_, {}, {}}).reads, (grid::share_reads{{{0}, {}}, {{3}, {}}}));
  EXPECT_TRUE(store->read({filled<storage_index>(8), {}, {{0, 1}}}).reads.empty());
}

TEST_P(store_rules, add_lease_renews_on_every_share_and_never_moves_a_lease_back) {
  const auto store = open();
  EXPECT_EQ(store->add_lease(slot_, filled<server_secret>(2), filled<server_secret>(3)).status,
            storage_status::not_found);
  ASSERT_EQ(store->read_test_write(request(slot_, {write_share(0, 0, "a"), write_share(1, 0, "b")})).status,
            storage_status::ok);
  const auto ends = [&](int share) {
    std::vector<std::uint64_t> out;
    const auto leases = store->leases(slot_);
    for (const auto& one : leases->at({static_cast<std::uint8_t>(share)}))
      out.push_back(one.expires - lease_seconds);
    return out;
  };
  pair_.now = test_time + 50;
  EXPECT_EQ(store->add_lease(slot_, filled<server_secret>(2), filled<server_secret>(3)).status,
            storage_status::ok);
  EXPECT_EQ(ends(0), (std::vector<std::uint64_t>{test_time + 50}));
  EXPECT_EQ(ends(1), (std::vector<std::uint64_t>{test_time + 50}));
  pair_.now = test_time + 20;
  EXPECT_EQ(store->add_lease(slot_, filled<server_secret>(2), filled<server_secret>(3)).status,
            storage_status::ok);
  EXPECT_EQ(store->add_lease(slot_, filled<server_secret>(9), filled<server_secret>(9)).status,
            storage_status::ok);
  EXPECT_EQ(ends(0), (std::vector<std::uint64_t>{test_time + 50, test_time + 20}));
  pair_.now = std::uint64_t{1} << 33;
  EXPECT_EQ(store->add_lease(slot_, filled<server_secret>(9), filled<server_secret>(9)).status,
            storage_status::ok);
  EXPECT_EQ(store->leases(slot_)->at({0}).at(1).expires, 0xffffffffU) << "a clock beyond 2106 does not wrap";
}

TEST_P(store_rules, leases_on_one_share_have_a_limit) {
  store_limits limits;
  limits.leases_per_share_max = 5;
  const auto store = open(limits);
  const auto put = [&](int renew) {
    auto asked = request(slot_, {write_share(0, 0, std::to_string(renew))});
    asked.secrets = secrets_of(1, renew, renew);
    return store->read_test_write(asked).status;
  };
  for (int renew = 10; renew < 15; ++renew)
    EXPECT_EQ(put(renew), storage_status::ok);
  EXPECT_EQ(put(15), storage_status::too_large);
  EXPECT_EQ(store->add_lease(slot_, filled<server_secret>(16), filled<server_secret>(16)).status,
            storage_status::too_large);
  EXPECT_EQ(contents(*store, slot_)[0], "14");
  EXPECT_EQ(put(12), storage_status::ok) << "renewing needs no new place";
}

TEST_P(store_rules,
       expiry_removes_a_share_when_its_last_lease_and_the_grace_are_over_and_a_dry_run_only_tells) {
  const auto store = open();
  ASSERT_EQ(store->read_test_write(request(slot_, {write_share(0, 0, "a"), write_share(1, 0, "b")})).status,
            storage_status::ok);
  pair_.now += 1'000;
  ASSERT_EQ(store->read_test_write(request(slot_, {write_share(1, 0, "b")})).status, storage_status::ok);
  const auto end = test_time + lease_seconds;
  const auto expire = [&](std::uint64_t now, bool dry) {
    return store->expire(slot_, now, {.grace_seconds = 100}, dry);
  };
  EXPECT_TRUE(expire(end + 99, false)->removed.empty());
  EXPECT_EQ(expire(end + 100, true)->removed, (std::vector<share_number>{{0}}));
  EXPECT_EQ(contents(*store, slot_).size(), 2U);
  const auto done = expire(end + 100, false);
  EXPECT_EQ(done->removed, (std::vector<share_number>{{0}}));
  EXPECT_EQ(done->kept, 1U);
  EXPECT_EQ(done->bytes_freed, 468U + 1 + 4);
  EXPECT_EQ(contents(*store, slot_), (std::map<int, std::string>{{1, "b"}}));
  EXPECT_EQ(expire(end + 5'000, false)->removed, (std::vector<share_number>{{1}}));
  EXPECT_EQ(store->info().slots, 0U);
}

TEST_P(store_rules, info_tells_who_it_is_and_what_it_takes) {
  const auto store = open();
  const auto info = store->info();
  EXPECT_EQ(info.id, pair_.id);
  EXPECT_EQ(info.permutation_seed, to_bytes(pair_.id.view()));
  EXPECT_EQ(info.software, "truckee/0.1.0");
  EXPECT_GT(info.bytes_available, 0U);
  EXPECT_EQ(info.share_bytes_max, store_limits{}.share_bytes_max);
}

TEST_P(store_rules, settings_change_while_the_store_is_open) {
  const auto store = open({}, 10'000);
  const auto put = [&](int slot, std::size_t size) {
    return store
        ->read_test_write(request(filled<storage_index>(slot), {write_share(0, 0, std::string(size, 'x'))}))
        .status;
  };
  EXPECT_EQ(put(1, 2000), storage_status::ok);
  store->use({.reserved_space = 0, .share_bytes_max = 100, .read_only = false});
  EXPECT_EQ(put(2, 2000), storage_status::too_large);
  EXPECT_EQ(store->info().share_bytes_max, 100U);
  store->use({.reserved_space = 9'999'999'999'999'999, .share_bytes_max = 5000, .read_only = false});
  EXPECT_EQ(put(2, 2000), storage_status::no_space);
  EXPECT_EQ(store->info().bytes_available, 0U);
  store->use({.reserved_space = 0, .share_bytes_max = 5000, .read_only = true});
  EXPECT_EQ(put(2, 2000), storage_status::read_only);
  EXPECT_TRUE(store->info().read_only);
  store->use({.reserved_space = 0, .share_bytes_max = 5000, .read_only = false});
  EXPECT_EQ(put(2, 2000), storage_status::ok);
}
