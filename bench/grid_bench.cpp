#include "truckee/grid/publish/publish_loop.hpp"

#include <atomic>
#include <benchmark/benchmark.h>
#include <cstdlib>
#include <new>

/// What the decisions of a publish take, without actors, network and shares: time, and memory blocks taken from the heap.
namespace {

std::atomic<std::uint64_t> blocks{0};

} // namespace

// NOLINTBEGIN(cppcoreguidelines-no-malloc,misc-definitions-in-headers): counts what it hands on
[[gnu::noinline]] void* operator new(std::size_t size) {
  blocks.fetch_add(1, std::memory_order_relaxed);
  if (auto* out = std::malloc(size))
    return out;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* what) noexcept {
  std::free(what);
}
[[gnu::noinline]] void operator delete(void* what, std::size_t) noexcept {
  std::free(what);
}
// NOLINTEND(cppcoreguidelines-no-malloc,misc-definitions-in-headers)

namespace {

using namespace truckee;
using namespace truckee::grid;

constexpr std::uint8_t servers = 10;

server_id server(std::uint8_t number) {
  server_id out;
  out.data[0] = static_cast<std::byte>(number);
  return out;
}

file_version version(std::uint64_t sequence) {
  file_version out;
  out.sequence.value = sequence;
  store_be(out.root.view().first(8), sequence * 0x9e3779b97f4a7c15U);
  out.salt.emplace();
  out.k = 3;
  out.n = servers;
  out.segment_size = 1024;
  out.data_length = 1024;
  return out;
}

/// An update of a file that this writer has written `earlier` times before: one share on each server.
publish_request update(std::uint64_t earlier) {
  publish_request out;
  const auto base = version(earlier + 1);
  out.version = version(earlier + 2);
  out.happy = 7;
  out.map = servermap(map_mode::write);
  for (std::uint8_t i = 0; i < servers; ++i) {
    out.map.add_share({server(i), {i}}, base);
    out.map.set_answered(server(i));
    out.servers.push_back(server(i));
  }
  for (std::uint64_t i = 1; i <= earlier; ++i)
    out.earlier.insert(version(i));
  return out;
}

/// All servers take what they are sent, one after the other.
void publish(benchmark::State& state) {
  const auto request = update(static_cast<std::uint64_t>(state.range(0)));
  const auto seen = pack_prefix(version(static_cast<std::uint64_t>(state.range(0)) + 1));
  std::uint64_t taken = 0;
  for (auto _ : state) {
    const auto before = blocks.load();
    auto loop = publish_loop::start(request);
    auto actions = loop->step();
    for (const auto& message : actions.writes) {
      write_outcome outcome;
      outcome.kind = write_outcome_kind::written;
      for (const auto& planned : message.shares)
        outcome.found.emplace(planned.share, seen);
      loop->on_write(message.id, outcome);
      actions.finished = loop->step().finished;
    }
    taken += blocks.load() - before;
    if (!actions.finished || loop->end() != publish_end::published)
      state.SkipWithError("it did not publish");
  }
  state.counters["blocks"] =
      benchmark::Counter(static_cast<double>(taken), benchmark::Counter::kAvgIterations);
}
BENCHMARK(publish)->ArgName("earlier")->Arg(0)->Arg(64)->Unit(benchmark::kMicrosecond);

} // namespace
