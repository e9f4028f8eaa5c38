#include "storage/store_test_support.hpp"

#include "storage/fault_file_system.hpp"

#include <cerrno>

using namespace truckee;
using namespace truckee::storage;
using namespace truckee::test;
using grid::storage_status;
using survival = fault_file_system::survival;

/// Power loss and errors at every single call of every kind of operation.
namespace {

using state = std::map<int, std::string>; ///< a slot: each share's data

const storage_index slot = filled<storage_index>(7);
const storage_index neighbour = filled<storage_index>(6); // shares the prefix directory's parent only

class world {
public:
  explicit world(durability wanted = durability::full) : wanted_(wanted) {}

  result<std::unique_ptr<share_store>> open(fault_file_system& files) {
    return open_disk_store(
        {"/srv/grid/0", {}, wanted_, false}, [] { return test_time; }, random_, files);
  }

private:
  durability wanted_;
  seeded_random random_{5};
};

struct scenario {
  const char* name;
  std::vector<grid::share_change> before; ///< one acknowledged write; empty: an unused store
  std::vector<grid::share_change> change;
  std::vector<grid::stage_piece> pieces = {}; ///< brought before it
  bool warm = false;  ///< the store that makes the change wrote what is there before, and remembers it
  bool lower = false; ///< what is there before lies in the lower layer of an overlay
  bool whole = false; ///< the file system is synced as a whole

