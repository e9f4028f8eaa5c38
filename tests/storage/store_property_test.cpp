#include "storage/store_test_support.hpp"

#include <rapidcheck/gtest.h>

using namespace truckee;
using namespace truckee::storage;
using namespace truckee::test;

namespace {

grid::share_change random_change(seeded_random& random) {
  grid::share_change out;
  out.share = {static_cast<std::uint8_t>(random.below(4))};
  for (auto n = random.below(2); n > 0; --n)
    out.tests.push_back({random.below(4), random.below(4), text(std::string(random.below(3), 'a'))});
  for (auto n = random.below(3); n > 0; --n)
    out.writes.push_back({random.below(30), text(std::string(random.below(20), "abc"[random.below(3)]))});
  if (random.below(4) == 0)
    out.staged = filled<staging_id>(static_cast<int>(random.below(2)));
  switch (random.below(6)) {
  case 0:
    out.new_length = 0;
    break;
  case 1:
    out.new_length = random.below(40);
    break;
  default:
    break;
  }
  return out;
}

grid::read_test_write random_request(seeded_random& random) {
  grid::read_test_write out;
  out.slot = filled<storage_index>(static_cast<int>(random.below(2)));
  out.secrets = secrets_of(random.below(12) == 0 ? 2 : 1, static_cast<int>(random.below(7)), 3);
  for (auto n = random.below(4); n > 0; --n)
    out.changes.push_back(random_change(random)); // now and then one share twice
  for (auto n = random.below(3); n > 0; --n)
    out.reads.push_back({random.below(40), random.below(40)});
  return out;
}

grid::stage_piece random_piece(seeded_random& random) {
  auto out = piece(filled<storage_index>(static_cast<int>(random.below(2))),
                   static_cast<int>(random.below(4)), random.below(50),
                   std::string(random.below(30), "xyz"[random.below(3)]), static_cast<int>(random.below(2)));
  out.let_go = random.below(12) == 0;
  return out;
}

/// All that random_piece() may have brought.
void forget_pieces(share_store& store) {
  for (const int slot : {0, 1})
    for (int share = 0; share < 4; ++share)
      for (const int staging : {0, 1})
        (void)store.stage(let_go(filled<storage_index>(slot), share, staging));
}

std::string describe(const grid::read_test_write_answer& answer) {
  std::string out(to_string(answer.status));
  for (const auto& [share, reads] : answer.reads)
    for (const auto& read : reads)
      out += " " + std::to_string(share.value) + ":" + to_hex(read.view());
  return out + (answer.recorded_node ? " " + to_hex(answer.recorded_node->view()) : "") + " " + answer.detail;
}

std::string describe(const slot_leases& leases) {
  std::string out;
  for (const auto& [share, list] : leases)
    for (const auto& one : list)
      out += std::to_string(share.value) + " " + std::to_string(one.expires) + " " +
             to_hex(one.renew_secret.view()) + "\n";
  return out;
}

} // namespace

RC_GTEST_PROP(stores, disk_and_memory_give_the_same_answers_to_the_same_operations, (std::uint64_t seed)) {
  store_pair pair;
  const auto memory = pair.make(false);
  auto disk = pair.make(true);
  seeded_random random(seed);
  for (int i = 0; i < 25; ++i) {
    pair.now += random.below(100);
    for (auto n = random.below(6); n > 0; --n) {
      const auto brought = random_piece(random);
      RC_ASSERT(disk->stage(brought).status == memory->stage(brought).status);
    }
    const auto asked = random_request(random);
    RC_ASSERT(describe(disk->read_test_write(asked)) == describe(memory->read_test_write(asked)));
    if (random.below(5) == 0) {
      const auto renew = filled<server_secret>(static_cast<int>(random.below(7)));
      RC_ASSERT(disk->add_lease(asked.slot, renew, renew).status ==
                memory->add_lease(asked.slot, renew, renew).status);
    }
    if (random.below(6) == 0) {
      const auto when = pair.now + 31 * 24 * 3600 - random.below(1'000);
      const auto a = disk->expire(asked.slot, when, {}, false);
      const auto b = memory->expire(asked.slot, when, {}, false);
      RC_ASSERT(a->removed == b->removed);
      RC_ASSERT(a->bytes_freed == b->bytes_freed);
    }
    if (random.below(10) == 0) {
      disk.reset();
      disk = pair.make(true);
      forget_pieces(*memory); // as a restart does
    }
    RC_ASSERT(contents(*disk, asked.slot) == contents(*memory, asked.slot));
    RC_ASSERT(describe(*disk->leases(asked.slot)) == describe(*memory->leases(asked.slot)));
    RC_ASSERT(*disk->slots() == *memory->slots());
    RC_ASSERT(disk->info().slots == memory->info().slots);
  }
}
