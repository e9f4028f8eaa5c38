#include "truckee/storage/disk_store.hpp"

#include <benchmark/benchmark.h>
#include <cstdlib>
#include <unistd.h>

/// What a store on a disk takes for the calls of a publish and a read: one share of one slot. The folder is made below
/// TRUCKEE_BENCH_DIRECTORY, or /dev/shm. `strace -c -f` beside `--benchmark_filter=update` counts system calls.
namespace {

using namespace truckee;
using namespace truckee::storage;

class folder {
public:
  folder() {
    const auto* given = std::getenv("TRUCKEE_BENCH_DIRECTORY"); // NOLINT(concurrency-mt-unsafe)
    auto pattern =
        (std::filesystem::path(given == nullptr ? "/dev/shm" : given) / "truckee-bench-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
      std::abort();
    path = pattern;
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::filesystem::path path;
};

struct world {
  explicit world(bool full, bool spares = true) {
    disk_store_options options;
    if (!spares)
      options.limits.spare_bytes_max = 0;
    options.directory = where.path;
    options.durability = full ? durability::full : durability::none;
    store = std::move(*open_disk_store(
        options, [] { return std::uint64_t{1'700'000'000}; }, system_random()));
  }
  folder where;
  std::unique_ptr<share_store> store;
};

/// What a publish tests and reads back: see grid/publish/publish_message.hpp.
constexpr std::size_t prefix_size = 75;

storage_index slot_of(std::uint64_t number) {
  storage_index out;
  store_be(out.view().first(8), number * 0x9e3779b97f4a7c15U);
  return out;
}

/// A share whose first bytes say which version it is.
shared_bytes share_of(std::size_t size, std::uint64_t version) {
  buffer out(size);
  std::fill_n(out.data(), size, std::byte{7});
  store_be(out.view().first(8), version);
  return shared_bytes(std::move(out));
}

grid::read_test_write write_of(const storage_index& slot, const shared_bytes& old, shared_bytes now) {
  grid::read_test_write out;
  out.slot = slot;
  grid::share_change change;
  change.tests.push_back({0, prefix_size, old.slice(0, prefix_size)});
  change.writes.push_back({0, std::move(now)});
  out.changes.push_back(std::move(change));
  out.reads.push_back({0, prefix_size});
  return out;
}

void expect(benchmark::State& state, grid::storage_status status) {
  if (status != grid::storage_status::ok)
    state.SkipWithError("the store refused");
}

/// One test-and-set of a whole share after the other, over so many slots in turn; with and without spare files.
void update(benchmark::State& state) {
  world here(state.range(1) != 0, state.range(3) != 0);
  const auto size = static_cast<std::size_t>(state.range(0));
  const auto slots = static_cast<std::uint64_t>(state.range(2));
  std::vector<shared_bytes> now(slots);
  std::uint64_t version = 0;
  const auto step = [&] {
    auto& old = now[version % slots];
    auto next = share_of(size, version);
    expect(state, here.store->read_test_write(write_of(slot_of(version % slots), old, next)).status);
    old = std::move(next);
    ++version;
  };
  for (std::uint64_t i = 0; i < slots; ++i)
    step();
  for (auto _ : state)
    step();
}
BENCHMARK(update)
    ->ArgNames({"bytes", "full", "slots", "spares"})
    ->ArgsProduct({{2048, 350 << 10}, {0, 1}, {1, 20}, {0, 1}})
    ->UseRealTime();

/// What mapping asks: the first 4000 bytes of each share.
void look(benchmark::State& state) {
  world here(false);
  expect(state, here.store->read_test_write(write_of(slot_of(1), {}, share_of(2048, 1))).status);
  for (auto _ : state)
    expect(state, here.store->read({slot_of(1), {}, {{0, 4000}}}).status);
}
BENCHMARK(look)->UseRealTime();

/// Shares of new slots.
void create(benchmark::State& state) {
  world here(state.range(0) != 0);
  std::uint64_t number = 0;
  for (auto _ : state)
    expect(state, here.store->read_test_write(write_of(slot_of(++number), {}, share_of(2048, 1))).status);
}
BENCHMARK(create)->ArgName("full")->Arg(0)->Arg(1)->UseRealTime();

} // namespace