  std::string title() const {
    return name + std::string(warm ? ", remembered" : lower ? ", lower" : whole ? ", whole" : "");
  }
};

std::string long_text(char of) {
  return std::string(3'000, of);
}

grid::share_change staged_and_written(int share, std::string_view over_it) {
  auto out = of_staged(share);
  out.writes.push_back({0, text(over_it)});
  return out;
}

std::vector<scenario> scenarios() {
  return {
      {"a new slot with one share", {}, {write_share(0, 0, "new")}},
      {"a new slot with three shares",
       {},
       {write_share(0, 0, "n0"), write_share(1, 0, long_text('n')), write_share(2, 0, "n2")}},
      {"one share of one replaced", {write_share(0, 0, "old")}, {write_share(0, 0, long_text('n'))}},
      {"one share of two changed in part",
       {write_share(0, 0, long_text('o')), write_share(1, 0, "o1")},
       {write_share(0, 100, "n")}},
      {"one share added", {write_share(0, 0, "old")}, {write_share(5, 0, "new")}},
      {"one share deleted", {write_share(0, 0, "o0"), write_share(1, 0, "o1")}, {delete_share(0)}},
      {"the only share deleted", {write_share(0, 0, "o0")}, {delete_share(0)}},
      {"all shares deleted",
       {write_share(0, 0, "o0"), write_share(1, 0, "o1"), write_share(2, 0, "o2")},
       {delete_share(0), delete_share(1), delete_share(2)}},
      {"all of three shares replaced",
       {write_share(0, 0, long_text('o')), write_share(1, 0, "o1"), write_share(2, 0, "o2")},
       {write_share(0, 0, "n0"), write_share(1, 0, long_text('n')), write_share(2, 0, "n2")}},
      {"some replaced, some deleted, some added, some kept",
       {write_share(0, 0, "o0"), write_share(1, 0, "o1"), write_share(2, 0, "o2")},
       {write_share(0, 0, "n0"), delete_share(1), write_share(4, 0, "n4")}},
      {"a new slot with one share that was staged",
       {},
       {of_staged(0)},
       {piece(slot, 0, 0, long_text('n')), piece(slot, 0, 3'000, "end")}},
      {"one share of one becomes what was staged",
       {write_share(0, 0, long_text('o'))},
       {staged_and_written(0, "head")},
       {piece(slot, 0, 100, long_text('n'))}},
      {"shares that were staged among others",
       {write_share(0, 0, "o0"), write_share(1, 0, "o1"), write_share(2, 0, "o2")},
       {staged_and_written(0, "head"), write_share(1, 0, "n1"), delete_share(2), of_staged(4)},
       {piece(slot, 0, 0, long_text('n')), piece(slot, 4, 0, "n4")}},
  };
}

/// Each change on a store that was just opened, on one that remembers the slot, and on one that came with a container's image.
std::vector<scenario> all_scenarios() {
  auto out = scenarios();
  for (auto warm : scenarios()) {
    auto& whole = out.emplace_back(warm);
    whole.whole = true;
    if (warm.before.empty())
      continue;
    auto& lower = out.emplace_back(warm);
    lower.lower = true;
    warm.warm = true;
    out.push_back(std::move(warm));
  }
  return out;
}

/// A store on which `before` was acknowledged and survived a crash, and its open state, ready to be copied.
std::unique_ptr<fault_file_system> prepared(world& here, const scenario& what) {
  auto files = std::make_unique<fault_file_system>();
  {
    auto store = here.open(*files);
    EXPECT_TRUE(store) << to_string(store.error());
    EXPECT_EQ((*store)->read_test_write(request(neighbour, {write_share(9, 0, "neighbour")})).status,
              storage_status::ok);
    if (!what.before.empty()) {
      EXPECT_EQ((*store)->read_test_write(request(slot, what.before)).status, storage_status::ok);
    }
  }
  if (what.whole)
    files->sync_as_a_whole();
  if (what.lower)
    files->sink_into_a_lower_layer();
  return files;
}

/// The store that is to make the change.
result<std::unique_ptr<share_store>> open_for(world& here, fault_file_system& files, const scenario& what) {
  auto store = here.open(files);
  if (store && what.warm) {
    EXPECT_EQ((*store)->read_test_write(request(slot, what.before)).status, storage_status::ok);
  }
  return store;
}

/// Brings what is to be brought, and makes the change; what was refused first.
grid::read_test_write_answer act(share_store& store, const scenario& what) {
  for (const auto& one : what.pieces)
    if (auto brought = store.stage(one); brought.status != storage_status::ok) {
      grid::read_test_write_answer out;
      out.status = brought.status;
      out.detail = brought.detail;
      return out;
    }
  return store.read_test_write(request(slot, what.change));
}

state slot_state(share_store& store) {
  return contents(store, slot);
}

state state_of(world& here, const fault_file_system& files) {
  const auto copy = files.copy();
  auto store = here.open(*copy);
  EXPECT_TRUE(store) << to_string(store.error());
  return store ? slot_state(**store) : state{};
}

/// Names of the leftovers in the aside directory.
std::size_t leftovers(fault_file_system& files) {
  return files.list("/srv/grid/0/truckee-aside")->size();
}

struct outcome {
  survival what;
  std::uint64_t seed;
};

std::vector<outcome> outcomes() {
  std::vector<outcome> out{{survival::nothing, 0}, {survival::everything, 0}};
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    out.push_back({survival::ordered, seed});
    out.push_back({survival::scattered, seed});
    out.push_back({survival::scattered, seed + 100});
  }
  return out;
}

std::string describe(const state& shares) {
  std::string out;
  for (const auto& [share, content] : shares)
    out += std::to_string(share) + "=" + content.substr(0, 40) + "(" + std::to_string(content.size()) + ") ";
  return out.empty() ? "no shares" : out;
}

/// After a crash: opens, and checks the slot and its neighbour; `after_only`: the change was acknowledged.
void expect_whole(world& here, fault_file_system& files, const state& before, const state& after,
                  bool after_only) {
  auto store = here.open(files);
  ASSERT_TRUE(store) << "recovery: " << to_string(store.error());
  const auto found = slot_state(**store);
  if (after_only) {
    EXPECT_EQ(describe(found), describe(after)) << "an acknowledged change was lost";
  } else {
    EXPECT_TRUE(found == before || found == after) << "neither before nor after: " << describe(found);
  }
  EXPECT_EQ(contents(**store, neighbour), (state{{9, "neighbour"}}));
  EXPECT_EQ(leftovers(files), 0U);
  EXPECT_EQ((*store)->info().slots, found.empty() ? 1U : 2U);
  EXPECT_EQ((*store)->read_test_write(request(slot, {write_share(3, 0, "go on")})).status,
            storage_status::ok);
  EXPECT_EQ(slot_state(**store)[3], "go on");
}

/// Crashes in the middle of opening, too; then opens.
void expect_whole_through_crashes_in_recovery(world& here, const fault_file_system& crashed,
                                              const state& before, const state& after, bool after_only) {
  for (std::uint64_t stop = 0;; ++stop) {
    const auto files = crashed.copy();
    files->stop_at(stop, EIO);
    const bool whole_run = here.open(*files).has_value();
    files->crash(stop % 2 == 0 ? survival::scattered : survival::everything, stop);
    expect_whole(here, *files, before, after, after_only);
    if (whole_run || testing::Test::HasFailure())
      return;
  }
}

/// What the slot is after the undisturbed change, and how many calls it takes.
struct undisturbed {
  state after;
  std::uint64_t calls = 0;
  std::uint64_t syncs = 0;
};

undisturbed run_undisturbed(world& here, const fault_file_system& base, const scenario& what) {
  const auto files = base.copy();
  auto store = open_for(here, *files, what);
  const auto calls = files->calls();
  const auto syncs = files->syncs();
  EXPECT_EQ(act(**store, what).status, storage_status::ok);
  undisturbed out{{}, files->calls() - calls, files->syncs() - syncs};
  out.after = slot_state(**store);
  store->reset(); // spare files go with it
  EXPECT_EQ(leftovers(*files), 0U);
  return out;
}

} // namespace

TEST(crash, after_power_loss_at_any_call_a_slot_is_wholly_before_or_after_and_after_once_acknowledged) {
  std::size_t crashes = 0;
  for (const auto& what : all_scenarios()) {
    SCOPED_TRACE(what.title());
    world here;
    const auto base = prepared(here, what);
    const auto before = state_of(here, *base);
    const auto normal = run_undisturbed(here, *base, what);
    ASSERT_NE(before, normal.after);
    for (std::uint64_t stop = 0; stop <= normal.calls; ++stop) {
      for (const auto& fate : outcomes()) {
        const auto files = base->copy();
        auto store = open_for(here, *files, what);
        ASSERT_TRUE(store);
        files->stop_at(stop, EIO);
        const auto answer = act(**store, what);
        SCOPED_TRACE("stopped at call " + std::to_string(stop) + " (" + files->last_call() + "), survival " +
                     std::to_string(static_cast<int>(fate.what)) + ", seed " + std::to_string(fate.seed));
        store->reset();
        files->crash(fate.what, fate.seed);
        ++crashes;
        const bool acknowledged = answer.status == storage_status::ok;
        EXPECT_TRUE(acknowledged || stop < normal.calls);
        expect_whole_through_crashes_in_recovery(here, *files, before, normal.after, acknowledged);
        if (HasFailure())
          return;
      }
    }
  }
  RecordProperty("crashes", static_cast<int>(crashes));
  EXPECT_GT(crashes, 1'000U);
}

TEST(crash, an_error_at_any_call_gets_a_typed_answer_and_changes_nothing) {
  for (const auto& what : all_scenarios()) {
    SCOPED_TRACE(what.title());
    world here;
    const auto base = prepared(here, what);
    const auto before = state_of(here, *base);
    const auto normal = run_undisturbed(here, *base, what);
    for (const int code : {ENOSPC, EIO, EACCES}) {
      for (std::uint64_t at = 0; at < normal.calls; ++at) {
        const auto files = base->copy();
        auto store = open_for(here, *files, what);
        ASSERT_TRUE(store);
        files->fail_call(at, code);
        const auto answer = act(**store, what);
        files->heal();
        SCOPED_TRACE("error " + std::to_string(code) + " at call " + std::to_string(at) + " (" +
                     files->last_call() + ")");
        const auto now = slot_state(**store);
        if (answer.status == storage_status::ok) {
          EXPECT_EQ(now, normal.after) << "only tidying up may fail unnoticed";
        } else {
          EXPECT_TRUE(answer.status == storage_status::io_error ||
                      (answer.status == storage_status::no_space && code == ENOSPC))
              << to_string(answer.status);
          EXPECT_NE(answer.detail.find("cannot"), std::string::npos) << answer.detail;
          EXPECT_EQ(describe(now), describe(before)) << "refused, yet something changed";
        }
        EXPECT_EQ(act(**store, what).status, storage_status::ok) << "a second try";
        EXPECT_EQ(slot_state(**store), normal.after);
        store->reset();
        files->crash(survival::nothing, at);
        expect_whole(here, *files, before, normal.after, true);
        if (HasFailure())
          return;
      }
    }
  }
}

TEST(crash, after_an_error_and_then_power_loss_the_slot_is_whole) {
  for (const auto& what : all_scenarios()) {
    SCOPED_TRACE(what.title());
    world here;
    const auto base = prepared(here, what);
    const auto before = state_of(here, *base);
    const auto normal = run_undisturbed(here, *base, what);
    for (std::uint64_t at = 0; at < normal.calls; ++at) {
      for (const auto& fate : outcomes()) {
        const auto files = base->copy();
        auto store = open_for(here, *files, what);
        files->fail_call(at, EIO);
        const auto answer = act(**store, what);
        SCOPED_TRACE("error at call " + std::to_string(at) + " (" + files->last_call() + "), survival " +
                     std::to_string(static_cast<int>(fate.what)) + ", seed " + std::to_string(fate.seed));
        store->reset();
        files->crash(fate.what, fate.seed);
        expect_whole(here, *files, before, normal.after, answer.status == storage_status::ok);
        if (HasFailure())
          return;
      }
    }
  }
}

TEST(crash, a_disk_that_takes_no_more_names_leaves_the_slot_as_it_was_and_whole_after_power_loss) {
  for (const auto& what : all_scenarios()) {
    SCOPED_TRACE(what.title());
    world here;
    const auto base = prepared(here, what);
    const auto before = state_of(here, *base);
    const auto normal = run_undisturbed(here, *base, what);
    for (std::uint64_t seed = 0; seed < 120; ++seed) {
      const auto files = base->copy();
      auto store = open_for(here, *files, what);
      files->refuse_directory_syncs(seed % 3, EIO); // some changes need one sync only, others three
      const auto answer = act(**store, what);
      const bool acknowledged = answer.status == storage_status::ok;
      EXPECT_TRUE(acknowledged ? seed % 3 > 0 : answer.status == storage_status::io_error);
      EXPECT_EQ(describe(slot_state(**store)), describe(acknowledged ? normal.after : before));
      store->reset();
      SCOPED_TRACE("seed " + std::to_string(seed));
      files->crash(survival::scattered, seed);
      expect_whole(here, *files, before, normal.after, acknowledged);
      if (HasFailure())
        return;
    }
  }
}

TEST(crash, a_process_that_dies_and_a_later_power_loss_leave_the_slot_whole) {
  for (const auto& what : all_scenarios()) {
    SCOPED_TRACE(what.title());
    world here;
    const auto base = prepared(here, what);
    const auto before = state_of(here, *base);
    const auto normal = run_undisturbed(here, *base, what);
    for (std::uint64_t stop = 0; stop <= normal.calls; ++stop) {
      const auto files = base->copy();
      auto store = open_for(here, *files, what);
      files->stop_at(stop, EIO);
      const auto answer = act(**store, what);
      SCOPED_TRACE("killed at call " + std::to_string(stop) + " (" + files->last_call() + ")");
      store->reset();
      files->heal(); // the machine runs on, with all that was not synced yet
      expect_whole_through_crashes_in_recovery(here, *files, before, normal.after,
                                               answer.status == storage_status::ok);
      if (HasFailure())
        return;
    }
  }
}

TEST(crash, leases_and_expiry_are_as_safe_as_writes) {
  for (const bool expiry : {false, true}) {
    const scenario what{"", {write_share(0, 0, "o0"), write_share(1, 0, "o1")}, {}, {}, expiry};
    world here;
    const auto base = prepared(here, what);
    const auto act = [&](share_store& store) {
      if (expiry) {
        const auto done = store.expire(slot, test_time + 40 * 24 * 3600, {}, false);
        return done && done->removed.size() == 2;
      }
      return store.add_lease(slot, filled<server_secret>(8), filled<server_secret>(8)).status ==
             storage_status::ok;
    };
    for (std::uint64_t stop = 0;; ++stop) {
      bool acknowledged = false;
      for (const auto& fate : outcomes()) {
        const auto files = base->copy();
        auto store = open_for(here, *files, what);
        files->stop_at(stop, EIO);
        acknowledged = act(**store);
        store->reset();
        files->crash(fate.what, fate.seed);
        store = here.open(*files);
        ASSERT_TRUE(store);
        const auto leases = (*store)->leases(slot);
        ASSERT_TRUE(leases) << to_string(leases.error());
        const auto shares = slot_state(**store);
        if (expiry) {
          EXPECT_TRUE(shares.empty() ? leases->empty() : (!acknowledged && shares.size() == 2)) << stop;
        } else {
          for (const int share : {0, 1}) // written over in place, one after another
            EXPECT_TRUE(leases->at({static_cast<std::uint8_t>(share)}).size() == 2 ||
                        (!acknowledged && leases->at({static_cast<std::uint8_t>(share)}).size() == 1))
                << stop << ", share " << share;
          EXPECT_EQ(shares, (state{{0, "o0"}, {1, "o1"}}));
        }
      }
      if (acknowledged && stop > 40)
        break;
    }
  }
}

TEST(crash, a_store_interrupted_while_it_is_made_keeps_one_identity_once_it_was_opened) {
  for (std::uint64_t stop = 0;; ++stop) {
    world here;
    fault_file_system files;
    files.stop_at(stop, EIO);
    std::optional<server_id> told;
    {
      auto store = here.open(files);
      if (store)
        told = (*store)->info().id;
    }
    files.crash(survival::scattered, stop);
    auto store = here.open(files);
    ASSERT_TRUE(store) << "stopped at call " << stop << ": " << to_string(store.error());
    if (!told)
      continue;
    EXPECT_EQ((*store)->info().id, *told);
    break;
  }
}

TEST(crash, without_durability_nothing_is_synced_and_a_killed_process_still_loses_nothing) {
  world here(durability::none);
  for (const auto& what : all_scenarios()) {
    SCOPED_TRACE(what.title());
    const auto base = prepared(here, what);
    const auto normal = run_undisturbed(here, *base, what);
    EXPECT_EQ(normal.syncs, 0U);
    const auto files = base->copy();
    auto store = open_for(here, *files, what);
    ASSERT_EQ(act(**store, what).status, storage_status::ok);
    store->reset();
    EXPECT_EQ(state_of(here, *files), normal.after);
  }
}

TEST(crash, the_number_of_syncs_is_what_the_readme_says) {
  world here;
  std::vector<std::uint64_t> syncs;
  for (const auto& what : scenarios())
    syncs.push_back(run_undisturbed(here, *prepared(here, what), what).syncs);
  EXPECT_EQ(syncs, (std::vector<std::uint64_t>{4, 6, 2, 2, 2, 1, 1, 1, 5, 4, 4, 2, 5}));
}
