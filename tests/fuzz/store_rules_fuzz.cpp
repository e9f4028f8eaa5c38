#include "fuzz/bytes_reader.hpp"
#include "truckee/storage/memory_store.hpp"

using namespace truckee;
using namespace truckee::storage;

namespace {

constexpr std::uint64_t share_max = 4096;

grid::share_change change_from(fuzz::bytes_reader& in) {
  grid::share_change out;
  const auto share = in.byte();
  out.share = {static_cast<std::uint8_t>(share % 5)};
  if (share >= 0x80U)
    out.staged = staging_id{};
  for (auto n = in.byte() % 3; n > 0; --n) {
    const auto offset = in.number();
    const auto length = in.number();
    out.tests.push_back({offset, length, shared_bytes::copy_of(in.text(in.byte() % 9))});
  }
  for (auto n = in.byte() % 4; n > 0; --n) {
    const auto offset = in.number();
    out.writes.push_back({offset, shared_bytes::copy_of(in.text(in.byte()))});
  }
  if (in.byte() % 3 == 0)
    out.new_length = in.number();
  return out;
}

} // namespace

/// Whatever is asked of a store, no share passes its limit, nothing is written by who has another secret, and reads
/// never give more than was asked.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::bytes_reader in(data, size);
  store_limits limits;
  limits.share_bytes_max = share_max;
  limits.slots_max = 2;
  limits.answer_bytes_max = 3 * share_max;
  limits.leases_per_share_max = 6;
  std::uint64_t now = 1'700'000'000;
  const auto store = make_memory_store({{}, {}, limits, false, 64 * 1024}, [&now] { return now; });
  for (int steps = 0; !in.empty() && steps < 64; ++steps) {
    const auto kind = in.byte();
    const auto slot = *storage_index::from(bytes(storage_index::size, static_cast<std::byte>(kind >> 6U)));
    const auto secret =
        *server_secret::from(bytes(server_secret::size, static_cast<std::byte>(in.byte() % 3)));
    if (kind % 32 == 31) {
      const auto how = in.byte();
      const auto offset = in.number();
      (void)store->stage({slot,
                          {static_cast<std::uint8_t>(how % 5)},
                          {},
                          {offset, shared_bytes::copy_of(in.text(in.byte()))},
                          how >= 0xe0U});
      if (how % 7 == 0)
        now += in.number() % 2'000;
      store->let_go_idle();
      continue;
    }
    switch (kind % 5) {
    case 0:
    case 1: {
      grid::read_test_write request{slot, {secret, secret, secret}, {}, {}};
      for (auto n = in.byte() % 4; n > 0; --n)
        request.changes.push_back(change_from(in));
      for (auto n = in.byte() % 3; n > 0; --n) {
        const auto offset = in.number();
        request.reads.push_back({offset, in.number()});
      }
      (void)store->read_test_write(request);
      break;
    }
    case 2: {
      const grid::read_vector one{in.number(), in.number()};
      const auto answer = store->read({slot, {}, {one, {0, ~std::uint64_t{0}}}});
      for (const auto& [share, reads] : answer.reads) {
        fuzz::expect(reads.size() == 2 && reads[0].size() <= one.length);
        fuzz::expect(reads[1].size() <= share_max);
      }
      fuzz::expect(answer.damaged.empty());
      break;
    }
    case 3:
      (void)store->add_lease(slot, secret, secret);
      break;
    default:
      now += in.number() % 10'000'000;
      (void)store->expire(slot, now, {in.number(), in.byte() % 2 == 0}, in.byte() % 2 == 0);
    }
    fuzz::expect(store->info().slots <= 2 && store->slots()->size() == store->info().slots);
  }
  return 0;
}
